"""rules/README.md is the user's guide: what exists stands in it, and what it shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.match.bind import Households
from alerts.match.engine import Ruleset
from alerts.match.examples import run_examples
from alerts.match.files import load
from alerts.match.grammar import SLOTS
from alerts.match.sections import KEYS
from alerts.read.places import Gazetteer
from alerts.types import CLAIM_KINDS

RULES = Path(__file__).parents[2] / "rules"
README = (RULES / "README.md").read_text(encoding="utf-8")


def documented(text: str) -> set[str]:
    """The words in `code` of a text."""
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"[a-z_]+", code)}


def chapter(section: str) -> str:
    """The part of the README on a section of the rule file."""
    heading = {
        "": "**The top of the file**",
        "match": "**`[[match]]`**",
        "fires": "**`[[fires]]`, `[[quiet]]`**",
        "quiet": "**`[[fires]]`, `[[quiet]]`**",
        "severity.raise": "**`[severity]`**",
        "story": "**`[[story]]`**",
        "story.article": "**`[[story]]`**",
    }.get(section, f"**`[{section}]`**")
    assert heading in README, f"rules/README.md has no part headed {heading}"
    return README.split(heading)[1].split("\n**")[0].split("\n## ")[0]


@pytest.mark.parametrize("section", KEYS)
def test_every_key_of_a_section_is_explained(section: str) -> None:
    assert set(KEYS[section]) - documented(chapter(section)) == set()


def test_every_slot_and_claim_is_explained() -> None:
    assert [slot for slot in SLOTS if f"| `{{{slot}}}` |" not in README] == []
    assert [claim for claim in CLAIM_KINDS if f"| `{claim}` |" not in README] == []


def test_every_shipped_rule_is_listed() -> None:
    assert [rule.stem for rule in sorted(RULES.glob("*.toml")) if f"| `{rule.stem}` |" not in README] == []


def test_the_first_rule_of_the_guide_loads_and_its_examples_pass(tmp_path: Path, gazetteer: Gazetteer) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) == 1
    (tmp_path / "water_cut.toml").write_text(blocks[0], encoding="utf-8")
    found = load([tmp_path], country=gazetteer.country_of)
    assert found.faults == ()
    (rule,) = found.rules
    assert run_examples(rule, Ruleset(found.rules), gazetteer, Households()) == []
