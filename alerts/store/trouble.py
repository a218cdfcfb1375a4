"""What a database error means for the person who runs the service, and what to do.

Never shows parameters, details or a password: a row of people is a list of readers.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from alerts.errors import StoreError, StoreReason

_ADVICE: Final[dict[StoreReason, str]] = {
    "full": "the database is full: free space on its disk; nothing of what was being written is half there, "
    "and work goes on by itself",
    "locked": "the database is locked by another process for too long: is a second service, a backup or an open "
    "database shell running?",
    "failing": "the database's disk fails: is there a limit (quota) on what may be stored, or is it broken?",
    "unreachable": "the database cannot be reached",
    "schema": "the database has not the tables this version needs: run `alerts db upgrade`",
    "damaged": "the database file is damaged or no database: keep it, and restore a backup",
}
_SQLITE: Final[tuple[tuple[str, StoreReason], ...]] = (
    ("SQLITE_FULL", "full"),
    ("SQLITE_BUSY", "locked"),
    ("SQLITE_LOCKED", "locked"),
    ("SQLITE_CORRUPT", "damaged"),
    ("SQLITE_NOTADB", "damaged"),
    ("SQLITE_IOERR", "failing"),
    ("SQLITE_CANTOPEN", "unreachable"),
    ("SQLITE_READONLY", "unreachable"),
    ("SQLITE_PERM", "unreachable"),
)
_SQLSTATE: Final[tuple[tuple[str, StoreReason], ...]] = (
    ("53", "full"),  # disk_full; too_many_connections is told apart below
    ("55P03", "locked"),  # lock_not_available
    ("40001", "locked"),  # serialization_failure
    ("40P01", "locked"),  # deadlock_detected
    ("42P01", "schema"),  # undefined_table
    ("42703", "schema"),  # undefined_column
    ("08", "unreachable"),
    ("28", "unreachable"),  # who are you?
    ("3D000", "unreachable"),  # no such database
    ("57P", "unreachable"),  # shutting down, starting up
    ("25P03", "unreachable"),  # idle in a transaction for too long: we were cut off
    ("25006", "unreachable"),  # a read-only standby
    ("42501", "unreachable"),  # insufficient_privilege
    ("58", "unreachable"),  # input/output error
    ("XX001", "damaged"),
    ("XX002", "damaged"),
)


def trouble(error: DBAPIError, url: URL) -> StoreError | None:
    """The error in words, or None when it is none of daily life (then it is a fault of the program)."""
    original = error.orig
    if original is None:
        return None
    reason = sqlite_reason(original) if url.get_backend_name() == "sqlite" else _postgres_reason(error, original)
    if reason is None:
        return None
    lines = str(original).strip().splitlines() or [type(original).__name__]
    said = "" if reason in ("schema", "locked", "full") else f" ({lines[0].strip()})"
    return StoreError(f"{_ADVICE[reason]}{said} [{url.render_as_string(hide_password=True)}]", reason=reason)


def sqlite_reason(error: BaseException) -> StoreReason | None:
    """What kind of trouble SQLite tells of; None for a fault of the program."""
    name = getattr(error, "sqlite_errorname", "")
    for begin, reason in _SQLITE:
        if name.startswith(begin):
            return reason
    return "schema" if str(error).startswith(("no such table", "no such column")) else None


def _postgres_reason(error: DBAPIError, original: BaseException) -> StoreReason | None:
    state = getattr(original, "sqlstate", None)
    if state is None:
        # no answer from the server at all: refused, unknown host, connection lost
        return "unreachable" if error.connection_invalidated or type(error).__name__ == "OperationalError" else None
    if state in ("53300", "53200"):  # too many connections, out of memory
        return "unreachable"
    return next((reason for begin, reason in _SQLSTATE if state.startswith(begin)), None)
