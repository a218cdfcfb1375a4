"""The rules for those whom they tell of things: what each watches, when it speaks, how often it was right.

The words are for everybody. The file itself, with its phrases and the names of its authors, is for operators: who
knows every phrase can write what a rule takes for news, or what it does not see, and some files name people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts.engine.rulebook import Rulebook
from alerts.match.opinions import Opinion
from alerts.match.precision import score
from alerts.match.rule import Rule
from alerts.render import charts
from alerts.render.captions import of_months
from alerts.render.pictures import Sketch
from alerts.store import demotions, rulefigures
from alerts.store.database import reading
from alerts.store.rulefigures import Fired
from alerts.template_filters import listed, one_line
from alerts.web.access.door import sees
from alerts.web.public import rulewords
from alerts.web.public.pictured import drawn, sketch_view
from alerts.web.public.views import item_view
from alerts.web.site import Web, web_of

_MONTHS: Final = 12
_MOST_LATEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of all rules: those in force, which of them fell, and figures by the names they had."""

    rules: Sequence[Rule]
    fallen: Mapping[str, str]
    fired: Mapping[str, Fired]
    judged: Mapping[str, Sequence[Opinion]]

    def names(self, rule: Rule) -> list[str]:
        """The names under which a rule has told things."""
        return [rule.name, *(name for name in rule.about.formerly if name not in self.in_force)]

    @property
    def in_force(self) -> set[str]:
        return {rule.name for rule in self.rules}

    def figures(self, names: Sequence[str]) -> dict[str, Any]:
        """How often something was told under these names, and how much of what was judged was right."""
        found = [self.fired[name] for name in names if name in self.fired]
        said = [one for name in names for one in self.judged.get(name, ())]
        return {
            "told": sum(one.told for one in found),
            "open": sum(one.open for one in found),
            "lately": sum(one.lately for one in found),
            "last": max((one.last for one in found), default=None),
            "precision": rulewords.precision_view(score(said)),
        }

    def gone(self) -> list[str]:
        """The names of rules that told something and are not in force any more."""
        kept = {name for rule in self.rules for name in self.names(rule)}
        return sorted(self.fired.keys() - kept)


def _known(web: Web, conn: Connection) -> _Known:
    book: Rulebook | None = None if web.rulebook is None else web.rulebook()
    return _Known(
        rules=[] if book is None else [rule for rule in book.ruleset.rules if rule.alert is not None],
        fallen={}
        if book is None
        else {one.rule: one.why for one in demotions.fallen_now(conn, book.versions).values()},
        fired=rulefigures.fired(conn, web.now()),
        judged=rulefigures.judged(conn),
    )


def rules_page(request: Request) -> Response:
    """`/rules`: what is watched, and how well."""
    web = web_of(request)
    with reading(web.engine) as conn:
        known = _known(web, conn)
    rules = [_shown(web, known, rule) for rule in sorted(known.rules, key=lambda rule: rule.title.casefold())]
    gone = [_gone(web, known, name) for name in known.gone()]
    return web.page(request, "rules", {"rules": rules, "gone": gone})


def _shown(web: Web, known: _Known, rule: Rule) -> dict[str, Any]:
    """A rule in force with its figures."""
    view = rulewords.rule_view(web, rule, known.rules, fallen=rule.name in known.fallen)
    return view | known.figures(known.names(rule))


def _gone(web: Web, known: _Known, name: str) -> dict[str, Any]:
    return rulewords.gone_view(web, name, known.fired[name].event) | known.figures([name])


def rule_page(request: Request) -> Response:
    """`/rules/{name}`: one rule in plain words, with its examples and its figures."""
    web, name = web_of(request), str(request.path_params["name"])
    with reading(web.engine) as conn:
        known = _known(web, conn)
        rule = next((one for one in known.rules if one.name == name), None)
        renamed = next((one for one in known.rules if name in known.names(one)), None)
        if rule is None and renamed is not None:
            return RedirectResponse(rulewords.rule_url(web, renamed.name), HTTPStatus.TEMPORARY_REDIRECT)
        if rule is None and name not in known.fired:
            raise HTTPException(HTTPStatus.NOT_FOUND, _unknown(name, known))
        names = [name] if rule is None else known.names(rule)
        latest = rulefigures.latest(conn, names, limit=_MOST_LATEST) if sees(request, "alerts") else []
        months = _months(conn, names, web.now())
    view = _gone(web, known, name) | _told(None) if rule is None else _shown(web, known, rule) | _told(rule)
    address = f"{web.root}/rules/{quote(name, safe='')}/months"
    picture = None if months is None else sketch_view(months, address, web.now().strftime("%Y-%m-%d"))
    more = {
        "rule": view,
        "picture": picture,
        "latest": [item_view(item) for item in latest],
        "archive": f"{web.root}/alerts?rule={quote(name, safe='')}",
    }
    return web.page(request, "rule", more)


def _unknown(name: str, known: _Known) -> str:
    near = [rule.name for rule in known.rules if name[:4] and rule.name.startswith(name[:4])]
    meant = f" Did you mean {listed(near, 'or')}?" if near else ""
    return f"No rule has this name, and none ever told anything under it.{meant} All rules are listed under “Rules”."


def _told(rule: Rule | None) -> dict[str, Any]:
    """What only the page of a rule tells of it; nothing of one that is gone."""
    return {
        "sections": rulewords.sections(rule) if rule else [],
        "fires": rulewords.examples(rule, fires=True) if rule else [],
        "quiet": rulewords.examples(rule, fires=False) if rule else [],
        "not_for": [one_line(one) for one in rule.about.false_alarms] if rule else [],
        "references": [one_line(one) for one in rule.about.references] if rule else [],
        "least": rule.about.min_precision if rule else None,
    }


def _months(conn: Connection, names: Sequence[str], now: datetime) -> Sketch | None:
    """What was told in each of the last twelve months; None where nothing was."""
    edges = month_edges(now, _MONTHS)
    counts = tuple(rulefigures.told_between(conn, names, edges))
    if not any(counts):
        return None
    shown = charts.Monthly(first=edges[0].date(), counts=counts, noun="alerts")
    return Sketch(
        kind="chart",
        width=charts.WIDTH,
        height=charts.MONTHLY_HEIGHT,
        words=of_months(shown),
        shown=shown,
        draw=lambda: charts.monthly(shown),
    )


def month_edges(now: datetime, months: int) -> list[datetime]:
    """The beginnings of so many months up to this one, and of the next: that is one more than months."""
    last = now.astimezone(UTC)
    at = last.year * 12 + last.month - months
    return [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(at, at + months + 1)]


async def rule_months(request: Request) -> Response:
    """`/rules/{name}/months.svg`: how often the rule told something, month by month."""
    web, name = web_of(request), str(request.path_params["name"])

    def find() -> tuple[Sketch | None, object]:
        with reading(web.engine) as conn:
            known = _known(web, conn)
            rule = next((one for one in known.rules if one.name == name), None)
            return _months(conn, [name] if rule is None else known.names(rule), web.now()), None

    return await drawn(request, find)


ROUTES: Final = (
    Route("/rules", rules_page),
    Route("/rules/{name}/months.svg", rule_months),
    Route("/rules/{name}", rule_page),
)
