"""`/v/{token}`: where the links of a mail lead, by which a reader says what became of an alert with one press.

GET shows what there is to say and changes nothing, for mail scanners open every link; only the button's POST does.
The token is the whole of the reader's identity, so these pages are not kept by any cache and not found by any search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.engine import verdicts
from alerts.engine.verdicts import Hearing
from alerts.errors import InputError
from alerts.notify.message import links
from alerts.notify.message.links import Link
from alerts.render.verdicts import SAYINGS, WORDS, Saying, sayings
from alerts.render.view import alert_view
from alerts.store import alerts as alert_store
from alerts.store import archive
from alerts.store.alerts import Record
from alerts.store.database import reading, writing
from alerts.store.search import Wanted
from alerts.template_filters import day, one_line, shorten
from alerts.types import OPEN_STATES, Alert
from alerts.web import forms
from alerts.web.public.views import STATE_WORDS, told_notice, version_view
from alerts.web.readers import private
from alerts.web.site import Web, web_of

_LARGEST_BODY: Final = 4096
_MOST_FIELDS: Final = 5
_MOST_NEAR: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the button sent."""

    saying: Saying
    other: str | None


def ask(request: Request) -> Response:
    """GET: what was told, and a button for each thing that can be said of it."""
    web = web_of(request)
    link, record, near = _found(request)
    chosen = request.query_params.get("say", "")
    view = _view(web, record, link, chosen)
    return private.page(web, "verdict", view | {"token": private.token_of(request), "near": near})


async def say(request: Request) -> Response:
    """POST: do what the button says, and tell what came of it."""
    _hearing(request)
    form = _form(forms.media_type(request), await forms.body_of(request, _LARGEST_BODY))
    return await run_in_threadpool(_said, request, form)


def _said(request: Request, form: Form) -> Response:
    web, hearing = web_of(request), _hearing(request)
    link, record, _ = _found(request)
    try:
        with writing(web.engine) as conn:
            said = verdicts.say(conn, hearing, link, form.saying, now=web.now(), duplicate_of=form.other)
    except InputError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, str(error), headers=private.HEADERS) from None
    view = _view(web, record, link, form.saying)
    return private.page(web, "verdict_said", view | {"said": said, "label": WORDS[form.saying].label})


def _found(request: Request) -> tuple[Link, Record, list[dict[str, str]]]:
    """What the link is about, and what else it may be."""
    web, hearing = web_of(request), _hearing(request)
    with private.by_link():
        link = links.read(hearing.secret, private.token_of(request), web.now())
        with reading(web.engine) as conn:
            verdicts.reader_of(conn, link)
            record = _record(conn, link)
            return link, record, _near(conn, record.alert)


def _form(kind: str, body: bytes) -> Form:
    fields = dict(forms.pairs(kind, body, most=_MOST_FIELDS))
    saying = _saying(fields.get("say", ""))
    other = fields.get("other", "")
    if saying is None or (other and not (other.isascii() and other.isdigit() and len(other) < 10)):
        raise HTTPException(HTTPStatus.BAD_REQUEST, forms.OURS_ONLY)
    return Form(saying=saying, other=other or None)


def _saying(name: str) -> Saying | None:
    return next((one for one in SAYINGS if one == name), None)


def _hearing(request: Request) -> Hearing:
    hearing = web_of(request).hearing
    if hearing is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return hearing


def _record(conn: Connection, link: Link) -> Record:
    record = alert_store.get_alert(conn, link.alert_id)
    if record is None or not any(one.version == link.version for one in record.versions):
        raise InputError("This alert is not stored any more.")
    return record


def _view(web: Web, record: Record, link: Link, chosen: str) -> dict[str, Any]:
    """The alert as it was told in the version that the link is about, and what came after."""
    told = next(one for one in record.versions if one.version == link.version)
    view = alert_view(told_notice(told, record), web.site)
    possible = sayings(told.kind, place=told.fields.get("place") is not None)
    first = _saying(chosen)
    if first in possible:
        possible = [first, *(one for one in possible if one != first)]
    later = [version_view(one) for one in record.versions if one.version > told.version]
    return view | {
        "level": view["severity"],
        "chosen": first if first in possible else "",
        "buttons": [_button(one, view) for one in possible],
        "told": version_view(told),
        "later": later,
        "state": record.alert.state,
        "state_word": STATE_WORDS[record.alert.state][0],
    }


def _button(one: Saying, view: Mapping[str, Any]) -> dict[str, str]:
    label = WORDS[one].label
    if one == "mute":
        label = f"Mute {view['place']['name']} for {verdicts.MUTE_DAYS} days"
    return {"name": one, "label": label, "meaning": WORDS[one].meaning}


def _near(conn: Connection, alert: Alert) -> list[dict[str, str]]:
    """The open alerts that this one may be a duplicate of, as readers know them: in its country, of its kind first,
    the latest first."""
    country = alert.place.country if alert.place else None
    found = archive.told_alerts(conn, Wanted(country=country, states=OPEN_STATES), limit=200)
    told = [one for one in found if one.alert.id != alert.id]
    told.sort(key=lambda one: (one.alert.incident != alert.incident, one.alert.event != alert.event))
    return [
        {"id": one.alert.id, "label": f"{shorten(one_line(one.title), 90)} ({day(one.alert.first_event)})"}
        for one in told[:_MOST_NEAR]
    ]


ROUTES: Final = (
    Route("/v/{token}", ask),
    Route("/v/{token}", say, methods=["POST"]),
)
