"""A rule as the machine sees it, in plain words: `alerts rules show`. Whatever a file leaves unsaid or a sign stands
for is said here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from alerts.durations import say
from alerts.match.phrases import Choice, Phrase
from alerts.match.rule import CLAIM_DEFAULTS, UPDATES, After, Block, During, First, NumberRule, Rule, Scope, Spike
from alerts.match.written import forms_in, lists_of, signs_in, written
from alerts.template_filters import listed
from alerts.types import CLAIM_KINDS

STATUS = {
    "draft": "only run by hand",
    "test": "it runs, but only its owner gets mail",
    "active": "it runs, and readers are told",
    "retired": "it does not run",
}
CLAIMS = {
    "denied": "is denied or did not happen",
    "possible": "may come, is feared, planned or only practised",
    "past": "is long ago",
    "total": "adds up a longer time",
    "standing": "has gone on for long",
    "alleged": "is only claimed by someone",
}
_POLICIES = {
    "drop": "does not count",
    "lower": "counts, with certainty 'possible'",
    "keep": "counts",
}
_LEVELS = {"city": "town", "admin2": "district", "admin1": "province", "country": "country"}
_WORTH = {
    "again": "it is heard of again after its end",
    "level": "the level rose",
    "confirmed": "a second source tells it",
    "number": "a number grew",
    "revised": "a number or the level fell",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One section of what is shown."""

    title: str
    lines: tuple[str, ...]


def show(rule: Rule, *, most: int | None = 12) -> list[Shown]:
    """The whole rule. Of each word list at most `most` lines; None: all."""
    sections = [
        ("what it flags", _head(rule)),
        ("which articles", _scope(rule.scope, rule.blocks)),
        *((f"looks for, {number} of {len(rule.blocks)}", _block(rule, b)) for number, b in enumerate(rule.blocks, 1)),
        ("does not count", _ignored(rule)),
        ("what is said of it", _claims(rule)),
        *((f"number '{number.name}'", _number(number)) for number in rule.numbers),
        ("place", _place(rule)),
        ("time", _time(rule)),
        ("severity", _severity(rule)),
        ("alert", _alert(rule)),
        ("examples", _examples(rule)),
        ("the signs in its phrases", signs_in(_choices(rule))),
        *((f"word list @{name}", _list(choice, most)) for name, choice in sorted(lists_of(_choices(rule)).items())),
    ]
    return [Shown(title=title, lines=tuple(lines)) for title, lines in sections if lines]


def for_readers(rule: Rule) -> list[Shown]:
    """The rule in words, without what is for its author only: phrases, names of people, commands. Who knows every
    phrase of a rule can write an article that it takes for news, or one that it does not see."""
    without = ("category ", "from ", "title: ", "summary: ")
    sections = [
        ("when it speaks", _time(rule)),
        ("where", [line.partition(" (precision")[0] for line in _place(rule)]),
        ("how bad", [line for line in _severity(rule) if not line.startswith((" ", "at least "))]),
        ("what counts", [line.partition(" (")[0] for line in _claims(rule)]),
        ("its alerts", [line for line in _alert(rule) if not line.startswith(without)]),
    ]
    return [Shown(title=title, lines=tuple(lines)) for title, lines in sections if lines]


def _choices(rule: Rule) -> Iterator[Choice]:
    for block in rule.blocks:
        yield from (part.choice for part in block.parts)
        if block.unless:
            yield block.unless
    ignore = rule.ignore
    yield from (choice for choice in (ignore.phrases, ignore.sentences, ignore.articles) if choice)
    yield from (number.choice for number in rule.numbers)
    yield from (choice for choice, _ in rule.severity.raises)


def _head(rule: Rule) -> list[str]:
    about = rule.about
    lines = [f"event '{rule.event}'" if rule.event else "no event: it only keeps the ledger"]
    lines.append(f"status {rule.status}: {STATUS.get(rule.status, '')}")
    if about.why:
        lines.append(f"why: {' '.join(about.why.split())}")
    plain = {name: getattr(about, name) for name in ("author", "owner", "created", "modified", "review_by")}
    plain |= {name: "; ".join(getattr(about, name)) for name in ("false_alarms", "references", "tags")}
    lines += [f"{name.replace('_', ' ')}: {value}" for name, value in plain.items() if value]
    if about.min_precision is not None:
        lines.append(f"falls to 'test' when fewer than {about.min_precision:.0%} of its judged alerts were right")
    if about.formerly:
        lines.append(f"formerly called {listed(about.formerly)}: its open alerts stay its own")
    lines.append(f"version {rule.version[:12]} of the file and its word lists")
    return lines


