"""What a browser sends with a button, read with care: small, without delay, and from a page of ours."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

if TYPE_CHECKING:
    from alerts.web.site import Web

OURS_ONLY: Final = "Only the buttons of these pages are understood."
_URLENCODED: Final = "application/x-www-form-urlencoded"
_PATIENCE_S: Final = 10.0
_MOST_FIELDS: Final = 400


async def body_of(request: Request, largest: int) -> bytes:
    """The body, as long as it is one of ours: small, and sent without delay."""
    body = b""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for piece in request.stream():
                body += piece
                if len(body) > largest:
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "No button of ours sends that much.")
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(
            HTTPStatus.REQUEST_TIMEOUT, "What the button sent did not arrive. Press once more."
        ) from None
    return body


def media_type(request: Request) -> str:
    """The type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def pairs(kind: str, body: bytes, *, most: int = _MOST_FIELDS) -> list[tuple[str, str]]:
    """The fields of a form in their order, empty ones too; `most` so many."""
    if kind != _URLENCODED:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, OURS_ONLY)
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, OURS_ONLY) from None


def from_our_page(request: Request, web: Web) -> None:
    """Refuse what another site's page makes a browser send: it could have its visitors ask for mails to others. Forms
    that need a login have a token, too (`access.csrf`). What is no browser sends neither header; `Origin` is "null"
    from pages without a referrer, as ours are."""
    fetch, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if fetch is not None:
        ours = fetch in ("same-origin", "none")
    else:
        hosts = {urlsplit(web.site.base_url).netloc.lower(), request.headers.get("host", "").lower()}
        ours = origin in (None, "null") or urlsplit(str(origin)).netloc.lower() in hosts
    if not ours:
        raise HTTPException(HTTPStatus.FORBIDDEN, "This was sent by a page of another site. Use the form here.")


async def fields(request: Request, web: Web, largest: int) -> list[tuple[str, str]]:
    """What a form of ours sent."""
    from_our_page(request, web)
    return pairs(media_type(request), await body_of(request, largest))
