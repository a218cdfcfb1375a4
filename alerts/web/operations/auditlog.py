"""`/operations/audit`: who did what, the latest first."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.store import audit
from alerts.store.audit import Entry
from alerts.store.database import reading
from alerts.web.operations import desk
from alerts.web.public.views import options

_PAGE: Final = 50
_LONGEST: Final = 250


def show(request: Request) -> Response:
    """GET: the log, of one person or one kind of action if asked for."""
    web, visitor = desk.looker(request, "admin")
    asked = {name: request.query_params.get(name, "").strip()[:_LONGEST] for name in ("who", "what", "subject")}
    before = request.query_params.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 10):
        raise InputError("“before” is the number of an entry.")
    with reading(web.engine) as conn:
        found = audit.list_entries(
            conn,
            _PAGE + 1,
            int(before) if before else None,
            name=asked["who"],
            action=asked["what"],
            subject=asked["subject"],
        )
        names, actions = audit.choices(conn)
    older = (
        urlencode({name: value for name, value in asked.items() if value} | {"before": str(found[_PAGE - 1].id)})
        if len(found) > _PAGE
        else ""
    )
    variables = {
        "here": "audit",
        "entries": [_line(one) for one in found[:_PAGE]],
        "filters": [
            ("who", "Who", options([("", "Anybody"), *((one, one) for one in names)], asked["who"])),
            ("what", "What", options([("", "Anything"), *((one, one.capitalize()) for one in actions)], asked["what"])),
        ],
        "subject": asked["subject"],
        "filtered": any(asked.values()) or bool(before),
        "older": f"{web.root}/operations/audit?{older}" if older else "",
    }
    return desk.page(request, visitor, "audit", variables)


def _line(one: Entry) -> dict[str, Any]:
    """An entry: what it says of itself, or the rest of it in words."""
    detail = {name: value for name, value in one.detail.items() if value not in ("", None, [], {})}
    said, why = str(detail.pop("said", "")), str(detail.pop("why", ""))
    more = "; ".join(f"{name.replace('_', ' ')}: {_words(value)}" for name, value in detail.items())
    return {
        "id": one.id,
        "at": one.at,
        "who": one.name,
        "action": one.action,
        "subject": one.subject,
        "alert": one.subject.removeprefix("alert ") if one.subject.startswith("alert ") else "",
        "said": desk.without_addresses(desk.sentence(said) if said else ""),
        "why": desk.without_addresses(why),
        "more": desk.without_addresses(more),
    }


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


ROUTES: Final = (Route("/operations/audit", show),)
