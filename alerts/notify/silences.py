"""The life of silences: they end by themselves, and operators hear of it. Nothing that was hidden is forgotten: what
ends is reported with what it hid, and what is about to end is announced, so that nobody is surprised by the mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts.notify import bulletins
from alerts.store import meta, people, silences
from alerts.store.silences import Hidden, Missed
from alerts.track.silence import Silence, said

SOON: Final = timedelta(days=2)
EVERY: Final = timedelta(days=1)
_FIRST_LOOK: Final = timedelta(days=7)
_TOLD: Final = "report of silences"
_TITLES: Final = 5


def upkeep(conn: Connection, *, secret: bytes, domain: str, now: datetime) -> None:
    """End the silences that are over, and tell the operators, at most once a day. A reader's own silences are the
    reader's business."""
    silences.end_lapsed(conn, now)
    before = meta.get(conn, _TOLD) or {}
    last = datetime.fromisoformat(before["at"]) if before else now - _FIRST_LOOK
    if before and now - last < EVERY:
        return
    ended = [one for one in silences.ended_since(conn, last) if one.person_id is None]
    ending = [one for one in silences.list_silences(conn) if one.person_id is None and _ends_soon(one, now)]
    news = [one for one in ending if one.id not in before.get("ending", ())]
    if not ended and not news:
        return
    bulletins.post(
        conn,
        kind="silences",
        subject=_subject(len(news), len(ended)),
        body=_body(conn, news, ended),
        people=people.active_people(conn, "operator"),
        secret=secret,
        domain=domain,
        now=now,
    )
    meta.put(conn, _TOLD, {"at": now.isoformat(), "ending": [one.id for one in ending]})


def missed_said(missed: Sequence[Missed]) -> str:
    """What a silence kept from a reader of an alert, in a sentence for the first mail after it; "" for nothing."""
    if not missed:
        return ""
    told = "; ".join(f"{one.why} ({one.at:%Y-%m-%d %H:%M} UTC)" for one in missed[-_TITLES:])
    more = f"{len(missed) - _TITLES} earlier; " if len(missed) > _TITLES else ""
    mails = "One mail" if len(missed) == 1 else f"{len(missed)} mails"
    return f"{mails} about this alert did not reach you, because of a silence: {more}{told}."


def _ends_soon(one: Silence, now: datetime) -> bool:
    """Within two days; of one that was made for so short a time there is no need to say it."""
    return one.until - now <= SOON < one.until - one.created


def _subject(ending: int, ended: int) -> str:
    parts = []
    if ended:
        parts.append(f"{ended} {'has' if ended == 1 else 'have'} ended")
    if ending:
        parts.append(f"{ending} {'ends' if ending == 1 else 'end'} soon")
    return f"Silences: {', '.join(parts)}"


def _body(conn: Connection, ending: Sequence[Silence], ended: Sequence[Silence]) -> str:
    blocks = []
    if ended:
        lines = [f"- {_line(conn, one)} Ended: {_because(one)}." for one in ended]
        blocks.append("\n".join(("Over; alerts like these mail again:\n", *lines)))
    if ending:
        lines = [f"- {_line(conn, one)} It ends {one.until:%Y-%m-%d %H:%M} UTC." for one in ending]
        blocks.append("\n".join(("Will end within two days:\n", *lines)))
    return "\n\n".join((*blocks, "What each hid in full: alerts silence show ID. To go on, add it anew."))


def _line(conn: Connection, one: Silence) -> str:
    return (
        f"Silence {one.id}: {said(one)} ({one.author}: {one.why}). It hid {_hidden(silences.hidden_by(conn, one.id))}."
    )


def _hidden(hidden: Sequence[Hidden]) -> str:
    if not hidden:
        return "nothing"
    titles = [f"{one.title} ({one.severity}, alert {one.alert_id})" for one in hidden[:_TITLES]]
    more = [f"and {len(hidden) - _TITLES} more"] if len(hidden) > _TITLES else []
    return f"{len(hidden)} {'alert' if len(hidden) == 1 else 'alerts'}: {'; '.join((*titles, *more))}"


def _because(one: Silence) -> str:
    return (one.ended_because or "nobody says why").rstrip(".")
