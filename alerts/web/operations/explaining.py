"""`/operations/lab/explain`: why an article fires rules, and why not, step by step.

The article is one of the archive (by its number, or as the evidence of an alert), or a text that is typed in; the rule
is one of those there are, a text from the editor, or all that run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.engine.lab.explaining import LONGEST_TEXT
from alerts.errors import InputError
from alerts.render.marks import marked
from alerts.render.view import web_link
from alerts.store import articles, evidence
from alerts.store.alerts import get_alert
from alerts.store.database import reading
from alerts.template_filters import one_line
from alerts.types import Article
from alerts.web.access.visitor import Visitor, form_of
from alerts.web.operations import desk
from alerts.web.operations.jobs import Busy
from alerts.web.operations.laboratory import Laboratory
from alerts.web.operations.rules import lab_of
from alerts.web.public.views import options
from alerts.web.site import web_of

LARGEST: Final = 320 * 1024
BUSY: Final = "Others are trying something just now. Wait a few seconds, and press again."
_MOST_EVIDENCE: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the form holds; `draft` is the text of a rule that is under trial."""

    rule: str = ""
    article: str = ""
    alert: str = ""
    title: str = ""
    text: str = ""
    published: str = ""
    source: str = ""
    draft: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        names = ("rule", "article", "alert", "title", "published", "source")
        short = {name: one_line(given.get(name, ""))[:300] for name in names}
        text = given.get("text", "").strip()[:LONGEST_TEXT]
        return cls(**short, text=text, draft=given.get("draft", "").replace("\r\n", "\n"))


@dataclass(slots=True, kw_only=True)
class _Found:
    """What is shown: the article, the alert it speaks for, what rules make of it, or what is wrong."""

    article: Article | None = None
    alert: dict[str, Any] | None = None
    evidence_of: Sequence[str] = ()
    answer: Mapping[str, Any] | None = None
    faults: list[dict[str, Any]] = field(default_factory=list)
    problem: str = ""


def explain_page(request: Request) -> Response:
    """GET: the form; with an article or an alert in the address, its explanation."""
    _, visitor = desk.looker(request)
    return _page(request, visitor, Asked.of(request.query_params))


async def explain_text(request: Request) -> Response:
    """POST: the explanation of a text. Nothing is kept of it."""
    visitor, sent = await form_of(request, "viewer", largest=LARGEST)
    return await run_in_threadpool(_page, request, visitor, Asked.of(dict(sent)))


def _page(request: Request, visitor: Visitor, asked: Asked) -> Response:
    web = web_of(request)
    lab = lab_of(web)
    found = _Found()
    try:
        _look_up(request, asked, found)
        if found.article is not None:
            _explain(lab, asked, found.article, found)
    except InputError as error:
        found.problem = desk.sentence(str(error))
    except Busy:
        found.problem = BUSY
    names = sorted(one.name for one in lab.book().ruleset.rules)
    variables = {
        "here": "rules",
        "asked": asked,
        "choices": options([("", "All rules that run"), *((name, name) for name in names)], asked.rule),
        "article": _article_view(found.article) if found.article else None,
        "alert": found.alert,
        "evidence_of": found.evidence_of,
        "rules": [_rule_view(one) for one in found.answer["rules"]] if found.answer else [],
        "silent": found.answer["silent"] if found.answer else [],
        "explained": found.answer is not None,
        "faults": found.faults,
        "longest": LONGEST_TEXT,
    }
    return desk.page(
        request, visitor, "explain", variables, status=400 if found.problem else 200, problem=found.problem
    )


def _look_up(request: Request, asked: Asked, found: _Found) -> None:
    """Find the article that is meant. Raises InputError."""
    web = web_of(request)
    wanted = asked.article.removeprefix("#").strip()
    with reading(web.engine) as conn:
        if asked.alert:
            record = get_alert(conn, asked.alert.removeprefix("#"))
            if record is None:
                raise InputError(f"there is no alert {asked.alert[:20]}")
            items = record.evidence[:_MOST_EVIDENCE]
            rows = [{"id": one.article_id, "source": one.source, "title": one_line(one.title)} for one in items]
            found.alert = {"id": record.alert.id, "title": record.title, "rule": record.alert.rule, "articles": rows}
            wanted = wanted or (items[0].article_id if items else "")
        if wanted:
            if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):
                raise InputError("the number of an article is of digits alone, as its alert shows it")
            stored = articles.get(conn, wanted)
            if stored is None:
                raise InputError(f"there is no article {wanted} in the archive")
            found.article = stored.article
            found.evidence_of = evidence.alerts_of_article(conn, wanted)
        elif asked.text or asked.title:
            found.article = _typed(asked, web.now())


def _typed(asked: Asked, now: datetime) -> Article:
    published = now
    if asked.published:
        try:
            published = datetime.fromisoformat(asked.published)
        except ValueError:
            raise InputError("the day of publication is written as 2026-01-31") from None
        published = published if published.tzinfo else published.replace(tzinfo=UTC, hour=published.hour or 12)
    return Article(id="text", title=asked.title, text=asked.text, published=published, source=asked.source)


def _explain(lab: Laboratory, asked: Asked, article: Article, found: _Found) -> None:
    given = {
        "id": article.id,
        "title": article.title,
        "text": article.text[:LONGEST_TEXT],
        "published": article.published.isoformat(),
        "source": article.source,
        "language": article.language,
        "country": article.country,
        "tier": article.tier,
        "sections": list(article.sections),
    }
    draft = {"text": asked.draft} if asked.draft and asked.rule else {}
    said = lab.workshop.ask({"task": "explain", "rule": asked.rule, "article": given, **draft})
    found.answer, found.faults = said.get("answer"), said.get("faults", [])
    found.problem = said.get("refused", "")


def _article_view(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": one_line(article.title),
        "source": one_line(article.source),
        "published": article.published,
        "url": web_link(article.url),
        "cut": len(article.text) > LONGEST_TEXT,
    }


def _rule_view(one: Mapping[str, Any]) -> dict[str, Any]:
    cases = [
        {**case, "pieces": marked(case["sentence"], case["quote"] or case["sentence"], case["parts"])}
        for case in one["cases"]
    ]
    return {**one, "cases": cases}


ROUTES: Final = (
    Route("/operations/lab/explain", explain_page),
    Route("/operations/lab/explain", explain_text, methods=["POST"]),
)
