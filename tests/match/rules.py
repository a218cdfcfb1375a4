"""A small sound rule to break, and the means to check rules from text."""

from __future__ import annotations

from pathlib import Path

from alerts.errors import Fault, Faults
from alerts.match.check import Checker
from alerts.match.lexicon import Lexicon
from alerts.match.rule import Rule

LISTS = Path(__file__).parent / "lists"

SOUND = """\
format = 1
title  = "Town cut off"
event  = "siege"
status = "active"

[about]
author  = "An analyst"
created = 2026-01-10

[[match]]
name = "cut off"
within_words = 16
[match.parts]
siege = ["~besiege", "under siege", "cut off from (aid | food)"]
where = ["{place}", "@settlement"]

[ignore]
phrases = ["@picture"]

[place]
required  = true
precision = "city"

[numbers.trapped]
use = "trapped"

[when]
kind = "first"
in   = "120 days"

[severity]
default = "severe"
[severity.trapped]
1_000   = "moderate"
10_000  = "severe"

[alert]
title   = "{{ place }} cut off"
summary = "{{ trapped | people }} trapped: {{ quote }}"

[[fires]]
text = "Gunmen besieged the town of Djibo."

[[quiet]]
text    = "The minister is under siege from critics in the town hall."
because = "hidden by the idiom"
"""


# The same without word lists.
ALONE = (
    SOUND.replace('"@settlement"', '"town"')
    .replace('"@picture"', '"x y"')
    .replace('use = "trapped"', 'say = ["{people}"]')
)


def country(name: str) -> str | None:
    return {"syria": "SYR", "syr": "SYR", "norway": "NOR", "no": "NOR"}.get(name.lower())


def check(text: str, name: str = "cut_off") -> Rule:
    lexicon = Lexicon(sorted(LISTS.glob("*.toml")))
    assert not lexicon.faults
    return Checker(lexicon, country).check(name, text)


def faults(text: str, name: str = "cut_off") -> list[Fault]:
    try:
        check(text, name)
    except Faults as error:
        return list(error.faults)
    return []


def broken(old: str, new: str) -> list[Fault]:
    """The faults of the sound rule with `old` replaced."""
    assert old in SOUND
    return faults(SOUND.replace(old, new, 1))
