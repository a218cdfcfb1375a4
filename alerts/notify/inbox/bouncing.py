"""What is done when a mail came back, or its reader complained: with the reader and the queue, and what operators hear.

One dead address is the reader's affair. Many refusals at once are ours: then nobody is suppressed for it, and mails
wait until an operator has looked.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts.notify import bulletins
from alerts.notify.inbox.reports import Bounce
from alerts.notify.joining.desk import Desk
from alerts.store import aside, bounces, holds, meta, people, suppression
from alerts.store.bounces import Returned
from alerts.store.suppression import Reason

_log = logging.getLogger(__name__)
STORM: Final = 10
"""So many refusals of our mails as such within an hour are a storm ..."""
PART: Final = 0.05
"""... which stops all mails where so large a part of the readers is concerned."""
SHARE: Final = 0.03
"""A larger share of dead addresses among those written to in a day stops all mails ..."""
LEAST: Final = 10
"""... when there are at least so many."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_REFUSALS: Final = "refusals of mails"
_REFUSALS_TOLD: Final = "refusals of mails told"
_DEAD: Final = "dead addresses stopped mails"
_TOLD: Final = "report of bounces"
_MISSING: Final = "duties that nobody does"
_RELEASE: Final = "What waits: alerts mail queue. To let it go: alerts mail release --hold"
_REPUTATION: Final = "Look at the sending server's name, its place on block lists, SPF, DKIM and DMARC."
_BACK: Final = (
    "The mails that came back are held (alerts mail release --state held lets them go); no reader was given up for it."
)
_GIVEN_UP: Final[Mapping[Reason, str]] = {
    "bounce": "because mail to them came back",
    "complaint": "because they complained of our mails",
    "never": "because they asked never to be written to again",
}


def came_back(conn: Connection, desk: Desk, mail: Returned, bounce: Bounce, now: datetime) -> None:
    """Do what one report asks for; a second one about the same mail asks for nothing more."""
    if bounce.kind in ("nothing", "elsewhere"):
        return
    ours = bounce.kind == "policy" and not mail.stranger  # a stranger may name a house that refuses whatever it gets
    state = bounces.came_back(conn, mail.row_id, "held" if ours else "failed", bounce.status, now)
    level = logging.ERROR if bounce.kind == "ours" else logging.WARNING
    _log.log(level, "mail %d came back: %s %s", mail.row_id, bounce.kind, bounce.status)
    if bounce.kind == "gone":
        give_up(conn, desk, mail.person_id, "bounce", bounce.status, now)
    elif bounce.kind == "later":
        days = bounces.score(conn, mail.person_id, bounce.status, now)
        if days >= bounces.DAYS:
            give_up(conn, desk, mail.person_id, "bounce", bounce.status, now)
    elif ours and state:
        _refused(conn, desk, bounce.status, now)


def complained(conn: Connection, desk: Desk, mail: Returned, now: datetime) -> None:
    """The reader wants no more of this."""
    _log.warning("the reader of mail %d complained of it", mail.row_id)
    give_up(conn, desk, mail.person_id, "complaint", "", now)


def give_up(conn: Connection, desk: Desk, person_id: int, reason: Reason, status: str, now: datetime) -> None:
    """Write to a reader no more. Who has a duty is missed at once: the operators hear of it."""
    if bounces.give_up(conn, person_id, reason, status, now) is None:
        return
    _tell_missing(conn, desk, now)
    if reason == "bounce":
        _watch_share(conn, desk, now)


def upkeep(conn: Connection, desk: Desk, now: datetime) -> None:
    """Forget what counts no more, and tell the operators whom of theirs no mail reaches (also when it was found out
    elsewhere), and once a day how many readers were given up."""
    bounces.forget(conn, now)
    aside.forget(conn, now)
    _tell_missing(conn, desk, now)
    before = meta.get(conn, _TOLD)
    last = datetime.fromisoformat(before) if before else now - _DAY
    if before and now - last < _DAY:
        return
    found = suppression.count_since(conn, last)
    if not found:
        return
    lines = [f"- {number} {_GIVEN_UP[reason]}" for reason, number in sorted(found.items())]
    total = sum(found.values())
    subject = f"{total} {'address gets' if total == 1 else 'addresses get'} no mails any more"
    body = "\n".join((f"Since {last:%Y-%m-%d %H:%M} UTC these were given up:\n", *lines))
    _tell(conn, desk, "bounces", subject, f"{body}\n\nReaders among them: alerts people list", now)
    meta.put(conn, _TOLD, now.isoformat())


