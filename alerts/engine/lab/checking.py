"""A rule's text before the checker: every fault with its line, what each example does, and what the words stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from alerts.engine.backtest import awake
from alerts.engine.lab.bench import Workbench
from alerts.engine.lab.status import with_status
from alerts.engine.loading import try_out
from alerts.engine.rulebook import Rulebook, compiled
from alerts.errors import Fault, Faults
from alerts.match import baserates, coverage, files, lint, wordcounts
from alerts.match.baserates import Estimator
from alerts.match.bind import Households
from alerts.match.examples import try_example
from alerts.match.rule import Rule
from alerts.match.showing import show
from alerts.read.places import Gazetteer

_AROUND = 3  # lines that did not change, shown round those that did
_MOST_LINES = 4_000


def check(bench: Workbench, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the checker says of `asked["text"]` as the rule `asked["name"]`; with `asked["status"]` in that status; with
    `asked["against"]`, how it differs from that text."""
    name, text, against = str(asked["name"]), str(asked["text"]), asked.get("against")
    answer: dict[str, Any] = {"difference": None, "rule": None, "examples": [], "stories": []}
    try:
        rule = bench.read(name, text)
        if asked.get("status"):
            text = with_status(rule.source, str(asked["status"]), name)
            rule = bench.read(name, text)
    except Faults as error:
        return answer | {"faults": rows(error.faults), "sound": False, "text": text}
    answer["text"] = text
    if against is not None:
        answer["difference"] = _difference(str(against), text)
    trial = compiled(bench.with_rule(rule))
    faults = [*_of_all(bench, rule), *problems(rule, trial, bench.places, bench.households)]
    sound = not any(fault.level == "error" for fault in faults)
    remarks = _remarks(rule, bench.places) if sound else ()
    return answer | {
        "faults": rows([*faults, *remarks]),
        "sound": sound,
        "rule": head(rule),
        "shown": shown(rule),
        "rates": rates(rule),
        "examples": examples(rule, trial, bench.places, bench.households),
        "stories": [
            {"line": story.line, "name": story.name, "articles": len(story.articles)} for story in rule.stories
        ],
    }


def problems(rule: Rule, trial: Rulebook, places: Gazetteer, households: Households) -> list[Fault]:
    """What its examples and its words say against a rule that can be read."""
    estimator = Estimator(wordcounts.shipped())
    return [*try_out(rule, trial, places, households), *lint.copies(rule), *baserates.lint(rule, estimator)]


def _of_all(bench: Workbench, rule: Rule) -> list[Fault]:
    """What only shows beside the other rules, as far as it is this one's."""
    others = bench.found.others - {rule.name}
    rules = [*(one for one in bench.rules.values() if one.name != rule.name), rule]
    return [fault for fault in files.cross_check(rules, others) if fault.file == rule.file]


def _remarks(rule: Rule, places: Gazetteer) -> list[Fault]:
    return [*lint.remarks(rule), *coverage.notes(rule, places, whole=True)]


def rows(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Faults as JSON, those of the first lines first; those of no line before them."""
    return [
        {"file": one.file, "line": one.line, "level": one.level, "message": one.message}
        for one in sorted(faults, key=lambda one: (one.level == "note", one.line, one.message))
    ]


def head(rule: Rule) -> dict[str, Any]:
    """What a rule is called, how far it runs, and what of others it may change."""
    return {
        "name": rule.name,
        "title": rule.title,
        "event": rule.event,
        "status": rule.status,
        "version": rule.version,
        "state": rule.state.name if rule.state else "",
        "formerly": list(rule.about.formerly),
    }


def shown(rule: Rule) -> list[dict[str, Any]]:
    """The rule as the machine sees it, in sections of lines."""
    return [{"title": one.title, "lines": list(one.lines)} for one in show(rule)]


def rates(rule: Rule) -> list[dict[str, Any]]:
    """How often each block is met in ordinary news: `one_of` so many sentences (None: where that is not known)."""
    estimator = Estimator(wordcounts.shipped())
    found = []
    for block in rule.blocks:
        share = estimator.rule_block(rule, block) if block.language == "en" and block.parts else None
        parts = [
            {"name": part.name, "one_of": _one_of(estimator.part(part.choice)) if share is not None else None}
            for part in block.parts
        ]
        found.append({"name": block.name, "one_of": None if share is None else _one_of(share), "parts": parts})
    return found


def _one_of(share: float) -> int:
    """So many sentences have one; 0: none at all."""
    return round(1 / share) if share > 1e-9 else 0


def examples(rule: Rule, trial: Rulebook, places: Gazetteer, households: Households) -> list[dict[str, Any]]:
    """What each example does. `ok` is None for one that fails and is known to."""
    if rule.name not in trial.policies:  # a draft is tried as if it ran
        rule = awake(rule)
        trial = compiled([*trial.ruleset.rules, rule])
    found = []
    for one in rule.examples:
        result = try_example(rule, trial.ruleset, places, households, one)
        what = result.problem or result.said.rsplit(": '", 1)[0]
        ok = None if result.problem and one.known_problem else result.problem is None
        text = f"{one.title}. {one.text}" if one.title else one.text
        found.append({"line": one.line, "fires": one.fires, "ok": ok, "text": " ".join(text.split()), "what": what})
    return found


def _difference(before: str, after: str) -> list[dict[str, Any]]:
    """What changes from one text to the other, line by line: `sign` is "+", "-", " ", or "…" for lines left out."""
    old, new = before.splitlines()[:_MOST_LINES], after.splitlines()[:_MOST_LINES]
    found: list[dict[str, Any]] = []
    groups = list(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND))
    for number, group in enumerate(groups):
        if number:
            found.append({"sign": "…", "old": None, "new": None, "text": ""})
        for change, *spans in group:
            found += _lines(change, old, new, spans)
    return found


def _lines(change: str, old: Sequence[str], new: Sequence[str], spans: Sequence[int]) -> Iterator[dict[str, Any]]:
    first, end, new_first, new_end = spans
    if change == "equal":
        for step in range(end - first):
            yield {"sign": " ", "old": first + step + 1, "new": new_first + step + 1, "text": old[first + step]}
        return
    for at in range(first, end):
        yield {"sign": "-", "old": at + 1, "new": None, "text": old[at]}
    for at in range(new_first, new_end):
        yield {"sign": "+", "old": None, "new": at + 1, "text": new[at]}
