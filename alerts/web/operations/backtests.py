"""`/operations/lab/backtests`: a rule tried on the stored archive, in a process of its own (`jobs`).

A page of one that runs asks anew by itself every few seconds, by a header of the answer and no script; it says how to
stop that, as who listens to a page is interrupted by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.render import rulecharts
from alerts.render.marks import marked
from alerts.store import audit, machines
from alerts.store.database import reading, writing
from alerts.template_filters import one_line
from alerts.web.access.visitor import Visitor, form_of
from alerts.web.operations import desk
from alerts.web.operations.explaining import LARGEST
from alerts.web.operations.jobs import Busy, Job, begun_on
from alerts.web.operations.rules import lab_of
from alerts.web.public.views import options
from alerts.web.site import Web, answer, web_of

PERIODS: Final = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("7", "7 days"), ("", "the whole archive"))
RUNS: Final = "A backtest runs already. One runs at a time, so that the service goes on undisturbed."
_EVERY_S: Final = 4


def list_page(request: Request) -> Response:
    """GET: what runs, what was tried within the hour, and the form."""
    _, visitor = desk.looker(request)
    return _list(request, visitor)


def _list(request: Request, visitor: Visitor, *, problem: str = "", given: Mapping[str, str] | None = None) -> Response:
    web = web_of(request)
    lab = lab_of(web)
    given = given if given is not None else dict(request.query_params)
    variables = {
        "here": "rules",
        "running": lab.workshop.running(),
        "jobs": [_line(one, web.now()) for one in lab.workshop.jobs()],
        "rules": options(((name, name) for name in sorted(lab.rules())), one_line(given.get("rule", ""))[:100]),
        "periods": options(PERIODS, given.get("days", "30")),
        "since": one_line(given.get("since", ""))[:20],
        "until": one_line(given.get("until", ""))[:20],
    }
    return desk.page(request, visitor, "backtests", variables, status=400 if problem else 200, problem=problem)


def _line(job: Job, now: datetime) -> dict[str, Any]:
    return {
        "id": job.id,
        "rule": job.rule,
        "draft": job.text is not None,
        "who": job.who,
        "period": _span(job.since, job.until),
        "ago": desk.ago(job.started, now),
        "runs": job.runs,
        "hits": job.answer["hits"] if job.answer else None,
        "problem": job.problem,
    }


def _span(since: datetime | None, until: datetime | None) -> str:
    if since is None and until is None:
        return "the whole archive"
    begins = f"from {since:%Y-%m-%d}" if since else "from the beginning"
    return f"{begins} to {until - timedelta(days=1):%Y-%m-%d}" if until else f"{begins} on"


async def begin(request: Request) -> Response:
    """POST: start one."""
    visitor, sent = await form_of(request, "analyst", largest=LARGEST)
    return await run_in_threadpool(_begin, request, visitor, dict(sent))


def _begin(request: Request, visitor: Visitor, given: Mapping[str, str]) -> Response:
    try:
        return desk.redirect(start(web_of(request), visitor, given.get("rule", ""), None, given))
    except InputError as error:
        return _list(request, visitor, problem=desk.sentence(str(error)), given=given)


def start(web: Web, visitor: Visitor, rule: str, text: str | None, given: Mapping[str, str]) -> str:
    """Start a backtest of a rule (of a `text` for it), and say so in the audit log; the address of its page. Raises
    InputError that says why not."""
    lab = lab_of(web)
    since, until = period(given, web.now())
    if text is None and lab.known(rule) is None:
        raise InputError(f"there is no rule “{rule[:60]}” that can be tried")
    wording = " as it stands in the editor" if text is not None else ""
    said = f"a backtest of {rule}{wording}: {_span(since, until)}"
    try:
        with writing(web.engine) as conn:
            audit.note(conn, visitor, "backtest started", f"rule {rule}", {"said": said}, now=web.now())
            job = lab.workshop.begin(rule=rule, text=text, since=since, until=until, who=visitor.name)
    except Busy:
        raise InputError(RUNS) from None
    return f"{web.root}/operations/lab/backtests/{job.id}"


def period(given: Mapping[str, str], now: datetime) -> tuple[datetime | None, datetime | None]:
    """The time that a form names: by its first and last day, or so many days up to now. Raises InputError."""
    since, until = _day(given.get("since", "")), _day(given.get("until", ""))
    if since is None and until is None and given.get("days"):
        days = given["days"]
        if days not in dict(PERIODS):
            raise InputError("choose one of the periods, or give the first and the last day")
        return now - timedelta(days=int(days)), None
    if since is not None and until is not None and until < since:
        raise InputError("the last day is before the first")
    return since, until + timedelta(days=1) if until is not None else None


def _day(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), datetime.min.time(), tzinfo=UTC)
    except ValueError:
        raise InputError(f"“{text.strip()[:20]}” is no day: write it as 2026-01-31") from None


def job_page(request: Request) -> Response:
    """GET `/operations/lab/backtests/{id}`: how far it is, or what came of it."""
    web, visitor = desk.looker(request)
    job = _job(web, request)
    still = "still" in request.query_params
    variables: dict[str, Any] = {
        "here": "rules",
        "job": _line(job, web.now()),
        "stopped_by": job.stopped_by,
        "still": still,
        "every": _EVERY_S,
        "faults": job.faults,
        "answer": None,
    }
    if job.runs:
        done, total = job.progress.get("done", 0), job.progress.get("total", 0)
        variables |= {"done_articles": done, "total": total, "hits": job.progress.get("hits", 0)}
        variables |= {"share": int(100 * done / total) if total else 0, "at_day": str(job.progress.get("at", ""))[:10]}
    elif job.answer is not None:
        days, bins = _binned(job.answer)
        variables |= {"answer": _answer(job.answer), "days": days, "bins": bins}
    response = desk.page(request, visitor, "backtest", variables)
    if job.runs and not still:
        response.headers["Refresh"] = str(_EVERY_S)
    return response


def _job(web: Web, request: Request) -> Job:
    job = lab_of(web).workshop.job(str(request.path_params["id"]))
    if job is None:
        _look_elsewhere(web, request)
        desk.nothing("This backtest is not kept any more: results are kept for an hour. Start it anew.")
    return job


def _look_elsewhere(web: Web, request: Request) -> None:
    """Raise 404 where another machine began it: who asks again may be led there."""
    name = str(request.path_params["id"])
    with reading(web.engine) as conn:
        others = [one for one in machines.living(conn, web.now()) if begun_on(name, one.name)]
    if others:
        said = f"This backtest belongs to the machine “{others[0].name}”, which began it; another one answers here."
        again = {"Refresh": str(_EVERY_S)} if request.method == "GET" else {}
        what = "This page asks anew until it is led there." if again else "Go back, and try again."
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{said} {what}", headers=again)


def _binned(found: Mapping[str, Any]) -> tuple[str, list[rulecharts.Bin]]:
    return rulecharts.binned([(date.fromisoformat(day), *counts) for day, *counts in found["days"]])


def _answer(found: Mapping[str, Any]) -> dict[str, Any]:
    """The report as the page shows it: with the words of each sentence marked, and rates by day and week."""
    shown = dict(found)
    days = found["weeks"] * 7 if found["weeks"] else None
    for name in ("alerts", "alerts_against"):
        one = found[name]
        shown[name] = one and {
            **one,
            "a_week": round(one["opened"] / found["weeks"], 1) if found["weeks"] else None,
            "mails": round(one["messages"] / days, 2) if days else None,
        }
    for name in ("new", "lost"):
        change = found[name]
        shown[name] = change and {**change, "samples": [_sentence(one) for one in change["samples"]]}
    for name in ("dropped", "hidden"):
        shown[name] = [{**one, "samples": [_sentence(each) for each in one["samples"]]} for one in found[name]]
    shown["samples"] = [_sentence(one) for one in found["samples"]]
    return shown


def _sentence(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "pieces": marked(one["sentence"], one["quote"], one["parts"]), "day": one["published"][:10]}


def chart(request: Request) -> Response:
    """GET `/operations/lab/backtests/{id}/hits.svg`."""
    web, _ = desk.looker(request)
    job = _job(web, request)
    if job.answer is None:
        desk.nothing("There is nothing to draw yet.")
    each, bins = _binned(job.answer)
    drawn = rulecharts.hits(bins, each, compared=job.answer["against"] is not None).svg()
    return answer(request, drawn.encode(), "image/svg+xml", cache="private, no-cache")


async def stop(request: Request) -> Response:
    """POST `/operations/lab/backtests/{id}/stop`: end it with what was read until now."""
    visitor, _ = await form_of(request, "analyst")
    web = web_of(request)

    def end() -> Response:
        job = _job(web, request)
        if job.runs:
            lab_of(web).workshop.stop(job, visitor.name)
            with writing(web.engine) as conn:
                said = {"said": f"the backtest of {job.rule} was stopped"}
                audit.note(conn, visitor, "backtest stopped", f"rule {job.rule}", said, now=web.now())
        return desk.redirect(f"{web.root}/operations/lab/backtests/{job.id}")

    return await run_in_threadpool(end)


ROUTES: Final = (
    Route("/operations/lab/backtests", list_page),
    Route("/operations/lab/backtests", begin, methods=["POST"]),
    Route("/operations/lab/backtests/{id}", job_page),
    Route("/operations/lab/backtests/{id}/hits.svg", chart),
    Route("/operations/lab/backtests/{id}/stop", stop, methods=["POST"]),
)