def _scope(scope: Scope, blocks: Iterable[Block]) -> list[str]:
    said = {
        "languages": "in {}",
        "sources": "only of the publishers {}",
        "not_sources": "none of the publishers {}",
        "sections": "only of their feeds' sections {}",
        "not_sections": "none of their feeds' sections {}",
    }
    lines = [
        form.format(listed(sorted(values), "and" if name.startswith("not_") else "or"))
        for name, form in said.items()
        if (values := getattr(scope, name))
    ]
    if scope.source_tier is not None:
        lines.append(f"of publishers of tier {scope.source_tier} or better (1: UN, ICRC, national disaster office)")
    lines.append(f"its phrases are in: {', '.join(sorted({block.language for block in blocks}))}")
    return lines if len(lines) > 1 else ["all", *lines]


def _block(rule: Rule, block: Block) -> list[str]:
    where = {"sentence": "a sentence", "title": "the title", "lead": "a sentence of the title or the first paragraph"}
    near = f", within {block.within_words} words" if block.within_words else ", anywhere in it"
    each = "this" if len(block.parts) == 1 else "one phrase of each of these"
    lines = [f"'{block.name}': {each} in {where.get(block.look_in, block.look_in)}{near}"]
    if block.within_sentences > 1:
        reach = block.within_sentences - 1
        beside = "the sentence" if reach == 1 else f"the {reach} sentences"
        lines.append(f"parts after the first may also stand in {beside} before or after")
    for number, part in enumerate(block.parts):
        what = " (what happens: this is what must be news)" if number == 0 else ""
        lines.append(f"{part.name}{what}")
        lines += _phrases(part.choice.phrases)
    if block.unless:
        lines += ["but not where the sentence has", *_phrases(block.unless.phrases)]
    changed = {kind: policy for kind, policy in block.claims.items() if policy != rule.claims[kind]}
    lines += [f"here what {CLAIMS[kind]} {_POLICIES[policy]} ({kind})" for kind, policy in changed.items()]
    states = (("opens", "begins"), ("closes", "ends"), ("holds", "is in force"))
    lines += [f"such a sentence says that '{name}' {verb}" for key, verb in states if (name := getattr(block, key))]
    if common := block.common:
        lines.append(f"its words may be common ones: {common}")
    return lines + _unknown(block, known=_BLOCK)


# What the lines above say. A key that the language has got since is shown by its name, and never left out.
_BLOCK = frozenset(
    "name language within_words look_in parts within_sentences opens closes holds unless claims common".split()
)


def _unknown(value: Any, known: frozenset[str]) -> list[str]:
    return [
        f"{one.name}: {said}"
        for one in fields(value)
        if one.name not in known and (said := _plain(getattr(value, one.name)))
    ]


def _plain(value: object) -> str:
    """A setting in words; nothing for one that is not set."""
    if isinstance(value, timedelta):
        return say(value) if value else ""
    if isinstance(value, Choice):
        return "; ".join(map(written, value.phrases))
    if isinstance(value, frozenset | tuple | list):
        return ", ".join(sorted(map(str, value)) if isinstance(value, frozenset) else map(str, value))
    if value is None or value is False:
        return ""
    return str(value)


def _phrases(phrases: Iterable[Phrase]) -> list[str]:
    """Each phrase with the forms of its verbs."""
    lines = []
    for phrase in phrases:
        source, forms = written(phrase), forms_in(phrase)
        if len(forms) == 1 and len(phrase.items) == 1 and source.startswith("~"):
            lines.append(f'  "{source}": {forms[0].partition(" = ")[2]}')
        else:
            lines.append(f'  "{source}"')
            lines += [f"      {'; '.join(forms)}"] if forms else []
    return lines


def _list(choice: Choice, most: int | None) -> list[str]:
    shown = choice.phrases if most is None else choice.phrases[:most]
    lines = _phrases(shown)
    if left := len(choice.phrases) - len(shown):
        lines.append(f"  ... and {left} more (--all shows every line)")
    return lines


def _ignored(rule: Rule) -> list[str]:
    ignore, lines = rule.ignore, []
    kinds = (
        (ignore.articles, "an article whose title or first sentences have one of these is not looked at"),
        (ignore.sentences, "a sentence with one of these is skipped"),
        (ignore.phrases, "words under one of these are hidden; other words of the sentence still count"),
    )
    for choice, what in kinds:
        if choice:
            lines += [what, *_phrases(choice.phrases)]
    return lines


def _claims(rule: Rule) -> list[str]:
    lines = []
    for kind in CLAIM_KINDS:
        policy = rule.claims.get(kind, CLAIM_DEFAULTS[kind])
        own = "" if policy == CLAIM_DEFAULTS[kind] else " (this rule says so)"
        lines.append(f"what {CLAIMS[kind]} {_POLICIES[policy]} ({kind}){own}")
    if rule.news_for:
        lines.append(f"a count or a state that began no longer than {say(rule.news_for)} ago is still news")
    return lines


def _number(number: NumberRule) -> list[str]:
    lines = []
    if number.kind:
        lines.append(f"what the reader itself counts as '{number.kind}', and what these phrases state")
    lines += _phrases(number.choice.phrases)
    size = f"{number.household:g} people" if number.household else "the size the configuration gives for the country"
    lines.append(f"families are counted as {size}")
    if number.at_least is not None:
        lines.append(f"quiet below {number.at_least:,.0f}, and where no number is given (the low end decides)")
    return lines


