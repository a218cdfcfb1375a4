"""What readers have to know of the service before they trust it: how it works, what it cannot do, what it
keeps of them."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.store import feeds
from alerts.store.database import reading
from alerts.web.site import web_of


def about_page(request: Request) -> Response:
    """`/about`. All words are in the template, so that who runs the service can say it in theirs."""
    web = web_of(request)
    with reading(web.engine) as conn:
        asked = feeds.count_active(conn)
    rules = [] if web.rulebook is None else [rule for rule in web.rulebook().ruleset.rules if rule.alert is not None]
    return web.page(request, "about", {"feeds": asked, "rules": len(rules)})


ROUTES: Final = (Route("/about", about_page),)
