"""`/operations/sessions`: where somebody is logged in, and the keys by which their programs read private data: their
own alone. Ending one takes hold at once.

A new key is shown in the answer to the button that makes it, and nowhere else: only its hash is kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.notify.joining.entering import mark_of
from alerts.store import audit, keys, sessions
from alerts.store.database import reading, writing
from alerts.store.keys import Key
from alerts.store.sessions import Session
from alerts.web.access.keys import make
from alerts.web.access.visitor import Visitor, cookie_of, form_of
from alerts.web.operations import desk
from alerts.web.operations.desk import Case, Done
from alerts.web.site import Web, web_of

_HOME: Final = "/operations/sessions"


def show(request: Request) -> Response:
    """GET: their sessions and keys."""
    _, visitor = desk.looker(request)
    return _page(request, visitor)


def _page(request: Request, visitor: Visitor, *, problem: str = "", status: int = 200, **more: Any) -> Response:
    web, now, own = web_of(request), web_of(request).now(), visitor.person_id
    with reading(web.engine) as conn:
        here = sessions.find(conn, mark_of(cookie_of(request)), now)
        logged_in = sessions.of_person(conn, own, now) if own is not None else []
        known = keys.of_person(conn, own) if own is not None else []
    variables = {
        "here": "sessions",
        "sessions": [_session(one, here, now) for one in logged_in],
        "keys": [_key(one, now) for one in known],
        "longest": keys.LONGEST_LABEL,
        "may_more": len(known) < keys.MOST,
        "private_data": "data" in web.closed,
        "base": web.site.base_url,
        "made": "",
        "label": "",
    }
    return desk.page(request, visitor, "sessions", variables | more, status=status, problem=problem)


def _session(one: Session, here: Session | None, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "created": one.created,
        "seen": desk.ago(one.seen, now),
        "mine": here is not None and here.id == one.id,
    }


def _key(one: Key, now: datetime) -> dict[str, Any]:
    return {"id": one.id, "label": one.label, "created": one.created, "used": desk.ago(one.used, now)}


async def act(request: Request) -> Response:
    """POST: end a session or all others, or withdraw a key."""
    return await desk.change(request, "viewer", _acted, _again)


def _acted(conn: Connection, case: Case) -> Done:
    own, act = case.visitor.person_id, case.fields.get("act", "")
    assert own is not None  # a form has a token only for who has logged in
    if act == "withdraw":
        known = keys.get(conn, case.number("key"))
        if known is None or not keys.withdraw(conn, known.id, own):
            raise InputError("this key is not there any more")
        said = f"the key for {known.label} opens nothing any more"
        return Done(action="key withdrawn", subject=f"key {known.id}", said=said, goal=_HOME)
    here = sessions.find(conn, mark_of(cookie_of(case.request)), case.now)
    if act == "others" and here is not None:
        ended = sessions.end_all(conn, own, but=here.id)
        said = f"you are logged in here alone; {ended} other {'session' if ended == 1 else 'sessions'} ended"
        return Done(action="other sessions ended", subject="sessions", said=said, goal=_HOME)
    number = case.number("session")
    if number not in {one.id for one in sessions.of_person(conn, own, case.now)} or not sessions.end(conn, number):
        raise InputError("this session is over already")
    return Done(action="session ended", subject=f"session {number}", said="that session is over", goal=_HOME)


def _again(case: Case, why: str) -> Response:
    return _page(case.request, case.visitor, problem=why, status=409)


async def make_key(request: Request) -> Response:
    """POST: make a key, and show it this once."""
    visitor, sent = await form_of(request, "viewer")
    return await run_in_threadpool(_made, request, web_of(request), visitor, dict(sent).get("label", ""))


def _made(request: Request, web: Web, visitor: Visitor, label: str) -> Response:
    assert visitor.person_id is not None  # as above
    try:
        with writing(web.engine) as conn:
            secret, key = make(conn, visitor.person_id, label, web.now())
            detail = {"said": f"a key was made for {key.label}"}
            audit.note(conn, visitor, "key made", f"key {key.id}", detail, now=web.now())
    except InputError as error:
        return _page(request, visitor, problem=desk.sentence(str(error)), status=422, label=label[: keys.LONGEST_LABEL])
    return _page(request, visitor, made=secret, made_for=key.label)


ROUTES: Final = (
    Route(_HOME, show),
    Route(_HOME, act, methods=["POST"]),
    Route(f"{_HOME}/key", make_key, methods=["POST"]),
)