def _place(rule: Rule) -> list[str]:
    place = rule.place
    level = _LEVELS.get(place.precision, place.precision)
    lines = [f"reports of one {level} are one alert, of two are two (precision = {place.precision})"]
    lines.append("quiet where no place is named" if place.required else "flagged even where no place is named")
    if place.countries:
        lines.append(f"only in {', '.join(sorted(place.countries))}")
    if place.not_countries:
        lines.append(f"not in {', '.join(sorted(place.not_countries))}")
    return lines


def _spike(when: Spike) -> list[str]:
    window, baseline = say(when.window), say(when.baseline)
    if when.number is None:
        told = f"at least {when.at_least:g} independent reports in {window}, and {when.times:g} times the usual"
    else:
        told = (
            f"at least {when.at_least:,.0f} {when.noun} (the number '{when.number}'): the most in 30 days for a year,"
            f" a day unlike others, or {when.times:g} times the usual in {window} after a lull"
        )
    return [
        f"only far more than usual of the same {_LEVELS[when.per]}: {told}",
        f"usual is what the {baseline} before brought; nothing is told before {say(when.history)} were watched",
    ]


def _time(rule: Rule) -> list[str]:
    lines: list[str] = []
    when: Any = rule.when  # a kind that this does not know yet is shown by its settings
    match when:
        case First():
            lines.append(
                f"only what is new: nothing of it was heard of the same {_LEVELS[when.per]} for {say(when.within)}"
            )
            if when.learn:
                lines.append(f"in its first {say(when.learn)} it only listens")
        case During():
            lines.append(f"only while '{when.state}' is in force there: by the ledger, or because the article says so")
            if when.grace:
                lines.append(f"what is told in the first {say(when.grace)} of '{when.state}' does not count yet")
        case Spike():
            lines += _spike(when)
        case After():
            lines.append(
                f"only where the rule '{when.rule}' fired in the {say(when.within)} before: in the same"
                f" {_LEVELS[when.per]}, in what it lies in, or in what lies in it"
            )
        case _ if when.kind == "each":
            lines.append("every new event")
        case _:
            lines += [f"kind: {when.kind}", *_unknown(when, known=frozenset({"kind"}))]
    if state := rule.state:
        lines.append(
            f"it keeps the state '{state.name}' of each {_LEVELS[state.per]}, which lapses after {say(state.lasts)}"
            " unless heard of again"
        )
    if confirm := rule.confirm:
        until = "told at once, marked unconfirmed" if confirm.until_then == "mark" else "nobody is told"
        lines.append(
            f"confirmed by {confirm.sources} independent sources within {say(confirm.within)}; until then {until}"
        )
    return lines


def _severity(rule: Rule) -> list[str]:
    ladder = rule.severity
    lines = [f"{ladder.default or 'moderate'}, if nothing else is said"]
    for name, steps in ladder.steps.items():
        lines += [f"{level} from {_bound(bound)} {name}" for bound, level in steps]
    for choice, level in ladder.raises:
        lines += [f"at least {level} where the sentence has", *_phrases(choice.phrases)]
    return lines


def _bound(bound: float) -> str:
    return f"{bound:,.0f}" if math.isfinite(bound) else str(bound)


def _alert(rule: Rule) -> list[str]:
    alert = rule.alert
    if alert is None:
        return ["none: the rule only keeps the ledger"]
    ends = say(alert.expires) if alert.expires else say(alert.same_event)
    lines = [
        f"title: {alert.title}",
        f"summary: {alert.summary}",
        f"news within {say(alert.same_event)} of the last belongs to the same alert; it is shown as ended {ends}"
        " after the last",
    ]
    if alert.course == "blow":
        lines.append("it strikes once: what strikes there on another day, or with far fewer victims, is another alert")
    if tuple(alert.update_when) == UPDATES:
        lines.append("an update is sent for whatever changes")
    else:
        worth = [_WORTH.get(reason, reason) for reason in alert.update_when]
        lines.append(f"an update is sent when {listed(worth, 'or')}" if worth else "no update is sent")
    if alert.triage is not None:
        lines.append(f"from {alert.triage} on a person looks before it is told: alerts triage list")
    if alert.covers:
        lines.append(f"in one mail with it, no mail of their own need alerts of {listed(alert.covers, 'and')}")
    return [*lines, f"category {alert.category}, response {alert.response} (words of CAP)"]


def _examples(rule: Rule) -> list[str]:
    fires = sum(example.fires for example in rule.examples)
    known = sum(bool(example.known_problem) for example in rule.examples)
    lines = [f"{fires} that must fire, {len(rule.examples) - fires} that must stay quiet"]
    if known:
        lines.append(f"of them known problems: {known}")
    lines += [f"story: {story.name}" for story in rule.stories]
    return [*lines, "see what each does: alerts rules test " + rule.name]
