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
from typing import Any, Final

from alerts.notify import places, when
from alerts.notify.message.secret import message_id
from alerts.readers import Person
from alerts.render.wishes import Named, asked_for, region_unknown
from alerts.store.waiting import Reason
from alerts.types import CERTAINTIES, SEVERITIES, Message, MessageKind, Severity

_TOLD = "You get this mail because you were told about this alert before."
_ESCALATED = "You get this mail because nobody has acknowledged this alert, and you are named for that case."
_IN_TEST = "You get this mail because you run this service: the rule behind it is in test, and its owner is no reader."

_TOGETHER: Final[Mapping[Reason, str]] = {
    "digest": "All of it comes in one mail, at the time you asked for.",
    "quiet": "All of it came in your quiet hours, so it is one mail.",
    "pause": "All of it came while you wanted no mails, so it is one mail.",
    "pace": "You got many mails of late, so this is one mail about all that came since.",
    "hold": "It was held back until a person had looked at it.",
}


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


def wants(person: Person, fields: Mapping[str, Any]) -> bool:
    """Whether this reader gets alerts such as this one. `fields` is the alert's JSON form."""
    wishes = person.wishes
    return (
        person.active
        and (not wishes.events or fields["event"] in wishes.events)
        and SEVERITIES.index(fields["severity"]) >= SEVERITIES.index(wishes.min_severity)
        and CERTAINTIES.index(fields["certainty"]) >= CERTAINTIES.index(wishes.min_certainty)
        and places.is_there(wishes, fields.get("place"), fields["severity"])
    )


def reason(person: Person, fields: Mapping[str, Any], *, told: bool = True, named: Named = region_unknown) -> str:
    """The sentence for a mail that is being sent: why they want it, that they were `told` before, or that nobody
    who was has answered. `named` gives the names of regions."""
    if "reader" in person.duties and wants(person, fields):
        doubt = places.doubt(person.wishes, fields.get("place"))
        return f"You get this mail because you asked for {asked_for(person.wishes, named)}. {doubt}".strip()
    if told:
        return _TOLD
    escalated = "escalation" in person.duties and fields["severity"] == "extreme"
    return _ESCALATED if escalated else _IN_TEST


def digest_reason(
    person: Person, alerts: Iterable[Mapping[str, Any]], waits: Reason | None, *, named: Named = region_unknown
) -> str:
    """The sentences for one mail about many alerts: why they want them, and why they come together."""
    own = any(wants(person, fields) for fields in alerts)
    asked = f"You get this mail because you asked for {asked_for(person.wishes, named)}." if own else _TOLD
    return f"{asked} {_TOGETHER[waits or 'pace']}"


def is_told(
    person: Person, fields: Mapping[str, Any], *, kind: MessageKind, told: bool, now: datetime, promised: bool = False
) -> bool:
    """Whether this reader gets this version; `told`: an earlier version of this alert went to them, or is `promised`:
    it waits. Who paused gets nothing new; what was promised before, and that it is over or was wrong, waits until they
    are back."""
    if not person.active:
        return False
    if kind in ("close", "cancel"):
        return told
    return (promised or when.back(person.wishes, now) <= now) and (told or wants(person, fields))


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
    urgency = SEVERITIES.index(severity)
    wait = timedelta(0) if message.kind == "cancel" else policy.waits.get(severity, timedelta(0))
    for person in people:
        before = promised.get(person.id)
        known = person.id in told
        if is_told(person, fields, kind=message.kind, told=known, promised=before is not None, now=now):
            usual = now + wait if before is None else min(now + wait, before)
            not_before, waits = _time(person, urgency, message.kind, now, usual)
            if before is not None and before < not_before:
                not_before, waits = before, None
            yield Row(
                alert_id=str(fields["id"]),
                version=message.version,
                person_id=person.id,
                channel=channel,
                urgency=urgency,
                message_id=message_id(
                    secret, alert_id=str(fields["id"]), version=message.version, person_id=person.id, domain=domain
                ),
                created=now,
                not_before=not_before,
                expires=(not_before if waits else now) + policy.give_up,
                trigger_id=trigger_id,
                waits=waits,
            )


def _time(
    person: Person, urgency: int, kind: MessageKind, now: datetime, usual: datetime
) -> tuple[datetime, Reason | None]:
    """When a reader is to hear of it, and for what that waits. `usual`: when somebody does who reads at once."""
    wishes = person.wishes
    if wishes.rhythm == "now" and wishes.quiet is None and wishes.paused_until is None:
        return usual, None
    if when.back(wishes, now) > now:
        return when.next_time(wishes, urgency, now, kind=kind), "pause"
    if wishes.rhythm != "now" and not when.wakes(wishes, urgency, kind):
        return when.next_time(wishes, urgency, now, kind=kind), "digest"
    found = when.next_time(wishes, urgency, usual, kind=kind)
    return found, "quiet" if found > usual else None
