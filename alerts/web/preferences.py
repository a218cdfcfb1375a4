"""`/preferences/{token}` and `/forget/{token}`: where the link of a mail lets a reader change what they get, take a
copy of what is kept about them, and have it erased. No login, no cookie: the link is all."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alerts.errors import InputError
from alerts.notify.joining import form, preferences
from alerts.notify.joining.form import Typed
from alerts.readers import Person
from alerts.render.wishes import changed, sentence
from alerts.store.database import reading, writing
from alerts.web import forms
from alerts.web.joining import Joining
from alerts.web.site import Web, web_of
from alerts.web.subscribe import joining_of, refused
from alerts.web.wishview import form_view

_LARGEST: Final = 128 * 1024  # with an OpenPGP key


def show(request: Request) -> Response:
    """GET: what they asked for, in a form."""
    web = web_of(request)
    joining = joining_of(web)
    try:
        who = _holder(request, web, joining)
    except InputError as error:
        return refused(request, web, error)
    known = joining.known()
    view = form_view(form.typed_from(who.wishes, known), known)
    return forms.private(web, "preferences", view | _about(request, joining, who))


def _about(request: Request, joining: Joining, who: Person) -> dict[str, Any]:
    return {
        "token": _token(request),
        "leave": preferences.leaving(joining.desk, who),
        "sentence": sentence(who.wishes, joining.named),
        "gets": who.active,
        "open": joining.desk.open,
    }


async def save(request: Request) -> Response:
    """POST: take over what stands in the form, and say what is different now."""
    web = web_of(request)
    joining = joining_of(web)
    typed = form.typed(await forms.fields(request, web, _LARGEST))
    return await run_in_threadpool(_saved, request, web, joining, typed)


def _saved(request: Request, web: Web, joining: Joining, typed: Typed) -> Response:
    known, now = joining.known(), web.now()
    try:
        with writing(web.engine) as conn:
            who = preferences.holder(joining.desk, conn, _token(request), now)
            read = form.understood(typed, who.wishes, known, now)
            if not read.faults:
                preferences.save(conn, who, read.wishes)
    except InputError as error:
        return refused(request, web, error)
    about = _about(request, joining, who)
    if read.faults:
        return forms.private(
            web, "preferences", form_view(typed, known, read) | about, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    said = {
        "changes": changed(who.wishes, read.wishes, joining.named),
        "sentence": sentence(read.wishes, joining.named),
    }
    return forms.private(web, "preferences_saved", about | said)


def copy(request: Request) -> Response:
    """GET: all that is kept about them, as a file."""
    web = web_of(request)
    joining = joining_of(web)
    try:
        with reading(web.engine) as conn:
            who = preferences.holder(joining.desk, conn, _token(request), web.now())
            kept = preferences.copy(conn, who)
    except InputError as error:
        return refused(request, web, error)
    body = json.dumps(kept, ensure_ascii=False, indent=2).encode("utf-8", "replace")
    name = {"Content-Disposition": 'attachment; filename="alerts-about-me.json"'}
    return Response(body, media_type="application/json", headers=forms.PRIVATE | name)


def forgetting(request: Request) -> Response:
    """GET: the button that erases."""
    web = web_of(request)
    joining = joining_of(web)
    try:
        _holder(request, web, joining)
    except InputError as error:
        return refused(request, web, error)
    return forms.private(web, "preferences_forget", {"token": _token(request)})


async def forget(request: Request) -> Response:
    """POST: erase."""
    web = web_of(request)
    joining = joining_of(web)
    sent = dict(await forms.fields(request, web, _LARGEST))
    return await run_in_threadpool(_forgotten, request, web, joining, sent.get("never") == "yes")


def _forgotten(request: Request, web: Web, joining: Joining, never: bool) -> Response:
    try:
        with writing(web.engine) as conn:
            preferences.erase(joining.desk, conn, _token(request), web.now(), never_again=never)
    except InputError as error:
        return refused(request, web, error)
    return forms.private(web, "preferences_forgotten", {"never": never})


def _holder(request: Request, web: Web, joining: Joining) -> Person:
    with reading(web.engine) as conn:
        return preferences.holder(joining.desk, conn, _token(request), web.now())


def _token(request: Request) -> str:
    return str(request.path_params["token"])
