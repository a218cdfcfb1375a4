"""Leases of mails, and whose they are: a token begins with the life of the process that took it. So the leases of one
that died can be told from those of others that share the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, case, func, literal, update

from alerts.store.schema import outbox
from alerts.store.schema.base import UtcTime

_LIFE: Final = 12
_TOKEN: Final = 32


def new_life() -> str:
    """What all tokens of this process begin with from now on."""
    return secrets.token_hex(_LIFE // 2)


def new_token(life: str) -> str:
    """A token for one lease, or for one run's."""
    return life + secrets.token_hex((_TOKEN - _LIFE) // 2)


def forget(conn: Connection, look: datetime | None = None, *, but: Collection[str] = ()) -> int:
    """End all leases of mails but those of the lives `but`: whoever held them is dead. What was being sent is found by
    `outbox.stale_sending` from `look` on. Returns how many mails."""
    until = case((outbox.c.state == "sending", literal(look, UtcTime)), else_=None)
    held: ColumnElement[bool] = outbox.c.lease_token.is_not(None)
    if but:
        held &= func.substr(outbox.c.lease_token, 1, _LIFE).not_in(but)
    return conn.execute(update(outbox).where(held).values(lease_token=None, lease_until=until)).rowcount
