"""Becoming a reader, and leaving: always by a yes of who reads the address's mails, and always the same answer to who
asks, so that nobody learns from it whose address is known.

    nobody ──ask──► stranger ──confirm──► reader ──leave──► inactive ──ask, confirm──► reader
                       └── 48 hours ──► forgotten

Each yes and each leaving begins a new series of the person; a link of an earlier one confirms nothing. So the last
thing that the address's owner said is what holds, in whatever order old links are pressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection

from alerts.addresses import normal_address
from alerts.errors import InputError
from alerts.notify.joining import limits
from alerts.notify.joining.desk import Desk
from alerts.notify.joining.letters import write
from alerts.notify.message import passes
from alerts.readers import YES_WITHIN, Duty, Person, Wishes
from alerts.store import attempts, people, sessions, strangers, suppression, tallies

How = Literal["web", "mail"]
_USED: Final = (
    "This link has done its work already, or a newer one took its place. To change what you get, ask for a new one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Somebody said yes: what they get now, and the pass to change it."""

    person_id: int
    wishes: Wishes
    preferences: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Somebody left. `again`: they had left before; `erased`: nothing is known of them any more. `duties`: what they
    are still named for, and get mails of. No pass to their preferences: the one to leave never grows old and is seen by
    mail servers, so it opens nothing else; the last letter holds one."""

    again: bool
    erased: bool = False
    duties: tuple[Duty, ...] = ()


def ask(
    desk: Desk, conn: Connection, address: str, wishes: Wishes, *, how: How, prefix: str = "", now: datetime
) -> None:
    """Somebody wants alerts at `address`: write to it, and ask whether that is so.

    Known or not, suppressed or over a limit: the outcome is the same to who asks. `prefix` is the network it came
    from (`limits.network_of`), "" where that is not known, as by mail. Raises InputError for what is no mail address,
    and where only operators add readers.
    """
    _check(address)
    if not desk.open:
        raise InputError(closed(desk))
    mark = people.mark_of(conn, address)
    if not (
        limits.take(conn, desk.limits, "joining", mark, prefix, now)
        and suppression.may_ask(suppression.is_suppressed(conn, mark), by_mail=how == "mail")
    ):
        tallies.sign_up(conn, "refused", now)
        return
    tallies.sign_up(conn, "asked", now)
    known = strangers.find_or_make(conn, address, now)
    if known.active and "reader" in known.duties:
        write(conn, desk, known.id, "already", now)
    else:
        strangers.ask(conn, known.id, wishes, now)
        write(conn, desk, known.id, "confirm", now)


def confirm(desk: Desk, conn: Connection, token: str, now: datetime) -> Confirmed:
    """The address's owner says yes: the wishes take force. Raises InputError for a link that cannot be used."""
    known = asking(desk, conn, token, now)
    wishes = strangers.asked_of(conn, [known.id])[known.id]
    if not strangers.confirm(conn, known, wishes, now):
        raise InputError(_USED)  # pressed twice at the same moment
    suppression.lift(conn, people.marks(conn, [known.id])[known.id])  # whoever confirms has read our mail
    strangers.withdraw_letters(conn, known.id, "confirm", now)
    write(conn, desk, known.id, "welcome", now)
    tallies.sign_up(conn, "confirmed", now)
    link = passes.make(desk.secret, "preferences", known.id, series=known.series + 1, now=now)
    return Confirmed(person_id=known.id, wishes=wishes, preferences=link)


def asking(desk: Desk, conn: Connection, token: str, now: datetime) -> Person:
    """Whose yes a link would be. Raises InputError for a link that cannot be used."""
    found = passes.read(desk.secret, "confirm", token, now)
    known = people.get_person(conn, found.person_id)
    if known is None or known.series != found.series or not strangers.asked_of(conn, [known.id]):
        raise InputError(_USED)
    return known


def leave(desk: Desk, conn: Connection, token: str, now: datetime) -> Left:
    """No alerts any more, whenever the link was made. Leaving again, or after being erased, is no fault. (Who was
    erased and then asked anew is somebody else to us: links of before do nothing, and say so.)
    Raises InputError for a link that we did not make."""
    found = passes.read(desk.secret, "unsubscribe", token, now)
    known = people.get_person(conn, found.person_id)
    return Left(again=True, erased=True) if known is None else go(desk, conn, known, now)


def go(desk: Desk, conn: Connection, known: Person, now: datetime) -> Left:
    """Let somebody go, whose wish to leave is known."""
    again = not (known.active and "reader" in known.duties)
    if not again and strangers.leave(conn, known, now):
        write(conn, desk, known.id, "goodbye", now)
        tallies.sign_up(conn, "left", now)
    duties = tuple(duty for duty in known.duties if duty != "reader") if known.active else ()
    return Left(again=again, duties=duties)


def send_link(desk: Desk, conn: Connection, address: str, now: datetime) -> None:
    """Send a link to the preferences to who has them. The outcome is the same for everybody."""
    known = _writable(desk, conn, address, "link", now)
    if known is not None and known.duties:
        write(conn, desk, known.id, "preferences", now)


def send_help(desk: Desk, conn: Connection, address: str, now: datetime) -> None:
    """Explain to whoever asks how this service is used."""
    if known := _writable(desk, conn, address, "help", now, anybody=True):
        write(conn, desk, known.id, "help", now)


def upkeep(conn: Connection, now: datetime) -> int:
    """Erase the strangers who did not say yes in time, old marks of attempts and ended sessions; how many strangers."""
    attempts.forget(conn, now)
    sessions.forget(conn, now)
    return strangers.forget(conn, now - YES_WITHIN)


def closed(desk: Desk) -> str:
    """What is said where only operators add readers."""
    whom = f": {desk.contact}" if desk.contact else ""
    return f"Nobody can subscribe here by themselves. Ask those who run this service{whom}."


def _writable(
    desk: Desk, conn: Connection, address: str, what: limits.Letter, now: datetime, *, anybody: bool = False
) -> Person | None:
    _check(address)
    mark = people.mark_of(conn, address)
    allowed = limits.take(conn, desk.limits, what, mark, "", now)
    if not allowed or suppression.is_wish(suppression.is_suppressed(conn, mark)):
        return None
    return strangers.find_or_make(conn, address, now) if anybody else people.find_person(conn, address)


def _check(address: str) -> None:
    try:
        normal_address(address)
    except ValueError as error:
        raise InputError(f"This {error}") from None
