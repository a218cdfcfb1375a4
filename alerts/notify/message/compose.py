"""From rows of the outbox to envelopes: what is stored about the alert, the reader's own reason, the bytes.

Everything a mail holds comes from the stored version, never from the alert as it is now: a second attempt
after a crash makes the same mail.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from sqlalchemy import Connection

from alerts.errors import MailError
from alerts.notify.audience import digest_reason, reason
from alerts.notify.bulletins import reason as why_bulletin
from alerts.notify.joining import letters
from alerts.notify.message import links
from alerts.notify.message.enveloping import Draft, Sender, enveloped
from alerts.notify.message.secret import message_id
from alerts.notify.silences import missed_said
from alerts.notify.ways.transport import Envelope
from alerts.readers import Wishes
from alerts.render.digest import MOST, Digest
from alerts.render.mail import MailRenderer, own_values
from alerts.render.view import Notice, Numbers
from alerts.render.wishes import zone_of
from alerts.store import alerts as alert_store
from alerts.store import bulletins, outbox, people, strangers
from alerts.store import evidence as evidence_store
from alerts.store.alerts import Version
from alerts.store.bulletins import Bulletin
from alerts.store.outbox import OutboxRow
from alerts.store.silences import Missed, missed_before
from alerts.store.told import Told, told_before
from alerts.track.changes import changes
from alerts.types import SEVERITIES, Evidence

__all__ = ["Draft", "Material", "Sender", "envelope", "gather"]

_OVER: Final = ("close", "cancel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the mails of some rows are made of, read from the database in one transaction: readers' addresses, what goes
    in the mails beside the row that leads (`outbox.parts`), versions by (alert id, version), evidence by alert, which
    versions a reader was told before (`told.told_before`), what a silence kept from them since
    (`silences.missed_before`), and the wishes that wait for their reader's yes. `notices` are made of these, each once:
    most readers of a version are told the same."""

    addresses: Mapping[int, str] = field(repr=False)
    parts: Mapping[int, Sequence[OutboxRow]]
    versions: Mapping[tuple[str, int], Version]
    bulletins: Mapping[int, Bulletin]
    evidence: Mapping[str, Sequence[Evidence]]
    told: Mapping[Told, Sequence[int]]
    missed: Mapping[Told, Sequence[Missed]]
    asked: Mapping[int, Wishes]
    notices: dict[Hashable, Notice] = field(default_factory=dict)


def gather(conn: Connection, rows: Sequence[OutboxRow]) -> Material:
    """Read what the mails of `rows` need, each the lead of its mail."""
    parts = outbox.parts(conn, [row.id for row in rows])
    every = [row for row in (*rows, *chain.from_iterable(parts.values())) if row.alert_id]
    alerts = {row.alert_id for row in every}
    told = told_before(conn, {_told(row) for row in every})
    found = alert_store.versions(conn, [(alert_id, None) for alert_id in sorted(alerts)])
    return Material(
        addresses=people.addresses(conn, {row.person.id for row in rows}),
        parts=parts,
        versions={(version.alert_id, version.version): version for version in found},
        bulletins=bulletins.by_id(conn, {row.bulletin_id for row in rows if row.bulletin_id is not None}),
        evidence={alert_id: evidence_store.of_alert(conn, alert_id) for alert_id in alerts},
        told=told,
        missed=missed_before(
            conn,
            {(row.alert_id, row.version) for row in every},
            {mail: earlier[-1] for mail, earlier in told.items()},
        ),
        asked=strangers.asked_of(conn, {row.person.id for row in rows if row.letter}),
    )


def envelope(row: OutboxRow, material: Material, *, renderer: MailRenderer, sender: Sender) -> Envelope:
    """The mail of one row. Raises MailError for a reader who has left, a version that is gone, and an address
    that cannot be written."""
    if not (row.person.active or row.letter):
        raise MailError("the reader has left", reason="refused", permanent=True)
    address = material.addresses.get(row.person.id)
    if address is None:
        raise MailError("the reader was forgotten", reason="refused", permanent=True)
    row = letters.to_be_confirmed(row, material.asked)
    draft = _draft(row, material, renderer, sender)
    return enveloped(draft, row.person, address, message_id=row.message_id, sender=sender)


def _draft(row: OutboxRow, material: Material, renderer: MailRenderer, sender: Sender) -> Draft:
    """What a mail of this kind says."""
    if row.letter is not None:
        letter = letters.letter_of(row, inbox=sender.domain if sender.inbox else "", anybody=sender.subscribe)
        words, values = renderer.letter(letter, row.person.language), letters.values(row, sender.secret)
        return Draft(words=words, values=values, root=row.message_id, sent=row.created)
    if row.bulletin_id is not None:
        return _bulletin(row, material, renderer)
    if row.collected:
        return _digest(row, material, renderer, sender)
    return _alert(row, material, renderer, sender)


