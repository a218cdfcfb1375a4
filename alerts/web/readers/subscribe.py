"""`/subscribe`, `/confirm/{token}`, `/unsubscribe/{token}`: where people become readers, and stop being ones.

A GET shows what a button would do and changes nothing, for mail scanners open every link. The answer to who asks is the
same whoever's the address is, and comes after the same time.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.addresses import normal_address
from alerts.notify.inbox import wire
from alerts.notify.joining import form, signup
from alerts.notify.joining.form import Known, Typed, Understood
from alerts.notify.joining.limits import network_of
from alerts.notify.joining.whereabouts import LONGEST, Row
from alerts.notify.message import passes
from alerts.readers import YES_WITHIN, Wishes
from alerts.render.wishes import sentence
from alerts.store import people
from alerts.store.codec import clean
from alerts.store.database import reading, writing
from alerts.store.strangers import asked_of
from alerts.types import SEVERITIES
from alerts.web import forms
from alerts.web.readers import private
from alerts.web.readers.joining import Joining
from alerts.web.readers.wishview import form_view
from alerts.web.site import Web, joining_of, web_of

_LARGEST: Final = 16 * 1024
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")


def show(request: Request) -> Response:
    """GET /subscribe: the form, or whom to ask."""
    web = web_of(request)
    joining = joining_of(web)
    if not joining.desk.open:
        return _closed(web, joining)
    known = joining.known()
    return private.page(web, "subscribe", form_view(_begun(request, known), known))


def _begun(request: Request, known: Known) -> Typed:
    """The form as a link of ours fills it in: with what somebody looks at. Never with an address: whoever makes a link
    for others could choose it."""
    given = form.typed(request.query_params.multi_items())
    severity = given.values.get("severity", "")
    return Typed(
        events=tuple(event for event in given.events if event in known.events),
        rows=tuple(Row(name=clean(row.name)[:LONGEST], km=clean(row.km)[:5]) for row in given.rows[:1]),
        values={"severity": severity} if severity in SEVERITIES else {},
    )


def _closed(web: Web, joining: Joining, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return private.page(web, "subscribe_closed", {"said": signup.closed(joining.desk)}, status=status)


async def ask(request: Request) -> Response:
    """POST /subscribe: ask the address's owner, and say so, after the same time to everybody."""
    web, began = web_of(request), time.monotonic()
    joining = joining_of(web)
    sent = await forms.fields(request, web, _LARGEST)
    answer = await run_in_threadpool(_asked, request, web, joining, form.typed(sent))
    if answer.status_code == HTTPStatus.OK:
        await asyncio.sleep(max(0.0, joining.answer_s - (time.monotonic() - began)))
    return answer


def _asked(request: Request, web: Web, joining: Joining, typed: Typed) -> Response:
    known, now = joining.known(), web.now()
    if not joining.desk.open:
        return _closed(web, joining, HTTPStatus.FORBIDDEN)
    read = _with_address(form.understood(typed, Wishes(), known, now), typed)
    if read.faults:
        return private.page(web, "subscribe", form_view(typed, known, read), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    address = typed.values["address"]
    host = request.client.host if request.client else ""
    with writing(web.engine) as conn:
        signup.ask(joining.desk, conn, address, read.wishes, how="web", prefix=network_of(host), now=now)
    said = {
        "address": address,
        "wishes": sentence(read.wishes, joining.named),
        "hours": YES_WITHIN // timedelta(hours=1),
    }
    return private.page(web, "subscribe_sent", said)


def _with_address(read: Understood, typed: Typed) -> Understood:
    faults: dict[str, str] = {}
    try:
        normal_address(typed.values.get("address", ""))
    except ValueError as error:
        faults["address"] = f"This {error}"
    if typed.values.get("website"):  # programs fill in whatever they find
        faults["website"] = "Leave this field empty."
    return replace(read, faults={**faults, **read.faults})


def question(request: Request) -> Response:
    """GET /confirm/...: what a yes would bring, and the button."""
    web = web_of(request)
    joining, token = joining_of(web), private.token_of(request)
    with private.by_link(), reading(web.engine) as conn:
        who = signup.asking(joining.desk, conn, token, web.now())
        wishes = asked_of(conn, [who.id])[who.id]
    return private.page(web, "confirm", {"token": token, "wishes": sentence(wishes, joining.named)})


async def confirm(request: Request) -> Response:
    """POST /confirm/...: yes."""
    web = web_of(request)
    joining = joining_of(web)
    await forms.fields(request, web, _LARGEST)
    return await run_in_threadpool(_confirmed, request, web, joining)


def _confirmed(request: Request, web: Web, joining: Joining) -> Response:
    with private.by_link(), writing(web.engine) as conn:
        done = signup.confirm(joining.desk, conn, private.token_of(request), web.now())
    said = {"wishes": sentence(done.wishes, joining.named), "preferences": done.preferences}
    return private.page(web, "confirm_done", said)


def leaving(request: Request) -> Response:
    """GET /unsubscribe/...: the button that ends all alerts."""
    web = web_of(request)
    joining, token = joining_of(web), private.token_of(request)
    with private.by_link():
        found = passes.read(joining.desk.secret, "unsubscribe", token, web.now())
    with reading(web.engine) as conn:
        who = people.get_person(conn, found.person_id)
    gets = who is not None and who.active and "reader" in who.duties
    return private.page(web, "unsubscribe", {"token": token, "gets": gets, "known": who is not None})


async def leave(request: Request) -> Response:
    """POST /unsubscribe/...: by the button, or by a mail program's own (RFC 8058), which needs nothing else."""
    web = web_of(request)
    joining = joining_of(web)
    kind, body = forms.media_type(request), await forms.body_of(request, _LARGEST)
    if not _is_one_click(request, kind, body):
        forms.from_our_page(request, web)
        if ("leave", "yes") not in forms.pairs(kind, body):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "Only the button of this page ends your mails.")
    return await run_in_threadpool(_left, request, web, joining)


def _left(request: Request, web: Web, joining: Joining) -> Response:
    with private.by_link(), writing(web.engine) as conn:
        left = signup.leave(joining.desk, conn, private.token_of(request), web.now())
    return private.page(web, "unsubscribe_done", {"left": left})


def _is_one_click(request: Request, kind: str, body: bytes) -> bool:
    """Whether a mail program pressed its own button, in one of the two encodings that it may use."""
    if kind != "multipart/form-data":
        return _ONE_CLICK in forms.pairs(kind, body)
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode("ascii", "replace")
    name, value = _ONE_CLICK
    named = re.compile(rf'\bname\s*=\s*"?{name}\b', re.IGNORECASE)
    parts = wire.walk(wire.taken_apart(head + body))
    return any(named.search(one.fields.get("content-disposition")) and one.text().strip() == value for one in parts)


ROUTES: Final = (
    Route("/subscribe", show),
    Route("/subscribe", ask, methods=["POST"]),
    Route("/confirm/{token}", question),
    Route("/confirm/{token}", confirm, methods=["POST"]),
    Route("/unsubscribe/{token}", leaving),
    Route("/unsubscribe/{token}", leave, methods=["POST"]),
)
