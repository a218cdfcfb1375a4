"""The courier: takes mails from the outbox and brings them out, each once.

    lease -> commit `sending` -> hand over -> commit the result

Killed between any two of these steps it loses nothing: what was leased comes free again; what is `sending` is looked up
(Maildir, our own Postfix) or decided by policy (`verdict.unknown`). The named crash points are where a test kills the
process. How mails go side by side, and share their commits, is in `stream.py`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine

from alerts.errors import MailError, StoreError
from alerts.notify import bundling, refusals
from alerts.notify.bundling import Covers
from alerts.notify.message import compose
from alerts.notify.pace import UNLIMITED, Limits
from alerts.notify.refusals import Run
from alerts.notify.stream import GRACE_S, MOST, Item, Settled, Stream
from alerts.notify.ways.transport import OPERATOR, ROUTE, Crash, Envelope, Transport, Unanswered, no_crash
from alerts.notify.ways.verdict import Retry, Verdict, after_attempt, after_crash
from alerts.render.mail import MailRenderer
from alerts.store import holds, leases, outbox
from alerts.store.database import reading, writing
from alerts.store.outbox import OutboxRow
from alerts.store.silences import in_force

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
LEASE_S = 120.0
SENDING_S = 600.0  # longer than any attempt takes (`SmtpSettings`): while it runs the mail is nobody else's
LOOK_S = 30.0  # a look at the log and the queue takes seconds; one that broke off is taken up again soon
STRANGE_S = 600.0  # how long who could tell what became of a mail has to come back


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one round did. `trouble` is a sentence for the operator when the way out is blocked."""

    leased: int = 0
    accepted: int = 0
    deferred: int = 0
    failed: int = 0
    ambiguous: int = 0
    held: int = 0
    doubtful: int = 0
    trouble: str = ""

    def add(self, other: Tally) -> None:
        for one in fields(self):
            if one.name != "trouble":
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        self.trouble = other.trouble or self.trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A result that waits for the database, and whose lease it was."""

    row: OutboxRow
    token: str
    verdict: Verdict


@dataclass(slots=True, kw_only=True)
class Courier:
    """Delivers what is due, round by round. One courier a process; several processes may share a database.

    `clock` gives the time, `crash` is the hook of the crash tests; `covers` says of the rules now in force whose alerts
    make a mail about whose others needless, `limits` how many mails a reader gets. `progress` hears whenever it is
    stored what became of mails, and which of them were taken. After `stop` what is under way has `grace_s` seconds.
    `may` says whether a mail may be begun at this moment. `life` is what its leases are known by, `way` the way its
    mails go: what became of those that went another way it does not look up, and takes for unknowable when who could
    tell has not looked for some time.
    """

    engine: Engine
    transport: Transport
    renderer: MailRenderer
    sender: compose.Sender
    clock: Callable[[], datetime]
    retry: Retry = field(default_factory=Retry)
    crash: Crash = no_crash
    covers: Callable[[], Covers] = dict
    limits: Limits = UNLIMITED
    progress: Callable[[Sequence[OutboxRow]], None] = lambda accepted: None
    grace_s: float = GRACE_S
    may: Callable[[], bool] = lambda: True
    life: str = field(default_factory=leases.new_life)
    way: str = ""
    _unsettled: list[_Stored] = field(default_factory=list)
    _unended: list[tuple[str, Run]] = field(default_factory=list)  # runs, by the token of their leases
    _blocked_until: datetime | None = None
    _blocks: int = 0
    _stopping: bool = False
    _stops: int = 0
    _stream: Stream | None = None
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)  # SQLite has one writer anyway

    async def recover(self) -> Tally:
        """At the start of the only process that uses this outbox: what an earlier one left half-way is
        looked after now, and not when its leases run out."""
        look = self.clock() + self.transport.settles
        await self._write(lambda conn: leases.forget(conn, look))
        return await self._reconcile()

    async def look_after(self) -> Tally:
        """Look what became of mails whose courier is gone, and store what could not be stored before. Not while this
        courier delivers."""
        await self._settle([])
        return await self._reconcile()

    async def deliver_once(self) -> Tally:
        """One round: some mails, the most urgent first. Raises StoreError when the database fails; the results of mails
        that went out by then are kept, and stored first by the next round."""
        return await self._deliver(rounds=1)

    async def deliver_some(self, most: int) -> Tally:
        """To about so many people: for who shares the work with other couriers."""
        return await self._deliver(most=most)

    async def deliver_all(self) -> Tally:
        """Until nothing is due, the way is blocked, or `stop` was called."""
        return await self._deliver()

    def go_on(self) -> None:
        """After `stop`: begin mails again, but none of those that were leased before."""
        self._stopping = False

    def stop(self) -> None:
        """Begin nothing new. What is under way has some seconds to end; what the server then says nothing of stays
        `sending`, and is looked after at the next start."""
        self._stopping = True
        self._stops += 1
        if self._stream is not None:
            self._stream.wake()

    async def close(self) -> None:
        """Let go of the transport's connections. What could not be stored is tried once more."""
        try:
            await self._settle([])
        except StoreError as error:
            gone = sum(one.verdict.state != "unbegun" for one in self._unsettled)
            _log.error("what became of %d mails is not stored, and is looked up at the next start: %s", gone, error)
        await self.transport.close()

    async def _deliver(self, *, rounds: int | None = None, most: int = sys.maxsize) -> Tally:
        await self._settle([])
        tally = await self._reconcile()
        if self._stopping or (self._blocked_until is not None and self.clock() < self._blocked_until):
            return tally
        token, run, stops = leases.new_token(self.life), Run(), self._stops
        stream = self._stream = Stream(
            at_once=self.transport.at_once,
            fetch=lambda limit: self._fetch(min(limit, MOST, most - tally.leased), token, tally),
            commit=lambda marks, results: self._commit(marks, results, token, run),
            send=lambda item: self._attempt(item, tally, run),
            goes_on=lambda: self._stops == stops and not tally.trouble and self.may(),
            stops=lambda: self._stops != stops,
            hang_up=self.transport.hang_up,
            unbegun=lambda: Verdict(state="unbegun", not_before=self.clock()),
            rounds=rounds,
            grace_s=self.grace_s,
        )
        try:
            left = await stream.run()
        finally:
            self._stream = None
        self._unsettled += [_Stored(row=one.row, token=token, verdict=one.verdict) for one in left]
        if tally.leased or stream.fault is not None:
            self._unended.append((token, run))
        if stream.fault is not None:
            raise stream.fault
        await self._settle([])
        return tally

    def _end(self, conn: Connection, token: str, run: Run) -> None:
        outbox.give_back(conn, token)
        if run.stops and not run.stopped:
            refusals.stop_queue(conn, run, sender=self.sender, now=self.clock())
        refusals.give_up(conn, run, self.clock())

    async def _fetch(self, limit: int, token: str, tally: Tally) -> list[Item]:
        """Lease mails, and make them."""
        if limit <= 0:
            return []
        now = self.clock()
        rows = await self._write(lambda conn: self._lease(conn, now, token, limit))
        tally.leased += len(rows)
        if not rows:
            return []
        self.crash("leased")
        async with self._one_by_one:
            material = await asyncio.to_thread(self._gather, rows)
        return await asyncio.to_thread(
            lambda: [Item(row=row, mail=self._compose(row, material)) for row in rows],
        )

    def _lease(self, conn: Connection, now: datetime, token: str, limit: int) -> list[OutboxRow]:
        if late := outbox.expire(conn, now):
            _log.error("%d mails could not be sent in time and were given up", late)
        decide = partial(
            bundling.decide,
            covers=self.covers(),
            silences=in_force(conn, now),
            held=holds.held_rules(conn),
            limits=self.limits,
            now=now,
        )
        return outbox.lease(conn, now, token, limit, LEASE_S, decide=decide)

    def _gather(self, rows: Sequence[OutboxRow]) -> compose.Material:
        with reading(self.engine) as conn:
            return compose.gather(conn, rows)

    def _compose(self, row: OutboxRow, material: compose.Material) -> Envelope | MailError:
        try:
            return compose.envelope(row, material, renderer=self.renderer, sender=self.sender)
        except MailError as error:
            return error
        except Exception as error:  # a fault of ours in one mail must not keep all others back
            _log.exception("mail %d cannot be made", row.id)
            return MailError(f"it cannot be made: {type(error).__name__}", reason="broken", permanent=False)

    async def _commit(self, marks: Sequence[Item], results: Sequence[Settled], token: str, run: Run) -> set[int]:
        """One transaction for what came in and for what goes next; the ids of those that are to be sent."""
        stored = [_Stored(row=one.row, token=token, verdict=one.verdict) for one in results]
        made = {item.row.id for item in marks if isinstance(item.mail, Envelope)}

        def work(conn: Connection) -> set[int]:
            _store(conn, stored, self.clock())
            if run.stops and not run.stopped:
                refusals.stop_queue(conn, run, sender=self.sender, now=self.clock())
            return outbox.mark_sending(conn, made, token, self.clock(), SENDING_S, way=self.way) if made else set()

        ours = await self._write(work)
        run.stopped = bool(run.stops)
        if stored:
            self.progress(_accepted(stored))
            self.crash("result-committed")
        if made:
            self.crash("sending-committed")
        return ours | {item.row.id for item in marks if item.row.id not in made}

    async def _attempt(self, item: Item, tally: Tally, run: Run) -> Verdict:
        error = await self._hand_over(item.mail)
        self.crash("handed-over")
        self._route(error, tally)
        verdict = self._judge(item.row, error)
        run.note(item.row, verdict)
        if run.stops and not tally.trouble:
            tally.trouble = f"mails are held: {run.stops} (this needs a person)"
            _log.error("%s", tally.trouble)
        _count(tally, item.row, verdict)
        return verdict

    async def _hand_over(self, mail: Envelope | MailError) -> MailError | None:
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
        now, settles = self.clock(), self.transport.settles
        if error is not None and error.reason in ROUTE:
            waits = self.retry.after(max(self._blocks, row.attempts + 1 if error.reason == "policy" else 0))
            again = now if self._stopping else now + waits
            return Verdict(state="deferred", not_before=again, error=str(error), reason=error.reason)
        if self._stopping and isinstance(error, Unanswered):
            return Verdict(state="doubtful", not_before=now + settles, error=str(error), reason=error.reason)
        return after_attempt(
            error, urgency=row.urgency, attempts=row.attempts + 1, now=now, retry=self.retry, settles=settles
        )

    def _route(self, error: MailError | None, tally: Tally) -> None:
        """Whether the way out is open. A fault that is no mail's own stops all of them for a while."""
        if error is None and not tally.trouble:
            self._blocks, self._blocked_until = 0, None
        if error is None or error.reason not in ROUTE or tally.trouble or self._stopping:
            return
        self._blocks = 1 if error.reason == "policy" else self._blocks + 1  # policy: a hold keeps them back
        self._blocked_until = self.clock() + self.retry.after(self._blocks)
        advice = " (this needs a person)" if error.reason in OPERATOR else ""
        tally.trouble = f"mails wait until {self._blocked_until:%H:%M:%S} UTC: {error}{advice}"
        _log.warning("mail is held up: %s", error, extra={"reason": error.reason})

    async def _reconcile(self) -> Tally:
        """Find out what became of mails that were perhaps sent."""
        tally, now, token = Tally(), self.clock(), leases.new_token(self.life)
        stale = partial(outbox.stale_sending, way=self.way, strange_s=STRANGE_S)
        while rows := await self._write(lambda conn: stale(conn, now, token, MOST, LOOK_S)):
            here = {row.message_id: row.not_before for row in rows if row.way in (None, self.way)}
            found = await self.transport.find(here) if here else {}
            settled = []
            for row in rows:
                fate = found.get(row.message_id, "unknown")
                verdict = after_crash(fate, urgency=row.urgency, attempts=row.attempts, now=now, retry=self.retry)
                settled.append(_Stored(row=row, token=token, verdict=verdict))
                _count(tally, row, verdict)
            await self._settle(settled)
        return tally

    async def _settle(self, settled: Sequence[_Stored]) -> None:
        """Store results, and end runs. They stay in memory until that has worked: a full disk must not make a mail that
        went out look like one whose fate is unknown, nor keep back what was leased and not begun."""
        self._unsettled += settled
        if not (self._unsettled or self._unended):
            return

        def work(conn: Connection) -> None:
            _store(conn, self._unsettled, self.clock())
            for token, run in self._unended:
                self._end(conn, token, run)

        await self._write(work)
        self.progress(_accepted(self._unsettled))
        self._unsettled.clear()
        self._unended.clear()

    async def _write(self, work: Callable[[Connection], _Result]) -> _Result:
        async with self._one_by_one:
            return await asyncio.to_thread(self._in_transaction, work)

    def _in_transaction(self, work: Callable[[Connection], _Result]) -> _Result:
        with writing(self.engine) as conn:
            return work(conn)


