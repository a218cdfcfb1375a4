"""Rules as everybody may read them: what they watch, when they speak, how they did. No phrase and no name of a person
is in it: `match.showing.for_readers` says why; operators have pages with both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from alerts.engine.rulebook import Rulebook
from alerts.match.precision import Score
from alerts.match.rule import During, Example, Rule
from alerts.match.showing import CLAIMS, for_readers
from alerts.render.view import event_name
from alerts.render.wishes import LANGUAGES
from alerts.template_filters import listed, one_line
from alerts.types import SEVERITIES, Alert
from alerts.web.site import Web

MOST_EXAMPLES: Final = 8
_STATES: Final = {
    "active": ("On", "Readers are told of what it finds."),
    "test": ("In test", "It runs, and only who looks after it is told, until it is good enough."),
    "fallen": ("In test again", "Too few of its alerts were right, so that only who looks after it is told."),
    "gone": ("Not in force", "It does not run any more. Its alerts stay in the archive."),
}
_NAME: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_QUIET: Final = {
    "hidden by the idiom": "a figure of speech, or about something else",
    "the sentence is ignored": "about something else",
    "missing": "a part of what it looks for is not there",
    "not where it says": "it tells the end of it, or something else",
    "the state": "what it depends on is not in force there",
}


def rule_for(web: Web, alert: Alert) -> Rule | None:
    """The rule in force that an alert is of, if it still is there."""
    if web.rulebook is None:
        return None
    rules = web.rulebook().ruleset
    return rules.by_name.get(alert.rule) or next((one for one in rules.rules if one.family == alert.family), None)


def fired_view(web: Web, alert: Alert) -> dict[str, Any]:
    """Why an alert fired: its rule and what that watches, with the page of the rule; empty words where it is gone."""
    rule = rule_for(web, alert)
    name = rule.name if rule is not None else alert.rule
    return {
        "name": one_line(name),
        "url": rule_url(web, name),
        "title": one_line(rule.title) if rule is not None else "",
        "watches": watched(rule, web.rulebook().ruleset.rules) if rule is not None and web.rulebook is not None else "",
        "speaks": spoken(rule)[:1] if rule is not None and rule.when.kind != "each" else [],
    }


def rule_url(web: Web, name: str) -> str:
    return f"{web.root}/rules/{quote(name, safe='')}"


def spoken(rule: Rule) -> list[str]:
    """When a rule speaks, in sentences."""
    [section] = [section for section in for_readers(rule) if section.title == "when it speaks"]
    return [sentence(line) for line in section.lines]


def sentence(line: str) -> str:
    """A line of words as a sentence."""
    words = one_line(line)
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?', '!')) else '.'}"


def watched(rule: Rule, rules: Iterable[Rule]) -> str:
    """What a rule watches for, in its author's words; other rules are called as readers know them."""
    titles = {other.name: other.title for other in rules if "_" in other.name}
    return _NAME.sub(
        lambda found: f"“{titles[found[0]]}”" if found[0] in titles else found[0], one_line(rule.about.why)
    )


def rule_view(web: Web, rule: Rule, rules: Sequence[Rule], *, fallen: bool) -> dict[str, Any]:
    """One rule as the list of rules shows it."""
    state = "fallen" if fallen and rule.status == "active" else rule.status
    word, meaning = _STATES.get(state, _STATES["test"])
    lowest = rule.severity.default or "moderate"
    steps = [level for ladder in rule.severity.steps.values() for _, level in ladder]
    return {
        "name": rule.name,
        "title": one_line(rule.title),
        "url": rule_url(web, rule.name),
        "event": rule.event,
        "event_name": event_name(rule.event) if rule.event else "",
        "watches": watched(rule, rules),
        "severity": lowest,
        "worst": max([lowest, *steps, *(level for _, level in rule.severity.raises)], key=SEVERITIES.index),
        "languages": listed(languages(rule)),
        "state": state,
        "state_word": word,
        "state_meaning": meaning,
    }


def gone_view(web: Web, name: str, event: str) -> dict[str, Any]:
    """A rule of which only its alerts are left."""
    word, meaning = _STATES["gone"]
    return {
        "name": one_line(name),
        "title": one_line(name).replace("_", " ").capitalize(),
        "url": rule_url(web, name),
        "event": event,
        "event_name": event_name(event),
        "watches": "",
        "severity": "",
        "worst": "",
        "languages": "",
        "state": "gone",
        "state_word": word,
        "state_meaning": meaning,
    }


def languages(rule: Rule) -> list[str]:
    """The languages of the articles that it can find something in, by their own names."""
    codes = sorted(rule.scope.languages or {block.language for block in rule.blocks})
    return [LANGUAGES.get(code, code) for code in codes]


def sections(rule: Rule) -> list[dict[str, Any]]:
    """The rule told in words, part by part."""
    return [
        {"title": sentence(part.title).rstrip("."), "lines": [sentence(line) for line in part.lines]}
        for part in for_readers(rule)
    ]


def examples(rule: Rule, *, fires: bool) -> list[dict[str, str]]:
    """Sentences that must make it speak, or must not, with the reason."""
    found = [one for one in rule.examples if one.fires is fires and not one.known_problem]
    return [
        {"text": one_line(one.text), "title": one_line(one.title), "because": "" if fires else _because(one)}
        for one in found[:MOST_EXAMPLES]
    ]


def _because(example: Example) -> str:
    said = example.because or ""
    if said in CLAIMS:
        return f"what {CLAIMS[said]} does not count"
    return next((words for begins, words in _QUIET.items() if said.startswith(begins)), "")


def precision_view(score: Score) -> dict[str, Any]:
    """How often it was right, in words that say how little few verdicts mean."""
    interval = score.interval
    if score.precision is None or interval is None:
        return {"judged": 0, "right": 0, "words": "", "low": 0, "high": 0}
    low, high = (round(100 * bound) for bound in interval)
    return {
        "judged": score.judged,
        "right": score.right,
        "low": low,
        "high": high,
        "words": f"{round(100 * score.precision)} %",
    }


def depends_on(book: Rulebook, states: Iterable[str]) -> dict[str, list[Rule]]:
    """For each state of the ledger the rules in force that speak only while it holds."""
    found: Mapping[str, list[Rule]] = {name: [] for name in states}
    for rule in book.ruleset.rules:
        if isinstance(rule.when, During) and rule.when.state in found:
            found[rule.when.state].append(rule)
    return dict(found)
