"""Keys to the private data: for programs, which cannot log in. A key stands behind an address (`?key=`) or in the
header `Authorization: Bearer`; of the request that goes on to the page it is taken away: nothing can show it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.types import Scope

from alerts.errors import StoreError
from alerts.notify.joining.entering import mark_of
from alerts.store import keys
from alerts.store.database import reading, writing
from alerts.store.keys import Key

_BYTES: Final = 24
_LONGEST: Final = 100


def make(conn: Connection, person_id: int, label: str, now: datetime) -> tuple[str, Key]:
    """A new key of an operator: what it reads, which is shown now and never again, and what is kept of it. Raises
    InputError."""
    secret = secrets.token_urlsafe(_BYTES)
    return secret, keys.add(conn, mark_of(secret), person_id=person_id, label=label, now=now)


def taken(request: Request) -> tuple[str, Scope]:
    """The key that a request holds, or "", and the request without it."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    key = given.strip() if kind.lower() == "bearer" else ""
    if "key" not in request.query_params:
        return key, request.scope
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in pairs if name != "key"])
    return request.query_params["key"] or key, {**request.scope, "query_string": rest.encode("latin-1")}


def opens(engine: Engine, key: str, now: datetime) -> bool:
    """Whether this key opens the data. That it was used is kept, once a day."""
    if len(key) > _LONGEST:
        return False
    with reading(engine) as conn:
        found = keys.find(conn, mark_of(key))
    if found is None:
        return False
    if found.used is None or now - found.used >= keys.USED:
        _note(engine, found, now)
    return True


def _note(engine: Engine, key: Key, now: datetime) -> None:
    try:
        with writing(engine) as conn:
            keys.touch(conn, key.id, now)
    except StoreError:  # it reads the data all the same; the next time will do
        pass
