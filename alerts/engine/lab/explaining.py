"""Why an article fires rules, and why not, as rows of a page: the stages of `match.explain`, with the sentence and the
words that were found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.engine.lab.bench import Workbench
from alerts.errors import InputError
from alerts.match.engine import Ruleset
from alerts.match.explain import Explanation, explain, nearest, one_line, tells
from alerts.match.rule import Rule
from alerts.match.stages import Case, Stage
from alerts.types import Article

LONGEST_TEXT = 20_000
"""Letters of an article; of a longer one the beginning is read. Every rule looks at every sentence here."""
_FIRING, _ALMOST, _NEAREST = 5, 3, 5


def explained(bench: Workbench, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What rules make of `asked["article"]`: the rule `asked["rule"]`, with `asked["text"]` in that wording, or all
    that run. Raises Faults for a text that is no rule, InputError for a rule that is not there."""
    name, text = asked.get("rule") or "", asked.get("text")
    article = _article(asked["article"])
    if name:
        rule = bench.read(name, text) if text is not None else _known(bench, name)
        rules, names = bench.with_rule(rule), [rule.name]
    else:
        rules, names = bench.beside(""), []
    found = explain(Ruleset(rules), article, bench.places, bench.households, names=names)
    return {
        "rules": [_row(one, article, bench, alone=bool(names)) for one in found if one.found or names or one.fires],
        "silent": [one.rule.name for one in found if not (one.found or one.fires)] if not names else [],
    }


def _known(bench: Workbench, name: str) -> Rule:
    if name not in bench.rules:
        raise InputError(f"There is no rule “{name}” that could be asked.")
    return bench.rules[name]


def _article(given: Mapping[str, Any]) -> Article:
    return Article(
        id=given["id"],
        title=given["title"],
        text=given["text"][:LONGEST_TEXT],
        published=datetime.fromisoformat(given["published"]),
        source=given["source"],
        language=given["language"],
        country=given["country"],
        tier=given["tier"],
        sections=tuple(given["sections"]),
    )


def _row(one: Explanation, article: Article, bench: Workbench, *, alone: bool) -> dict[str, Any]:
    cases = _chosen(one)
    near = nearest(one.rule, article, bench.places)[:_NEAREST] if alone and not one.found else []
    return {
        "name": one.rule.name,
        "title": one.rule.title,
        "status": one.rule.status,
        "fires": one.fires,
        "because": one.because,
        "line": one_line(one).split(" ", 1)[1],
        "before": [_stage(stage) for stage in one.before],
        "cases": [_case(one, case) for case in cases],
        "more": _more(one, cases),
        "near": [{"where": where, "part": part, "hint": hint} for where, part, hint in near],
    }


def _chosen(one: Explanation) -> Sequence[Case]:
    """The sentences worth showing: those that count, once each; else the nearest."""
    counts = {case.at: case for case in reversed(one.cases) if case.because is None}
    if counts:
        return sorted(counts.values(), key=one.cases.index)[:_FIRING]
    return ([case for case in one.cases if case.failed != "parts"] or one.cases)[:_ALMOST]


def _more(one: Explanation, shown: Sequence[Case]) -> int:
    """How many sentences of the same sort are not shown."""
    counts = any(case.because is None for case in shown)
    same = {case.at for case in one.cases if (case.because is None) == counts}
    return len(same - {case.at for case in shown})


def _case(one: Explanation, case: Case) -> dict[str, Any]:
    stages = [replace(stage, said=stage.said.split(", for the block", 1)[0]) for stage in one.chain(case)[:1]]
    also = [other.block.name for other in one.cases if other.at == case.at and other is not case]
    return {
        "sentence": case.view.reading.sentence.text,
        "quote": case.hit.quote if case.hit else "",
        "parts": case.found,
        "where": stages[0].said,
        "block": case.block.name,
        "counts": tells(case),
        "because": case.because,
        "stages": [_stage(stage) for stage in one.chain(case)[1:]],
        "also": also if case.because is None else [],
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {"name": stage.name, "ok": stage.ok, "said": stage.said, "near": list(stage.near)}
