"""What was decided about waiting rows (`waiting.Plan`), carried out in the outbox while their readers are locked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, case, func, select, update

from alerts.store import holds, silences
from alerts.store.schema import outbox
from alerts.store.waiting import Mail, Plan, Wait


def postpone(conn: Connection, waits: Mapping[int, Wait]) -> None:
    """Let rows wait, and be worth sending when their time comes."""
    alike: dict[Wait, list[int]] = {}
    for row_id, wait in waits.items():
        alike.setdefault(wait, []).append(row_id)
    for wait, ids in alike.items():
        worth = wait.until + holds.STILL_WORTH
        expires = case((outbox.c.expires < worth, worth), else_=outbox.c.expires)
        values = {"not_before": wait.until, "waits": wait.reason, "expires": expires}
        conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(values))


def keep_from_readers(conn: Connection, plan: Plan, now: datetime) -> None:
    """Mark what a silence hides, and what an alert covers that the reader was told before."""
    for row_id, silence_id in plan.silenced.items():
        values = {"state": "silenced", "finished": now, "silence_id": silence_id}
        conn.execute(update(outbox).where(outbox.c.id == row_id).values(values))
    for silence_id in set(plan.silenced.values()):
        silences.hid(conn, silence_id, now)
    for row_id, alert_id in plan.covered.items():
        values = {"state": "inhibited", "finished": now, "covered_by": int(alert_id)}
        conn.execute(update(outbox).where(outbox.c.id == row_id).values(values))


def make_up(conn: Connection, mails: Sequence[Mail], now: datetime, *, collected: Collection[int]) -> None:
    """Put rows into the mails of others: those that go along, and those that are only mentioned. `collected` are the
    rows that led a digest until now."""
    for digest in (True, False):
        changed = [mail.lead for mail in mails if mail.collected is digest is not (mail.lead in collected)]
        if changed:
            conn.execute(update(outbox).where(outbox.c.id.in_(changed)).values(collected=digest))
    along = [{"row": row, "lead": mail.lead} for mail in mails for row in mail.members]
    if along:
        joins = update(outbox).where(outbox.c.id == bindparam("row"))
        conn.execute(joins.values(state="bundled", lead_id=bindparam("lead")), along)
    mentioned = [{"row": row, "lead": mail.lead, "by": int(by)} for mail in mails for row, by in mail.covered.items()]
    if mentioned:
        joins = update(outbox).where(outbox.c.id == bindparam("row"))
        values = {"state": "inhibited", "finished": now, "lead_id": bindparam("lead"), "covered_by": bindparam("by")}
        conn.execute(joins.values(values), mentioned)
    _mention(conn, [row for mail in mails for row in (mail.lead, *mail.members)])


_SENT: Final = outbox.alias("sent")
_KEPT: Final = outbox.alias("kept")
_MENTIONED: Final = (
    select(_KEPT.c.id.label("row"), func.coalesce(_SENT.c.lead_id, _SENT.c.id).label("lead"))
    .join_from(_KEPT, _SENT, (_KEPT.c.person_id == _SENT.c.person_id) & (_KEPT.c.covered_by == _SENT.c.alert_id))
    .where(_KEPT.c.state.concat("") == "inhibited", _KEPT.c.lead_id.is_(None))
    .with_for_update(of=_KEPT, skip_locked=True)
)


def _mention(conn: Connection, rows: Sequence[int]) -> None:
    """What was covered since the last mail about the covering alert is mentioned in this one."""
    found = [row._asdict() for row in conn.execute(_MENTIONED.where(_SENT.c.id.in_(rows)))]
    if found:
        conn.execute(update(outbox).where(outbox.c.id == bindparam("row")).values(lead_id=bindparam("lead")), found)