def _alert(row: OutboxRow, material: Material, renderer: MailRenderer, sender: Sender) -> Draft:
    notice = _notice(row, material)
    parts = material.parts.get(row.id, ())
    others = [_notice(one, material) for one in parts if one.state != "inhibited"]
    others.sort(key=lambda one: one.kind in _OVER)  # they come the worst first
    mentioned = {one.alert_id: one for one in sorted(parts, key=lambda one: one.version) if one.state == "inhibited"}
    covered = [_notice(one, material) for one in mentioned.values()]
    told = notice.since is not None or notice.kind in _OVER
    tokens = {one.alert_id: _token(row, one, sender) for one in (notice, *others)}
    return Draft(
        words=renderer.render(notice, row.person.language, others=others, covered=covered),
        values=own_values(reason(row.person, notice.fields, told=told, named=renderer.named), tokens),
        # The thread's first mail to this reader, whether it was sent or not.
        root=_root(row, sender),
        sent=row.created,
        listed=True,
    )


def _digest(row: OutboxRow, material: Material, renderer: MailRenderer, sender: Sender) -> Draft:
    """All that waited for a reader: the worst is shown, and all of it counted."""
    parts = material.parts.get(row.id, ())
    rows = sorted(
        (one for one in (row, *parts) if one.state != "inhibited"),
        key=lambda one: (_version(one, material).kind in _OVER, -one.urgency, one.id),
    )
    notices = tuple(_notice(one, material) for one in rows[:MOST])
    covered = {one.alert_id: one for one in parts if one.state == "inhibited"}
    levels = [SEVERITIES[one.urgency] for one in rows if _version(one, material).kind not in _OVER]
    zone = zone_of(row.person.wishes)
    days = [_version(one, material).at.astimezone(zone).date() for one in rows]
    digest = Digest(
        notices=notices,
        covered=tuple(_notice(one, material) for one in list(covered.values())[:MOST]),
        count=len(rows),
        extreme=levels.count("extreme"),
        severe=levels.count("severe"),
        first=min(days),
        last=max(days),
    )
    why = digest_reason(row.person, [one.fields for one in notices], row.waits, named=renderer.named)
    return Draft(
        words=renderer.digest(digest, row.person.language),
        values=own_values(why, {one.alert_id: _token(row, one, sender) for one in notices}),
        root=row.message_id,  # a thread of its own
        sent=row.created,
        listed=True,
    )


def _bulletin(row: OutboxRow, material: Material, renderer: MailRenderer) -> Draft:
    found = material.bulletins.get(row.bulletin_id or 0)
    if found is None:
        raise MailError("this bulletin is gone", reason="refused", permanent=True)
    words = renderer.bulletin(
        kind=found.kind, subject=found.subject, body=found.body, at=found.created, language=row.person.language
    )
    return Draft(words=words, values=own_values(why_bulletin(row.person)), root=row.message_id, sent=found.created)


def _token(row: OutboxRow, notice: Notice, sender: Sender) -> str:
    """What this reader's links about this version are signed with; the same at every attempt."""
    return links.sign(
        sender.secret,
        alert_id=notice.alert_id,
        version=notice.version,
        person_id=row.person.id,
        now=notice.at,
        expire=sender.links_expire,
    )


def _version(row: OutboxRow, material: Material) -> Version:
    version = material.versions.get((row.alert_id, row.version))
    if version is None:
        raise MailError("this version of the alert is gone", reason="refused", permanent=True)
    return version


def _root(row: OutboxRow, sender: Sender) -> str:
    if row.version == 1 and not row.round:
        return row.message_id
    return message_id(sender.secret, alert_id=row.alert_id, version=1, person_id=row.person.id, domain=sender.domain)


def _notice(row: OutboxRow, material: Material) -> Notice:
    earlier = material.told.get(_told(row), ())
    missed = missed_said(material.missed.get(_told(row), ()))
    key = row.alert_id, row.version, row.round, earlier[-1:], missed
    if key not in material.notices:
        material.notices[key] = _made(_version(row, material), material, earlier, missed, reminder=row.round)
    return material.notices[key]


def _made(version: Version, material: Material, earlier: Sequence[int], missed: str, *, reminder: int) -> Notice:
    """What a reader is told of a version of an alert, who was told the `earlier` ones."""
    since = earlier[-1] if earlier else None
    return Notice(
        alert_id=version.alert_id,
        version=version.version,
        kind="new" if version.kind == "update" and not earlier else version.kind,
        at=version.at,
        why=version.why,
        changes=_changes(version, material.versions.get((version.alert_id, since or 0)), kept=version.changes),
        since=since,
        fields=version.fields,
        evidence=_known_by(version, material.evidence[version.alert_id]),
        missed=missed,
        reminder=reminder,
        history=_history(version, material),
    )


def _history(version: Version, material: Material) -> tuple[Numbers, ...]:
    """The numbers of each version of an alert up to this one."""
    earlier = (material.versions.get((version.alert_id, number)) for number in range(1, version.version + 1))
    return tuple(Numbers(at=one.at, numbers=one.fields.get("numbers") or {}) for one in earlier if one is not None)


def _told(row: OutboxRow) -> Told:
    return row.alert_id, row.version, row.person.id


def _changes(version: Version, told: Version | None, *, kept: tuple[str, ...]) -> tuple[str, ...]:
    """What changed since this reader's last mail, which need not be about the version before this one."""
    if told is None:
        return ()
    if told.version == version.version - 1 or not (told.fields.get("told") and version.fields.get("told")):
        return kept
    return changes(told.fields["told"], version.fields["told"])


def _known_by(version: Version, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    known = tuple(item for item in evidence if item.seen <= version.at)
    return known or tuple(evidence)
