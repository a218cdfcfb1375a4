"""`/operations/alerts/{id}`: one alert for who works at it: what was done and said of it and who was told, and the
buttons to take it on, end it, take it back, judge it, give it another title, merge it and split it.

Merging and splitting are shown first: made and undone in a transaction of which nothing stays. `.../mails` says of
every reader, by number, why they were told or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.engine import merging
from alerts.engine.changed import lines
from alerts.engine.merging import Changed, Tools
from alerts.engine.rehearsal import undone
from alerts.errors import InputError
from alerts.notify import why
from alerts.store import audit, incidents, judgements, ledger, queue, silences
from alerts.store.alerts import Record
from alerts.store.database import reading
from alerts.store.judgements import Judged
from alerts.store.queue import Fate
from alerts.template_filters import one_line
from alerts.web.operations import alertview, desk, handling
from alerts.web.operations.desk import Case, Done
from alerts.web.public.views import others_view

_MOST_READERS: Final = 500
_FATES: Final = {
    "queued": "waiting",
    "bundled": "waiting, in the mail of another alert",
    "sending": "being sent",
    "accepted": "sent",
    "inhibited": "not sent: covered by another alert",
    "silenced": "not sent: silenced",
    "withdrawn": "taken back before they went",
    "failed": "failed",
    "ambiguous": "perhaps sent",
    "held": "held back",
}


def show(request: Request) -> Response:
    """GET: the alert, and what can be done with it."""
    return _page(request)


def _page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    web, visitor = desk.looker(request)
    now = web.now()
    with reading(web.engine) as conn:
        record, done = alertview.load(conn, str(request.path_params["id"]))
        alert_id = record.alert.id
        shown = alertview.alert_view(conn, record, done, web.root)
        shown["waits"] = desk.ago(record.alert.waits_since, now)
        variables = {
            "here": "alerts",
            "alert": shown,
            "mails": _by_version(queue.of_alert(conn, alert_id)),
            "kept_back": silences.of_alert(conn, alert_id),
            "said": [_said(one) for one in reversed(judgements.judgements_of(conn, alert_id))],
            "incident": others_view(incidents.others(conn, record.alert.incident, alert_id)),
            "states": [_state(one) for one in ledger.rests_on(conn, [item.hit for item in record.evidence])],
            "audited": [_entry(one) for one in audit.list_entries(conn, 50, subject=f"alert {alert_id}")],
            "articles": _articles(record),
        }
    return desk.page(request, visitor, "alert", variables, status=status, problem=problem)


def _by_version(fates: Sequence[Fate]) -> list[dict[str, Any]]:
    """How many mails of each version came to what."""
    found: dict[int, list[str]] = defaultdict(list)
    for one in fates:
        found[one.version].append(f"{one.mails} {_FATES[one.state]}")
    return [{"version": version, "mails": ", ".join(words)} for version, words in found.items()]


def _said(one: Judged) -> dict[str, Any]:
    return {
        "at": one.at,
        "who": one.who or "somebody",
        "reader": one.by_reader,
        "verdict": one.verdict.replace("_", " "),
        "of": one.duplicate_of or "",
        "why": desk.without_addresses(one_line(one.why)),
    }


def _state(entry: Any) -> dict[str, Any]:
    return {"id": entry.id, "name": entry.name, "place": entry.place_name, "since": entry.since}


def _entry(one: audit.Entry) -> dict[str, Any]:
    said = desk.without_addresses(str(one.detail.get("said", "")))
    return {"at": one.at, "who": one.name, "action": one.action, "said": desk.sentence(said) if said else ""}


def _articles(record: Record) -> list[dict[str, Any]]:
    """The articles that can be split off."""
    return [
        {
            "id": item.article_id,
            "source": one_line(item.source) or "Unnamed source",
            "title": one_line(item.title) or "Untitled article",
            "published": item.published,
            "sentence": one_line(item.hit.sentence),
        }
        for item in record.evidence
    ]


async def act(request: Request) -> Response:
    """POST: one of the buttons; merging and splitting show first what would be."""
    return await desk.change(request, "analyst", _acted, _again)


def _acted(conn: Connection, case: Case) -> Done:
    handler = handling.ACTS.get(case.fields.get("act", ""))
    if handler is None or case.fields.get("alert") != case.request.path_params["id"]:
        raise InputError("say what is to be done with it")
    return handler(conn, case)


def _again(case: Case, problem: str) -> Response:
    return _page(case.request, problem=problem, status=409)


_Change = Callable[[Connection, Case], tuple[list[Changed], Done]]


async def merge(request: Request) -> Response:
    """POST: this alert and another one are the same event."""
    return await _in_two_steps(request, _merged, "merge")


async def split(request: Request) -> Response:
    """POST: some articles tell of another event."""
    return await _in_two_steps(request, _split, "split")


async def _in_two_steps(request: Request, make: _Change, name: str) -> Response:
    """Show what a change comes to, with the button that makes it; or make it."""
    case = await desk.case_of(request, "analyst")
    if case.fields.get("sure") == "yes":
        return await run_in_threadpool(desk.changed, case, lambda conn, case: make(conn, case)[1], _again)
    return await run_in_threadpool(_shown, case, make, name)


def _shown(case: Case, make: _Change, name: str) -> Response:
    try:
        with undone(case.web.engine) as conn:
            seen = lines(make(conn, case)[0])
    except InputError as error:
        return _again(case, desk.sentence(str(error)))
    variables = {
        "here": "alerts",
        "name": name,
        "lines": [{"text": one.strip(), "below": one.startswith(" ")} for one in seen],
        "sent": [(key, value) for key, value in case.sent if key not in ("csrf", "sure")],
        "alert_id": str(case.request.path_params["id"]),
    }
    return desk.page(case.request, case.visitor, "change", variables)


def _tools(case: Case) -> Tools:
    tracker = case.operating.tracker
    return Tools(rulebook=tracker.rulebook, lookup=tracker.gazetteer.by_id, outbox=tracker.outbox)


def _merged(conn: Connection, case: Case) -> tuple[list[Changed], Done]:
    alert = handling.in_hand(conn, case)
    other = case.text("other") or case.text("number")
    if not (other.isascii() and other.isdigit() and len(other) < 10):
        raise InputError("say which alert is the same event: choose one, or give its number")
    into, gone = (alert.id, other) if case.fields.get("stays") == "this" else (other, alert.id)
    changes = merging.merge(conn, _tools(case), into, [gone], case.actor, why=case.text("why"), now=case.now)
    said = f"alert {gone} is merged into alert {into}: {_readers(changes)}"
    goal = "/operations/triage" if case.fields.get("from") == "triage" else f"/operations/alerts/{into}"
    more = {"into": into, "gone": gone, "why": case.text("why")}
    return changes, Done(action="alerts merged", subject=f"alert {alert.id}", said=said, goal=goal, more=more)


def _split(conn: Connection, case: Case) -> tuple[list[Changed], Done]:
    alert = handling.in_hand(conn, case)
    articles = case.every("article")
    if not articles:
        raise InputError("choose the articles that tell of another event")
    changes = merging.split(conn, _tools(case), alert.id, articles, case.actor, why=case.text("why"), now=case.now)
    part = changes[-1].after.alert.id
    said = f"alert {alert.id} is split: alert {part} is new; {_readers(changes)}"
    more = {"part": part, "articles": articles, "why": case.text("why")}
    goal = f"/operations/alerts/{alert.id}"
    return changes, Done(action="alert split", subject=f"alert {alert.id}", said=said, goal=goal, more=more)


def _readers(changes: Sequence[Changed]) -> str:
    number = sum(one.readers for one in changes)
    return "no reader is told" if not number else f"{number} reader{'s are' if number > 1 else ' is'} told"


def mails(request: Request) -> Response:
    """GET `.../mails`: who was told and why, and who was not, and why not. It says what each reader asked for, which
    together may say who that is: so it is for those who need it."""
    web, visitor = desk.looker(request, "analyst")
    with reading(web.engine) as conn:
        record, _ = alertview.load(conn, str(request.path_params["id"]))
        rule = None
        if web.operating is not None:
            rule = web.operating.tracker.rulebook.ruleset.by_name.get(record.alert.rule)
        found = why.of_alert(conn, record.alert.id, rule) if record.versions else []
    variables: Mapping[str, Any] = {
        "here": "alerts",
        "alert_id": record.alert.id,
        "title": one_line(record.title),
        "rows": [_line(one) for one in found[:_MOST_READERS]],
        "more": max(0, len(found) - _MOST_READERS),
        "told": sum(one.told for one in found),
    }
    return desk.page(request, visitor, "told", variables)


def _line(one: why.Line) -> dict[str, Any]:
    return {
        "reader": one.person_id,
        "version": one.version or "",
        "mail": one.mail,
        "at": one.at,
        "said": desk.sentence(desk.without_addresses(one.said)),
    }


ROUTES: Final = (
    Route("/operations/alerts/{id}", show),
    Route("/operations/alerts/{id}", act, methods=["POST"]),
    Route("/operations/alerts/{id}/merge", merge, methods=["POST"]),
    Route("/operations/alerts/{id}/split", split, methods=["POST"]),
    Route("/operations/alerts/{id}/mails", mails),
)
