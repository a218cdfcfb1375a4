"""What is done with one mail that came in, in the caller's transaction: so the mail is taken when what it asks is done.

Commands are the joining desk's; here is decided whether somebody asks them at all. An answer goes only to who asks, or
to the person whose pass the mail carries; how often at most, the desk's limits say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, Literal

from sqlalchemy import Connection

from alerts.errors import InputError
from alerts.notify.inbox import bouncing, guard, wire
from alerts.notify.inbox.complaints import complained_of
from alerts.notify.inbox.guard import bare
from alerts.notify.inbox.reports import Kind as BounceKind
from alerts.notify.inbox.reports import bounce_of
from alerts.notify.inbox.sorting import House, Request, is_ours
from alerts.notify.joining import signup
from alerts.notify.joining.desk import Desk
from alerts.notify.message.secret import bounced
from alerts.store import bounces, people
from alerts.store.bounces import Returned

Outcome = Literal[
    BounceKind,
    "subscribe",
    "confirm",
    "unsubscribe",
    "preferences",
    "help",
    "complaint",
    "forged",  # to a bounce's address that we never made, or not from a mail server
    "unknown",  # about a mail of ours that is not kept: one of `alerts mail test`, or to a reader who was erased
    "refused",  # a pass that is not ours, used, too old, or another person's
    "set aside",  # it trips over a fault of ours
    guard.Reason,
]
"""What came of a mail, for counters."""
# Somebody who answers "Do you want these mails?" by a word of this kind has not said yes.
_LEAVING: Final = re.compile(
    r"\b(?:unsubscribe|stop|remove|désabonner|désinscrire|baja|إلغاء|отписаться)\b", re.IGNORECASE
)
_NO: Final = re.compile(r"\W*(?:no|non|nein|нет|ні|не|لا|نه)\b", re.IGNORECASE)
_ANSWER: Final = re.compile(r"\s*\w{1,5}\s?:\s*")  # "Re:", "AW:", "رد:"
_LONGEST_ANSWER: Final = 4_000
_FEEDBACK: Final = b"feedback-report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as it came: the envelope's sender ("" for the empty one), and its bytes."""

    sender: str = field(repr=False)
    content: bytes = field(repr=False)


def take(conn: Connection, desk: Desk, house: House, request: Request, mail: Mail, now: datetime) -> Outcome:
    """Do what `mail` asks by having been sent to the address that stands for `request`."""
    if _FEEDBACK in mail.content[: wire.LONGEST].lower() and (complaint := _complaint(conn, desk, mail, now)):
        return complaint
    if request.kind == "bounce":
        return _bounce(conn, desk, request.token, mail, now)
    if request.kind == "unsubscribe":  # whoever sends it: the pass says who leaves, and a program may do it for them
        return _leave(conn, desk, request.token, now)
    fields = wire.taken_apart(mail.content).fields
    if (why := guard.not_answered(mail.sender, fields, ours=partial(is_ours, house=house))) is not None:
        return why
    who = guard.asking(mail.sender, fields)
    if who is None:
        return "nobody"
    try:
        return _asked(conn, desk, request, mail, who, now)
    except InputError:
        return "refused"


def _asked(conn: Connection, desk: Desk, request: Request, mail: Mail, who: str, now: datetime) -> Outcome:
    willing = not _says_no(mail)
    if request.kind == "confirm" and willing:
        return _confirm(conn, desk, request.token, (who, bare(mail.sender)), now)
    if request.kind == "subscribe" and willing and desk.open:
        signup.ask(desk, conn, who, request.wishes, how="mail", now=now)
        return "subscribe"
    if request.kind == "preferences":
        signup.send_link(desk, conn, who, now)
        return "preferences"
    signup.send_help(desk, conn, who, now)
    return "help"


def _says_no(mail: Mail) -> bool:
    """Whether the subject, or the first line that is the sender's own, is about leaving. The subject of an answer is
    ours, with the name of the service in it, which may be anything; unless it is the word alone."""
    whole = wire.taken_apart(mail.content)
    subject = wire.readable(whole.fields.get("subject"))
    answered = _ANSWER.match(subject)
    if _LEAVING.fullmatch(subject[answered.end() :].strip()) if answered else _leaves(subject):
        return True
    text = next((part.text() for part in wire.walk(whole) if part.type == "text/plain"), "")
    lines = (line.strip() for line in text[:_LONGEST_ANSWER].split("\n"))
    first = next((line for line in lines if line and not line.startswith(">")), "")
    return _leaves(first)


def _leaves(words: str) -> bool:
    return bool(_LEAVING.search(words) or _NO.match(words))


def _confirm(conn: Connection, desk: Desk, token: str, who: tuple[str, ...], now: datetime) -> Outcome:
    """A yes counts when it comes from the address that is asked. The letter may have been handed on to others, and an
    answer to it by one of these is no yes; the link in it is there for who has many addresses."""
    marks = {people.mark_of(conn, one) for one in who}
    try:
        theirs = people.marks(conn, [signup.asking(desk, conn, token, now).id]).values()
        if marks.isdisjoint(theirs):
            raise InputError("this is another person's")
    except InputError:
        signup.send_help(desk, conn, who[0], now)
        return "refused"
    signup.confirm(desk, conn, token, now)
    return "confirm"


def _leave(conn: Connection, desk: Desk, token: str, now: datetime) -> Outcome:
    try:
        signup.leave(desk, conn, token, now)
    except InputError:
        return "refused"
    return "unsubscribe"


def _bounce(conn: Connection, desk: Desk, token: str, mail: Mail, now: datetime) -> Outcome:
    if bare(mail.sender) or bounced(desk.secret, token) is None:
        return "forged"
    found = _mail_of(conn, desk, token)
    if found is None:
        return "unknown"
    bounce = bounce_of(mail.content, found.address)
    bouncing.came_back(conn, desk, found, bounce, now)
    return bounce.kind


def _complaint(conn: Connection, desk: Desk, mail: Mail, now: datetime) -> Outcome | None:
    """Complaints come from all kinds of addresses; what they name shows that their sender has the mail. Where the
    name of the envelope is left out, the pass to leave is there: that is no complaint, and the reader is told."""
    said = complained_of(mail.content)
    for name in said.names:
        if (found := _mail_of(conn, desk, name)) is not None:
            bouncing.complained(conn, desk, found, now)
            return "complaint"
    return next((_leave(conn, desk, one, now) for one in said.passes), None)


def _mail_of(conn: Connection, desk: Desk, name: str) -> Returned | None:
    digits = bounced(desk.secret, name)
    return bounces.mail_of(conn, f"<{digits}@{desk.domain}>") if digits else None
