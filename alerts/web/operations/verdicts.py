"""`/operations/verdicts`: what was said of alerts, how often each rule is right by it, and what nobody has judged of
late: with one press for "it was right" and one for "a false alarm"."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.match.opinions import Opinion
from alerts.match.precision import Score, score
from alerts.store import acts, demotions, judgements, rulefigures, told
from alerts.store.alerts import Listed
from alerts.store.database import reading
from alerts.store.demotions import Fallen
from alerts.store.judgements import Spoken
from alerts.template_filters import one_line
from alerts.web.operations import desk, handling
from alerts.web.operations.desk import Case
from alerts.web.public.views import STATE_WORDS
from alerts.web.site import Web

_LATEST: Final = 50
_UNJUDGED: Final = 20
_OF_LATE: Final = timedelta(days=14)


def show(request: Request) -> Response:
    """GET: what was said, and what was not."""
    return _page(request)


def _page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    web, visitor = desk.looker(request)
    now = web.now()
    with reading(web.engine) as conn:
        spoken = judgements.latest(conn, _LATEST)
        rules = _rules(conn, web)
        open_ones = judgements.unjudged(conn, now - _OF_LATE, _UNJUDGED)
        waiting = [
            _unjudged(one, acts.of_alert(conn, one.alert.id), len(told.told(conn, one.alert.id)), now)
            for one in open_ones
        ]
    variables = {
        "here": "verdicts",
        "rules": rules,
        "judged": sum(row["judged"] for row in rules),
        "latest": [_spoken(one) for one in spoken],
        "unjudged": waiting,
        "days": _OF_LATE.days,
    }
    return desk.page(request, visitor, "verdicts", variables, status=status, problem=problem)


def _unjudged(one: Listed, done: Sequence[acts.Act], readers: int, now: datetime) -> dict[str, Any]:
    alert = one.alert
    return {
        "id": alert.id,
        "title": one_line(one.title),
        "level": alert.severity,
        "state_word": STATE_WORDS[alert.state][0],
        "rule": alert.rule,
        "ago": desk.ago(alert.opened, now),
        "readers": readers,
        "takes_back": handling.takes_back(alert),
        "seen": handling.seen(done, alert),
    }


def _spoken(one: Spoken) -> dict[str, Any]:
    said = one.judged
    return {
        "alert": said.alert_id,
        "title": one_line(one.title),
        "rule": one.rule,
        "level": one.severity,
        "state_word": STATE_WORDS[one.state][0],
        "verdict": said.verdict,
        "words": said.verdict.replace("_", " ").capitalize(),
        "of": said.duplicate_of or "",
        "who": said.who or "somebody",
        "why": desk.without_addresses(one_line(said.why)),
        "at": said.at,
    }


def _rules(conn: Connection, web: Web) -> list[dict[str, Any]]:
    """How often each rule was right, under its present name: the one that is most often wrong first, and those of
    which nothing was judged last."""
    known = web.operating.tracker.rulebook.ruleset.rules if web.operating is not None else ()
    names = {one.family: one.name for one in known}
    said, fallen = rulefigures.judged(conn), demotions.fallen_now(conn, {one.name: one.version for one in known})
    alerts: Counter[str] = Counter()
    opinions: dict[str, list[Opinion]] = defaultdict(list)
    for rule, family, number in judgements.alerts_by_rule(conn):
        name = names.get(family, rule)
        alerts[name] += number
        opinions[name] += said.pop(rule, [])
    in_force = {one.name for one in known}
    rows = [
        _rule(name, replace(score(opinions[name]), alerts=number), fallen.get(name), name in in_force)
        for name, number in alerts.items()
    ]
    return sorted(rows, key=lambda row: (row["precision"] is None, row["precision"] or 0.0, row["name"]))


def _rule(name: str, found: Score, fell: Fallen | None, in_force: bool) -> dict[str, Any]:
    low, high = found.interval or (0.0, 0.0)
    besides = {"wrong place": found.wrong_place, "wrong number": found.wrong_number, "duplicate": found.duplicates}
    return {
        "name": name,
        "in_force": in_force,
        "alerts": found.alerts,
        "judged": found.judged,
        "right": found.right,
        "precision": found.precision,
        "percent": "" if found.precision is None else f"{100 * found.precision:.0f} %",
        "between": "" if found.precision is None else f"{100 * low:.0f} to {100 * high:.0f} %",
        "besides": ", ".join(f"{number} {word}" for word, number in besides.items() if number),
        "weak": found.weak,
        "fell": fell.why if fell is not None else "",
    }


async def act(request: Request) -> Response:
    """POST: right, or a false alarm."""
    return await desk.change(request, "analyst", lambda conn, case: handling.judge(conn, _from_here(case)), _again)


def _from_here(case: Case) -> Case:
    return replace(case, sent=[*case.sent, ("from", "verdicts")])


def _again(case: Case, problem: str) -> Response:
    return _page(case.request, problem=problem, status=409)


ROUTES: Final = (
    Route("/operations/verdicts", show),
    Route("/operations/verdicts", act, methods=["POST"]),
)
