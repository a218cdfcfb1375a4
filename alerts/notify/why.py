"""Who was told of an alert, when and why; and who was not, and why not: in words, for an operator who is asked.

What stands in the outbox says what became of each mail. Why somebody has none is asked of the same functions that
decide it when an alert is told (`audience`, `posting`), with one wish at a time: so this cannot say otherwise than
what happens. It knows the wishes of now; that they were others then is said where it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from alerts.errors import InputError
from alerts.match.rule import Rule
from alerts.notify import audience, posting, when
from alerts.notify.saying import about
from alerts.readers import ALL, Person
from alerts.render.view import country_name
from alerts.render.wishes import Named, aspects, region_unknown
from alerts.store import alerts as alert_store
from alerts.store import demotions, dossier, holds, outbox, people, suppression
from alerts.store.alerts import Version
from alerts.store.outbox import OutboxRow
from alerts.store.suppression import SAID, Reason

_OVER: Final = ("close", "cancel")
# What a wish is called in words (`render.wishes.aspects`), its fields, and what of the alert it is about.
_WISHES: Final = (
    ("Events", ("events",), "event"),
    ("Places", ("countries", "regions", "near"), "place"),
    ("Severity", ("min_severity",), "severity"),
    ("Certainty", ("min_certainty",), "certainty"),
)
_WAITS: Final = {
    "digest": "for the mail in which they get all at once",
    "quiet": "until their quiet hours are over",
    "pace": "because they got many mails of late",
    "pause": "until their pause is over",
    "hold": "until an operator lets it go: alerts mail queue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How it stands with one reader and one version. `told`: a mail reached them, or may have; `mail` is its number,
    `at` when it was done with or is to go."""

    person_id: int
    version: int
    told: bool
    said: str
    mail: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An alert as it was last told (`version`) and before, its `rule` as its file is now (None: it is gone), and its
    mails. `since` says when each reader came, `suppressed` why nothing is sent to some, `held` why nothing goes out.
    `named` gives the names of regions."""

    version: Version
    versions: Mapping[int, Version]
    rule: Rule | None
    rows: Sequence[OutboxRow]
    since: Mapping[int, datetime]
    suppressed: Mapping[int, Reason]
    held: str
    named: Named


def of_alert(
    conn: Connection, alert_id: str, rule: Rule | None, *, only: int | None = None, named: Named = region_unknown
) -> list[Line]:
    """For each reader (or `only` one) a line for each mail about the alert, or one that says why there is none; by
    reader. Raises InputError for an alert that nobody was told of."""
    asked = _asked(conn, alert_id, rule, named)
    everybody = {one.id: one for one in people.list_people(conn)}
    allowed = _allowed(conn, asked, list(everybody.values()))
    wanted = [only] if only is not None else sorted({*everybody, *(row.person.id for row in asked.rows)})
    lines: list[Line] = []
    for number in wanted:
        mine = [row for row in asked.rows if row.person.id == number]
        lines += [_of_mail(row, asked) for row in mine]
        person = everybody.get(number)
        if not any(row.version == asked.version.version for row in mine) and person is not None:
            lines += _untold(person, mine, asked, allowed, named=only is not None)
    return lines


def of_mail(conn: Connection, number: int, *, named: Named = region_unknown) -> list[tuple[str, Line]]:
    """How it stands with one mail of the outbox: a line for each alert that goes in it (its id; "" for what is about
    no alert). Raises InputError."""
    rows = outbox.some(conn, ids=[number])
    if not rows:
        raise InputError(f"there is no mail {number}; see: alerts mail queue")
    lead = rows[0].lead_id or number
    found: list[tuple[str, Line]] = []
    for row in (*outbox.some(conn, ids=[lead]), *outbox.parts(conn, [lead])[lead]):
        if row.alert_id:
            lines = of_alert(conn, row.alert_id, None, only=row.person.id, named=named)
            found += [(row.alert_id, line) for line in lines if line.version == row.version and line.mail == lead]
        else:
            found.append(("", _about_none(row)))
    return found


def _about_none(row: OutboxRow) -> Line:
    said = f"{row.state}: {waits(row)}" if row.state == "queued" else f"{row.state} {row.last_error or ''}".strip()
    return Line(
        person_id=row.person.id,
        version=0,
        told=row.state in ("accepted", "ambiguous"),
        said=f"{about(row)}; {said}",
        mail=row.id,
        at=row.finished or row.not_before,
    )


def _asked(conn: Connection, alert_id: str, rule: Rule | None, named: Named) -> Asked:
    if alert_store.alert_of(conn, alert_id) is None:
        raise InputError(f"there is no alert {alert_id}; see: alerts list")
    versions = {one.version: one for one in alert_store.versions(conn, [(alert_id, None)])}
    if not versions:
        raise InputError(f"nobody was told of alert {alert_id} yet; see: alerts show {alert_id}")
    marks = people.marks(conn, [one.id for one in people.list_people(conn)])
    gone = suppression.among(conn, list(marks.values()))
    return Asked(
        version=versions[max(versions)],
        versions=versions,
        rule=None if rule is None else demotions.in_force(conn, rule),
        rows=outbox.some(conn, alert_id=alert_id),
        since=dossier.since(conn),
        held="; ".join(one.reason for one in holds.in_force(conn) if one.kind == "all"),
        suppressed={number: gone[mark] for number, mark in marks.items() if mark in gone},
        named=named,
    )


def _allowed(conn: Connection, asked: Asked, everybody: Sequence[Person]) -> set[int]:
    """Who may hear of alerts of this rule at all, whatever they ask for."""
    if asked.rule is None or asked.rule.status == "active":
        return {person.id for person in everybody}
    owner = people.find_person(conn, asked.rule.about.owner)
    heard = posting.readers(asked.rule, everybody, owner=owner.id if owner else None)
    return {person.id for person in heard}


def _of_mail(row: OutboxRow, asked: Asked) -> Line:
    told = row.state in ("sending", "accepted", "ambiguous", "held")
    sent = row.state in ("accepted", "ambiguous", "held")
    return Line(
        person_id=row.person.id,
        version=row.version,
        told=told,
        said=_said(row, asked),
        mail=row.lead_id or row.id,
        at=row.finished if sent or row.finished else row.not_before,
    )


def _said(row: OutboxRow, asked: Asked) -> str:
    """What became of one mail."""
    if row.state == "accepted":
        before = any(one.person.id == row.person.id and one.version < row.version for one in asked.rows)
        again = f"reminder {row.round}: nobody had acknowledged it" if row.round else ""
        return again or audience.reason(row.person, asked.versions[row.version].fields, told=before, named=asked.named)
    if row.state == "silenced":
        return f"silence {row.silence_id} hid it: alerts silence show {row.silence_id}"
    if row.state == "inhibited":
        return f"covered by alert {row.covered_by}, of which they were told: alerts mail why {row.covered_by}"
    return {
        "queued": f"not sent yet: {waits(row)}{f', and all mails are held: {asked.held}' if asked.held else ''}",
        "bundled": f"goes in mail {row.lead_id}",
        "sending": "is being sent, or was when the service died",
        "withdrawn": "taken back before it went: a later version says all of it",
        "failed": f"could not be sent: {row.last_error or 'nobody knows why'}",
        "ambiguous": f"perhaps sent: {row.last_error or 'no answer came'}; alerts mail release {row.id} sends it again",
        "held": f"held back: {row.last_error or 'nobody says why'}; alerts mail release {row.id}",
    }[row.state]


def waits(row: OutboxRow) -> str:
    """What a queued mail waits for."""
    moment = f"{row.not_before:%Y-%m-%d %H:%M} UTC"
    if row.waits is not None:
        return f"it waits {_WAITS[row.waits]} ({moment})" if row.waits != "hold" else f"it waits {_WAITS['hold']}"
    if row.last_error:
        return f"it is tried again at {moment}; the last time: {row.last_error}"
    return f"it goes at {moment}, with what belongs with it"


def _untold(
    person: Person, mine: Sequence[OutboxRow], asked: Asked, allowed: set[int], *, named: bool
) -> Iterator[Line]:
    """Why somebody has no mail of the last version; nothing of who is no reader, unless asked for by name."""
    if not named and "reader" not in person.duties:
        return
    said = why_not(person, asked, told=bool(mine), allowed=person.id in allowed)
    yield Line(person_id=person.id, version=asked.version.version, told=False, said=said)


def why_not(person: Person, asked: Asked, *, told: bool, allowed: bool) -> str:
    """Why this person has no mail of a version; `told`: they have one of an earlier one."""
    fields, kind = asked.version.fields, asked.version.kind
    came = asked.since.get(person.id)
    if person.id in asked.suppressed:
        return f"nothing is sent to their address: {SAID[asked.suppressed[person.id]]}; alerts people show {person.id}"
    if not person.active:
        return f"they get no mail: paused, or they left; alerts people resume {person.id}"
    if "reader" not in person.duties:
        return f"they are no reader of alerts ({', '.join(person.duties) or 'not confirmed'})"
    if not told and (excluded := excluded_by(person, fields, asked.named)):
        return f"not asked for: {'; '.join(excluded)}"
    if came is not None and came > asked.version.at:
        return f"they came later, at {came:%Y-%m-%d %H:%M} UTC"
    if not allowed:
        return "its rule is in test: only its owner is told"
    if when.back(person.wishes, asked.version.at) > asked.version.at:
        return f"they had paused their mails until {when.back(person.wishes, asked.version.at):%Y-%m-%d %H:%M} UTC"
    if kind in _OVER and not told:
        return "they were never told of it, so not of its end either"
    return "they ask for it now, but did not when it was told"


def excluded_by(person: Person, fields: Mapping[str, Any], named: Named = region_unknown) -> list[str]:
    """Which wishes keep alerts like this from a reader, each with what the alert is: asked of `audience.wants`, with
    each wish alone."""
    said = aspects(person.wishes, named)
    found = []
    for name, parts, what in _WISHES:
        alone = replace(ALL, **{part: getattr(person.wishes, part) for part in parts})
        if not audience.wants(replace(person, active=True, wishes=alone), fields):
            found.append(f"{name.lower()}: {said[name]} (this one: {_of(fields, what)})")
    return found


def _of(fields: Mapping[str, Any], about: str) -> str:
    if about != "place":
        return str(fields[about]).replace("_", " ")
    place = fields.get("place")
    if place is None:
        return "nobody knows where"
    return ", ".join(filter(None, (place["name"], place.get("admin1_name"), country_name(place["country"]))))
