"""What a rule and the configuration decide about the life of its alerts, as plain values: tracking needs
no rule file, and a test can state exactly the policy it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from alerts.types import Precision, Severity

# Number name -> ((at least, level), ...): `match.rule.Ladder.steps`.
Steps = Mapping[str, Sequence[tuple[float, Severity]]]

# Why an update is told: heard of again after the end, the level rose, a second origin, a number grew,
# a number or the level fell.
Reason = Literal["again", "level", "confirmed", "number", "revised"]
REASONS: frozenset[Reason] = frozenset(("again", "level", "confirmed", "number", "revised"))

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """How many independent origins, how close together (None: any time), and what readers hear before:
    the alert marked unconfirmed (`mark`) or nothing (`hold`)."""

    sources: int = 2
    within: timedelta | None = None
    until_then: Literal["mark", "hold"] = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """When a changed number is worth a message: `times` what was told and at least its floor, or fallen
    to `fall` of it. `when` leaves out reasons that the rule does not want told."""

    times: float = 1.5
    fall: float = 0.5
    floors: Mapping[str, float] = field(default_factory=lambda: {"killed": 10.0, "displaced": 1000.0})
    other_floor: float = 10.0
    when: frozenset[Reason] = REASONS

    def floor(self, name: str) -> float:
        return self.floors.get(name, self.other_floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The people who look at alerts before they are told: from which level on, whatever the rule (None: only where
    the rule asks for it), and for how long an alert waits for them before it is told unreviewed (None: for ever)."""

    triage_from: Severity | None = None
    triage_for: timedelta | None = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`same_event` is how long after its last evidence a hit still belongs to an alert (if it is a `blow`, only what
    `blows.same_blow` says of it); `ends_after` how long
    without news it is shown as in force (None: as long; what is heard later reopens it). `steps` is the
    rule's severity by number. What was published more than `late_after` before it came in, or happened
    more than `old_event` before, tells nobody. (News from a cut-off place may take days to be printed at
    all, so the two are not one; `old_event` is never below `late_after` and `same_event`.) From the level
    `triage_from` a person must look before it is told (None: never), for as long as `triage_for` (None: for ever)."""

    same_event: timedelta = timedelta(days=3)
    blow: bool = False
    ends_after: timedelta | None = None
    title: str = ""
    precision: Precision = "city"
    confirm: Confirm = field(default_factory=Confirm)
    updates: Updates = field(default_factory=Updates)
    steps: Steps = field(default_factory=dict)
    late_after: timedelta = DAY
    old_event: timedelta = timedelta(days=7)
    triage_from: Severity | None = None
    triage_for: timedelta | None = None

    @property
    def lasts(self) -> timedelta:
        """How long an alert is in force without news."""
        return self.ends_after or self.same_event

    @property
    def oldest(self) -> timedelta:
        """How old an event may be when it is reported, to be told still."""
        return max(self.late_after, self.same_event, self.old_event)

    @property
    def ends_soonest(self) -> timedelta:
        """After how long an alert may end: what is held lapses earlier, if it is not confirmed."""
        held = self.confirm.within if self.confirm.until_then == "hold" else None
        return self.lasts if held is None else min(self.lasts, held)
