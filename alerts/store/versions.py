"""The versions of a rule that were in force, for whoever compares one with another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from alerts.store import meta
from alerts.store.schema import rule_version


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule's file, with the word lists it was read with as far as they were kept, and when it came
    into force for the first time."""

    digest: str
    text: str
    lists: Mapping[str, str]
    loaded: datetime


def rule_versions(conn: Connection, rule: str) -> list[RuleVersion]:
    """Every version of a rule that was in force: the one that is, then the latest first."""
    query = select(rule_version).where(rule_version.c.rule == rule)
    rows = conn.execute(query.order_by(rule_version.c.loaded.desc(), rule_version.c.hash)).all()
    now = meta.versions_in_force(conn).get(rule)
    return [
        RuleVersion(digest=row.hash, text=row.text, lists=meta.rule_lists(conn, row.hash), loaded=row.loaded)
        for row in sorted(rows, key=lambda row: row.hash != now)
    ]
