"""rules/README.md is the user's guide: what exists stands in it, and what it shows works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from alerts.engine import loading
from alerts.engine.loading import RuleSources
from alerts.match.bind import Households
from alerts.match.grammar import SLOTS
from alerts.match.rule import When
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


def shown_rules() -> dict[str, str]:
    """The rules that the guide shows whole, by the file names it gives them."""
    found = {}
    for block in re.finditer(r"```toml\n(.*?)```", README, flags=re.DOTALL):
        (*_, name) = re.findall(r"`my-rules/(\w+)\.toml`", README[: block.start()])
        found[name] = block[1]
    return found


def test_the_rules_of_the_guide_load_and_their_examples_and_stories_pass(tmp_path: Path, gazetteer: Gazetteer) -> None:
    rules = shown_rules()
    for name, text in rules.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    book = loading.load(RuleSources(folders=(tmp_path,)), gazetteer=gazetteer, households=Households())
    assert book.faults == ()
    assert list(rules) == [
        rule.name for rule in sorted(book.ruleset.rules, key=lambda rule: list(rules).index(rule.name))
    ]
    assert {rule.when.kind for rule in book.ruleset.rules} == {"each", "spike", "after"}
    assert [rule.name for rule in book.ruleset.rules if rule.stories] == ["flight_wave", "thirst"]


def test_every_kind_of_time_is_explained() -> None:
    kinds = {get_args(get_type_hints(kind)["kind"])[0] for kind in get_args(When)}
    assert kinds - documented(chapter("when")) == set()
    assert [kind for kind in kinds if f"- **`{kind}`** fires" not in README] == []
