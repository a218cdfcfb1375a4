"""What follows when a reader says that an alert was a false alarm: it is taken back at once, or a second person looks.

Taking back a true alert can cost a life, and so can leaving a false one; one press should do for most, and two people
for those that many have heard of, that are extreme, or that somebody vouches for. Pure: who said what is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alerts.match.opinions import Opinion
from alerts.types import AlertState, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an alert stands: `worst` is the highest level it was told at, `readers` how many were told, `others` the
    opinions of everybody but the one who speaks now; `vouched`: another one has taken it on."""

    state: AlertState
    worst: Severity
    readers: int
    others: Sequence[Opinion] = ()
    vouched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Take it back (`cancel`), `wait` for a second person, or nothing is left to do (`over`); `why` in words."""

    what: Literal["cancel", "wait", "over"]
    why: str


def false_alarm(standing: Standing, *, second_look: int) -> Decision:
    """What one more person's "false alarm" does. Asks for a second person above `second_look` readers."""
    if standing.state == "cancelled":
        return Decision(what="over", why="the alert was cancelled already")
    if standing.state == "merged":
        return Decision(what="over", why="the alert was merged into another one, which goes on")
    said = [one.verdict for one in standing.others]
    wrong, right = said.count("wrong"), said.count("right")
    if wrong and wrong + 1 > right:
        return Decision(what="cancel", why=f"{wrong + 1} people said that it was a false alarm")
    doubts = _doubts(standing, right, second_look)
    if doubts:
        return Decision(what="wait", why=doubts)
    return Decision(what="cancel", why="a reader said that it was a false alarm")


def _doubts(standing: Standing, right: int, second_look: int) -> str:
    """Why one person is not enough; empty where one is."""
    if standing.worst == "extreme":
        return "the alert is extreme"
    if right:
        return "somebody else said that it is true"
    if standing.vouched:
        return "somebody else has taken it on"
    if standing.readers > second_look:
        return f"{standing.readers} readers were told of it"
    return ""
