"""What was said of an alert, all in all: many people may say different things of one alert, and change their mind.

Each person's last word counts, be it the rule that they judge (right, wrong), a detail of it (the place, the number)
or that readers had heard of it already (a duplicate, which is no fault of the rule). Who works at the alerts has the
last word over readers; among readers more outweigh fewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Verdict = Literal["right", "wrong", "duplicate", "wrong_place", "wrong_number"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One verdict. `by` tells people apart; `reader`: said by pressing a link, not at the service's terminal."""

    verdict: Verdict
    by: str
    reader: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One opinion of an alert. A wrong place or number leaves it right: it happened, and the rule saw it."""

    verdict: Literal["right", "wrong", "duplicate"]
    wrong_place: bool = False
    wrong_number: bool = False


def opinions(said: Iterable[Said]) -> dict[Said, Opinion]:
    """Each person's opinion under the last thing they said, in the order of that."""
    found: dict[tuple[bool, str], tuple[Said, Opinion]] = {}
    for one in said:
        key = (one.reader, one.by)
        before = found.pop(key, None)
        found[key] = one, _after(before[1] if before else None, one.verdict)
    return dict(found.values())


def opinion(said: Iterable[Said]) -> Opinion | None:
    """The opinion that all verdicts of one alert, the oldest first, come to; None where there is none."""
    everybody = opinions(said)
    desk = [now for one, now in everybody.items() if not one.reader]
    return desk[-1] if desk else _most(list(everybody.values()))


def _after(before: Opinion | None, verdict: Verdict) -> Opinion:
    """One person's opinion after a further word. Place and number may both be wrong."""
    if verdict == "right" or verdict == "wrong" or verdict == "duplicate":
        return Opinion(verdict=verdict)
    kept = before if before is not None and before.verdict == "right" else Opinion(verdict="right")
    return Opinion(
        verdict="right",
        wrong_place=kept.wrong_place or verdict == "wrong_place",
        wrong_number=kept.wrong_number or verdict == "wrong_number",
    )


def _most(voices: list[Opinion]) -> Opinion | None:
    """What most say; the last word decides among equals."""
    if not voices:
        return None
    counts = Counter(one.verdict for one in voices)
    most = max(counts.values())
    verdict = next(one.verdict for one in reversed(voices) if counts[one.verdict] == most)
    same = [one for one in voices if one.verdict == verdict]
    return Opinion(
        verdict=verdict,
        wrong_place=any(one.wrong_place for one in same),
        wrong_number=any(one.wrong_number for one in same),
    )
