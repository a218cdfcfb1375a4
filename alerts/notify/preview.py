"""A mail as it would go out, made by what sends mails and sent to nobody: of a stored alert, of a mail in the outbox,
or of an alert that is made up (`made_up`).

Made-up alerts lie in a database in memory and go the way of all mails from there, so that no sample can look better
than the mail.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from alerts.errors import InputError, did_you_mean
from alerts.notify import made_up
from alerts.notify.message.compose import Sender, envelope, gather
from alerts.notify.message.secret import message_id, token
from alerts.notify.ways.transport import Envelope
from alerts.readers import Person, Wishes
from alerts.render.letters import KINDS as LETTERS
from alerts.render.mail import MailRenderer
from alerts.store import alerts as alert_store
from alerts.store import outbox
from alerts.store.alerts import Version
from alerts.store.database import open_scratch, reading, writing
from alerts.store.outbox import OutboxRow, State
from alerts.types import SEVERITIES

NOBODY: Final = "reader@example.org"
"""To whom a sample is addressed."""
SAMPLES: Final = (*made_up.OF_ALERTS, "bulletin", *LETTERS)
"""What can be tried: mails about alerts (`several` in one; a `digest`; `bare`: next to nothing is known of it), one to
operators, and letters to a reader about their own subscription."""

_ASKED: Final = Wishes(events=("attack",), countries=("SYR",), min_severity="severe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What makes the mails: `renderer` gives a new one for each mail, for the alerts of samples have the same ids.
    Faults of templates are the renderer's to report."""

    renderer: Callable[[], MailRenderer]
    sender: Sender

    def of_alerts(
        self, conn: Connection, ids: Sequence[str], person: Person, *, version: int | None = None, at: datetime
    ) -> Envelope:
        """The mail about stored alerts, several in one as they would go together, in their last version or the one
        given. A person of id 0 is nobody, who was told of all versions before. Raises InputError."""
        found = sorted((_version(conn, alert_id, version) for alert_id in ids), key=_order)
        rows = [self._row(number, one, person, at) for number, one in enumerate(found)]
        return self._made(conn, rows, found)

    def of_mail(self, conn: Connection, number: int) -> Envelope:
        """The very mail of a row of the outbox. Raises InputError for one that is not there."""
        rows = outbox.some(conn, ids=[number])
        if not rows:
            raise InputError(f"there is no mail {number}; see: alerts mail queue")
        [found] = rows if rows[0].lead_id is None else outbox.some(conn, ids=[rows[0].lead_id])
        return envelope(found, gather(conn, [found]), renderer=self.renderer(), sender=self.sender)

    def sample(self, kind: str, person: Person, *, at: datetime, address: str = NOBODY) -> Envelope:
        """A made-up mail of one of `SAMPLES`. Raises InputError for another kind."""
        if kind not in SAMPLES:
            meant = did_you_mean(kind, SAMPLES) or f"; there are {', '.join(SAMPLES)}"
            raise InputError(f"there is no sample '{kind}'{meant}")
        engine = open_scratch()
        try:
            with writing(engine) as conn:
                told = made_up.alerts(conn, kind) if kind in made_up.OF_ALERTS else []
                number = made_up.bulletin(conn) if kind == "bulletin" else None
            with reading(engine) as conn:
                return self._sample(conn, kind, person, told, number, at, address)
        finally:
            engine.dispose()

    def notice(self, subject: str, body: str, person: Person, *, address: str, at: datetime) -> Envelope:
        """A mail about no alert, to anybody."""
        engine = open_scratch()
        try:
            with writing(engine) as conn:
                number = made_up.bulletin(conn, subject=subject, body=body, at=at)
            with reading(engine) as conn:
                row = _blank(person, at, bulletin_id=number, message_id=self._id("notice", secrets.token_hex(8)))
                return self._made(conn, [row], [], address=address)
        finally:
            engine.dispose()

    def _sample(
        self,
        conn: Connection,
        kind: str,
        person: Person,
        told: Sequence[Version],
        number: int | None,
        at: datetime,
        address: str,
    ) -> Envelope:
        if kind in LETTERS:
            person = replace(person, wishes=person.wishes if person.id else _as_asked(person.wishes))
            row = _blank(person, at, letter=kind, message_id=self._id("letter", kind))
            return self._made(conn, [row], [], address=address)
        if number is not None:
            who = replace(person, duties=("operator",))
            row = _blank(who, at, bulletin_id=number, message_id=self._id("bulletin", number))
            return self._made(conn, [row], [], address=address)
        rows = [self._row(order, one, person, at) for order, one in enumerate(told)]
        if kind == "reminder":
            rows = [replace(rows[0], round=1)]
        if kind == "digest":
            rows[0] = replace(rows[0], collected=True, waits="digest")
        return self._made(conn, rows, told, address=address)

    def _made(
        self, conn: Connection, rows: Sequence[OutboxRow], told: Sequence[Version], *, address: str = NOBODY
    ) -> Envelope:
        """The mail that the first of `rows` leads; to `address`, where its person is nobody."""
        lead, *others = rows
        person = lead.person
        material = gather(conn, rows)
        if person.id not in material.addresses:
            material = replace(material, addresses={person.id: address})
        if not person.id:
            before = {(one.alert_id, one.version, 0): tuple(range(1, one.version)) for one in told if one.version > 1}
            material = replace(material, told=before)
        asked = {person.id: person.wishes} if lead.letter else {}
        material = replace(material, parts={lead.id: others}, asked=asked)
        return envelope(lead, material, renderer=self.renderer(), sender=self.sender)

    def _row(self, number: int, one: Version, person: Person, at: datetime) -> OutboxRow:
        state: State = "inhibited" if one.fields.get(made_up.COVERED) else "bundled" if number else "queued"
        return _blank(
            person,
            one.at if person.id else at,
            id=-number,
            alert_id=one.alert_id,
            version=one.version,
            state=state,
            urgency=SEVERITIES.index(one.fields["severity"]),
            message_id=message_id(
                self.sender.secret,
                alert_id=one.alert_id,
                version=one.version,
                person_id=person.id,
                domain=self.sender.domain,
            ),
        )

    def _id(self, *parts: object) -> str:
        return f"<{token(self.sender.secret, 'sample', *parts)}@{self.sender.domain}>"


