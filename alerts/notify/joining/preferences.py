"""What a reader does with the link to their preferences: look, change, take a copy of all that is kept, be forgotten.
The link is all they need, and all that they prove: whoever holds it may do this in their name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from alerts.errors import InputError
from alerts.notify import anew
from alerts.notify.joining.desk import Desk
from alerts.notify.message import passes
from alerts.readers import Person, Wishes
from alerts.store import people, suppression, tallies
from alerts.store.codec import to_json
from alerts.store.dossier import dossier
from alerts.store.said import said_by

_GONE: Final = "Nothing is kept about the reader whom this link was sent to."
_ENDED: Final = "This link was ended when its reader left or came back. Newer mails have links of their own."
_NAMED: Final = (
    "You are also named in this service's configuration, for the mails to those who run it. "
    "Have yourself taken out there first."
)


def holder(desk: Desk, conn: Connection, token: str, now: datetime) -> Person:
    """Whose preferences a link is for. Raises InputError for a link that cannot be used."""
    found = passes.read(desk.secret, "preferences", token, now)
    who = people.get_person(conn, found.person_id)
    if who is None or not who.duties:
        raise InputError(_GONE)
    if who.series != found.series:  # leaving ends the links of all mails before, wherever these went
        raise InputError(_ENDED)
    return who


def save(conn: Connection, who: Person, wishes: Wishes, now: datetime) -> None:
    """What they ask for from now on, and for what waits for them already."""
    anew.change(conn, who, wishes, now)


def leaving(desk: Desk, who: Person) -> str:
    """The pass by which they leave."""
    return passes.make(desk.secret, "unsubscribe", who.id)


def copy(conn: Connection, who: Person) -> dict[str, Any]:
    """All that is kept about a reader, as JSON."""
    held = dossier(conn, who.id, datetime(1970, 1, 1, tzinfo=UTC))
    kept: dict[str, Any] = {} if held is None else to_json(held)
    person = kept.pop("person", {})
    return {"address": people.addresses(conn, [who.id]).get(who.id, ""), **person, **kept, **said_by(conn, who.id)}


def erase(desk: Desk, conn: Connection, token: str, now: datetime, *, never_again: bool) -> None:
    """Forget a reader, with all about them; `never_again`: keep the keyed mark of the address, and nothing else, so
    that nobody can have it written to. What they said of alerts stays, without them. Raises InputError."""
    who = holder(desk, conn, token, now)
    if any(duty != "reader" for duty in who.duties):
        raise InputError(_NAMED)
    if never_again:
        suppression.suppress(conn, people.marks(conn, [who.id])[who.id], "never", now)
    people.remove_person(conn, who.id)
    tallies.sign_up(conn, "erased", now)
