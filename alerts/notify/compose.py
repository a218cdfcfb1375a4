"""From rows of the outbox to envelopes: what is stored about the alert, the reader's own reason, the bytes.

Everything a mail holds comes from the stored version, never from the alert as it is now: a second attempt
after a crash makes the same mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from alerts.errors import MailError
from alerts.notify.audience import reason
from alerts.notify.mime import Mail, domain_of, encode
from alerts.notify.secret import message_id
from alerts.notify.transport import Envelope
from alerts.render.mail import MailRenderer, personal
from alerts.render.view import Notice
from alerts.store import alerts as alert_store
from alerts.store.alerts import Version
from alerts.store.outbox import OutboxRow, told_before
from alerts.track.changes import changes
from alerts.types import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who the mails come from: `address` is the bare address, `name` what readers see."""

    address: str
    name: str
    secret: bytes = field(repr=False)

    @property
    def header(self) -> str:
        """The From header's text."""
        return f"{self.name} <{self.address}>"

    @property
    def domain(self) -> str:
        """What stands behind the @ of Message-IDs."""
        return domain_of(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the mails of some rows are made of, read from the database in one transaction: versions by (alert
    id, version), evidence by alert, and which version a reader was told before (`outbox.told_before`)."""

    versions: Mapping[tuple[str, int], Version]
    evidence: Mapping[str, Sequence[Evidence]]
    told: Mapping[tuple[str, int, int], int]


def gather(conn: Connection, rows: Iterable[OutboxRow]) -> Material:
    """Read what the mails of `rows` need."""
    wanted = {(row.alert_id, row.version) for row in rows}
    alerts = {alert_id for alert_id, _ in wanted}
    found = alert_store.versions(conn, [(alert_id, None) for alert_id in sorted(alerts)])
    return Material(
        versions={(version.alert_id, version.version): version for version in found},
        evidence={alert_id: alert_store.evidence_of(conn, alert_id) for alert_id in alerts},
        told=told_before(conn, wanted),
    )


def envelope(row: OutboxRow, material: Material, *, renderer: MailRenderer, sender: Sender) -> Envelope:
    """The mail of one row. Raises MailError for a reader who has left, a version that is gone, and an address
    that cannot be written."""
    if not row.person.active:
        raise MailError("the reader has left", reason="refused", permanent=True)
    notice = _notice(row, material)
    words = personal(renderer.render(notice, row.person.language), reason(row.person, notice.fields))
    root = message_id(sender.secret, alert_id=row.alert_id, version=1, person_id=row.person.id, domain=sender.domain)
    mail = Mail(
        sender=sender.header,
        recipient=row.person.address,
        subject=words.subject,
        text=words.text,
        html=words.html,
        sent=notice.at,
        message_id=row.message_id,
        root=root,
        list_name=sender.name,
        language=row.person.language,
    )
    return Envelope(
        sender=sender.address, recipient=row.person.address, message_id=row.message_id, message=encode(mail)
    )


def _notice(row: OutboxRow, material: Material) -> Notice:
    version = material.versions.get((row.alert_id, row.version))
    if version is None:
        raise MailError("this version of the alert is gone", reason="refused", permanent=True)
    first = material.versions.get((row.alert_id, 1), version)
    since = material.told.get((row.alert_id, row.version, row.person.id))
    return Notice(
        alert_id=version.alert_id,
        version=version.version,
        kind=version.kind,
        at=version.at,
        why=version.why,
        changes=_changes(version, material.versions.get((row.alert_id, since or 0)), kept=version.changes),
        since=since,
        fields=version.fields,
        first_title=str(first.fields["title"]),
        evidence=_known_by(version, material.evidence[version.alert_id]),
    )


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
