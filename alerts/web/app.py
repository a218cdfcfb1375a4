"""The web side as a Starlette application: routes, error pages, and what wraps every answer.

No GET changes anything. What can be POSTed: that somebody wants mails, and by the signed links of mails a reader's
verdict, yes, wishes and leaving. No cookie is ever set, and no page shows a reader to others. Endpoints that use the
database are plain functions, which Starlette runs in threads, as the database wants it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.engine.verdicts import Hearing
from alerts.errors import Fault, InputError, StoreError
from alerts.web import cap, collecting, feeds, mails, pages, preferences, subscribe, verdicts
from alerts.web.joining import Joining
from alerts.web.metrics import Meter
from alerts.web.security import HEADERS, Secured
from alerts.web.site import WebSettings, open_web, web_of

__all__ = ["WebSettings", "create_app"]

_WORTH_COMPRESSING = 1_000
_NOT_FOUND = "The address may be mistyped, or what it led to is gone."


def create_app(
    engine: Engine,
    settings: WebSettings,
    *,
    now: Callable[[], datetime],
    report: Callable[[Fault], None] | None = None,
    hearing: Hearing | None = None,
    joining: Joining | None = None,
    meter: Meter | None = None,
) -> Starlette:
    """The application over an open database. `report` hears of faults in the user's own templates (default:
    the log "alerts.web"), `hearing` does what readers say by the links of their mails (None: they can say nothing),
    `joining` is where people become readers and change what they get (None: they cannot), `meter` has counted since
    the service was started.
    Raises FileNotFoundError when the installation lacks its templates."""
    app = Starlette(
        routes=[
            Route("/", pages.list_page),
            Route("/alerts", pages.alerts_home),
            Route("/alerts/{id}.cap", cap.last_message),
            Route("/alerts/{id}/{version}.cap", cap.message),
            Route("/alerts/{id}", pages.alert_page),
            Route("/v/{token}", verdicts.ask),
            Route("/v/{token}", verdicts.say, methods=["POST"]),
            Route("/subscribe", subscribe.show),
            Route("/subscribe", subscribe.ask, methods=["POST"]),
            Route("/confirm/{token}", subscribe.question),
            Route("/confirm/{token}", subscribe.confirm, methods=["POST"]),
            Route("/unsubscribe/{token}", subscribe.leaving),
            Route("/unsubscribe/{token}", subscribe.leave, methods=["POST"]),
            Route("/preferences/{token}", preferences.show),
            Route("/preferences/{token}", preferences.save, methods=["POST"]),
            Route("/preferences/{token}/copy.json", preferences.copy),
            Route("/forget/{token}", preferences.forgetting),
            Route("/forget/{token}", preferences.forget, methods=["POST"]),
            Route("/alerts.atom", feeds.atom_feed),
            Route("/feeds", collecting.feeds_page),
            Route("/feeds/{id}", collecting.feed_page),
            Route("/metrics", collecting.metrics),
            Route("/mails", mails.mails_page),
            Route("/mails/{name}", mails.mail_page),
            Route("/mails/{name}/html", mails.html_part),
            Route("/healthz", feeds.health),
            Route("/static/{name}", pages.static_file),
        ],
        middleware=[Middleware(Secured), Middleware(GZipMiddleware, minimum_size=_WORTH_COMPRESSING)],
        exception_handlers={
            HTTPException: _http_error,
            InputError: _input_error,
            StoreError: _store_error,
            Exception: _fault,
        },
    )
    # A redirect to the address with a slash would be built from the Host header, which anybody may forge.
    app.router.redirect_slashes = False
    app.state.web = open_web(
        engine, settings, now=now, report=report or _log, hearing=hearing, joining=joining, meter=meter
    )
    return app


def _log(fault: Fault) -> None:
    logging.getLogger("alerts.web").warning("%s", fault)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        said = "This page can only be read."
    response = pages.error_page(request, web_of(request), error.status_code, said or _NOT_FOUND)
    response.headers.update(error.headers or {})
    return response


def _input_error(request: Request, error: Exception) -> Response:
    return pages.error_page(request, web_of(request), HTTPStatus.BAD_REQUEST, str(error))


def _store_error(request: Request, error: Exception) -> Response:
    """What went wrong is for the operator's log; the reader learns that it will pass."""
    logging.getLogger("alerts.web").error("%s", error)
    message = "The database cannot be read just now. Please try again in a minute."
    response = pages.error_page(request, web_of(request), HTTPStatus.SERVICE_UNAVAILABLE, message)
    response.headers["Retry-After"] = "60"
    return response


def _fault(request: Request, error: Exception) -> Response:
    """A mistake of ours. Starlette calls this outside all middleware, and raises the error again for the log."""
    message = "The fault is ours, and it is in the log. Other pages may work."
    try:
        response = pages.error_page(request, web_of(request), HTTPStatus.INTERNAL_SERVER_ERROR, message)
    except Exception:  # the templates themselves are the fault
        response = Response(f"This page cannot be shown. {message}", HTTPStatus.INTERNAL_SERVER_ERROR)
    response.headers.update(HEADERS)
    return response
