"""What the guides lead to is there: their links, and the files of the project that they name. And every setting is
explained by words of its own.

What the guides name of commands, rules, templates and metrics is compared in `tests/cli/test_docs.py`,
`tests/match/test_docs.py`, `tests/render/test_docs.py`, `tests/web/operations/test_monitoring.py`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from alerts.resources import shipped
from alerts.roles import MACHINE_ROLES
from alerts.toml_lines import Document

ROOT = Path(__file__).parents[1]
GUIDES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("rules/README.md", "templates/README.md", "alerts/render/data/README.md")),
]
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.relative_to(ROOT)))
_EXAMPLES = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_LINKS = re.compile(r"\]\(([^)\s]+)\)")
_NAMED = re.compile(r"`((?:alerts|tests|packaging|docs)/[\w./-]+)`")


def _prose(guide: Path) -> str:
    """What a guide says outside of its examples."""
    return _EXAMPLES.sub("", guide.read_text(encoding="utf-8"))


@cache
def _anchors(guide: Path) -> frozenset[str]:
    """The headings of a guide as links name them: small letters, hyphens for spaces, no other signs."""
    headings = re.findall(r"^#+ (.+)$", _prose(guide), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def _leads_nowhere(guide: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    aim = (guide.parent / path).resolve() if path else guide
    return not aim.exists() or (bool(anchor) and anchor not in _anchors(aim))


@each_guide
def test_every_link_leads_somewhere(guide: Path) -> None:
    links = [link for link in _LINKS.findall(_prose(guide)) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if _leads_nowhere(guide, link)] == []


@each_guide
def test_every_file_that_is_named_is_there(guide: Path) -> None:
    named = _NAMED.findall(guide.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_guides_link_and_name_what_is_there() -> None:
    assert sum(len(_LINKS.findall(_prose(guide))) for guide in GUIDES) > 20
    assert sum(len(_NAMED.findall(_prose(guide))) for guide in GUIDES) > 10


def test_a_link_to_no_file_and_one_to_no_heading_are_found() -> None:
    readme = ROOT / "README.md"
    assert not _leads_nowhere(readme, "#feeds")
    assert not _leads_nowhere(readme, "rules/README.md#what-the-checker-says")
    assert _leads_nowhere(readme, "docs/nowhere.md")
    assert _leads_nowhere(readme, "rules/README.md#no-such-part")


def test_the_settings_that_the_guide_to_sizing_names_are_there() -> None:
    guide = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)(?: = [^`]+)?`", guide))
    data = Document.load(shipped("config.example.toml")).data
    settings = {key for section in data.values() if isinstance(section, dict) for key in section}
    assert named - settings - set(MACHINE_ROLES) == set()
    assert len(named & settings) > 5


def test_every_setting_is_explained_by_the_words_above_it() -> None:
    """Settings that stand together, without an empty line, share the words above the first."""
    example = shipped("config.example.toml")
    lines = example.read_text(encoding="utf-8").splitlines()
    document = Document.load(example)
    settings = [
        (section, key)
        for section, settings in document.data.items()
        for key, value in settings.items()
        if not isinstance(value, dict)
    ]
    assert len(settings) > 50
    assert [name for name in settings if not _explained(lines, document.line(name) - 1)] == []


def _explained(lines: list[str], at: int) -> bool:
    while re.match(r"\w", lines[at]):
        at -= 1
    return lines[at].startswith("# ")
