"""Small things the service remembers by name, and the text of every rule version that made evidence, with the
word lists it was read with: a list may be edited later, or broken."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from alerts.store.codec import clean
from alerts.store.schema import meta, rule_version
from alerts.store.upsert import insert_for, upsert

_IN_FORCE = "rules in force"
_RULES_TROUBLE = "trouble with rules"
_HUB_TROUBLE = "trouble with the hub"
_OUTAGE = "outage_since"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """One version of a rule as it can be read again: its text, and the texts of its word lists by name."""

    rule: str
    version: str
    text: str
    lists: Mapping[str, str] = field(default_factory=dict)


def get(conn: Connection, name: str) -> Any:
    """What was put under `name` (a JSON value); None when nothing was."""
    return conn.execute(_VALUE, {"called": name}).scalar_one_or_none()


_VALUE: Final = select(meta.c.value).where(meta.c.name == bindparam("called"))


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


def put_in_force(conn: Connection, rules: Sequence[InForce], now: datetime) -> None:
    """Keep these versions, and that they are the rules in force now."""
    record_rules(conn, [(rule.rule, rule.version, rule.text) for rule in rules], now)
    texts = {_digest(text): clean(text) for rule in rules for text in rule.lists.values()}
    rows: list[dict[str, Any]] = [{"name": _list_key(digest), "value": text} for digest, text in texts.items()]
    for rule in rules:
        used = {name: _digest(text) for name, text in sorted(rule.lists.items())}
        rows.append({"name": _lists_key(rule.version), "value": used})
    if rows:
        conn.execute(insert_for(conn, meta).on_conflict_do_nothing(), rows)
    put(conn, _IN_FORCE, {rule.rule: rule.version for rule in rules})


def versions_in_force(conn: Connection) -> dict[str, str]:
    """The version of each rule that `put_in_force` kept last."""
    return dict(get(conn, _IN_FORCE) or {})


def rules_in_force(conn: Connection) -> list[InForce]:
    """The versions that `put_in_force` kept last, by name."""
    found = []
    for rule, version in sorted(versions_in_force(conn).items()):
        text = rule_text(conn, rule, version)
        if text is not None:
            found.append(InForce(rule=rule, version=version, text=text, lists=rule_lists(conn, version)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What does not go as it should: since when, and all that is wrong, for the operator."""

    since: datetime
    text: str


def put_rules_trouble(conn: Connection, text: str, now: datetime) -> None:
    """Note why rules cannot be taken as their files are; "" for nothing. It keeps the time at which it began."""
    _put_trouble(conn, _RULES_TROUBLE, text, now)


def rules_trouble(conn: Connection) -> Trouble | None:
    """What is wrong with the rules, as `put_rules_trouble` noted it."""
    return _trouble(conn, _RULES_TROUBLE)


def put_hub_trouble(conn: Connection, text: str, now: datetime) -> None:
    """Note why the hub cannot be told of news; "" for nothing. It keeps the time at which it began."""
    _put_trouble(conn, _HUB_TROUBLE, text, now)


def hub_trouble(conn: Connection) -> Trouble | None:
    """Why the hub cannot be told of news, as `put_hub_trouble` noted it."""
    return _trouble(conn, _HUB_TROUBLE)


def _put_trouble(conn: Connection, name: str, text: str, now: datetime) -> None:
    known = _trouble(conn, name)
    since = known.since if known else now
    put(conn, name, {"since": since.isoformat(), "text": clean(text)} if text else None)


def _trouble(conn: Connection, name: str) -> Trouble | None:
    noted = get(conn, name)
    return Trouble(since=datetime.fromisoformat(noted["since"]), text=noted["text"]) if noted else None


def put_outage(conn: Connection, since: datetime | None) -> None:
    """Note since when nothing at all can be fetched, so that it must be our own network; None: it is over."""
    put(conn, _OUTAGE, since.isoformat() if since else None)


def outage_since(conn: Connection) -> datetime | None:
    """Since when our own network is out, as `put_outage` noted it."""
    noted = get(conn, _OUTAGE)
    return datetime.fromisoformat(noted) if noted else None


def rule_lists(conn: Connection, version: str) -> dict[str, str]:
    """The word lists that a version of a rule was read with, by name; none for versions kept without."""
    used: dict[str, str] = get(conn, _lists_key(version)) or {}
    return {name: str(get(conn, _list_key(digest)) or "") for name, digest in used.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _list_key(digest: str) -> str:
    return f"word list {digest}"


def _lists_key(version: str) -> str:
    return f"word lists of {version[:40]}"
