"""`[alert] covers`: rules whose alerts are a line in the mail of another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.match.files import load
from alerts.match.showing import show
from tests.match.rules import ALONE, check, country


def covering(*names: str) -> str:
    """A sound rule that covers these."""
    return ALONE.replace("[alert]\n", "[alert]\ncovers = [" + ", ".join(f'"{name}"' for name in names) + "]\n")


def found(folder: Path, off: tuple[str, ...] = (), /, **covers: tuple[str, ...]) -> list[str]:
    """The faults of rules that cover each other so."""
    for name, covered in covers.items():
        (folder / f"{name}.toml").write_text(covering(*covered))
    return sorted(map(str, load([folder], country=country, off=off).faults))


def line_of(text: str) -> int:
    return next(at for at, line in enumerate(text.splitlines(), 1) if line.startswith("covers"))


def test_a_rule_covers_the_rules_it_names() -> None:
    alert = check(covering("shelling", "raid", "shelling")).alert
    assert alert is not None
    assert alert.covers == ("shelling", "raid")


def test_a_rule_covers_nothing_by_itself() -> None:
    alert = check(ALONE).alert
    assert alert is not None
    assert alert.covers == ()


def test_a_rule_is_shown_with_what_it_covers() -> None:
    lines = [line for section in show(check(covering("shelling", "raid"))) for line in section.lines]
    assert any("no mail of their own need alerts of shelling and raid" in line for line in lines)


def test_a_covered_rule_may_cover_another(tmp_path: Path) -> None:
    assert found(tmp_path, one=("two", "three"), two=("three",), three=()) == []


def test_a_covered_rule_must_be_there(tmp_path: Path) -> None:
    line = line_of(covering("shelling"))
    assert found(tmp_path, one=("sheling",), shelling=()) == [
        f"one.toml:{line}: error: there is no rule 'sheling'; did you mean 'shelling'?"
    ]


def test_a_covered_rule_that_was_renamed_is_told_by_its_new_name(tmp_path: Path) -> None:
    (tmp_path / "shelling.toml").write_text(ALONE.replace("[about]\n", '[about]\nformerly = ["raid"]\n'))
    [fault] = found(tmp_path, one=("raid",))
    assert fault.endswith("there is no rule 'raid'; it is called 'shelling' now")


def test_a_covered_rule_may_be_switched_off_or_broken(tmp_path: Path) -> None:
    assert found(tmp_path, ("two",), one=("two",), two=()) == []
    (tmp_path / "two.toml").write_text("format = 1\n")
    assert not [fault for fault in found(tmp_path, one=("two",)) if "there is no rule" in fault]


def test_a_covered_rule_must_make_alerts(tmp_path: Path) -> None:
    silent = ALONE.split("[alert]")[0].replace("[place]", '[state]\nname = "siege"\n\n[place]')
    (tmp_path / "two.toml").write_text(silent)
    [fault] = [fault for fault in found(tmp_path, one=("two",)) if "one.toml" in fault]
    assert fault.endswith("the rule 'two' makes no alerts: there is nothing to cover")


@pytest.mark.parametrize(
    ("covers", "said"),
    [
        ({"one": ("one",)}, ["'covers' names this very rule: its own alerts need their mails"]),
        (
            {"one": ("two",), "two": ("one",)},
            [
                "rules that cover each other leave no mail at all: 'one' covers 'two' covers 'one'",
                "rules that cover each other leave no mail at all: 'two' covers 'one' covers 'two'",
            ],
        ),
        (
            {"one": ("two",), "two": ("three", "four"), "three": (), "four": ("one",)},
            [
                "rules that cover each other leave no mail at all: 'four' covers 'one' covers 'two' covers 'four'",
                "rules that cover each other leave no mail at all: 'one' covers 'two' covers 'four' covers 'one'",
                "rules that cover each other leave no mail at all: 'two' covers 'four' covers 'one' covers 'two'",
            ],
        ),
    ],
)
def test_rules_cannot_cover_themselves_or_each_other(
    covers: dict[str, tuple[str, ...]], said: list[str], tmp_path: Path
) -> None:
    assert sorted(fault.split(": ", 2)[2] for fault in found(tmp_path, **covers)) == said
