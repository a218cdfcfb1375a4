"""Who is told about one version of an alert, and why each of them: decided from plain data.

New alerts and updates go to those who asked for such alerts. Whoever was told once is told what came of it
(an update that lowers the level, the end, a mistake), and nobody is told that an alert they never heard
of was wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from alerts.notify.message.secret import message_id
from alerts.readers import Person
from alerts.render.view import country_name, event_name
from alerts.store.waiting import Reason
from alerts.template_filters import listed
from alerts.types import SEVERITIES, Message, MessageKind, Severity

_TOLD = "You get this mail because you were told about this alert before."
_ESCALATED = "You get this mail because nobody has acknowledged this alert, and you are named for that case."
_IN_TEST = "You get this mail because you run this service: the rule behind it is in test, and its owner is no reader."


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When mails go out, by severity, and how long they are worth sending."""

    waits: Mapping[Severity, timedelta]
    give_up: timedelta = timedelta(days=2)


AT_ONCE = Policy(waits={})
"""Nobody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mail to be sent: a row of the outbox (`store.outbox.enqueue`). Of bulletins and letters `alert_id` is
    empty."""

    alert_id: str
    version: int
    person_id: int
    channel: str
    urgency: int
    message_id: str
    created: datetime
    not_before: datetime
    expires: datetime
    round: int = 0
    trigger_id: int | None = None
    bulletin_id: int | None = None
    letter: str | None = None
    waits: Reason | None = None


def wants(person: Person, fields: Mapping[str, Any]) -> str | None:
    """Why this reader gets alerts such as this one, in a sentence for the mail; None when they do not.

    `fields` is the alert's JSON form. An alert whose place is not known goes to readers of every country.
    """
    if not person.active or fields["event"] not in (person.wishes.events or (fields["event"],)):
        return None
    country = _country(fields)
    if person.wishes.countries and country is not None and country not in person.wishes.countries:
        return None
    if SEVERITIES.index(fields["severity"]) < SEVERITIES.index(person.wishes.min_severity):
        return None
    return f"You get this mail because you asked for {_asked(person)}."


def reason(person: Person, fields: Mapping[str, Any], *, told: bool = True) -> str:
    """The sentence for a mail that is being sent: why they want it, that they were `told` before, or that nobody
    who was has answered."""
    asked = wants(person, fields) if "reader" in person.duties else None
    if asked or told:
        return asked or _TOLD
    escalated = "escalation" in person.duties and fields["severity"] == "extreme"
    return _ESCALATED if escalated else _IN_TEST


def _asked(person: Person) -> str:
    events = listed([event_name(event) for event in person.wishes.events])
    what = f"alerts about {events}" if person.wishes.events else "all alerts"
    where = f" in {listed([country_name(code) for code in person.wishes.countries])}" if person.wishes.countries else ""
    level = "" if person.wishes.min_severity == SEVERITIES[0] else f", {person.wishes.min_severity} or worse"
    return f"{what}{where}{level}"


def _country(fields: Mapping[str, Any]) -> str | None:
    place = fields.get("place")
    return None if place is None else str(place["country"])


def is_told(person: Person, fields: Mapping[str, Any], *, kind: MessageKind, told: bool) -> bool:
    """Whether this reader gets this version; `told`: an earlier version of this alert went to them."""
    if not person.active:
        return False
    if kind in ("close", "cancel"):
        return told
    return told or wants(person, fields) is not None


def rows(
    people: Iterable[Person],
    fields: Mapping[str, Any],
    message: Message,
    *,
    told: Collection[int],
    promised: Mapping[int, datetime] = MappingProxyType({}),
    secret: bytes,
    domain: str,
    now: datetime,
    policy: Policy = AT_ONCE,
    channel: str = "mail",
    trigger_id: int | None = None,
) -> Iterator[Row]:
    """The outbox rows of one version. `told` holds the ids of the people with a row of an earlier version
    of this alert, `promised` the times of those whose mail of it this one replaces: news does not put off what
    was to go; `secret` and `domain` make the Message-IDs."""
    severity: Severity = fields["severity"]
    wait = timedelta(0) if message.kind == "cancel" else policy.waits.get(severity, timedelta(0))
    for person in people:
        if is_told(person, fields, kind=message.kind, told=person.id in told):
            yield Row(
                alert_id=str(fields["id"]),
                version=message.version,
                person_id=person.id,
                channel=channel,
                urgency=SEVERITIES.index(severity),
                message_id=message_id(
                    secret, alert_id=str(fields["id"]), version=message.version, person_id=person.id, domain=domain
                ),
                created=now,
                not_before=min(now + wait, promised.get(person.id, now + wait)),
                expires=now + policy.give_up,
                trigger_id=trigger_id,
            )
