"""`/operations/lab/try`: a rule's text under a person's hands: written from a few questions or from another rule,
checked as often as they like, tried on the archive, and put into its folder when they have seen what that changes.

The text travels with the form and is on every answer again, whatever was wrong. An analyst may write drafts and rules
in `test`, which tell only their owner. Whatever makes readers hear something else (a rule in force, changed, new or
retired; one that keeps a state of the ledger, or takes over the alerts of another) is an admin's: a rule that is silent
by mistake costs as much as one that floods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.engine.lab.bench import LONGEST_RULE
from alerts.engine.lab.filing import NAME, Filed
from alerts.errors import InputError
from alerts.roles import Role
from alerts.store import audit
from alerts.store.database import writing
from alerts.template_filters import one_line
from alerts.types import SEVERITIES
from alerts.web.access.visitor import Visitor, form_of
from alerts.web.operations import backtests, desk
from alerts.web.operations.explaining import BUSY, LARGEST
from alerts.web.operations.jobs import Busy
from alerts.web.operations.laboratory import Laboratory
from alerts.web.operations.rules import lab_of
from alerts.web.public.views import options
from alerts.web.site import Web, web_of

_STATUSES: Final = {
    "draft": ("Keep as a draft", "it is written down, and does not run"),
    "test": ("Put in test", "it runs, and tells only its owner"),
    "active": ("Put in force", "it runs, and readers are told"),
    "retired": ("Retire", "it does not run any more"),
}
_ANSWERS: Final = ("name", "title", "event", "fires", "quiet", "act", "target", "ignore", "level")
_QUICK: Final = 8.0  # seconds of the processor: what is put into the folder is read by the service itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the editor holds."""

    name: str = ""
    text: str = ""
    days: str = "30"

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Sheet:
        text = given.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
        return cls(name=one_line(given.get("name", ""))[:80], text=text, days=given.get("days", "30"))


def try_page(request: Request) -> Response:
    """GET: the editor, empty, or with the text of a rule (`rule`), or of a backtest (`job`)."""
    web, visitor = desk.looker(request)
    lab, given = lab_of(web), request.query_params
    sheet, problem = Sheet(name=given.get("name", "")[:80]), ""
    if wanted := given.get("rule", ""):
        filed, known = lab.shelf.find(wanted), lab.known(wanted)
        text = (filed.text if filed else "") or (known.source if known else "")
        sheet = Sheet(name=wanted[:80], text=text)
        problem = "" if text else "There is no rule of this name."
    elif (job := lab.workshop.job(given.get("job", ""))) is not None:
        sheet = Sheet(name=job.rule, text=job.text or "")
    return _editor(request, visitor, sheet, problem=problem)