def _blank(person: Person, at: datetime, **known: Any) -> OutboxRow:
    """A row that lies in no outbox, with what is `known` of it."""
    usual: dict[str, Any] = {"id": 0, "alert_id": "", "version": 0, "round": 0, "channel": "mail", "state": "queued"}
    usual |= {"urgency": 0, "attempts": 0, "collected": False, "created": at, "not_before": at, "person": person}
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(OutboxRow))
    return OutboxRow(**nothing | usual | known)


def _as_asked(wishes: Wishes) -> Wishes:
    return replace(_ASKED, language=wishes.language, text_only=wishes.text_only, discreet=wishes.discreet)


def _version(conn: Connection, alert_id: str, version: int | None) -> Version:
    if alert_store.alert_of(conn, alert_id) is None:
        raise InputError(f"there is no alert {alert_id}; see: alerts list")
    every = alert_store.versions(conn, [(alert_id, None)])
    if not every:
        raise InputError(f"nobody was told of alert {alert_id} yet, so there is no mail of it")
    found = [one for one in every if version in (None, one.version)]
    if not found:
        raise InputError(f"alert {alert_id} has no version {version}; its last is {every[-1].version}")
    return found[-1]


def _order(one: Version) -> tuple[bool, int, int]:
    """As in every mail: news before what is over, the worst first (`bundling`)."""
    return one.kind in ("close", "cancel"), -SEVERITIES.index(one.fields["severity"]), int(one.alert_id)
