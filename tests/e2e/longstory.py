"""A made story of six weeks for `test_restarts`: all kinds of rules, outlets that copy, correct and deny, and people
who act. It is taken poll by poll, on a clock of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from tests.engine.world import TRUCE

START: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)

RULE: Final = """\
format = 1
title  = "{title}"
event  = "{event}"
status = "active"

[[match]]
[match.parts]
found = [{words}]

[place]
required  = true
precision = "city"
{numbers}
{when}
[severity]
default = "{level}"
{steps}
[alert]
title      = "{title} in {{{{ place }}}}{toll}"
summary    = "{{{{ quote }}}}"
same_event = "4 days"
course     = "{course}"
"""
KILLED: Final = '[numbers.killed]\nsay = ["killed {people}", "killing {people}", "{people} were killed"]\n'
TOLL: Final = "{% if killed %}: {{ killed | people }} killed{% endif %}"
BY_DEAD: Final = '[severity.killed]\n5 = "moderate"\n12 = "severe"\n60 = "extreme"\n'
SPIKE: Final = (
    '[when]\nkind = "spike"\nwindow = "3 days"\nbaseline = "21 days"\nhistory = "7 days"\n{more}\ntimes = 3\n'
)
KINDS: Final = {
    "raid": ("Shelling", "attack", '"~shell", "shells fell"', KILLED, "", "minor", BY_DEAD),
    "siege": (
        *("Town cut off", "siege", '"~besiege", "under siege"', ""),
        *('[when]\nkind = "first"\nin = "20 days"\nlearn = "2 days"\n', "severe", ""),
    ),
    "breach": (
        *("Truce broken", "ceasefire_violation", '"~ambush"', KILLED),
        *('[when]\nkind = "during"\nstate = "truce"\n', "severe", BY_DEAD),
    ),
    "unrest": (
        *("Unrest", "attack", '"~riot"', ""),
        *(SPIKE.format(more="at_least = 3"), "moderate", ""),
    ),
    "flight": (
        *("Flight", "displacement", '"~flee"', '[numbers.displaced]\nuse = "displaced"\n'),
        *(SPIKE.format(more='count = "people"\nat_least = 5_000'), "moderate", ""),
    ),
    "rescue": (
        *("Rescue", "attack", '"sent ambulances"', ""),
        *('[when]\nkind = "after"\nrule = "raid_{course}"\nwithin = "3 days"\n', "moderate", ""),
    ),
}
COURSES: Final = ("blow", "process")
LEXICON: Final = 'about = "The displaced"\nwords = ["{people} fled"]\n'


def write_rules(folder: Path) -> None:
    """Rules of each kind in time, each for what goes on and for what happens at once."""
    (folder / "lexicon").mkdir(parents=True)
    (folder / "lexicon" / "number.displaced.toml").write_text(LEXICON, encoding="utf-8")
    (folder / "truce.toml").write_text(TRUCE, encoding="utf-8")
    for kind, (title, event, words, numbers, when, level, steps) in KINDS.items():
        for course in COURSES:
            text = RULE.format(
                title=title if course == "blow" else f"{title} (goes on)",
                event=event,
                words=words,
                numbers=numbers,
                when=when.replace("{course}", course),
                level=level,
                steps=steps,
                toll=TOLL if steps else "",
                course=course,
            )
            (folder / f"{kind}_{course}.toml").write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An article as its outlet prints it; the same `key` again is a correction. `age` is how long before it comes in
    it was printed."""

    source: str
    key: str
    text: str
    title: str = ""
    age: timedelta = timedelta(0)


