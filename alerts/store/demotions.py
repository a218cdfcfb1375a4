"""Rules that fell to `test` because too few of their alerts were right: which version, since when, and why.

Only what is in the database falls, never a file: a changed file is another version, to which this does not apply, and
a person may raise the version again, whose verdicts then are counted from that day on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from alerts.match.rule import Rule
from alerts.store import meta
from alerts.store.schema import rule_version

_FALLEN: Final = "rules fallen to test"
_RAISED: Final = "rules raised again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """A version of a rule whose alerts go to its owner only; `why` in words."""

    rule: str
    version: str
    at: datetime
    why: str


def fallen(conn: Connection) -> dict[str, Fallen]:
    """The rules that fell, by name, in whatever version."""
    noted: Mapping[str, Mapping[str, Any]] = meta.get(conn, _FALLEN) or {}
    return {
        rule: Fallen(rule=rule, version=one["version"], at=datetime.fromisoformat(one["at"]), why=one["why"])
        for rule, one in sorted(noted.items())
    }


def fallen_now(conn: Connection, versions: Mapping[str, str]) -> dict[str, Fallen]:
    """Those of which this very version fell, by name; `versions` has the rules as they are now."""
    return {name: one for name, one in fallen(conn).items() if versions.get(name) == one.version}


def drop(conn: Connection, rule: Rule, why: str, now: datetime) -> None:
    """Let this version of the rule fall."""
    noted = dict(meta.get(conn, _FALLEN) or {})
    meta.put(conn, _FALLEN, noted | {rule.name: {"version": rule.version, "at": now.isoformat(), "why": why}})


def promote(conn: Connection, rule: str, now: datetime) -> Fallen | None:
    """Raise a rule again; what it fell for, or None if it had not."""
    found = fallen(conn).get(rule)
    noted = dict(meta.get(conn, _FALLEN) or {})
    if found is None:
        return None
    del noted[rule]
    meta.put(conn, _FALLEN, noted)
    raised = dict(meta.get(conn, _RAISED) or {})
    meta.put(conn, _RAISED, raised | {rule: {"version": found.version, "at": now.isoformat()}})
    return found


def in_force(conn: Connection, rule: Rule) -> Rule:
    """The rule as it counts now: in `test` if this version of it fell."""
    if rule.status != "active" or rule.name not in fallen_now(conn, {rule.name: rule.version}):
        return rule
    return replace(rule, status="test")


def counted_since(conn: Connection, rule: Rule) -> datetime | None:
    """From when on alerts speak for or against this version: since it came into force, or was raised again. None
    when it never was in force."""
    here = (rule_version.c.rule == rule.name) & (rule_version.c.hash == rule.version)
    loaded: datetime | None = conn.execute(select(rule_version.c.loaded).where(here)).scalar_one_or_none()
    raised = (meta.get(conn, _RAISED) or {}).get(rule.name)
    if loaded is None or raised is None or raised["version"] != rule.version:
        return loaded
    return max(loaded, datetime.fromisoformat(raised["at"]))
