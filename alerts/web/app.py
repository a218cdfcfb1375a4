"""The web side as a Starlette application: routes, error pages, and what wraps every answer.

No GET changes anything, but for when a session or a key was used last. What can be POSTed: that somebody wants mails,
and by the signed links of mails a reader's verdict, yes, wishes and leaving; and by who has logged in, with the token
of their form. Only who logs in has a cookie, and no page shows a reader to others. Endpoints that use the database are
plain functions, which Starlette runs in threads, as the database wants it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Unpack

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from alerts.errors import Fault
from alerts.store import stamp
from alerts.store.database import reading
from alerts.web.access import login
from alerts.web.access.door import behind
from alerts.web.access.parts import Part
from alerts.web.changes import Changes
from alerts.web.data import health
from alerts.web.data import pages as data
from alerts.web.encodings import Encoded
from alerts.web.errors import HANDLERS
from alerts.web.keeping import Keeping
from alerts.web.kept import Answers
from alerts.web.operations import pages as operations
from alerts.web.proxies import Forwarded
from alerts.web.public import about, alert, archive, land, maps, places, rules, start, static
from alerts.web.readers import preferences, subscribe, verdicts
from alerts.web.security import Secured
from alerts.web.site import Parts, Web, WebSettings, open_web

__all__ = ["WebSettings", "create_app"]

_ROOMS: Final[tuple[tuple[Part, Sequence[Route]], ...]] = (
    ("alerts", start.ROUTES),
    ("alerts", archive.ROUTES),
    ("maps", maps.ROUTES),
    ("data", data.ROUTES),
    ("alerts", alert.ROUTES),
    ("places", places.ROUTES),
    ("rules", rules.ROUTES),
    ("open", about.ROUTES),
    ("open", verdicts.ROUTES),
    ("open", subscribe.ROUTES),
    ("open", preferences.ROUTES),
    ("open", login.ROUTES),
    ("operations", operations.ROUTES),
    ("open", health.ROUTES),
    ("open", static.ROUTES),
    ("open", land.ROUTES),
)
"""Who answers what, and to which part it belongs (`access.parts`): the first that fits an address answers it."""


def create_app(
    engine: Engine,
    settings: WebSettings,
    *,
    now: Callable[[], datetime],
    report: Callable[[Fault], None] | None = None,
    **parts: Unpack[Parts],
) -> Starlette:
    """The application over an open database, with these parts of a service. `report` hears of faults in the user's own
    templates (default: the log "alerts.web"). Raises FileNotFoundError when the installation lacks its templates."""
    answers, changes = Answers(), Changes(lambda: _stamp(app.state.web), every=settings.keeps)
    app = Starlette(
        routes=[behind(route, part) for part, routes in _ROOMS for route in routes],
        middleware=[
            Middleware(Forwarded, trusted=settings.trusted_proxies),
            Middleware(Keeping, settings, answers, changes),
            Middleware(Secured, base_url=settings.base_url),
            Middleware(Encoded),
        ],
        exception_handlers=HANDLERS,
    )
    # A redirect to the address with a slash would be built from the Host header, which anybody may forge.
    app.router.redirect_slashes = False
    app.state.answers = answers
    app.state.web = open_web(engine, settings, now=now, report=report or _log, **parts)
    return app


def _stamp(web: Web) -> str:
    """What is another as soon as lists of alerts are: they changed, or a template of the user's."""
    with reading(web.engine) as conn:
        return f"{stamp.read(conn)} {web.templates.look()}"


def _log(fault: Fault) -> None:
    logging.getLogger("alerts.web").warning("%s", fault)
