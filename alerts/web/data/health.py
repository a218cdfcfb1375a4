"""Whether the service is well, for a watchdog."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import StoreError
from alerts.store import archive
from alerts.store.database import reading
from alerts.web.site import web_of


def health(request: Request) -> Response:
    """`/healthz`: 200 while the database answers, else 503 with one word on why."""
    status, database = HTTPStatus.OK, "ok"
    try:
        with reading(web_of(request).engine) as conn:
            archive.answers(conn)
    except StoreError as error:
        status, database = HTTPStatus.SERVICE_UNAVAILABLE, error.reason
    body = json.dumps({"status": "ok" if status == HTTPStatus.OK else "failing", "database": database}).encode()
    return Response(body, status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})


ROUTES: Final = (Route("/healthz", health),)
