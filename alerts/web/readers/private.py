"""Pages for one reader, to which the links of mails lead. The token in such a link is all that its reader proves, and
all that they need: so no cache keeps these pages, and no search finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.errors import InputError
from alerts.web.site import Web

HEADERS: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive"}


class LinkRefused(HTTPException):
    """A link that cannot be used, and what its reader is told."""

    def __init__(self, said: str) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, said, headers=HEADERS)


@contextmanager
def by_link() -> Iterator[None]:
    """Around what a link does: tells its reader why it cannot be used. Raises LinkRefused."""
    try:
        yield
    except InputError as error:
        raise LinkRefused(str(error)) from None


def token_of(request: Request) -> str:
    """The token of the link that was pressed."""
    return str(request.path_params["token"])


def page(web: Web, name: str, variables: Mapping[str, Any], *, status: int = HTTPStatus.OK) -> Response:
    """The page `pages/NAME.html`, for one reader."""
    body = web.fragment(f"pages/{name}.html", variables).encode("utf-8", "replace")
    return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers=HEADERS)