def _editor(
    request: Request,
    visitor: Visitor,
    sheet: Sheet,
    *,
    found: Mapping[str, Any] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    lab = lab_of(web_of(request))
    variables = {
        "here": "rules",
        "sheet": sheet,
        "found": found,
        "lines": _beside(sheet.text, found["faults"]) if found and found["faults"] else [],
        "rules": options([("", "…"), *((one, one) for one in sorted(lab.rules()))], ""),
        "periods": options(backtests.PERIODS, sheet.days),
        "statuses": _offered(visitor),
        "where": _where(lab, sheet.name),
        "exists": bool(sheet.name and lab.shelf.find(sheet.name)),
    }
    return desk.page(request, visitor, "try", variables, status=status, problem=problem)


def _offered(visitor: Visitor) -> list[dict[str, Any]]:
    """The ways in which who is here may put a text into its folder."""
    own: list[str] = ["draft", "test"] if visitor.may("analyst") else []
    own += ["active"] if visitor.may("admin") else []
    return [{"status": one, "label": _STATUSES[one][0], "means": _STATUSES[one][1]} for one in own]


def _where(lab: Laboratory, name: str) -> str:
    """Why the file cannot be written by a page; "" where it can."""
    try:
        lab.shelf.target(name if NAME.fullmatch(name) else "some_name")
    except InputError as error:
        return desk.sentence(str(error))
    return ""


def _beside(text: str, faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with faults, each with those that stand round it."""
    lines = text.split("\n")
    wrong = {one["line"] for one in faults if one["level"] != "note" and 0 < one["line"] <= len(lines)}
    shown = sorted({near for line in wrong for near in range(max(1, line - 1), min(len(lines), line + 1) + 1)})
    said = {line: [one for one in faults if one["line"] == line and one["level"] != "note"] for line in wrong}
    return [{"number": at, "text": lines[at - 1][:300], "faults": said.get(at, [])} for at in shown]


async def try_text(request: Request) -> Response:
    """POST: what the pressed button wants done with the text."""
    visitor, sent = await form_of(request, "analyst", largest=LARGEST)
    return await run_in_threadpool(_do, request, visitor, dict(sent))


def _do(request: Request, visitor: Visitor, given: Mapping[str, str]) -> Response:
    web, sheet, do = web_of(request), Sheet.of(given), given.get("do", "check")
    try:
        if do == "download":
            return _download(sheet)
        if not NAME.fullmatch(sheet.name):
            raise InputError(
                "give the rule a name: small letters, digits and _, as in water_cut; its file is called so"
            )
        if do == "backtest":
            period = {"days": sheet.days, "since": given.get("since", ""), "until": given.get("until", "")}
            return desk.redirect(backtests.start(web, visitor, sheet.name, sheet.text, period))
        if do in _STATUSES:
            return _shown(request, visitor, sheet, do)
        found, refused = _checked(lab_of(web), sheet)
        return _editor(request, visitor, sheet, found=found, problem=refused)
    except InputError as error:
        return _editor(request, visitor, sheet, problem=desk.sentence(str(error)), status=400)
    except Busy:
        return _editor(request, visitor, sheet, problem=BUSY, status=503)


def _download(sheet: Sheet) -> Response:
    """The text as a file, to be put into place by hand."""
    name = sheet.name if NAME.fullmatch(sheet.name) else "rule"
    headers = {"Content-Disposition": f'attachment; filename="{name}.toml"', "Cache-Control": "no-store"}
    return Response(sheet.text.encode("utf-8", "replace"), media_type="application/toml", headers=headers)


def _checked(lab: Laboratory, sheet: Sheet, **more: str | float) -> tuple[Mapping[str, Any] | None, str]:
    """What the checker says, or why it said nothing."""
    text = sheet.text[: LONGEST_RULE + 1]  # one letter too many is enough to be refused
    said = lab.workshop.ask({"task": "check", "name": sheet.name, "text": text, **more})
    return said.get("answer"), said.get("refused", "")


def _shown(request: Request, visitor: Visitor, sheet: Sheet, status: str) -> Response:
    """The difference that putting the text into its folder would make, and the button that does it. Raises
    InputError."""
    web = web_of(request)
    lab = lab_of(web)
    filed = lab.shelf.find(sheet.name)
    found, refused = _checked(lab, sheet, status=status, against=filed.text if filed else "", cpu=_QUICK)
    if found is None or not found["sound"]:
        problem = refused or "It cannot be put into its folder: it has faults."
        return _editor(request, visitor, sheet, found=found, problem=problem, status=400)
    needs = _needs(lab, sheet.name, filed, status, found["rule"])
    variables = {
        "here": "rules",
        "sheet": Sheet(name=sheet.name, text=found["text"], days=sheet.days),
        "status": status,
        "label": _STATUSES[status][0],
        "means": _STATUSES[status][1],
        "found": found,
        "filed": filed,
        "target": _path(lab, sheet.name),
        "over": filed.digest if filed else "",
        "where": _where(lab, sheet.name),
        "may": visitor.may(needs),
        "needs": needs,
        "replaces": _runs(lab, sheet.name),
    }
    return desk.page(request, visitor, "put", variables)


def _path(lab: Laboratory, name: str) -> str:
    try:
        return str(lab.shelf.target(name))
    except InputError:
        return ""


def _runs(lab: Laboratory, name: str) -> str:
    """The status in which a rule of this name runs now; "" for one that does not."""
    rule = lab.book().ruleset.by_name.get(name)
    return rule.status if rule is not None else ""


def _needs(lab: Laboratory, name: str, filed: Filed | None, status: str, head: Mapping[str, Any]) -> Role:
    """Who may do it: an admin, where readers will hear more, less or otherwise for it."""
    known = lab.known(name)
    reaches = status != "draft" and bool(head["state"] or head["formerly"])
    touches = status == "active" or _runs(lab, name) == "active" or (known is not None and known.status == "active")
    # What a broken file would be if it were mended, nobody can tell.
    unknown = filed is not None and known is None
    return "admin" if touches or unknown or reaches else "analyst"


async def put(request: Request) -> Response:
    """POST `/operations/lab/put`: write the file."""
    visitor, sent = await form_of(request, "analyst", largest=LARGEST)
    return await run_in_threadpool(_put, request, visitor, dict(sent))


def _put(request: Request, visitor: Visitor, given: Mapping[str, str]) -> Response:
    web, sheet, status = web_of(request), Sheet.of(given), given.get("status", "")
    lab = lab_of(web)
    try:
        if status not in _STATUSES or not NAME.fullmatch(sheet.name):
            raise InputError("say what the rule is called, and how far it is to run")
        filed = lab.shelf.find(sheet.name)
        found, refused = _checked(lab, sheet, status=status, cpu=_QUICK)
        if found is None or not found["sound"] or found["text"] != sheet.text:
            return _editor(
                request, visitor, sheet, found=found, problem=refused or "It is not as it was shown.", status=400
            )
        if not visitor.may(_needs(lab, sheet.name, filed, status, found["rule"])):
            raise InputError("readers would hear otherwise for it: ask an admin")
        return desk.redirect(f"{web.root}{_written(web, lab, visitor, sheet, given.get('over', ''), found, status)}")
    except InputError as error:
        return _editor(request, visitor, sheet, problem=desk.sentence(str(error)), status=HTTPStatus.CONFLICT)
    except Busy:
        return _editor(request, visitor, sheet, problem=BUSY, status=503)


def _written(
    web: Web, lab: Laboratory, visitor: Visitor, sheet: Sheet, over: str, found: Mapping[str, Any], status: str
) -> str:
    """Write the file, and say so in the audit log: neither without the other. The page that tells it."""
    before = _runs(lab, sheet.name)
    said = f"{sheet.name} is written, and {_STATUSES[status][1]}; the service reads it within seconds"
    detail = {"said": said, "status": status, "before": before, "version": found["rule"]["version"], "over": over}
    action = {"draft": "rule written", "test": "rule put in test", "active": "rule put in force"}
    with writing(web.engine) as conn:
        entry = audit.note(
            conn, visitor, action.get(status, "rule retired"), f"rule {sheet.name}", detail, now=web.now()
        )
        lab.shelf.write(sheet.name, sheet.text, over=over)
    return f"/operations/rules/{sheet.name}?done={entry}"


def new_page(request: Request) -> Response:
    """GET `/operations/lab/new`: the questions for a first draft."""
    _, visitor = desk.looker(request, "analyst")
    return _questions(request, visitor, {})


def _questions(
    request: Request,
    visitor: Visitor,
    given: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    lab = lab_of(web_of(request))
    variables = {
        "here": "rules",
        "given": dict.fromkeys((*_ANSWERS, "place"), "") | dict(given),
        "problems": dict.fromkeys((*_ANSWERS, "place"), "") | dict(problems or {}),
        "levels": options(((one, one.capitalize()) for one in SEVERITIES), given.get("level", "moderate")),
        "events": lab.book().events,
    }
    return desk.page(request, visitor, "new_rule", variables, problem=problem, status=status)


async def new_rule(request: Request) -> Response:
    """POST: the draft in the editor, or the questions again with what is wrong."""
    visitor, sent = await form_of(request, "analyst")
    return await run_in_threadpool(_new, request, visitor, dict(sent))


def _new(request: Request, visitor: Visitor, sent: Mapping[str, str]) -> Response:
    web = web_of(request)
    lab = lab_of(web)
    given = {name: one_line(sent.get(name, ""))[:1_000] for name in (*_ANSWERS, "place")}
    problems = _unanswered(lab, given)
    if problems:
        return _questions(request, visitor, given, problems=problems, status=400)
    answers: dict[str, Any] = {name: given[name] for name in ("name", "event", "fires", "quiet")}
    answers |= {name: _phrases(given[name]) for name in ("act", "target", "ignore")}
    answers |= {"title": given["title"] or given["name"].replace("_", " ").capitalize(), "place": bool(given["place"])}
    answers["level"] = given["level"] if given["level"] in SEVERITIES else "moderate"
    try:
        said = lab.workshop.ask({"task": "draft", "answers": answers, "today": web.now().date().isoformat()})
    except Busy:
        return _questions(request, visitor, given, problem=BUSY, status=503)
    found = said.get("answer")
    if found is None:
        return _questions(request, visitor, given, problem=said.get("refused", ""), status=400)
    if found["problems"]:
        given |= {name: ", ".join(found[name]) for name in ("act", "target")}
        problem = desk.sentence(found["problems"].pop("")) if "" in found["problems"] else ""
        told = {name: desk.sentence(words) for name, words in found["problems"].items()}
        return _questions(request, visitor, given, problems=told, problem=problem, status=400)
    sheet = Sheet(name=given["name"], text=found["text"])
    checked, refused = _checked(lab, sheet)
    return _editor(request, visitor, sheet, found=checked, problem=refused)


def _phrases(text: str) -> list[str]:
    """Phrases between commas, which no phrase has."""
    return [phrase for one in text.split(",") if (phrase := " ".join(one.strip().strip('"').split()))]


def _unanswered(lab: Laboratory, given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not NAME.fullmatch(given["name"]):
        found["name"] = "Write small letters, digits and _, as in water_cut."
    elif lab.shelf.find(given["name"]):
        found["name"] = "There is a rule of this name already: take another one, or change that rule."
    if not NAME.fullmatch(given["event"]):
        found["event"] = "Write one word in small letters, as in water."
    if not given["fires"]:
        found["fires"] = "Write a sentence, as a newspaper prints it."
    if not given["quiet"]:
        found["quiet"] = "Write a sentence with the same words that tells something else."
    return found


ROUTES: Final = (
    Route("/operations/lab/try", try_page),
    Route("/operations/lab/try", try_text, methods=["POST"]),
    Route("/operations/lab/put", put, methods=["POST"]),
    Route("/operations/lab/new", new_page),
    Route("/operations/lab/new", new_rule, methods=["POST"]),
)
