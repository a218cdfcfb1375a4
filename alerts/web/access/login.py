"""`/login`, `/login/{token}`, `/logout`: in and out, by a link that is mailed. A GET shows what a button would do and
changes nothing, for mail scanners open every link. The answer to who asks is the same whoever's the address is, and
comes after the same time."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.notify.joining import entering
from alerts.notify.joining.entering import mark_of
from alerts.notify.joining.limits import network_of
from alerts.store import audit, sessions
from alerts.store.database import reading, writing
from alerts.web import forms
from alerts.web.access import pace
from alerts.web.access.visitor import Visitor, cookie_name, cookie_of, form_of, visitor_of
from alerts.web.readers import private
from alerts.web.site import Web, joining_of, web_of

_LARGEST: Final = 4096
_LONGEST_GOAL: Final = 1000
_SECRET: Final = 32


def show(request: Request) -> Response:
    """GET /login: the form, or for who is in the way out."""
    joining_of(web_of(request))
    return _form(request, goal=request.query_params.get("next", ""))


def _form(request: Request, *, goal: str, address: str = "", fault: str = "") -> Response:
    visitor = visitor_of(request)
    said = {"goal": own_path(goal), "address": address, "fault": fault, "session": visitor.person_id is not None}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return private.page(web_of(request), "login", said | {"visitor": visitor}, status=status)


def own_path(goal: str) -> str:
    """The path if it is one of ours; "/" for what could lead a browser to another site."""
    plain = goal.isascii() and goal.isprintable() and "\\" not in goal and len(goal) <= _LONGEST_GOAL
    return goal if plain and goal.startswith("/") and not goal.startswith("//") else "/"


async def ask(request: Request) -> Response:
    """POST /login: send the link, and say so, after the same time to everybody."""
    web, began = web_of(request), time.monotonic()
    joining = joining_of(web)
    sent = dict(await forms.fields(request, web, _LARGEST))
    answer = await run_in_threadpool(_asked, request, web, sent)
    if answer.status_code == HTTPStatus.OK:
        await asyncio.sleep(max(0.0, joining.answer_s - (time.monotonic() - began)))
    return answer


def _asked(request: Request, web: Web, sent: dict[str, str]) -> Response:
    address, goal = sent.get("address", "").strip(), own_path(sent.get("next", ""))
    prefix = network_of(request.client.host if request.client else "")
    try:
        with writing(web.engine) as conn:
            entering.ask(joining_of(web).desk, conn, address, goal, prefix=prefix, now=web.now())
    except InputError as error:
        return _form(request, goal=goal, address=address, fault=str(error))
    minutes = sessions.LINK_LASTS // timedelta(minutes=1)
    return private.page(web, "login_sent", {"address": address, "minutes": minutes})


def question(request: Request) -> Response:
    """GET /login/...: the button that logs in."""
    web, token = web_of(request), private.token_of(request)
    joining_of(web)
    with _by_link(request), reading(web.engine) as conn:
        found = entering.entering(conn, token, web.now())
    return private.page(web, "login_enter", {"token": token, "who": found.name})


@contextmanager
def _by_link(request: Request) -> Iterator[None]:
    """As `private.by_link`; who tries many that cannot be used is told to wait."""
    try:
        with private.by_link():
            yield
    except private.LinkRefused:
        pace.mind(request)
        raise


async def enter(request: Request) -> Response:
    """POST /login/...: a session that is new, whatever cookie there was."""
    web = web_of(request)
    joining_of(web)
    await forms.fields(request, web, _LARGEST)
    return await run_in_threadpool(_entered, request, web)


def _entered(request: Request, web: Web) -> Response:
    secret, before = secrets.token_urlsafe(_SECRET), cookie_of(request)
    with _by_link(request), writing(web.engine) as conn:
        found = entering.enter(conn, private.token_of(request), secret, web.now())
        if old := sessions.find(conn, mark_of(before), web.now()):
            sessions.end(conn, old.id)
        if found.name:
            who = Visitor(person_id=found.person_id, name=found.name)
            audit.note(conn, who, "login", "session", now=web.now())
    answer = _to(web, found.goal)
    _set_cookie(web, answer, secret, int(sessions.LONGEST.total_seconds()))
    return answer


def _set_cookie(web: Web, answer: Response, secret: str, seconds: int) -> None:
    """Let the browser keep the secret for so long; it forgets it at once for 0."""
    answer.set_cookie(
        cookie_name(web.site.base_url),
        secret,
        max_age=seconds,
        path=web.root or "/",
        secure=web.site.base_url.lower().startswith("https:"),
        httponly=True,
        samesite="lax",  # not strict: whoever comes from a link in a mail would seem to be logged out
    )


async def leave(request: Request) -> Response:
    """POST /logout: this session ends, and with "all" the person's others."""
    visitor, sent = await form_of(request, "reader", largest=_LARGEST)
    return await run_in_threadpool(_left, request, visitor, ("all", "yes") in sent)


def _left(request: Request, visitor: Visitor, everywhere: bool) -> Response:
    web, now = web_of(request), web_of(request).now()
    with writing(web.engine) as conn:
        if everywhere and visitor.person_id is not None:
            sessions.end_all(conn, visitor.person_id)
        elif found := sessions.find(conn, mark_of(cookie_of(request)), now):
            sessions.end(conn, found.id)
        if visitor.name:
            audit.note(conn, visitor, "logout", "all sessions" if everywhere else "session", now=now)
    answer = _to(web, "/")
    _set_cookie(web, answer, "", 0)
    answer.headers["Clear-Site-Data"] = '"cache"'  # whoever has this device next does not find what was private
    return answer


def _to(web: Web, path: str) -> Response:
    return RedirectResponse(f"{web.root}{own_path(path)}", HTTPStatus.SEE_OTHER, headers=private.HEADERS)


ROUTES: Final = (
    Route("/login", show),
    Route("/login", ask, methods=["POST"]),
    Route("/login/{token}", question),
    Route("/login/{token}", enter, methods=["POST"]),
    Route("/logout", leave, methods=["POST"]),
)
