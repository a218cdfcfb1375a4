"""`/operations/silences`: what nobody is mailed about for a while, and why; what each hid; a new one, shown before it
is saved with what it would have hidden lately; and the end of one before its time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.store import silences
from alerts.store.database import reading
from alerts.store.silences import Hidden
from alerts.template_filters import one_line
from alerts.track.silence import HIGHEST, LEVELS, Silence, said
from alerts.track.silencing import Wish, draft_of, remarks
from alerts.web.operations import desk
from alerts.web.operations.desk import Case, Done
from alerts.web.public.views import options
from alerts.web.site import Web

_ENDED: Final = 30
_MOST_HIDDEN: Final = 200
_LONGEST: Final = 200
_FIELDS: Final = ("place", "country", "up_to", "until", "why", "idle_days")


def show(request: Request) -> Response:
    """GET: the silences in force, those that ended last, and the form for another."""
    return _page(request)


def _page(
    request: Request,
    *,
    problem: str = "",
    status: int = 200,
    typed: Mapping[str, Any] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    web, visitor = desk.looker(request)
    now = web.now()
    with reading(web.engine) as conn:
        hid = silences.how_many(conn)
        current = [_line(one, hid.get(one.id, 0), now) for one in silences.list_silences(conn)]
        ended = [one for one in silences.list_silences(conn, ended=True) if one.ended is not None][:_ENDED]
    typed = typed or {}
    chosen = set(typed.get("rules", ()))
    rules = [{"name": name, "chosen": name in chosen} for name in _rules(web)]
    levels = options(((level, level.capitalize()) for level in LEVELS), str(typed.get("up_to") or HIGHEST))
    variables = {
        "here": "silences",
        "current": current,
        "ended": [_line(one, hid.get(one.id, 0), now) for one in ended],
        "rules": rules,
        "levels": [("up_to", "Up to which severity", levels)],
        "typed": {name: typed.get(name, "") for name in _FIELDS},
        "faults": dict.fromkeys((*_FIELDS, "rule"), "") | dict(faults or {}),
    }
    return desk.page(request, visitor, "silences", variables, status=status, problem=problem)


def _rules(web: Web) -> list[str]:
    return sorted(web.operating.tracker.rulebook.ruleset.by_name) if web.operating is not None else []


def _line(one: Silence, hid: int, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "said": said(one),
        "until": one.until,
        "left": desk.ago(now, one.until) if one.ended is None else "",
        "hid": hid,
        "author": desk.without_addresses(one_line(one.author)),
        "why": desk.without_addresses(one_line(one.why)),
        "created": one.created,
        "idle_days": one.idle_days,
        "ended": one.ended,
        "because": desk.without_addresses(one_line(one.ended_because or "")),
    }


def one(request: Request) -> Response:
    """GET `/operations/silences/{id}`: one silence with what it hid."""
    return _one_page(request)


def _one_page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    web, visitor = desk.looker(request)
    wanted = desk.number(str(request.path_params["id"]))
    with reading(web.engine) as conn:
        found = silences.get(conn, wanted)
        hidden = silences.hidden_by(conn, wanted) if found is not None else []
    if found is None:
        desk.nothing("There is no silence of this number.")
    variables = {
        "here": "silences",
        "silence": _line(found, len(hidden), web.now()),
        "hidden": [_hidden(one) for one in hidden[:_MOST_HIDDEN]],
        "left_out": max(0, len(hidden) - _MOST_HIDDEN),
    }
    return desk.page(request, visitor, "silence", variables, status=status, problem=problem)


def _hidden(one: Hidden) -> dict[str, Any]:
    return {
        "id": one.alert_id,
        "title": one_line(one.title),
        "level": one.severity,
        "at": one.at,
        "mails": one.mails,
    }


async def add(request: Request) -> Response:
    """POST: show what a silence would have hidden, or save it."""
    return await run_in_threadpool(_added, await desk.case_of(request, "analyst"))


def _added(case: Case) -> Response:
    try:
        draft, wrong, minded = _draft(case)
    except InputError as error:
        return _page(case.request, problem=desk.sentence(str(error)), status=422, typed=_typed(case))
    if wrong:
        return _page(
            case.request, status=422, typed=_typed(case), faults=wrong, problem="Nothing was saved: see below."
        )
    if case.fields.get("sure") == "yes":
        return desk.changed(case, lambda conn, case: _saved(conn, case, draft), _again)
    return _shown(case, draft, minded)


def _typed(case: Case) -> dict[str, Any]:
    return {name: one_line(case.fields.get(name, ""))[:_LONGEST] for name in _FIELDS} | {"rules": case.every("rule")}


def _draft(case: Case) -> tuple[Silence, dict[str, str], list[str]]:
    """The silence that the form asks for, what is wrong with it by field, and what to mind about its place."""
    wish = Wish(
        rules=tuple(case.every("rule")[:500]),
        place=case.text("place", longest=_LONGEST),
        country=case.text("country", longest=_LONGEST),
        up_to=case.text("up_to", longest=20) or HIGHEST,
        until=case.text("until", longest=40),
        author=case.visitor.name,
        why=case.text("why"),
        idle_days=_days(case.text("idle_days", longest=10)),
    )
    places = case.operating.tracker.gazetteer
    rules: Collection[str] = _rules(case.web)
    draft, wrong = draft_of(wish, rules=rules, places=places, person_id=None, now=case.now)
    faults: dict[str, str] = {}
    for path, message in wrong:
        faults.setdefault(str(path[0]), desk.sentence(message))
    return draft, faults, remarks(wish, draft, places)


def _days(given: str) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 4):
        raise InputError("write idle days as a number, from 1 to 30")
    return int(given)


def _shown(case: Case, draft: Silence, minded: list[str]) -> Response:
    with reading(case.web.engine) as conn:
        preview = silences.would_hide(conn, draft, case.now)
    variables = {
        "here": "silences",
        "said": said(draft),
        "until": draft.until,
        "left": desk.ago(case.now, draft.until),
        "minded": [desk.sentence(one) for one in minded],
        "hidden": [_hidden(one) for one in preview.hidden[:_ENDED]],
        "number": len(preview.hidden),
        "severe": sum(one.severity == "severe" for one in preview.hidden),
        "passed": preview.passed,
        "sent": _sent(case, draft),
        "why": draft.why,
    }
    return desk.page(case.request, case.visitor, "silence_new", variables)


def _sent(case: Case, draft: Silence) -> list[tuple[str, str]]:
    """What the button that saves sends: what was shown, and its end as a moment, which "7 days" is not."""
    typed = {name: case.fields.get(name, "") for name in _FIELDS} | {"until": draft.until.isoformat()}
    return [*typed.items(), *(("rule", name) for name in draft.rules)]


def _saved(conn: Connection, case: Case, draft: Silence) -> Done:
    twin = next((one for one in silences.in_force(conn, case.now) if _same(one, draft)), None)
    if twin is not None:
        raise InputError(f"this is silenced already: silence {twin.id}, by {twin.author}")
    made = silences.add(conn, draft, case.now)
    told = f"silence {made.id} is in force until {made.until:%Y-%m-%d %H:%M} UTC: {said(made)}"
    subject = f"silence {made.id}"
    return Done(
        action="silence added", subject=subject, said=told, goal="/operations/silences", more={"why": draft.why}
    )


def _same(one: Silence, draft: Silence) -> bool:
    """Whether a silence hides all that a new one would, for as long: such as when a button was pressed twice."""
    here = (one.place.id if one.place else None) == (draft.place.id if draft.place else None)
    mine = (set(one.rules), one.up_to, one.person_id) == (set(draft.rules), draft.up_to, draft.person_id)
    return here and mine and one.until >= draft.until


def _again(case: Case, problem: str) -> Response:
    return _page(case.request, problem=problem, status=409, typed=_typed(case))


async def end(request: Request) -> Response:
    """POST `/operations/silences/{id}`: end it before its time."""
    return await desk.change(
        request, "analyst", _ended, lambda case, why: _one_page(case.request, problem=why, status=409)
    )


def _ended(conn: Connection, case: Case) -> Done:
    wanted, why = desk.number(str(case.request.path_params["id"])), case.text("why")
    found = silences.get(conn, wanted)
    if found is not None and found.ended is not None:
        raise InputError(f"silence {wanted} is over already: {found.ended_because}")
    done = silences.end(conn, wanted, case.now, f"by {case.visitor.name}{f': {why}' if why else ''}")
    hid = len(silences.hidden_by(conn, wanted))
    told = f"silence {done.id} is over; it hid {hid or 'no'} alert{'' if hid == 1 else 's'}"
    return Done(
        action="silence ended", subject=f"silence {done.id}", said=told, goal="/operations/silences", more={"why": why}
    )


ROUTES: Final = (
    Route("/operations/silences", show),
    Route("/operations/silences", add, methods=["POST"]),
    Route("/operations/silences/{id}", one),
    Route("/operations/silences/{id}", end, methods=["POST"]),
)
