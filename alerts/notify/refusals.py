"""When refusals stop the whole queue, and when a reader is given up.

A server that refuses our mails for reasons of policy is not asked on and on: that costs the good name of the sender,
and with it all readers. What is said of the sender itself (unauthenticated, blocked) stops the queue at once. What is
said of one mail (550 5.7.1) may be this one reader's own rule, and an alert for five hundred others must not wait for a
person because of it: such a mail is held by itself. Only when several readers' mails of one run are refused like that,
and a noticeable part of it, it is about us. The same with readers who do not exist: a few are given up at the end of
the run, but many at once mean a damaged list or a server that has lost its own, and then nobody is. What
became of mails to strangers stops nothing: anybody can have us ask addresses that are dead, or that refuse us.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from alerts.notify import bulletins
from alerts.notify.message.compose import Sender
from alerts.notify.ways.verdict import Verdict
from alerts.store import bounces, holds, outbox, people
from alerts.store.outbox import OutboxRow

SHARE: Final = 0.03
FORBIDDEN: Final = 3
GONE: Final = 5
"""More than `SHARE` of a run's mails, and at least so many readers': refused by policy, or of readers who are gone."""


@dataclass(slots=True, kw_only=True)
class Run:
    """The mails of one run so far. `lost`: the readers among those who are `gone`. `stops`: why nothing more goes out,
    in a sentence; "" while all is well. `stopped`: that is in the database."""

    sent: int = 0
    forbidden: dict[int, list[int]] = field(default_factory=dict)
    gone: dict[int, str] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    stops: str = ""
    stopped: bool = False

    def note(self, row: OutboxRow, verdict: Verdict) -> None:
        """Count what became of a mail."""
        if verdict.status:
            self.gone[row.person.id] = verdict.status
        if row.person.duties:
            self._count(row, verdict)
        if not self.stops:
            self.stops = self._why(verdict)

    def _count(self, row: OutboxRow, verdict: Verdict) -> None:
        self.sent += verdict.state in ("accepted", "failed", "held")
        if verdict.reason == "forbidden":
            self.forbidden.setdefault(row.person.id, []).append(row.id)
        if verdict.status:
            self.lost.add(row.person.id)

    def _why(self, verdict: Verdict) -> str:
        if verdict.reason == "policy":
            return f"the mail server refuses mails from this sender: {verdict.error}"
        if len(self.forbidden) >= FORBIDDEN and len(self.forbidden) > SHARE * self.sent:
            return f"{len(self.forbidden)} of {self.sent} mails were refused, the last with: {verdict.error}"
        if len(self.lost) >= GONE and len(self.lost) > SHARE * self.sent:
            return f"{len(self.lost)} of {self.sent} mails were refused because there is no such reader"
        return ""


def stop_queue(conn: Connection, run: Run, *, sender: Sender, now: datetime) -> None:
    """Hold all mails until an operator lets them go, and tell the operators. What was refused by policy goes again
    then: it was about none of these readers."""
    outbox.release(conn, [row for rows in run.forbidden.values() for row in rows], now)
    made = holds.put(conn, "all", run.stops, now)
    if made is None:
        return
    bulletins.post(
        conn,
        kind="mails held",
        subject="No mails go out until you let them",
        body=f"All mails wait, since {now:%Y-%m-%d %H:%M} UTC: {run.stops}\n\n"
        f"Put right what is wrong, then let them go:\n\n- alerts mail release --hold {made.id}",
        people=people.active_people(conn, "operator"),
        secret=sender.secret,
        domain=sender.domain,
        now=now,
    )


def give_up(conn: Connection, run: Run, now: datetime) -> None:
    """At the end of a run: write no more to readers who do not exist, unless there are so many that something else must
    be wrong."""
    if not run.stops:
        for person_id, status in run.gone.items():
            bounces.give_up(conn, person_id, "bounce", status, now)
