"""`/preferences/{token}` and `/forget/{token}`: where the link of a mail lets a reader change what they get, take a
copy of what is kept about them, and have it erased. No login, no cookie: the link is all."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.notify.joining import form, preferences
from alerts.notify.joining.form import Typed
from alerts.readers import Person
from alerts.render.wishes import changed, sentence
from alerts.store.database import reading, writing
from alerts.web import forms
from alerts.web.readers import private
from alerts.web.readers.joining import Joining
from alerts.web.readers.wishview import form_view
from alerts.web.site import Web, joining_of, web_of

_LARGEST: Final = 128 * 1024  # with an OpenPGP key


def show(request: Request) -> Response:
    """GET: what they asked for, in a form."""
    web = web_of(request)
    joining = joining_of(web)
    who, known = _holder(request, web, joining), joining.known()
    view = form_view(form.typed_from(who.wishes, known), known)
    return private.page(web, "preferences", view | _about(request, joining, who))


def _about(request: Request, joining: Joining, who: Person) -> dict[str, Any]:
    return {
        "token": private.token_of(request),
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
    with private.by_link(), writing(web.engine) as conn:
        who = preferences.holder(joining.desk, conn, private.token_of(request), now)
        read = form.understood(typed, who.wishes, known, now)
        if not read.faults:
            preferences.save(conn, who, read.wishes, now)
    about = _about(request, joining, who)
    if read.faults:
        return private.page(
            web, "preferences", form_view(typed, known, read) | about, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    said = {
        "changes": changed(who.wishes, read.wishes, joining.named),
        "sentence": sentence(read.wishes, joining.named),
    }
    return private.page(web, "preferences_saved", about | said)


def copy(request: Request) -> Response:
    """GET: all that is kept about them, as a file."""
    web = web_of(request)
    joining = joining_of(web)
    with private.by_link(), reading(web.engine) as conn:
        kept = preferences.copy(conn, preferences.holder(joining.desk, conn, private.token_of(request), web.now()))
    body = json.dumps(kept, ensure_ascii=False, indent=2).encode("utf-8", "replace")
    name = {"Content-Disposition": 'attachment; filename="alerts-about-me.json"'}
    return Response(body, media_type="application/json", headers=private.HEADERS | name)


def forgetting(request: Request) -> Response:
    """GET: the button that erases."""
    web = web_of(request)
    _holder(request, web, joining_of(web))
    return private.page(web, "preferences_forget", {"token": private.token_of(request)})


async def forget(request: Request) -> Response:
    """POST: erase."""
    web = web_of(request)
    joining = joining_of(web)
    sent = dict(await forms.fields(request, web, _LARGEST))
    return await run_in_threadpool(_forgotten, request, web, joining, sent.get("never") == "yes")


def _forgotten(request: Request, web: Web, joining: Joining, never: bool) -> Response:
    with private.by_link(), writing(web.engine) as conn:
        preferences.erase(joining.desk, conn, private.token_of(request), web.now(), never_again=never)
    return private.page(web, "preferences_forgotten", {"never": never})


def _holder(request: Request, web: Web, joining: Joining) -> Person:
    with private.by_link(), reading(web.engine) as conn:
        return preferences.holder(joining.desk, conn, private.token_of(request), web.now())


ROUTES: Final = (
    Route("/preferences/{token}", show),
    Route("/preferences/{token}", save, methods=["POST"]),
    Route("/preferences/{token}/copy.json", copy),
    Route("/forget/{token}", forgetting),
    Route("/forget/{token}", forget, methods=["POST"]),
)
