"""What the time kinds `first`, `during` and `after` say of a hit, from what the database remembers. (`spike` counts
before it speaks: `spikes`.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.durations import say
from alerts.match.rule import After, During, First, Rule
from alerts.store import alerts as alert_store
from alerts.store import ledger as ledger_store
from alerts.store import reports
from alerts.track import identity, ledger, places
from alerts.types import Evidence, Hit, Place

# How late the report may come in of what another event came after.
_WAITED_FOR = timedelta(days=30)


def forget_old(conn: Connection, rules: Iterable[Rule], now: datetime) -> None:
    """Forget what was kept because it may have come after something: nobody will report that any more."""
    for rule in rules:
        if isinstance(rule.when, After):
            reports.forget_before(conn, rule.family, now - rule.when.within - _WAITED_FOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeKinds:
    """The rules' time kinds at one moment, when the ledger is up to date."""

    conn: Connection
    rules: Mapping[str, Rule]
    lookup: places.Lookup
    now: datetime
    first_loaded: Mapping[str, datetime]
    _states: dict[tuple[str, str], list[ledger.LedgerEntry]] = field(default_factory=dict)  # asked for before

    def not_in_force(self, rule: Rule, hit: Hit) -> str | None:
        """Why a hit does not count that needs a state: by the ledger it does not hold at the place."""
        if hit.needs_state is None:
            return None
        if hit.place_from != "sentence":
            return f"where it happened is only guessed, and so whether '{hit.needs_state}' holds there"
        grace = rule.when.grace if isinstance(rule.when, During) else timedelta(0)
        if hit.place is not None:
            known = self._entries(hit.place.country, hit.needs_state)
            if ledger.holds(known, places.chain(hit.place), hit.event_time, grace):
                return None
        return f"no '{hit.needs_state}' is known to hold there"

    def _entries(self, country: str, name: str) -> list[ledger.LedgerEntry]:
        if (country, name) not in self._states:
            self._states[country, name] = ledger_store.entries(self.conn, country, name=name)
        return self._states[country, name]

    def not_yet(self, rule: Rule, evidence: Evidence) -> str | None:
        """Why a rule of the kind `first` or `after` opens no alert."""
        if isinstance(rule.when, First):
            return self._not_first(rule, rule.when, evidence.hit)
        return self._not_after(rule, rule.when, evidence) if isinstance(rule.when, After) else None

    def seen(self, rule: Rule, hit: Hit) -> None:
        """The place is no longer new to a `first` rule."""
        if hit.place is not None and isinstance(rule.when, First):
            ledger_store.put_seen(self.conn, rule.family, _novelty_place(rule.when, hit), hit.event_time)

    def _not_first(self, rule: Rule, when: First, hit: Hit) -> str | None:
        """Not new to it, or it is still learning."""
        loaded = self.first_loaded.get(rule.name)
        if loaded is not None and self.now < loaded + when.learn:
            return "still learning what is usual"
        if hit.place is None:
            return None
        place_id = _novelty_place(when, hit)
        last = ledger_store.last_seen(self.conn, rule.family, [place_id]).get(place_id)
        if ledger.novel(last, hit.event_time, when.within):
            return None
        ledger_store.put_seen(self.conn, rule.family, place_id, hit.event_time)
        return "known of this place already"

    def _not_after(self, rule: Rule, when: After, evidence: Evidence) -> str | None:
        """What it comes after is not known there. The report is kept, for that may come in later."""
        place = evidence.hit.place
        if place is None:
            return "no place is known, so nothing is known to come before"
        if self._fired_before(when, evidence.hit):
            reports.forget(self.conn, rule.family, place.id, evidence.article_id)
            return None
        reports.keep(self.conn, place, evidence)
        return f"'{when.rule}' did not fire there in the {say(when.within)} before"

    def _fired_before(self, when: After, hit: Hit) -> bool:
        leader = self.rules.get(when.rule)
        if leader is None or hit.place is None:
            return False
        first = hit.event_time - when.within
        there = alert_store.fired_between(self.conn, leader.family, hit.place.country, first, hit.event_time)
        return any(self._one_place(place, hit.place, when) for place in there)

    def _one_place(self, place: Place, other: Place, when: After) -> bool:
        one, two = places.lift(place, when.per, self.lookup), places.lift(other, when.per, self.lookup)
        return one.id == two.id or places.lies_in(one, two) or places.lies_in(two, one)

    def followers(self, rule: Rule, evidence: Sequence[Evidence]) -> Iterator[tuple[Rule, Evidence]]:
        """What was kept of rules that come after this one, and does now that it has fired with `evidence`. It is no
        longer kept then."""
        times = [item.hit.event_time for item in evidence]
        countries = {item.hit.place.country for item in evidence if item.hit.place is not None}
        for follower in self.rules.values():
            when = follower.when
            if not isinstance(when, After) or when.rule != rule.name:
                continue
            first, last = min(times), max(times) + when.within
            for country in sorted(countries):
                for kept in reports.kept_between(self.conn, follower.family, country, first, last):
                    if kept.hit.place is not None and self._fired_before(when, kept.hit):
                        reports.forget(self.conn, follower.family, kept.hit.place.id, kept.article_id)
                        yield follower, kept

    def depth(self, rule: Rule) -> int:
        """How many rules it waits for: what an `after` rule comes after is taken first, for it may be in the very
        same article."""
        depth, when = 0, rule.when
        while isinstance(when, After) and when.rule in self.rules and depth < len(self.rules):
            depth, when = depth + 1, self.rules[when.rule].when
        return depth


def _novelty_place(when: First, hit: Hit) -> str:
    return places.lift(hit.place, when.per).id if hit.place else identity.UNKNOWN