Act = Literal["", "silence", "approve", "acknowledge", "close", "cancel", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What comes in at one time, and what somebody does then (with the alert of `about`)."""

    at: datetime
    pieces: tuple[Piece, ...] = ()
    act: Act = ""
    about: str = ""


def at(days: float, *pieces: Piece, act: Act = "", about: str = "") -> Poll:
    return Poll(at=START + timedelta(days=days), pieces=pieces, act=act, about=about)


def one(source: str, text: str, *, key: str = "", title: str = "", hours: float = 0) -> Piece:
    return Piece(source=source, key=key or text[:50], text=text, title=title, age=timedelta(hours=hours))


def _own(tag: str) -> str:
    """Some words that nobody else prints."""
    return " and ".join(f"clerk {tag}z{i}" for i in range(6))


def _flight(day: int, count: int, *sources: str) -> Poll:
    """A count of people, by outlets that each have words of their own."""
    told = (one(s, f"{count:,} people fled Kadugli, said {_own(f'{day}q{i}')}.") for i, s in enumerate(sources))
    return at(day + 0.3, *told)


def _riot(number: int) -> Piece:
    return one(f"Paper {number}", f"Crowds rioted in Gao over bread, said {_own(f'r{number}')}.")


WIRE: Final = (
    "Government forces shelled Taiz on Thursday, killing 14 people, in the worst hour since the winter. A baker who "
    "hid under his counter counted nine blasts, and the street behind the mosque was closed all afternoon while men "
    "with bare hands looked for a watchmaker and his two sons. The bridge stayed open, and the evening ferry left."
)
COPY: Final = WIRE.replace("A baker who", "One baker, who").replace("was closed all", "stayed shut all")

_STORY: Final = (
    at(0, one("Weather", "The weather in Aden was fine.")),
    at(3, one("Wire", WIRE, title="Nine blasts in an old street")),
    at(
        3.05,
        one("Morning Post", COPY, title="Ferry leaves in time after shelling"),
        one("Northern Star", COPY, title="Taiz bakers hide"),
        one("Radio One", "Shells fell on Taiz, and 16 people were killed, the mayor told us.", key="radio"),
    ),
    at(3.1, one("Aid Desk", "The Red Crescent sent ambulances to Taiz in the night.")),
    at(3.3, one("Radio One", "Shells fell on Taiz, and 70 people were killed, the mayor told us.", key="radio")),
    at(3.32, act="approve", about="raid_blow"),
    at(3.5, one("Evening Post", "The army denied that it shelled Taiz.", key="denial")),
    at(4, act="acknowledge", about="raid_process"),
    at(4.2, one("Gazette", "Government forces shelled Taiz again on Friday, killing 3 people, a porter said.")),
    at(5, one("Wire", "South Sudan and the rebels agreed to a truce.")),
    at(6, one("Wire", "Rebels ambushed a convoy in Juba, killing 13 people.")),
    at(6.1, one("Juba Sun", "Gunmen ambushed lorries in Juba, a survivor said, and 13 people were killed.")),
    at(7, act="silence", about="raid_blow"),
    at(7.2, one("Wire", "The army besieged Djibo on two sides."), one("Sahel News", "Djibo is under siege, it said.")),
    *(_flight(day, 150, "Wire") for day in (8, 12, 16)),
    at(9, one("Wire", "Government forces shelled Taiz, killing 13 people near the port.", key="second")),
    at(9.2, one("Radio One", "Thirteen people were killed when the army shelled Taiz, doctors said.", key="second r")),
    at(10, one("Wire", "The blasts in Taiz were fireworks at a wedding.", key="second")),
    at(10.5, act="cancel", about="raid_blow"),
    at(11, one("Wire", "In South Sudan the truce collapsed on Monday.")),
    at(11.2, one("Wire", "Rebels ambushed a bus in Juba.", key="no truce")),
    at(13, _riot(0)),
    at(13.2, _riot(1), _riot(2), _riot(3)),
    at(13.4, one("Late Post", "Government forces shelled Marib, killing 20 people.", hours=40)),
    at(14, *(_riot(number) for number in range(4, 12))),
    at(14.5, one("Late Post", "Volunteers sent ambulances to Marib at dawn.", hours=30)),
    at(15, one("Sahel News", "Djibo remained besieged for a second week, traders said.")),
    _flight(18, 4_000, "Wire", "Radio One", "Gazette"),
    _flight(19, 9_000, "Wire", "Radio One", "Gazette", "Juba Sun"),
    _flight(20, 30_000, "Wire", "Gazette", "Aid Desk"),
    at(21, one("Aid Desk", "Since 2019 the war has displaced 900,000 people from Kadugli, and more fled in fear.")),
    at(22, one("Gazette", "In Mopti shells fell on a market, killing 6 people.")),
    at(22.1, one("Northern Star", "Mali was shelled from across the river, and 6 people were killed.")),
    at(23, act="close", about="flight_process"),
    at(24, one("Wire", "Burkina Faso: the army shelled Fada, killing 61 people.", key="big")),  # nobody looks
    at(24.2, one("Gazette", "At least 61 people were killed when troops shelled Fada, a priest said.")),
    at(25, one("Gazette", "In Mopti shells fell again, a boatman said, killing 7 people.", key="mopti 2")),
    at(25.1, act="merge", about="raid_blow"),
    at(30.9, one("Radio One", "Mopti was shelled at night, the town hall told us, killing 8 people.")),
    at(33, one("Wire", "The army besieged Djibo once more from the north.")),
    *(_flight(day, 20_000, "Wire", "Gazette", "Aid Desk") for day in (36, 37)),
    at(40, one("Wire", "The weather in Aden was fine again.")),
)
STORY: Final = tuple(sorted(_STORY, key=lambda poll: poll.at))


def told_at_once(story: Iterable[Poll] = STORY) -> tuple[Poll, ...]:
    """The story as an archive knows it: one article a poll, none late, none corrected, and nobody acts."""
    found: list[Poll] = []
    for poll in story:
        for number, piece in enumerate(poll.pieces):
            if not any(known.pieces[0].source == piece.source and known.pieces[0].key == piece.key for known in found):
                alone = replace(piece, age=timedelta(0))
                found.append(Poll(at=poll.at + timedelta(minutes=number), pieces=(alone,)))
    return tuple(found)
