"""`/subscribe`, `/confirm/{token}`, `/unsubscribe/{token}`: where people become readers, and stop being ones.

A GET shows what a button would do and changes nothing, for mail scanners open every link. The answer to who asks is the
same whoever's the address is, and comes after the same time.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.addresses import normal_address
from alerts.errors import InputError
from alerts.notify.joining import form, signup
from alerts.notify.joining.form import Typed, Understood
from alerts.notify.joining.limits import network_of
from alerts.notify.message import passes
from alerts.readers import Wishes
from alerts.render.wishes import sentence
from alerts.store import people
from alerts.store.database import reading, writing
from alerts.store.strangers import asked_of
from alerts.web import forms, pages
from alerts.web.joining import Joining
from alerts.web.site import Web, web_of
from alerts.web.wishview import form_view

_LARGEST: Final = 16 * 1024
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")


def joining_of(web: Web) -> Joining:
    """What these pages need; without it they are not there."""
    if web.joining is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return web.joining


def show(request: Request) -> Response:
    """GET /subscribe: the form, or whom to ask."""
    web = web_of(request)
    joining = joining_of(web)
    if not joining.desk.open:
        return forms.private(web, "subscribe_closed", {"said": signup.closed(joining.desk)})
    return forms.private(web, "subscribe", form_view(Typed(), joining.known()))


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
        raise HTTPException(HTTPStatus.FORBIDDEN, signup.closed(joining.desk))
    read = _with_address(form.understood(typed, Wishes(), known, now), typed)
    if read.faults:
        return forms.private(web, "subscribe", form_view(typed, known, read), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    address = typed.values["address"]
    host = request.client.host if request.client else ""
    with writing(web.engine) as conn:
        signup.ask(joining.desk, conn, address, read.wishes, how="web", prefix=network_of(host), now=now)
    said = {"address": address, "wishes": sentence(read.wishes, joining.named), "hours": _hours()}
    return forms.private(web, "subscribe_sent", said)


def _with_address(read: Understood, typed: Typed) -> Understood:
    faults: dict[str, str] = {}
    try:
        normal_address(typed.values.get("address", ""))
    except ValueError as error:
        faults["address"] = f"This {error}"
    if typed.values.get("website"):  # programs fill in whatever they find
        faults["website"] = "Leave this field empty."
    return replace(read, faults={**faults, **read.faults})


def _hours() -> int:
    lasts = passes.LASTS["confirm"]
    return 0 if lasts is None else int(lasts.total_seconds() // 3600)


def question(request: Request) -> Response:
    """GET /confirm/...: what a yes would bring, and the button."""
    web = web_of(request)
    joining = joining_of(web)
    try:
        with reading(web.engine) as conn:
            who = signup.asking(joining.desk, conn, _token(request), web.now())
            wishes = asked_of(conn, [who.id])[who.id]
    except InputError as error:
        return refused(request, web, error)
    said = {"token": _token(request), "wishes": sentence(wishes, joining.named)}
    return forms.private(web, "confirm", said)


async def confirm(request: Request) -> Response:
    """POST /confirm/...: yes."""
    web = web_of(request)
    joining = joining_of(web)
    await forms.fields(request, web, _LARGEST)
    return await run_in_threadpool(_confirmed, request, web, joining)


def _confirmed(request: Request, web: Web, joining: Joining) -> Response:
    try:
        with writing(web.engine) as conn:
            done = signup.confirm(joining.desk, conn, _token(request), web.now())
    except InputError as error:
        return refused(request, web, error)
    said = {"wishes": sentence(done.wishes, joining.named), "preferences": done.preferences}
    return forms.private(web, "confirm_done", said)


def leaving(request: Request) -> Response:
    """GET /unsubscribe/...: the button that ends all alerts."""
    web = web_of(request)
    joining = joining_of(web)
    try:
        found = passes.read(joining.desk.secret, "unsubscribe", _token(request), web.now())
    except InputError as error:
        return refused(request, web, error)
    with reading(web.engine) as conn:
        who = people.get_person(conn, found.person_id)
    gets = who is not None and who.active and "reader" in who.duties
    return forms.private(web, "unsubscribe", {"token": _token(request), "gets": gets, "known": who is not None})


async def leave(request: Request) -> Response:
    """POST /unsubscribe/...: by the button, or by a mail program's own (RFC 8058), which needs nothing else."""
    web = web_of(request)
    joining = joining_of(web)
    kind, body = forms.media_type(request), await forms.body_of(request, _LARGEST)
    one_click = _ONE_CLICK in (_parts(request, body) if kind == "multipart/form-data" else forms.pairs(kind, body))
    if not one_click:
        forms.from_our_page(request, web)
        if ("leave", "yes") not in forms.pairs(kind, body):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "Only the button of this page ends your mails.")
    return await run_in_threadpool(_left, request, web, joining)


def _left(request: Request, web: Web, joining: Joining) -> Response:
    try:
        with writing(web.engine) as conn:
            left = signup.leave(joining.desk, conn, _token(request), web.now())
    except InputError as error:
        return refused(request, web, error)
    return forms.private(web, "unsubscribe_done", {"left": left})


def _parts(request: Request, body: bytes) -> list[tuple[Any, str]]:
    """The fields of a form in the other encoding that mail programs may use."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode("ascii", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = message.iter_parts() if message.is_multipart() else ()
    return [
        (part.get_param("name", header="content-disposition"), str(part.get_payload()).strip())
        for part in parts
        if not part.is_multipart()
    ]


def _token(request: Request) -> str:
    return str(request.path_params["token"])


def refused(request: Request, web: Web, error: InputError) -> Response:
    """The page of a link that cannot be used."""
    response = pages.error_page(request, web, HTTPStatus.FORBIDDEN, str(error))
    response.headers.update(forms.PRIVATE)
    return response
