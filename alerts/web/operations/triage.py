"""`/operations/triage`: the alerts that wait for a person, one after the other, the worst first: what would be told,
why, to how many, and until when somebody has to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.store import acts as act_store
from alerts.store.alerts import Listed
from alerts.store.database import reading
from alerts.template_filters import one_line
from alerts.track.severity import rank
from alerts.web.operations import alertview, desk, handling
from alerts.web.operations.desk import Case, Done
from alerts.web.site import web_of

_ACTS: Final = ("approve", "drop", "retitle", "cancel")


def show(request: Request) -> Response:
    """GET: the alert that is to be decided next, or the one that was asked for, and what waits besides."""
    return _page(request, request.query_params.get("alert", ""))


def _page(request: Request, wanted: str, *, problem: str = "", status: int = 200) -> Response:
    web, visitor = desk.looker(request)
    now, operating = web.now(), web.operating
    with reading(web.engine) as conn:
        waiting = sorted(act_store.waiting(conn), key=_worst_first)
        chosen = next((one for one in waiting if one.alert.id == wanted), waiting[0] if waiting else None)
        shown: dict[str, Any] = {"alert": None, "would": None}
        if chosen is not None:
            record, done = alertview.load(conn, chosen.alert.id)
            shown["alert"] = alertview.alert_view(conn, record, done, web.root)
            shown["alert"]["waits"] = desk.ago(chosen.alert.waits_since, now)
            if operating is not None:
                shown["would"] = alertview.would_tell(conn, operating.tracker, record, now)
    tracker = operating.tracker if operating is not None else None
    rest = [
        _line(one, now, alertview.goes_at(tracker, one.alert, now) if tracker else None)
        for one in waiting
        if chosen is None or one.alert.id != chosen.alert.id
    ]
    variables = shown | {"here": "triage", "rest": rest, "number": len(waiting), "reviews": _reviews(request)}
    return desk.page(request, visitor, "triage", variables, status=status, problem=problem)


def _reviews(request: Request) -> bool:
    """Whether anything is let go by itself."""
    web = web_of(request)
    return web.operating is not None and web.operating.tracker.desk is not None


def _worst_first(one: Listed) -> tuple[int, datetime, int]:
    return -rank(one.alert.severity), one.alert.waits_since or one.alert.updated, int(one.alert.id)


def _line(one: Listed, now: datetime, goes_at: datetime | None) -> dict[str, Any]:
    alert = one.alert
    return {
        "id": alert.id,
        "title": one_line(one.title),
        "level": alert.severity,
        "country": alert.place.country if alert.place else "",
        "what": "new" if alert.version == 0 else f"update; readers know it as {alert.told.get('severity')}",
        "waits": desk.ago(alert.waits_since, now),
        "goes_at": goes_at,
    }


async def act(request: Request) -> Response:
    """POST: decide, and go on to the next."""
    return await desk.change(request, "analyst", _decided, _again)


def _decided(conn: Connection, case: Case) -> Done:
    name = case.fields.get("act", "")
    if name not in _ACTS:
        raise InputError("say what is to be done with it")
    return handling.ACTS[name](conn, replace(case, sent=[*case.sent, ("from", "triage")]))


def _again(case: Case, problem: str) -> Response:
    return _page(case.request, case.fields.get("alert", ""), problem=problem, status=409)


def waiting_lines(waiting: Sequence[Listed], now: datetime, most: int) -> list[dict[str, Any]]:
    """The first of what waits, for the overview."""
    return [_line(one, now, None) for one in sorted(waiting, key=_worst_first)[:most]]


ROUTES: Final = (
    Route("/operations/triage", show),
    Route("/operations/triage", act, methods=["POST"]),
)
