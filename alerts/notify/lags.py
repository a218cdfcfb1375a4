"""How long news takes to its readers: from the publication of an article until the mail of it was taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.store import articles
from alerts.store.outbox import OutboxRow
from alerts.types import SEVERITIES, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLag:
    """One mail's, whose alert was so bad."""

    severity: Severity
    lag: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A mail that was taken at that time, and the article that it tells of."""

    article_id: int
    severity: Severity
    at: datetime


def taken(rows: Iterable[OutboxRow], now: datetime) -> list[Taken]:
    """Of mails that were taken now, those that waited for nothing but what belongs with them: no digest, no reminder,
    and none that its reader, a limit or an operator put off."""
    return [
        Taken(article_id=row.trigger_id, severity=SEVERITIES[min(row.urgency, len(SEVERITIES) - 1)], at=now)
        for row in rows
        if row.trigger_id is not None and not (row.round or row.collected or row.waits)
    ]


def lags(conn: Connection, mails: Iterable[Taken]) -> list[MailLag]:
    """How long each took; of those whose article tells when it was published."""
    mails = list(mails)
    published = articles.published(conn, {mail.article_id for mail in mails})
    return [
        MailLag(severity=mail.severity, lag=max(mail.at - published[mail.article_id], timedelta(0)))
        for mail in mails
        if mail.article_id in published
    ]
