"""`/operations/rules`: what is in force, in test, faulty or fell, and how well each does; and everything of one rule.

A person may raise a rule here that fell to `test`. What changes a file goes by way of the `editor`, where the
difference is shown first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.engine.rulebook import Rulebook
from alerts.errors import Fault, InputError
from alerts.match.files import rule_paths
from alerts.match.opinions import Opinion
from alerts.match.precision import score
from alerts.match.rule import Rule
from alerts.match.showing import STATUS
from alerts.render import rulecharts
from alerts.render.marks import marked
from alerts.store import demotions, judgements, rulefigures, versions
from alerts.store.database import reading
from alerts.store.judgements import Case as Judged
from alerts.store.rulefigures import Fired
from alerts.template_filters import one_line
from alerts.web.operations import desk
from alerts.web.operations.desk import Case, Done
from alerts.web.operations.laboratory import Laboratory
from alerts.web.public.rulewords import precision_view
from alerts.web.site import Web, answer

_FIGURES_S: Final = 30.0
_LAST: Final = 8
_YEAR: Final = timedelta(days=365)
_ORDER: Final = ("faulty", "kept", "fell", "active", "test", "draft", "retired", "off")
_WORDS: Final = {
    "faulty": "Faulty, not in force",
    "kept": "Faulty: in force as it was before",
    "fell": "Fell to test",
    "active": "In force",
    "test": "In test",
    "draft": "Draft",
    "retired": "Retired",
}
_MEANS: Final = {
    "faulty": "Its file has faults, and no good version is known: it finds nothing.",
    "kept": "Its file has faults. The version before them stays in force until they are mended.",
    "fell": "Too many of its judged alerts were wrong: only its owner gets mail until it is mended or raised again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """What all rules did: by the name a rule had then."""

    fired: Mapping[str, Fired]
    judged: Mapping[str, Sequence[Opinion]]
    fallen: Mapping[str, demotions.Fallen]


def lab_of(web: Web) -> Laboratory:
    """The laboratory; without one the pages of rules are not there."""
    if web.lab is None:
        desk.nothing("Rules can be looked at here only while the service runs.")
    return web.lab


def rules_page(request: Request) -> Response:
    """GET `/operations/rules`."""
    web, visitor = desk.looker(request)
    lab = lab_of(web)
    book, figures = lab.book(), _figures(web, lab)
    rows = [_row(rule, book, figures) for rule in lab.rules().values()]
    known = {row["name"] for row in rows}
    paths = rule_paths(lab.shelf.folders)
    off = [name for name in paths if name not in known and not _faulty(name, book)]
    rows += [_bare(name, "faulty") for name in paths if name not in known and name not in off]
    rows.sort(key=lambda row: (_ORDER.index(row["state"]), row["name"]))
    levels: dict[str, list[Any]] = {"error": [], "warning": [], "note": []}
    for fault in book.faults:
        levels[fault.level].append(_fault(fault, lab))
    variables = {
        "here": "rules",
        "rules": rows,
        "errors": levels["error"],
        "warnings": levels["warning"],
        "off": sorted(off),
        "running": lab.workshop.running(),
    }
    return desk.page(request, visitor, "rules", variables)


def _figures(web: Web, lab: Laboratory) -> _Figures:
    """The figures of all rules, not older than some seconds: they read every alert."""

    def make() -> _Figures:
        with reading(web.engine) as conn:
            return _Figures(
                fired=rulefigures.fired(conn, web.now()),
                judged=rulefigures.judged(conn),
                fallen=demotions.fallen(conn),
            )

    found = lab.kept.figures(web.now(), _FIGURES_S if web.settings.overview_kept else 0.0, make)
    assert isinstance(found, _Figures)
    return found


def _faulty(name: str, book: Rulebook) -> bool:
    return any(fault.file == f"{name}.toml" and fault.level == "error" for fault in book.faults)


def _state(rule: Rule, book: Rulebook, figures: _Figures) -> str:
    if rule.name in book.kept:
        return "kept"
    if rule.name not in book.ruleset.by_name and _faulty(rule.name, book):
        return "faulty"
    fell = figures.fallen.get(rule.name)
    if fell is not None and fell.version == rule.version and rule.status == "active":
        return "fell"
    return rule.status


def _bare(name: str, state: str) -> dict[str, Any]:
    empty = {"title": "", "event": "", "told": 0, "a_week": "", "last": None}
    return {"name": name, "state": state, "word": _WORDS[state], "precision": precision_view(score(())), **empty}


def _row(rule: Rule, book: Rulebook, figures: _Figures) -> dict[str, Any]:
    names = {rule.name, *rule.about.formerly}
    found = [figures.fired[name] for name in names if name in figures.fired]
    said = [one for name in names for one in figures.judged.get(name, ())]
    state = _state(rule, book, figures)
    lately = sum(one.lately for one in found)
    return _bare(rule.name, state) | {
        "title": one_line(rule.title),
        "event": rule.event,
        "told": sum(one.told for one in found),
        "a_week": f"{lately / 30 * 7:.1f}",
        "last": max((one.last for one in found), default=None),
        "precision": precision_view(score(said)),
    }


def _fault(fault: Fault, lab: Laboratory) -> dict[str, Any]:
    """A fault as `alerts rules check` tells it, with the rule that the editor opens."""
    name = fault.file.removesuffix(".toml")
    path = rule_paths(lab.shelf.folders).get(name)
    file = path if path is not None else _list_path(fault.file, lab)
    return {
        "place": f"{file}:{fault.line}" if fault.line else str(file),
        "line": fault.line,
        "message": fault.message,
        "rule": name if path is not None else "",
    }


def _list_path(file: str, lab: Laboratory) -> Path | str:
    found = [folder / file for folder in lab.shelf.folders if file.startswith("lexicon/") and (folder / file).exists()]
    return found[-1] if found else file


def rule_page(request: Request) -> Response:
    """GET `/operations/rules/{name}`."""
    return _rule_page(request)


def _rule_page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    web, visitor = desk.looker(request)
    lab, name = lab_of(web), str(request.path_params["name"])
    rule, filed = lab.known(name), lab.shelf.find(name)
    if rule is None and filed is None:
        why = lab.shelf.barred()
        desk.nothing("There is no rule of this name." + (f" But {why}." if why else ""))
    book, figures = lab.book(), _figures(web, lab)
    off = rule is None and not _faulty(name, book)
    row = _row(rule, book, figures) if rule else _bare(name, "faulty")
    row |= {"word": "Switched off by the configuration"} if off else {}
    fell = figures.fallen.get(name)
    text = rule.source if rule else filed.text if filed else ""
    variables: dict[str, Any] = {
        "here": "rules",
        "rule": row,
        "means": "" if off else _MEANS.get(row["state"]) or f"{STATUS[row['state']].capitalize()}.",
        "why_fell": fell.why if fell and row["state"] == "fell" else "",
        "faults": [
            _fault(fault, lab) | {"level": fault.level} for fault in book.faults if fault.file == f"{name}.toml"
        ],
        "file": str(filed.path) if filed else "",
        "text": text,
        "differs": bool(filed and rule and filed.text != rule.source),
        "tested": lab.tested(rule) if rule else None,
        **_history(web, rule, name),
    }
    return desk.page(request, visitor, "rule", variables, status=status, problem=problem)


def _history(web: Web, rule: Rule | None, name: str) -> dict[str, Any]:
    """What the rule told last, how often it was right by month, and when it was changed."""
    with reading(web.engine) as conn:
        cases = _cases(conn, web, rule, name)
        told = [case for case in cases if case.told][-_LAST:]
        hits = judgements.hits_of(conn, [case.alert_id for case in told])
        loaded = [one.loaded for one in versions.rule_versions(conn, name)]
    last = []
    for case in reversed(told):
        hit = next((one for one in hits[case.alert_id] if one.current), None)
        verdict = case.opinion.verdict if case.opinion else ""
        pieces = marked(hit.sentence, hit.quote, hit.parts) if hit else ()
        last.append({"id": case.alert_id, "opened": case.opened, "verdict": verdict, "pieces": pieces})
    return {
        "last": last,
        "months": _months(cases),
        "changed": max(loaded, default=None),
        "versions": len(loaded),
    }


def _cases(conn: Connection, web: Web, rule: Rule | None, name: str) -> list[Judged]:
    names = {name} if rule is None else {rule.name, rule.family, *rule.about.formerly}
    return judgements.cases(conn, since=web.now() - _YEAR, rules=names)


def _months(cases: Sequence[Judged]) -> list[dict[str, Any]]:
    """How much of what was judged was right, by the month in which it was told."""
    months: dict[datetime, list[Opinion | None]] = {}
    for case in cases:
        first = case.opened.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        months.setdefault(first, []).append(case.opinion)
    found = []
    for first, opinions in sorted(months.items()):
        figures = score(opinions)
        if figures.precision is not None and figures.interval is not None:
            low, high = figures.interval
            row = {"first": first, "share": figures.precision, "low": low, "high": high}
            found.append(row | {"judged": figures.judged, "right": figures.right})
    return found


def precision_chart(request: Request) -> Response:
    """GET `/operations/rules/{name}/precision.svg`."""
    web, _ = desk.looker(request)
    lab, name = lab_of(web), str(request.path_params["name"])
    with reading(web.engine) as conn:
        months = _months(_cases(conn, web, lab.known(name), name))
    if not months:
        desk.nothing("None of its alerts was judged.")
    shares = [
        rulecharts.Share(first=one["first"].date(), share=one["share"], low=one["low"], high=one["high"])
        for one in months
    ]
    drawn = rulecharts.precision(shares).svg()
    return answer(request, drawn.encode(), "image/svg+xml", cache="private, no-cache")


async def promote(request: Request) -> Response:
    """POST `/operations/rules/{name}/promote`: let a rule that fell alert everybody again."""
    name = str(request.path_params["name"])

    def make(conn: Connection, case: Case) -> Done:
        if demotions.promote(conn, name, case.now) is None:
            raise InputError(f"“{name}” did not fall to test")
        said = f"{name} alerts everybody again, as it is; its verdicts count from now on"
        return Done(action="rule raised again", subject=f"rule {name}", said=said, goal=f"/operations/rules/{name}")

    def again(case: Case, problem: str) -> Response:
        return _rule_page(request, problem=problem, status=400)

    return await desk.change(request, "admin", make, again)


ROUTES: Final = (
    Route("/operations/rules", rules_page),
    Route("/operations/rules/{name}", rule_page),
    Route("/operations/rules/{name}/precision.svg", precision_chart),
    Route("/operations/rules/{name}/promote", promote, methods=["POST"]),
)
