"""What has gone quiet: a feed or a rule against its own rhythm; and the value in which operators are told of trouble.

Silence is measured against a feed's own rhythm. It is counted only in the hours of the week in which the feed ever
brought something, so that nights and weekends do not count where they never did; and a feed is silent when the pause
is twice as long as it was ever before, the longest pause left aside (that may have been an outage).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Final, Literal, get_args

Kind = Literal[
    "feed silent", "feed failing", "feeds failing", "feed gap", "feeds late", "rule silent", "rules", "articles",
    "backlog", "mail", "mail in", "triage", "canary", "machine",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
_CELL: Final = 6 * HOUR  # the grain of a week: mornings, afternoons, evenings, nights
_CELLS: Final = 28
_TICK: Final = timedelta(microseconds=1)
_CELL_TICKS: Final = _CELL // _TICK
_EPOCH: Final = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday
ALWAYS: Final = (1 << _CELLS) - 1
_TIMES: Final = 2
_LEAST: Final = 6  # so many arrivals make a rhythm


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something operators should know: `subject` is what it is about, `text` what is known and what to do. What is
    `covered` is part of another one, and is not told by itself."""

    kind: Kind
    subject: str
    text: str
    since: datetime
    covered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """`cells` has a bit for each six hours of the week that count; a pause of more than `limit` of them is none that
    is usual, unless it is shorter than `least`."""

    cells: int
    limit: timedelta
    least: timedelta


def rhythm_of_feed(arrivals: Iterable[datetime]) -> Rhythm | None:
    """The rhythm in which a feed brought news; None while too little is known."""
    times = sorted(set(arrivals))
    cells = 0
    for time in times:
        cells |= 1 << _cell(time)
    return _learn(times, cells, known=2 * WEEK, least=6 * HOUR)


def rhythm_of_rule(alerts: Iterable[datetime]) -> Rhythm | None:
    """The rhythm in which a rule fired; None while too little is known."""
    return _learn(sorted(alerts), ALWAYS, known=4 * WEEK, least=WEEK)


def _learn(times: Sequence[datetime], cells: int, *, known: timedelta, least: timedelta) -> Rhythm | None:
    if len(times) < _LEAST or times[-1] - times[0] < known:
        return None
    sums = _sums(cells)
    ticks = [_ticks(time, cells, sums) for time in times]
    pauses = sorted(after - before for before, after in pairwise(ticks))
    return Rhythm(cells=cells, limit=max(_TIMES * pauses[-2] * _TICK, _CELL), least=least)


def silent(rhythm: Rhythm, last: datetime, now: datetime) -> bool:
    """Whether nothing came for longer than it is usual."""
    return now - last > rhythm.least and counted(last, now, rhythm.cells) > rhythm.limit


def counted(first: datetime, last: datetime, cells: int) -> timedelta:
    """How much of the time between two moments lies in these cells of the week."""
    sums = _sums(cells)
    return max(_ticks(last, cells, sums) - _ticks(first, cells, sums), 0) * _TICK


def _sums(cells: int) -> list[int]:
    """How much of a week before each of its cells counts."""
    return list(accumulate((_CELL_TICKS * (cells >> cell & 1) for cell in range(_CELLS)), initial=0))


def _ticks(time: datetime, cells: int, sums: Sequence[int]) -> int:
    """How much of all time until a moment counts."""
    passed, part = divmod((time - _EPOCH) // _TICK, _CELL_TICKS)
    weeks, cell = divmod(passed, _CELLS)
    return weeks * sums[_CELLS] + sums[cell] + part * (cells >> cell & 1)


def _cell(time: datetime) -> int:
    return (time - _EPOCH) // _CELL % _CELLS


def silent_rules(fired: Mapping[str, Sequence[datetime]], now: datetime) -> list[Trouble]:
    """Rules that made alerts in a rhythm, and no longer do. `fired`: when their alerts were opened."""
    found = []
    for rule, times in sorted(fired.items()):
        rhythm = rhythm_of_rule(times)
        if rhythm is not None and silent(rhythm, max(times), now):
            last = max(times)
            text = (
                f"The rule {rule} has opened no alert for {said(now - last)}, since {moment(last)}; so long a pause is "
                f"unusual for it. Is it peace, or a change of the rule or the feeds? See: alerts rules backtest {rule}"
            )
            found.append(Trouble(kind="rule silent", subject=rule, text=text, since=last))
    return found


def moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def said(length: timedelta) -> str:
    """A length of time in words, roughly."""
    if length < 2 * HOUR:
        return f"{int(length.total_seconds() // 60)} minutes"
    return f"{length // HOUR} hours" if length < 2 * DAY else f"{length // DAY} days"
