"""A rule that suddenly fires far more than usual is held, and the operators are told: a new kind of text that it
misreads, or a feed that repeats its archive, must not mail everybody a hundred times. Nothing is lost meanwhile.

Usual is how many new alerts it makes in those ten minutes in which it makes any. What is extreme is not held
(`bundling`), and the limits of each reader hold as well (`pace`): the day on which the worst happens everywhere looks
the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts.notify import bulletins
from alerts.store import firing, holds, people

SPAN: Final = timedelta(minutes=10)
TIMES: Final = 10
LOOK_BACK: Final = timedelta(weeks=4)
KNOWN_AFTER: Final = timedelta(weeks=1)
"""How long a rule must have been known for its usual to count."""
LEAST: Final = TIMES
"""So many new alerts in the span are never too many."""
LEAST_UNKNOWN: Final = 50
"""Nor are so many of a rule that is not known yet: the first day of a service, or of a rule, is no usual day."""


def too_many(
    times: Sequence[datetime], now: datetime, *, since: datetime | None, released: datetime | None = None
) -> str:
    """Why a rule is to be held, in words; "" when it is not. `times`: of its new alerts of the last weeks, those of now
    among them; `since`: of its first one ever; `released`: when a person last let it go, and so all before."""
    begin = now - SPAN if released is None else max(now - SPAN, released)
    recent = sum(one > begin for one in times)
    usual = _usual([one for one in times if one <= now - SPAN])
    if since is None or now - since < KNOWN_AFTER:
        if recent <= LEAST_UNKNOWN:
            return ""
        return f"{recent} new alerts in 10 minutes, and what is usual is not known yet"
    if recent <= max(LEAST, TIMES * usual):
        return ""
    return f"{recent} new alerts in 10 minutes, where {usual:.1f} is usual"


def _usual(times: Sequence[datetime]) -> float:
    """The mean of those spans that had any; 1 where there were none."""
    spans = {int(one.timestamp() // SPAN.total_seconds()) for one in times}
    return len(times) / len(spans) if spans else 1.0


def watch(conn: Connection, rule: str, now: datetime, *, secret: bytes, domain: str) -> bool:
    """To be called when a rule has made a new alert, in the same transaction: hold it if it fires too much, and tell
    the operators once. Whether it is held by this."""
    if firing.count(conn, rule, since=now - SPAN) <= LEAST:
        return False
    times, since = firing.times(conn, rule, since=now - LOOK_BACK), firing.first(conn, rule)
    why = too_many(times, now, since=since, released=holds.last_release(conn, rule))
    made = holds.put(conn, "rule", why, now, rule=rule) if why else None
    if made is None:
        return False
    bulletins.post(
        conn,
        kind="hold",
        subject=f"The rule {rule} is held: {why}",
        body=_body(rule, why, made.id),
        people=people.active_people(conn, "operator"),
        secret=secret,
        domain=domain,
        now=now,
    )
    return True


def _body(rule: str, why: str, number: int) -> str:
    return (
        f"The rule {rule} made {why}. Its new alerts are not mailed until you say so, but for those that are extreme. "
        "Alerts are still made and shown, and nothing is lost.\n\n"
        f"- If it is right, and something big has happened, let the mails go: alerts mail release --hold {number}\n"
        "- If it is wrong, cancel the alerts, mend the rule or switch it off, and drop the mails: "
        f"alerts mail release --hold {number} --drop"
    )
