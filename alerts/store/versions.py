"""The versions of a rule that were in force, for whoever compares one with another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from alerts.store.schema import rule_version


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule's file, and when it came into force for the first time."""

    digest: str
    text: str
    loaded: datetime


def rule_versions(conn: Connection, rule: str) -> list[RuleVersion]:
    """Every version of a rule that was in force, the latest first."""
    query = select(rule_version).where(rule_version.c.rule == rule)
    rows = conn.execute(query.order_by(rule_version.c.loaded.desc(), rule_version.c.hash))
    return [RuleVersion(digest=row.hash, text=row.text, loaded=row.loaded) for row in rows]