def _tell_missing(conn: Connection, desk: Desk, now: datetime) -> None:
    """Whoever has a duty and gets no mails any more is missed; the others hear of each once."""
    missing, told = bounces.unreachable(conn), set(meta.get(conn, _MISSING) or ())
    if missing.keys() == told:
        return
    for one in (one for number, one in missing.items() if number not in told):
        status = f" ({one.detail})" if one.detail else ""
        duties = " and ".join(one.duties)
        subject = f"Person {one.person_id} ({duties}) cannot be reached"
        body = (
            f"Person {one.person_id}, who is named for {duties}, gets no mails any more, "
            f"{_GIVEN_UP[one.reason]}{status}.\n\n"
            "Name somebody else in the configuration, or put the address right. "
            f"Whose it is: alerts people show {one.person_id}."
        )
        if not _tell(conn, desk, "bounces", subject, body, now):
            _log.error("%s, and nobody else is there to be told", subject)
    meta.put(conn, _MISSING, sorted(missing))


def _refused(conn: Connection, desk: Desk, status: str, now: datetime) -> None:
    """Count a refusal of our mails as such. A storm of them stops all mails; those of one house among many are told."""
    known = meta.get(conn, _REFUSALS)
    since = datetime.fromisoformat(known["since"]) if known else now
    if now - since >= _HOUR:
        known, since = None, now
    count = known["count"] + 1 if known else 1
    meta.put(conn, _REFUSALS, {"since": since.isoformat(), "count": count})
    if count % STORM:
        return
    reason = f"{count} mails were refused since {since:%Y-%m-%d %H:%M} UTC because of who sends them ({status})"
    if count >= PART * bounces.reached(conn, since - _HOUR):
        meta.put(conn, _REFUSALS, None)
        _hold(conn, desk, reason, f"{_REPUTATION} {_BACK}", now)
    elif count == STORM and _once_a_day(conn, now):
        _tell(conn, desk, "bounces", "Mails are refused", f"{reason}.\n\n{_REPUTATION} {_BACK}", now)


def _once_a_day(conn: Connection, now: datetime) -> bool:
    before = meta.get(conn, _REFUSALS_TOLD)
    if before and now - datetime.fromisoformat(before) < _DAY:
        return False
    meta.put(conn, _REFUSALS_TOLD, now.isoformat())
    return True


def _watch_share(conn: Connection, desk: Desk, now: datetime) -> None:
    """Stop all mails when far more addresses are dead than ever happens: a list went wrong, or the mail server did."""
    before = meta.get(conn, _DEAD)
    since = max(now - _DAY, datetime.fromisoformat(before)) if before else now - _DAY
    gone = bounces.lost(conn, since)
    if gone < LEAST or gone <= SHARE * (reached := bounces.reached(conn, since)):
        return
    meta.put(conn, _DEAD, now.isoformat())
    reason = f"of {reached} readers written to since {since:%Y-%m-%d %H:%M} UTC mail to {gone} came back for good"
    _hold(conn, desk, reason, "Look whether these addresses are good, and what your mail server says of them.", now)


def _hold(conn: Connection, desk: Desk, reason: str, advice: str, now: datetime) -> None:
    made = holds.put(conn, "all", reason, now)
    if made is None:
        return
    _log.error("all mails are held: %s", reason)
    body = f"Nothing but mails to operators goes out any more: {reason}.\n\n{advice}\n\n{_RELEASE} {made.id}"
    _tell(conn, desk, "holds", "All mails are held", body, now)


def _tell(conn: Connection, desk: Desk, kind: str, subject: str, body: str, now: datetime) -> bool:
    number = bulletins.post(
        conn,
        kind=kind,
        subject=subject,
        body=body,
        people=people.active_people(conn, "operator"),
        secret=desk.secret,
        domain=desk.domain,
        now=now,
    )
    return number is not None
