"""An installation as an older version left it: its tables made by the migrations, in each of them two rows.

The rows are those of version 0009, written down once (`tests/data/installation.json`; addresses are sealed with the
secret of the tests). An older version had those of their columns that it knew. Whoever adds a version adds nothing to
them, unless that is to be an older one for the tests, too (`LAST`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from alerts.store import migrations
from alerts.store.database import writing
from alerts.store.schema import metadata

LAST: Final = "0009"
_FILE: Final = Path(__file__).parents[1] / "data" / "installation.json"
# What earlier versions had, and later ones have otherwise.
_EARLIER: Final[dict[str, dict[str, Any]]] = {
    "person": {"events": ["attack"], "countries": ["YEM"], "min_severity": "severe", "language": "en"},
    "data_key": {"number": 7},
}
_SEALED_SINCE: Final = "0004"


@cache
def rows() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def versions() -> list[str]:
    """All that there were, but the one of this program."""
    scripts = ScriptDirectory.from_config(migrations._config())
    known = sorted(script.revision for script in scripts.walk_revisions())
    return [version for version in known if version != migrations.required()]


def make(engine: Engine, version: str) -> dict[str, list[dict[str, Any]]]:
    """A database of this version; what is in it, by table."""
    with writing(engine) as conn:
        config = migrations._config()
        config.attributes["connection"] = conn
        command.upgrade(config, version)
        known = sa.inspect(conn)
        tables = set(known.get_table_names())
        names = [table.name for table in metadata.sorted_tables if table.name in tables]
        return {name: _fill(conn, name, known.get_columns(name), version) for name in names}


def _fill(conn: Connection, name: str, columns: Sequence[Any], version: str) -> list[dict[str, Any]]:
    types = {column["name"]: column["type"] for column in columns}
    filled = [
        {column: _value(kind, row[column]) for column, kind in types.items() if column in row}
        for row in _as_of(version, name)
    ]
    table = sa.table(name, *(sa.column(column, kind) for column, kind in types.items()))
    conn.execute(sa.insert(table), filled)
    return filled


def _as_of(version: str, name: str) -> list[dict[str, Any]]:
    found = [_EARLIER.get(name, {}) | row for row in rows()[name]]
    if name == "person" and version < _SEALED_SINCE:
        return [row | {"address": f"reader{number}@example.org"} for number, row in enumerate(found, 1)]
    return found


def _value(kind: sa.types.TypeEngine[Any], given: Any) -> Any:
    if given is None:
        return None
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(given)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(given)
    return bytes.fromhex(given) if isinstance(kind, sa.LargeBinary) else given
