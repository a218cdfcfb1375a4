"""How many readers there are, and of what kind: numbers for who runs the service, of nobody.

What few have in common could name them. So whatever counts less than `FEW` is told only as that, and of places and
events nothing is told but how many of them have few readers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from alerts.readers import Person
from alerts.store import people
from alerts.store.schema import bounce, person, suppressed, tally

FEW: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What readers ask for, each with how many do, the most first; `few`: how many more things there are that less than
    `FEW` ask for."""

    counted: tuple[tuple[str, int], ...] = ()
    few: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Headcount:
    """Readers (who get mail), those who have paused until a day, who is asked for a yes, who left or was given up, why
    addresses are not written to, and whose mail came back of late. `anywhere` and `any_event` are those who set
    no limit. `sign_ups` by day (the latest first) and what it was."""

    readers: int
    paused: int
    asked: int
    gone: int
    suppressed: Mapping[str, int]
    returned: int
    countries: Shares
    regions: Shares
    events: Shares
    anywhere: int
    any_event: int
    rhythms: Mapping[str, int]
    languages: Shares
    encrypted: int
    discreet: int
    sign_ups: tuple[tuple[str, Mapping[str, int]], ...]


def headcount(conn: Connection, now: datetime, *, days: int = 30) -> Headcount:
    """How things stand now; `sign_ups` of so many days."""
    everybody = [one for one in people.list_people(conn) if "reader" in one.duties]
    readers = [one for one in everybody if one.active]
    strangers = select(func.count()).select_from(person).where(~person.c.active, person.c.asked.is_not(None))
    reasons = select(suppressed.c.reason, func.count()).group_by(suppressed.c.reason)
    wishes = [one.wishes for one in readers]
    return Headcount(
        readers=len(readers),
        paused=sum(one.paused_until is not None and one.paused_until > now for one in wishes),
        asked=conn.execute(strangers).scalar_one(),
        gone=sum(not one.active for one in everybody),
        suppressed={reason: count for reason, count in conn.execute(reasons)},
        returned=conn.execute(select(func.count(bounce.c.person_id.distinct()))).scalar_one(),
        countries=shares(_countries(one) for one in readers),
        regions=shares(_regions(one) for one in readers),
        events=shares(one.events for one in wishes),
        anywhere=sum(not (one.countries or one.regions or one.near) for one in wishes),
        any_event=sum(not one.events for one in wishes),
        rhythms=Counter(one.rhythm for one in wishes),
        languages=shares([one.language] for one in wishes),
        encrypted=sum(bool(one.key) for one in wishes),
        discreet=sum(one.discreet for one in wishes),
        sign_ups=tuple(_by_day(conn, now - timedelta(days=days)).items()),
    )


def shares(asked: Iterable[Iterable[str]]) -> Shares:
    """How many readers ask for each thing, from what each of them asks for."""
    counts: Counter[str] = Counter()
    for one in asked:
        counts.update(set(one))
    enough = [(name, number) for name, number in sorted(counts.items()) if number >= FEW]
    return Shares(counted=tuple(sorted(enough, key=lambda one: -one[1])), few=len(counts) - len(enough))


def _countries(one: Person) -> set[str]:
    return {*one.wishes.countries, *(near.country for near in one.wishes.near)} - {""}


def _regions(one: Person) -> set[str]:
    return {*one.wishes.regions, *(near.region for near in one.wishes.near)} - {""}


def _by_day(conn: Connection, since: datetime) -> dict[str, dict[str, int]]:
    query = select(tally.c.day, tally.c.what, tally.c.number).where(
        tally.c.kind == "sign-up", tally.c.day >= f"{since:%Y-%m-%d}"
    )
    found: dict[str, dict[str, int]] = {}
    for day, what, number in conn.execute(query.order_by(tally.c.day.desc(), tally.c.what)):
        found.setdefault(day, {})[what] = number
    return found
