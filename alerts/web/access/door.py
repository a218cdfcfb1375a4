"""The door of a private part: who has logged in goes through it, and for the data and maps a program with a key.

Each address stands behind the door of its part (`app._ROOMS`); where nothing is private a door stands open and costs
nothing. What comes out of a private part may be kept by the browser of who asked, and must be asked for anew each time:
so who loses the role sees no more of it.
"""

from __future__ import annotations

from copy import copy
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.web.access import keys, pace
from alerts.web.access.parts import CLOSABLE, KEYED, Part
from alerts.web.access.visitor import LoginNeeded, visitor_of
from alerts.web.site import Web, web_of

_HEADERS: Final = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NO_KEY: Final = (
    "These data are private. Log in, or let a program send a key: behind the address (key=...), or as the header "
    "Authorization: Bearer. Operators make keys under Operations, Sessions and keys."
)
_WRONG: Final = "This key opens nothing: it was withdrawn, or a part of it is missing."


class NoKey(HTTPException):
    """A program that has no key, or a wrong one."""

    def __init__(self, said: str) -> None:
        headers = {"WWW-Authenticate": 'Bearer realm="alerts"', "Cache-Control": "no-store"}
        super().__init__(HTTPStatus.UNAUTHORIZED, said, headers=headers)


class Door:
    """ASGI application: that of one route, for whom its part is open."""

    def __init__(self, app: ASGIApp, part: Part) -> None:
        self._app, self._part = app, part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if self._part not in web_of(request).closed:
            await self._app(scope, receive, send)
            return
        key, bare = keys.taken(request)
        await run_in_threadpool(_admit, Request(bare), self._part, key)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "no-store" not in headers.get("cache-control", ""):
                    headers["Cache-Control"] = "private, no-cache"
                headers.update(_HEADERS)
                headers.add_vary_header("Cookie, Authorization")
            await send(message)

        await self._app(bare, receive, marked)


def behind(route: Route, part: Part) -> Route:
    """The same route behind the door of its part."""
    if part not in CLOSABLE:
        return route
    made = copy(route)
    made.app = Door(route.app, part)
    return made


def sees(request: Request, part: Part) -> bool:
    """Whether who asks may see this part: everybody while it is not private, else who has logged in (operators, and
    readers, who are mailed the alerts anyway), or asks on this machine itself. That [web] operations shows the feeds to
    everybody opens nothing else."""
    web = web_of(request)
    return part not in web.closed or visitor_of(request).person_id is not None or web.is_here(request)


def _admit(request: Request, part: Part, key: str) -> None:
    """Raise what leads to the login, or says that a key is needed."""
    if sees(request, part):
        return
    if part not in KEYED:
        raise LoginNeeded(request)
    web = web_of(request)
    if key:
        _with_key(request, web, key)
    elif "text/html" in request.headers.get("accept", ""):  # a person, at a browser
        raise LoginNeeded(request)
    else:
        raise NoKey(_NO_KEY)


def _with_key(request: Request, web: Web, key: str) -> None:
    if keys.opens(web.engine, key, web.now()):
        return
    pace.mind(request)
    raise NoKey(_WRONG)
