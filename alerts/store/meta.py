"""Small things the service remembers by name, and the text of every rule version that made evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from alerts.store.codec import clean
from alerts.store.schema import meta, rule_version
from alerts.store.upsert import insert_for, upsert


def get(conn: Connection, name: str) -> Any:
    """What was put under `name` (a JSON value); None when nothing was."""
    return conn.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()


def put(conn: Connection, name: str, value: Any) -> None:
    """Remember a JSON value under `name`."""
    conn.execute(upsert(conn, meta, ("name",)), {"name": name, "value": value})


def record_rules(conn: Connection, rules: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Keep the text of rules: (name, hash, text) each. A version that is there already stays."""
    rows = [{"rule": rule, "hash": digest, "text": clean(text), "loaded": now} for rule, digest, text in rules]
    if rows:
        conn.execute(insert_for(conn, rule_version).on_conflict_do_nothing(), rows)


def rule_text(conn: Connection, rule: str, digest: str) -> str | None:
    """The text of one version of a rule."""
    here = (rule_version.c.rule == rule) & (rule_version.c.hash == digest)
    return conn.execute(select(rule_version.c.text).where(here)).scalar_one_or_none()


def first_loaded(conn: Connection) -> dict[str, datetime]:
    """When each rule was in force for the first time, in any version."""
    query = select(rule_version.c.rule, func.min(rule_version.c.loaded)).group_by(rule_version.c.rule)
    return {rule: loaded for rule, loaded in conn.execute(query)}
