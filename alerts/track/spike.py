"""More than usual: whether the reports of a rule at a place, or the people they count, have jumped.

Pure decisions over a series of days, kept in the database (`store.reports`): what a day counts follows from the set of
its reports, so late articles and restarts change nothing in the end. Three tests of people run side by side
(`people`), for each is blind where another sees: the record misses what follows a greater wave, the daily test a slow
rise, the new wave whatever rises out of one that goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from statistics import mean, stdev
from typing import Final, Literal

from alerts.track.severity import rank
from alerts.types import Severity, Wave

# A place where nothing is usual still has one report in three windows: so nothing is ever "infinitely more".
LEAST_USUAL: Final = 1 / 3
# The highest sum of 30 days in a year and in three, as OCHA's HDX Signals has it.
RECORD_DAYS: Final = 30
RECORDS: Final[tuple[tuple[int, Severity], ...]] = ((1096, "severe"), (366, "moderate"))
# EARS W2 (Collier, arXiv 1110.3091): a day against seven earlier ones, weekdays and weekends apart, with two days
# left out between; three times their spread above their mean. The spread of even days is no nought.
EARS_DAYS: Final = 7
EARS_GAP: Final = 2
EARS_SPREADS: Final = 3.0
EARS_LEAST_SPREAD: Final = 1 / 3
EARS_ORIGINS: Final = 3
# A wave is over after so many days below this share of its daily mean at the height.
LULL_DAYS: Final = 7
LULL_SHARE: Final = 1 / 3
# Told again only after a fall below this share of what was told.
REARM_SHARE: Final = 0.5

LONGEST: Final = max(days for days, _ in RECORDS) + RECORD_DAYS
_DAY = timedelta(days=1)
_WEEKEND = (5, 6)

Voice = frozenset[str]  # the names of an independent teller: publisher, owner, cited sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is counted of a day at a place: its independent tellers, in order; the middle one of their counts
    (None: nobody gave one), and how many gave one."""

    day: date
    voices: tuple[Voice, ...] = ()
    value: float | None = None
    counting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule calls a spike, in days. `at_least` is the floor below which nothing is told; `reports`: whether
    reports are counted, or the number that is called `noun`."""

    window: int
    baseline: int
    history: int
    at_least: float
    times: float = 3.0
    noun: str = "reports"
    reports: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last spike told of a place: its day, how much the window then held, the level it was given."""

    day: date
    level: float
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`fires`: a new spike; `grows`: far above what was told; `goes on`: of the spike told; `quiet`: no spike, and
    `why`. `wave` is what fires, or grows."""

    what: Literal["fires", "grows", "goes on", "quiet"]
    why: str
    wave: Wave | None = None


@dataclass(slots=True)
class Series:
    """The days of a place, watched from `since` on: what is reported of days before is not complete, and does not
    count."""

    since: date
    days: dict[date, Day]
    values: list[float]  # by day, from `since` to the last that has anything
    _sums: list[float]

    def __init__(self, days: Iterable[Day], since: date) -> None:
        self.since = since
        self.days = {day.day: day for day in days if day.day >= since}
        self.values = [0.0] * (self.watched(max(self.days, default=since)) + 1)
        for day in self.days.values():
            self.values[self.watched(day.day)] = day.value or 0.0
        self._sums = list(accumulate(self.values, initial=0.0))

    def value(self, day: date) -> float:
        found = self.days.get(day)
        return (found.value or 0.0) if found else 0.0

    def total(self, end: date, length: int) -> float:
        """The sum of the counts of `length` days up to `end`."""
        at = self.watched(end)
        return self._until(at + 1) - self._until(at + 1 - length)

    def totals(self, length: int, ends: range) -> list[float]:
        """The same for each of many ends, by the number of days watched before."""
        return [self._until(at + 1) - self._until(at + 1 - length) for at in ends]

    def _until(self, count: int) -> float:
        return self._sums[min(max(count, 0), len(self._sums) - 1)]

    def tellers(self, end: date, length: int) -> int:
        """How many independent tellers spoke in `length` days up to `end`; one who speaks on two days is one."""
        spoke = (self.days.get(end - i * _DAY) for i in reversed(range(length)))
        return len(independent(voice for day in spoke if day for voice in day.voices))

    def watched(self, before: date) -> int:
        """How many days were watched before a day."""
        return (before - self.since).days


def independent(voices: Iterable[Voice]) -> list[Voice]:
    """Those who lean on nobody who spoke before. One without a name may be anybody, so is independent of nobody
    (`origins.independent`)."""
    found: list[Voice] = []
    for voice in voices:
        if not any(leans(voice, other) for other in found):
            found.append(voice)
    return found


def leans(voice: Voice, other: Voice) -> bool:
    return not voice or not other or not voice.isdisjoint(other)


def middle(counts: Sequence[float]) -> float | None:
    """The count in the middle, of two the higher (as `facts` has it for an alert)."""
    return sorted(counts)[len(counts) // 2] if counts else None


def weigh(series: Series, terms: Terms, ends: Sequence[date], told: Told | None) -> Verdict:
    """What to make of a report that counts in the windows that end on `ends` (in order, at least one)."""
    tests = (reports,) if terms.reports else people(terms)
    found = [wave for end in ends for test in tests if (wave := test(series, end, terms)) is not None]
    best = max(found, key=lambda wave: (_level(wave.severity), wave.day), default=None)
    if told is None or fallen(series, terms, told, ends[0]) or _after_a_lull(best, told):
        if best is not None and (told is None or _is_more(best, series, terms, told)):
            return Verdict(what="fires", why=words(best), wave=best)
        return Verdict(what="quiet", why=_quiet(series, terms, ends[-1]))
    level, end = max((measure(series, terms, end), end) for end in ends)
    if level >= terms.times * told.level:
        grown = best or Wave(
            test="growth",
            noun=terms.noun,
            count=level,
            usual=told.level,
            days=terms.window,
            day=end,
            level=level,
        )
        return Verdict(what="grows", why=words(grown), wave=grown)
    if best is not None and _level(best.severity) > _level(told.severity):
        return Verdict(what="grows", why=words(best), wave=best)
    return Verdict(what="goes on", why=f"the spike of {told.day} goes on: {_amount(level, terms.noun)}")


def fallen(series: Series, terms: Terms, told: Told, before: date) -> bool:
    """Whether the spike that was told is over: on a whole day since, the window held less than half of it."""
    gone = (before - told.day).days
    return any(measure(series, terms, told.day + i * _DAY) < REARM_SHARE * told.level for i in range(1, gone))


def _after_a_lull(wave: Wave | None, told: Told) -> bool:
    """Whether a wave began out of calm, so that what was told is over, though it was told when it was still small."""
    return wave is not None and wave.test == "new wave" and (wave.day - told.day).days > LULL_DAYS


def _is_more(wave: Wave, series: Series, terms: Terms, told: Told) -> bool:
    """Whether there is a wave in what came since the last one was told: its people are in a record of thirty days for
    a while, though it is over."""
    since = (wave.day - told.day).days
    return wave.test != "record" or since >= RECORD_DAYS or series.total(wave.day, since) >= terms.at_least


def measure(series: Series, terms: Terms, end: date) -> float:
    """What the window that ends on a day holds: what the size of a spike is compared by."""
    return series.tellers(end, terms.window) if terms.reports else series.total(end, terms.window)


def reports(series: Series, end: date, terms: Terms) -> Wave | None:
    """Far more reports than usual."""
    start = end - (terms.window - 1) * _DAY
    if series.watched(start) < terms.history:
        return None
    count, usual = series.tellers(end, terms.window), usual_reports(series, start, terms)
    if count < terms.at_least or count < terms.times * usual:
        return None
    return Wave(
        test="reports", noun=terms.noun, count=count, usual=usual, days=terms.window, day=end, level=float(count)
    )


def usual_reports(series: Series, start: date, terms: Terms) -> float:
    """The mean of the windows of the baseline, as far as it was watched, before `start`."""
    windows = min(terms.baseline, series.watched(start)) // terms.window
    ends = [start - _DAY - i * terms.window * _DAY for i in range(windows)]
    return max(LEAST_USUAL, mean(series.tellers(end, terms.window) for end in ends)) if ends else LEAST_USUAL


Test = Callable[[Series, date, Terms], Wave | None]


def people(terms: Terms) -> tuple[Test, ...]:
    """The three tests, the one with the highest level first."""
    return (record, new_wave, ears)


def record(series: Series, end: date, terms: Terms) -> Wave | None:
    """More in 30 days than in any 30 days before, for a year or for three; as much as ever is no record."""
    total = series.total(end, RECORD_DAYS)
    watched = series.watched(end) + 1
    if total < terms.at_least or series.watched(end - (RECORD_DAYS - 1) * _DAY) < terms.history:
        return None
    for span, severity in RECORDS:
        if severity != RECORDS[-1][1] and watched < span:
            continue  # who has not watched for three years knows of no record of three years
        earlier = range(max(watched - span, RECORD_DAYS - 1), watched - RECORD_DAYS)
        highest = max(series.totals(RECORD_DAYS, earlier), default=None)
        if highest is not None and total > highest:
            return _wave("record", series, end, terms, total, highest, RECORD_DAYS, severity, min(span, watched))
    return None


def ears(series: Series, end: date, terms: Terms) -> Wave | None:
    """A day far above the seven weekdays (or weekend days) before it, told by three independent origins."""
    today = series.days.get(end)
    if today is None or today.value is None or today.counting < EARS_ORIGINS or today.value < terms.at_least:
        return None
    if series.watched(end) < terms.history:
        return None
    kind = end.weekday() in _WEEKEND
    earlier = [end - i * _DAY for i in range(EARS_GAP + 1, EARS_GAP + 1 + 4 * EARS_DAYS)]
    alike = [day for day in earlier if (day.weekday() in _WEEKEND) is kind and day >= series.since][:EARS_DAYS]
    if len(alike) < EARS_DAYS:
        return None
    values = [series.value(day) for day in alike]
    usual = mean(values)
    spread = max(stdev(values), EARS_LEAST_SPREAD * usual)
    if today.value <= usual + EARS_SPREADS * spread:
        return None
    return _wave("ears", series, end, terms, today.value, usual, 1)


def new_wave(series: Series, end: date, terms: Terms) -> Wave | None:
    """A wave that begins on this day out of a lull: far above the usual of calm times. What earlier waves brought is
    not usual, or a great wave would hide the next for as long as the baseline looks back."""
    total = series.total(end, terms.window)
    if total < terms.at_least:
        return None
    first, last = terms.history + terms.window - 1, series.watched(end)
    calm = _Calm(series, terms, last)
    for at, held in zip(range(first, last + 1), series.totals(terms.window, range(first, last + 1)), strict=True):
        calm.take(at, held)
    if calm.began != last:
        return None
    return _wave("new wave", series, end, terms, total, calm.usual(last), terms.window)


class _Calm:
    """Walks the days in order (each the number of days watched before it), and tells waves from the calm between
    them."""

    def __init__(self, series: Series, terms: Terms, last: int) -> None:
        self.terms = terms
        self.began: int | None = None  # the day on which the wave began that goes on; None in calm
        self._values = series.values[: last + 1] + [0.0] * (last + 1 - len(series.values))
        self._calm = [True] * (last + 1)
        self._peak = 0.0
        self._low = 0

    def take(self, at: int, held: float) -> None:
        """The next day; the window that ends on it `held` so much."""
        window = self.terms.window
        if self.began is None:
            if held >= self.terms.at_least and held >= self.terms.times * self.usual(at):
                self.began, self._peak, self._low = at, held / window, 0
                self._calm[at - window + 1 : at + 1] = [False] * window
            return
        self._calm[at] = False
        self._peak = max(self._peak, held / window)
        self._low = self._low + 1 if self._values[at] < LULL_SHARE * self._peak else 0
        if self._low >= LULL_DAYS:
            self.began = None
            self._calm[at - LULL_DAYS + 1 : at + 1] = [True] * LULL_DAYS

    def usual(self, at: int) -> float:
        """What the calm days of the baseline before the window bring in as many days as the window has."""
        before = slice(max(at - self.terms.window + 1 - self.terms.baseline, 0), at - self.terms.window + 1)
        values = [value for value, calm in zip(self._values[before], self._calm[before], strict=True) if calm]
        return self.terms.window * sum(values) / len(values) if values else 0.0


def _wave(
    test: Literal["record", "ears", "new wave"],
    series: Series,
    end: date,
    terms: Terms,
    count: float,
    usual: float,
    days: int,
    severity: Severity | None = None,
    span: int = 0,
) -> Wave:
    return Wave(
        test=test,
        noun=terms.noun,
        count=count,
        usual=usual,
        days=days,
        day=end,
        level=series.total(end, terms.window),
        severity=severity,
        span=span,
    )


def words(wave: Wave) -> str:
    """The reason in words: "9 reports in 3 days, usual 1.3"."""
    amount = f"{_amount(wave.count, wave.noun)} {'on' if wave.days == 1 else 'in'} {_length(wave)}"
    if wave.test == "record":
        return f"{amount}, the most in {wave.span} days (before: {_figure(wave.usual)})"
    if wave.test == "ears":
        return f"{amount}, usual {_figure(wave.usual)} a day"
    if wave.test == "growth":
        return f"{amount}, {_figure(wave.usual)} when last told"
    if wave.test == "new wave":
        return f"{amount} after a lull, usual {_figure(wave.usual)}"
    return f"{amount}, usual {_figure(wave.usual)}"


def _length(wave: Wave) -> str:
    return wave.day.isoformat() if wave.days == 1 else f"{wave.days} days"


def _amount(count: float, noun: str) -> str:
    return f"{_figure(count)} {noun[:-1] if noun == 'reports' and count == 1 else noun}"


def _figure(count: float) -> str:
    return f"{count:,.0f}" if count >= 10 or count == int(count) else f"{count:.1f}"


def _level(severity: Severity | None) -> int:
    return -1 if severity is None else rank(severity)


def _quiet(series: Series, terms: Terms, end: date) -> str:
    """Why there is no spike."""
    start = end - (terms.window - 1) * _DAY
    amount = f"{_amount(measure(series, terms, end), terms.noun)} in {terms.window} days"
    if series.watched(start) < terms.history:
        return f"{amount}; watched for {max(series.watched(start), 0)} days before, and history is {terms.history}"
    usual = f", usual {_figure(usual_reports(series, start, terms))}" if terms.reports else ""
    below = f"; at_least is {_figure(terms.at_least)}" if measure(series, terms, end) < terms.at_least else ""
    return f"{amount}{usual}: no spike{below}"
