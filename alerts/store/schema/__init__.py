"""The tables, once, for SQLite and PostgreSQL (SQLAlchemy Core).

Times are UTC: `UtcTime` refuses naive ones and gives aware ones back on both databases. Ids of articles,
alerts and people are never used twice (`sqlite_autoincrement`): messages already sent name them. A change
here needs a migration; a test holds the migrated database equal to these tables.
"""

from __future__ import annotations

from alerts.store.schema.access import audit, data_key, login_link, operator, session
from alerts.store.schema.alerting import (
    act,
    alert,
    alert_version,
    evidence,
    incident,
    judgement,
    listing,
    listing_text,
    listing_word,
    silence,
)
from alerts.store.schema.base import BIG, OPEN, UtcTime, metadata
from alerts.store.schema.collected import article, document, feed, linked, minhash, poll, story
from alerts.store.schema.machines import edition, machine
from alerts.store.schema.mailing import aside, attempt, bounce, bulletin, hold, outbox, person, reach, suppressed, tally
from alerts.store.schema.remembered import count_day, ledger, meta, notice, report, rule_version, seen, spike, watch

__all__ = [
    "BIG",
    "OPEN",
    "UtcTime",
    "act",
    "alert",
    "alert_version",
    "article",
    "aside",
    "attempt",
    "audit",
    "bounce",
    "bulletin",
    "count_day",
    "data_key",
    "document",
    "edition",
    "evidence",
    "feed",
    "hold",
    "incident",
    "judgement",
    "ledger",
    "linked",
    "listing",
    "listing_text",
    "listing_word",
    "login_link",
    "machine",
    "meta",
    "metadata",
    "minhash",
    "notice",
    "operator",
    "outbox",
    "person",
    "poll",
    "reach",
    "report",
    "rule_version",
    "seen",
    "session",
    "silence",
    "spike",
    "story",
    "suppressed",
    "tally",
    "watch",
]
