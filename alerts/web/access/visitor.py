"""Who looks at a page, and what they may do: by the cookie of a session, or because they ask on this machine itself.

The public has no cookie, and is nobody. A session is looked up with each request, so that who loses a role loses it at
once. Forms carry a token that is made from the cookie (`csrf`): only pages that were made for its holder know it.

That a session is used (each five minutes), or a key (once a day), is all that a GET ever writes: a session ends when it
was not used for long.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from alerts.errors import StoreError
from alerts.notify.joining.entering import mark_of
from alerts.roles import Role, at_least
from alerts.store import sessions
from alerts.store.database import reading, writing
from alerts.web import forms
from alerts.web.access import csrf

if TYPE_CHECKING:
    from alerts.web.site import Web

COOKIE: Final = "alerts_session"
_BOUND: Final = f"__Host-{COOKIE}"
LARGEST: Final = 64 * 1024
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who looks at a page. `person_id` and `name` are those of who has logged in; `local`: it is enough where
    they ask from, or [web] operations lets everybody in; `csrf` goes into their forms."""

    person_id: int | None = None
    name: str = ""
    role: Role | None = None
    csrf: str = field(default="", repr=False)
    local: bool = False

    def may(self, role: Role) -> bool:
        """Whether they may do what `role` may."""
        return at_least(self.role, role)


NOBODY: Final = Visitor()


class LoginNeeded(HTTPException):
    """Who has not logged in is led there, and back to what they wanted."""

    def __init__(self, request: Request) -> None:
        web = _web(request)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        goal = f"{web.root}/login?next={quote(wanted)}"
        super().__init__(HTTPStatus.SEE_OTHER, headers={"Location": goal, "Cache-Control": "no-store"})


def cookie_name(base_url: str) -> str:
    """What the cookie of a session is called. Where the pages have a host of their own behind TLS, browsers take it
    from this very host alone, and only with TLS ("__Host-"): no neighbour of its domain can plant one."""
    parts = urlsplit(base_url)
    return _BOUND if parts.scheme == "https" and parts.path in ("", "/") else COOKIE


def cookie_of(request: Request) -> str:
    """The secret in the cookie of a request; "" without one that could be ours."""
    secret = request.cookies.get(cookie_name(_web(request).site.base_url), "")
    return secret if len(secret) <= _LONGEST else ""


def visitor_of(request: Request) -> Visitor:
    """Who this is; looked up once a request."""
    known = getattr(request.state, "visitor", None)
    if not isinstance(known, Visitor):
        known = request.state.visitor = _visitor(request)
    return known


def _visitor(request: Request) -> Visitor:
    web, secret = _web(request), cookie_of(request)
    if secret:
        with reading(web.engine) as conn:
            found = sessions.find(conn, mark_of(secret), web.now())
        if found is not None:
            _used(web, found)
            return Visitor(person_id=found.person_id, name=found.name, role=found.role, csrf=csrf.token(secret))
    return Visitor(role="viewer", local=True) if web.shows_operations(request) else NOBODY


def _used(web: Web, found: sessions.Session) -> None:
    if web.now() - found.seen < sessions.LOOKED:
        return
    try:
        with writing(web.engine) as conn:
            sessions.touch(conn, found.id, web.now())
    except StoreError:  # they see the page all the same; the next one will do
        pass


def needs(request: Request, role: Role) -> Visitor:
    """Who this is, who may do what `role` may. Raises LoginNeeded for who could log in, else 403."""
    visitor = visitor_of(request)
    if visitor.may(role):
        return visitor
    if visitor.person_id is None and request.method in ("GET", "HEAD"):
        raise LoginNeeded(request)
    raise HTTPException(HTTPStatus.FORBIDDEN, "You have not the role that this needs.")


async def form_of(request: Request, role: Role, *, largest: int = LARGEST) -> tuple[Visitor, list[tuple[str, str]]]:
    """Who sent a form of ours, and what: they have logged in in this role, and the form was made for them."""
    visitor = await run_in_threadpool(needs, request, role)
    sent = await forms.fields(request, _web(request), largest)
    token = next((value for name, value in sent if name == "csrf"), "")
    if not csrf.same(token, visitor.csrf):
        raise HTTPException(HTTPStatus.FORBIDDEN, "This form is too old, or was not made for you. Load the page anew.")
    return visitor, [(name, value) for name, value in sent if name != "csrf"]


def _web(request: Request) -> Web:
    web: Web = request.app.state.web
    return web
