"""The pages that say what went wrong, and lead back."""

from __future__ import annotations

import logging
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.errors import InputError, StoreError
from alerts.web.readers.private import LinkRefused
from alerts.web.security import headers_of
from alerts.web.site import Web, web_of

_NOT_FOUND = "The address may be mistyped, or what it led to is gone."


def http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        said = "This page can only be read."
    title = "This link cannot be used" if isinstance(error, LinkRefused) else ""
    response = error_page(request, web_of(request), error.status_code, said or _NOT_FOUND, title=title)
    response.headers.update(error.headers or {})
    return response


def input_error(request: Request, error: Exception) -> Response:
    return error_page(request, web_of(request), HTTPStatus.BAD_REQUEST, str(error))


def store_error(request: Request, error: Exception) -> Response:
    """What went wrong is for the operator's log; the reader learns that it will pass."""
    logging.getLogger("alerts.web").error("%s", error)
    message = "The database cannot be read just now. Please try again in a minute."
    response = error_page(request, web_of(request), HTTPStatus.SERVICE_UNAVAILABLE, message)
    response.headers["Retry-After"] = "60"
    return response


def fault(request: Request, error: Exception) -> Response:
    """A mistake of ours. Starlette calls this outside all middleware, and raises the error again for the log."""
    message = "The fault is ours, and it is in the log. Other pages may work."
    try:
        response = error_page(request, web_of(request), HTTPStatus.INTERNAL_SERVER_ERROR, message)
    except Exception:  # the templates themselves are the fault
        response = Response(f"This page cannot be shown. {message}", HTTPStatus.INTERNAL_SERVER_ERROR)
    response.headers.update(headers_of(web_of(request).site.base_url))
    return response


def error_page(request: Request, web: Web, status: int, message: str, *, title: str = "") -> Response:
    """A page that says what went wrong and leads back."""
    titles = {
        400: "This question cannot be answered",
        401: "A login or a key is needed",
        403: "That is not possible here",
        404: "There is nothing here",
        405: "That is not possible here",
        429: "Too many attempts",
    }
    title = title or titles.get(status, HTTPStatus(status).phrase)
    return web.page(request, "error", {"status": status, "title": title, "message": message}, status=status)


HANDLERS = {HTTPException: http_error, InputError: input_error, StoreError: store_error, Exception: fault}
