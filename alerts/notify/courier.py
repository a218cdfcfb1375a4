"""The courier: takes mails from the outbox and brings them out, each once.

    lease -> commit `sending` -> hand over -> commit the result

Killed between any two of these steps it loses nothing: what was leased comes free again; what is `sending`
is looked up (Maildir) or decided by policy (SMTP, `verdict.unknown`). The named crash points are where a
test kills the process.

Mails of one attempt group (`transport.at_once` of them) share their two commits, so that a commit's fsync
does not bound the rate, and so that a crash leaves at most one group in doubt.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine

from alerts.errors import MailError
from alerts.notify import bundling
from alerts.notify.bundling import Covers
from alerts.notify.message import compose
from alerts.notify.ways.transport import OPERATOR, ROUTE, Crash, Envelope, Transport, Unanswered, no_crash
from alerts.notify.ways.verdict import Retry, Verdict, after_attempt, after_crash
from alerts.render.mail import MailRenderer
from alerts.store import outbox
from alerts.store.database import reading, writing
from alerts.store.outbox import OutboxRow
from alerts.store.silences import in_force

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
BATCH = 64
LEASE_S = 120.0
SENDING_S = 600.0  # longer than any attempt takes (`SmtpSettings`): while it runs the mail is nobody else's


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one round did. `trouble` is a sentence for the operator when the way out is blocked."""

    leased: int = 0
    accepted: int = 0
    deferred: int = 0
    failed: int = 0
    ambiguous: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """A result that is not in the database yet."""

    row_id: int
    token: str
    verdict: Verdict


@dataclass(slots=True, kw_only=True)
class Courier:
    """Delivers what is due, round by round. One courier a process; several processes may share a database.

    `clock` gives the time, `crash` is the hook of the crash tests; `covers` says of the rules now in force whose alerts
    make a mail about whose others needless.
    """

    engine: Engine
    transport: Transport
    renderer: MailRenderer
    sender: compose.Sender
    clock: Callable[[], datetime]
    retry: Retry = field(default_factory=Retry)
    crash: Crash = no_crash
    covers: Callable[[], Covers] = dict
    _unsettled: list[_Settled] = field(default_factory=list)
    _blocked_until: datetime | None = None
    _blocks: int = 0
    _stopping: bool = False

    async def recover(self) -> Tally:
        """At the start of the only process that uses this outbox: what an earlier one left half-way is
        looked after now, and not when its leases run out."""
        await self._write(outbox.forget_leases)
        return await self._reconcile()

    async def deliver_once(self) -> Tally:
        """One round: up to 64 mails, the most urgent first. Raises StoreError when the database fails; the
        results of mails that went out by then are kept, and stored first by the next round."""
        await self._settle([])
        tally = await self._reconcile()
        now = self.clock()
        if self._stopping or (self._blocked_until is not None and now < self._blocked_until):
            return tally
        token = secrets.token_hex(16)
        rows = await self._write(lambda conn: _take(conn, now, token, self.covers()))
        tally.leased = len(rows)
        if rows:
            self.crash("leased")
            await self._deliver(rows, token, tally)
        return tally

    async def deliver_all(self) -> Tally:
        """Rounds until nothing is due, the way is blocked, or `stop` was called."""
        total = Tally()
        while True:
            tally = await self.deliver_once()
            for name in ("leased", "accepted", "deferred", "failed", "ambiguous"):
                setattr(total, name, getattr(total, name) + getattr(tally, name))
            total.trouble = tally.trouble or total.trouble
            if not tally.leased or tally.trouble or self._stopping:
                return total

    def stop(self) -> None:
        """Begin nothing new; a round under way ends after the mails it has begun."""
        self._stopping = True

    async def close(self) -> None:
        """Let go of the transport's connections."""
        await self.transport.close()

    async def _deliver(self, rows: Sequence[OutboxRow], token: str, tally: Tally) -> None:
        material = await asyncio.to_thread(self._read, lambda conn: compose.gather(conn, rows))
        for group in groups(rows, self.transport.at_once):
            if self._stopping or tally.trouble:
                break
            await self._bring_out(group, material, token, tally)
        await self._write(lambda conn: outbox.give_back(conn, token))

    async def _bring_out(
        self, group: Sequence[OutboxRow], material: compose.Material, token: str, tally: Tally
    ) -> None:
        mails = {row.id: self._compose(row, material) for row in group}
        ready = {number for number, mail in mails.items() if isinstance(mail, Envelope)}
        ours = await self._write(lambda conn: outbox.mark_sending(conn, ready, token, self.clock(), SENDING_S))
        self.crash("sending-committed")
        mine = [row for row in group if row.id in ours or row.id not in ready]
        errors = await asyncio.gather(*(self._attempt(mails[row.id]) for row in mine))
        self.crash("handed-over")
        settled = []
        for row, error in zip(mine, errors, strict=True):
            verdict = self._judge(row, error)
            settled.append(_Settled(row_id=row.id, token=token, verdict=verdict))
            _count(tally, row, verdict)
        self._route(errors, tally)
        await self._settle(settled)
        self.crash("result-committed")

    def _compose(self, row: OutboxRow, material: compose.Material) -> Envelope | MailError:
        try:
            return compose.envelope(row, material, renderer=self.renderer, sender=self.sender)
        except MailError as error:
            return error
        except Exception as error:  # a fault of ours in one mail must not keep all others back
            _log.exception("mail %d cannot be made", row.id)
            return MailError(f"it cannot be made: {type(error).__name__}", reason="broken", permanent=False)

    async def _attempt(self, mail: Envelope | MailError) -> MailError | None:
        if isinstance(mail, MailError):
            return mail
        try:
            await self.transport.send(mail)
        except MailError as error:
            return error
        except Exception as error:
            _log.exception("a mail broke off")
            return Unanswered(f"it broke off: {type(error).__name__}")
        return None

    def _judge(self, row: OutboxRow, error: MailError | None) -> Verdict:
        now = self.clock()
        if error is not None and error.reason in ROUTE:
            again = now + self.retry.after(self._blocks + 1)
            return Verdict(state="deferred", not_before=again, error=str(error), reason=error.reason)
        return after_attempt(error, urgency=row.urgency, attempts=row.attempts + 1, now=now, retry=self.retry)

    def _route(self, errors: Iterable[MailError | None], tally: Tally) -> None:
        """Whether the way out is open. A fault that is no mail's own stops all of them for a while."""
        faults = [error for error in errors if error is not None and error.reason in ROUTE]
        if not faults:
            self._blocks, self._blocked_until = 0, None
            return
        self._blocks += 1
        self._blocked_until = self.clock() + self.retry.after(self._blocks)
        worst = next((error for error in faults if error.reason in OPERATOR), faults[0])
        advice = " (this needs a person)" if worst.reason in OPERATOR else ""
        tally.trouble = f"mails wait until {self._blocked_until:%H:%M:%S} UTC: {worst}{advice}"
        _log.warning("mail is held up: %s", worst, extra={"reason": worst.reason})

    async def _reconcile(self) -> Tally:
        tally, now, token = Tally(), self.clock(), secrets.token_hex(16)
        while rows := await self._write(lambda conn: outbox.stale_sending(conn, now, token, BATCH, LEASE_S)):
            settled = []
            for row in rows:
                found = await self.transport.find(row.message_id)
                verdict = after_crash(found, urgency=row.urgency, attempts=row.attempts, now=now, retry=self.retry)
                settled.append(_Settled(row_id=row.id, token=token, verdict=verdict))
                _count(tally, row, verdict)
            await self._settle(settled)
        return tally

    async def _settle(self, settled: Sequence[_Settled]) -> None:
        """Store results. They stay in memory until that has worked: a full disk must not make a mail that
        went out look like one whose fate is unknown."""
        self._unsettled += settled
        if self._unsettled:
            waiting, now = tuple(self._unsettled), self.clock()
            await self._write(lambda conn: _store(conn, waiting, now))
            self._unsettled.clear()

    async def _write(self, work: Callable[[Connection], _Result]) -> _Result:
        return await asyncio.to_thread(self._in_transaction, work)

    def _in_transaction(self, work: Callable[[Connection], _Result]) -> _Result:
        with writing(self.engine) as conn:
            return work(conn)

    def _read(self, work: Callable[[Connection], _Result]) -> _Result:
        with reading(self.engine) as conn:
            return work(conn)


