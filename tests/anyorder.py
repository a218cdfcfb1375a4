"""Rows in any order: who asks a database for rows and not for their order may get them in any, and one day does.

With `--any-order` each query that asks for no order gets its rows in another one each time, on both databases: so a
test fails that compares them as they once came, and one of code that relies on it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from sqlalchemy import Connection, Engine, event

OPTION: Final = "--any-order"
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'")
_INNERMOST: Final = re.compile(r"\([^()]*\)")
_WRITES: Final = re.compile(r"\b(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


def add_option(parser: pytest.Parser) -> None:
    told = "rows come in any order where a query asks for none"
    parser.addoption(OPTION, action="store_true", help=told)


def begin(config: pytest.Config) -> None:
    """From now on, if it is asked for."""
    if config.getoption(OPTION):
        event.listen(Engine, "before_cursor_execute", _shuffled, retval=True)


def _shuffled(
    conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> tuple[str, Any]:
    if executemany or not asks_for_no_order(statement):
        return statement, parameters
    return f"SELECT * FROM ({statement.rstrip(' ;')}) AS in_any_order ORDER BY random()", parameters


def asks_for_no_order(statement: str) -> bool:
    """Whether it is a query whose rows may come in any order."""
    outermost = _QUOTED.sub("''", statement)
    while (inner := _INNERMOST.sub("", outermost)) != outermost:
        outermost = inner
    words = outermost.upper().split()
    if not words or words[0] not in ("SELECT", "WITH") or "ADVISORY" in statement.upper():
        return False
    if words[0] == "WITH" and _WRITES.search(_QUOTED.sub("''", statement)):
        return False
    return not re.search(r"\bORDER BY\b", " ".join(words))