def _accepted(settled: Iterable[_Stored]) -> list[OutboxRow]:
    return [one.row for one in settled if one.verdict.state == "accepted"]


def _store(conn: Connection, settled: Iterable[_Stored], now: datetime) -> None:
    alike: dict[tuple[str, str, str, datetime | None], list[int]] = {}
    for item in settled:
        verdict = item.verdict
        at = verdict.not_before if verdict.state in ("deferred", "doubtful") else None
        alike.setdefault((verdict.state, item.token, verdict.error, at), []).append(item.row.id)
    for (state, token, error, at), ids in alike.items():
        if state == "accepted":
            outbox.mark_accepted(conn, ids, token, now)
        elif state == "deferred":
            outbox.mark_deferred(conn, ids, token, at or now, error)
        elif state == "doubtful":
            outbox.mark_doubtful(conn, ids, token, at or now)
        elif state == "unbegun":
            outbox.put_back(conn, ids, token)
        elif state == "failed":
            outbox.mark_failed(conn, ids, token, now, error)
        elif state == "held":
            outbox.mark_held(conn, ids, token, now, error)
        else:
            outbox.mark_ambiguous(conn, ids, token, now, error)


def _count(tally: Tally, row: OutboxRow, verdict: Verdict) -> None:
    """Into the tally and the log: ids only, who reads what is nobody's business."""
    setattr(tally, verdict.state, getattr(tally, verdict.state) + 1)
    if verdict.state == "accepted" and not _log.isEnabledFor(logging.DEBUG):
        return
    level = logging.DEBUG if verdict.state == "accepted" else logging.WARNING
    fields = {"mail": row.id, "alert": row.alert_id, "version": row.version, "reason": verdict.reason}
    _log.log(level, "mail %d: %s %s", row.id, verdict.state, verdict.error, extra=fields)
