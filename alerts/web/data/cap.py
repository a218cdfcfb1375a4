"""Alerts as CAP messages, for other systems: the last of an alert, and each for ever under its own address.

Only what readers were told of in earnest (or in an exercise) leaves: nothing of rules in test, nothing that waits for
a person.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render.cap import MEDIA_TYPE, Stored, cap, is_public, issuer_of
from alerts.store import archive
from alerts.store.database import reading
from alerts.web.site import Web, answer, web_of

_FOR_EVER: Final = "max-age=31536000, immutable"  # not "public": the pages may stand behind a login
_MOST_DIGITS: Final = 9


def last_message(request: Request) -> Response:
    """`/alerts/{id}.cap`: the message of an alert's last version."""
    return _message(request, None, cache="no-cache")


def message(request: Request) -> Response:
    """`/alerts/{id}/{version}.cap`: the message of one version, the same bytes for ever."""
    version = str(request.path_params["version"])
    return _message(request, _number(version), cache=_FOR_EVER)


def _message(request: Request, version: int | None, *, cache: str) -> Response:
    web, alert_id = web_of(request), str(request.path_params["id"])
    _number(alert_id)
    with reading(web.engine) as conn:
        found = archive.version_with_earlier(conn, alert_id, version)
    if found is None or not is_public(found[0]):
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such message.")
    return answer(request, cap(*found, issuer_of(web.site)), MEDIA_TYPE, cache=cache)


def _number(text: str) -> int:
    """A number as our addresses write it: one address for each thing."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS) or text != str(int(text)):
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such message.")
    return int(text)


def address(web: Web, version: Stored) -> str:
    """Where the message of a version is had; empty where it is not."""
    page = web.site.alert_url(version.alert_id)
    return f"{page}/{version.version}.cap" if page and is_public(version) else ""


ROUTES: Final = (
    Route("/alerts/{id}.cap", last_message),
    Route("/alerts/{id}/{version}.cap", message),
)
