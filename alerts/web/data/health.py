"""Whether the service is well: `/healthz` for who would start it anew, `/readyz` for who sends it work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import StoreError
from alerts.store import archive, migrations
from alerts.store.database import reading
from alerts.web.site import Web, web_of

_OK: Final = "ok"
_STAGES: Final = "stages"


def health(request: Request) -> Response:
    """`/healthz`: 200 while the database answers and no stage is stuck, else 503 with one word on why."""
    web = web_of(request)
    parts = {"database": _OK}
    try:
        with reading(web.engine) as conn:
            archive.answers(conn)
    except StoreError as error:
        parts["database"] = error.reason
    if _STAGES in web.checks and (stages := web.checks[_STAGES]()) == "stuck":
        parts[_STAGES] = stages
    return _answer("failing", parts)


def ready(request: Request) -> Response:
    """`/readyz`: 200 while this machine can do its work, else 503 with one word for each part that keeps it."""
    web = web_of(request)
    return _answer("not ready", web.ready.get(lambda: _ready(web)))


def _ready(web: Web) -> Mapping[str, str]:
    parts = {"database": _OK, "tables": _OK}
    try:
        found = migrations.current(web.engine)
    except StoreError as error:
        parts |= {"database": error.reason, "tables": "unknown"}
    else:
        parts["tables"] = _OK if found == _wanted() else "missing" if found is None else "other"
    return parts | {name: check() for name, check in web.checks.items()}


@cache
def _wanted() -> str:
    return migrations.required()


def _answer(trouble: str, parts: Mapping[str, str]) -> Response:
    well = all(word == _OK for word in parts.values())
    body = json.dumps({"status": _OK if well else trouble, **parts}).encode()
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(body, status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})


ROUTES: Final = (Route("/healthz", health), Route("/readyz", ready))