def _take(conn: Connection, now: datetime, token: str, covers: Covers) -> list[OutboxRow]:
    if late := outbox.expire(conn, now):
        _log.error("%d mails could not be sent in time and were given up", late)
    decide = partial(bundling.decide, covers=covers, silences=in_force(conn, now), now=now)
    return outbox.lease(conn, now, token, BATCH, LEASE_S, decide=decide)


def _store(conn: Connection, settled: Iterable[_Settled], now: datetime) -> None:
    alike: dict[tuple[str, Verdict], list[int]] = {}
    for item in settled:
        alike.setdefault((item.token, item.verdict), []).append(item.row_id)
    for (token, verdict), ids in alike.items():
        if verdict.state == "accepted":
            outbox.mark_accepted(conn, ids, token, now)
        elif verdict.state == "deferred":
            outbox.mark_deferred(conn, ids, token, verdict.not_before, verdict.error)
        elif verdict.state == "failed":
            outbox.mark_failed(conn, ids, token, now, verdict.error)
        else:
            outbox.mark_ambiguous(conn, ids, token, now, verdict.error)


def _count(tally: Tally, row: OutboxRow, verdict: Verdict) -> None:
    """Into the tally and the log: ids only, who reads what is nobody's business."""
    setattr(tally, verdict.state, getattr(tally, verdict.state) + 1)
    level = logging.DEBUG if verdict.state == "accepted" else logging.WARNING
    fields = {"mail": row.id, "alert": row.alert_id, "version": row.version, "reason": verdict.reason}
    _log.log(level, "mail %d: %s %s", row.id, verdict.state, verdict.error, extra=fields)


def groups(rows: Sequence[OutboxRow], size: int) -> Iterator[list[OutboxRow]]:
    """The rows in groups of at most `size` that may go out side by side: in their order, but what one reader gets
    one after the other, so that nothing overtakes what it follows."""
    waiting: dict[int, list[OutboxRow]] = {}
    for row in rows:
        waiting.setdefault(row.person.id, []).append(row)
    lines = list(waiting.values())
    while lines:
        yield [line.pop(0) for line in lines[:size]]
        lines = [line for line in lines if line]
