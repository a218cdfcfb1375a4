"""The checker: from the text of a rule file to a `Rule`, or to all of its faults with line and remedy.

One checker for start, reload, command line and CI. It reads; `examples.py` runs what the file claims.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import get_args

from jinja2 import TemplateSyntaxError

from alerts.errors import Fault, Faults, did_you_mean
from alerts.match import check_settings as settings
from alerts.match import check_when
from alerts.match.check_examples import ExampleReader
from alerts.match.grammar import PhraseError, parse
from alerts.match.lexicon import FAULTY_LIST, Lexicon
from alerts.match.phrases import Choice, Phrase
from alerts.match.rule import (
    UPDATES,
    AlertRule,
    Block,
    Ignore,
    Ladder,
    LookIn,
    NumberRule,
    Part,
    Rule,
    Spike,
    Status,
)
from alerts.match.sections import Section, one_of
from alerts.read.figurecues import Kind
from alerts.read.text import fold
from alerts.template_env import variables_of
from alerts.toml_lines import Document, KeyPath
from alerts.types import SEVERITIES, Severity

FORMAT = 1
# What every alert has for its title and summary, beside the rule's own parts and numbers.
VARIABLES = frozenset(
    "place country admin1 quote source source_count article_count confirmed alleged severity certainty event rule_title"
    " article_title url published event_time state".split()
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Numbers that the reader finds by itself, beside the phrases of their lists.
_READ: dict[str, Kind] = {
    "killed": "killed",
    "injured": "injured",
    "displaced": "displaced",
    "trapped": "trapped",
    "in_need": "in_need",
}
CATEGORIES = (
    "Geo",
    "Met",
    "Safety",
    "Security",
    "Rescue",
    "Fire",
    "Health",
    "Env",
    "Transport",
    "Infra",
    "CBRNE",
    "Other",
)
RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")


def version_of(text: str, lists: Mapping[str, str]) -> str:
    """A digest of the text of a rule and of its word lists."""
    inner = hashlib.sha256("\0".join(f"{name}\0{lists[name]}" for name in sorted(lists)).encode()).hexdigest()
    return hashlib.sha256((text + inner).encode()).hexdigest()


def _plain(name: str) -> str:
    """The nearest name that a rule, a part, a number or an event can have."""
    return "_".join(re.findall("[a-z0-9]+", fold(name))).lstrip("0123456789_") or "my_name"


class Checker:
    """Checks rule files against one lexicon. `country` turns a name or code into alpha-3, or None."""

    def __init__(self, lexicon: Lexicon, country: Callable[[str], str | None]) -> None:
        self.lexicon, self.country = lexicon, country

    def check(self, name: str, text: str) -> Rule:
        """The rule in `text`, called `name`. Raises Faults with everything that is wrong."""
        file = f"{name}.toml"
        document = Document(text, file)
        if not document.data:
            raise Faults([Fault(file, 1, "the file is empty; rules/README.md has a rule to begin with")])
        faults: list[Fault] = []
        if not _NAME.fullmatch(name):
            better = _plain(name.removesuffix(".toml"))
            told = f"a rule's file name is small letters, digits and _: call the file {better}.toml"
            faults.append(Fault(file, 0, told))
        rule = _RuleReader(self, document, faults).rule(name)
        if any(fault.level == "error" for fault in faults):
            raise Faults(sorted(set(faults)))
        return rule


class _RuleReader:
    def __init__(self, checker: Checker, document: Document, faults: list[Fault]) -> None:
        self.lexicon, self.country = checker.lexicon, checker.country
        self.document, self.faults = document, faults
        self.lists: set[str] = set()
        self.told: set[str] = set()

    def rule(self, name: str) -> Rule:
        top = Section(self.document, (), self.document.data, "", self.faults)
        top.refuse_unknown()
        if top.whole("format", least=1, most=1000) != FORMAT:
            top.fault(("format",), f"the file must begin with: format = {FORMAT}")
        about, blocks, numbers = settings.about(top), self.blocks(top), self.numbers(top)
        named = _keys(top, "numbers")
        state, alert = settings.state(top), self.alert(top, blocks, named)
        event = top.text("event")
        if event and not _NAME.fullmatch(event):
            top.fault(("event",), f'an event is one word that readers subscribe to: write event = "{_plain(event)}"')
        if not event and alert:
            top.fault((), "the rule needs 'event': the word for what it flags, such as event = \"siege\"")
        if alert is None and state is None:
            top.fault((), "the rule needs an [alert] section with 'title' and 'summary' (or a [state] to keep)")
        examples = ExampleReader(self.country)
        place, when = settings.place(top, self.country), check_when.when(top)
        rule = Rule(
            name=name,
            file=self.document.name,
            version="",
            source=self.document.text,
            family=about.formerly[0] if about.formerly else name,
            event=event,
            title=top.text("title", required=True),
            status=top.choice("status", get_args(Status), "draft"),
            about=about,
            scope=settings.scope(top),
            blocks=blocks,
            ignore=self.ignore(top),
            claims=settings.claims(top),
            news_for=settings.news_for(top),
            numbers=numbers,
            place=replace(place, precision=when.per) if isinstance(when, Spike) else place,
            when=when,
            state=state,
            confirm=settings.confirm(top),
            severity=self.severity(top, named),
            alert=alert,
            examples=(*examples.examples(top, "fires"), *examples.examples(top, "quiet")),
            stories=examples.stories(top),
        )
        lists = self.lexicon.texts(self.lists)
        return replace(rule, version=version_of(self.document.text, lists), lists=lists)

    def blocks(self, top: Section) -> tuple[Block, ...]:
        sections = top.each("match", "match")
        if not sections and not isinstance(top.data.get("match"), dict):
            top.fault((), "the rule has no [[match]]: it would never fire")
        return tuple(self.block(section, number) for number, section in enumerate(sections, 1))

    def block(self, section: Section, number: int) -> Block:
        section.refuse_unknown()
        parts = section.sub("parts", "match")
        found: list[Part] = []
        if parts is None or not parts.data:
            section.fault((), "a [[match]] needs parts: [match.parts] with at least one list of phrases")
        else:
            for name in parts.data:
                if not _NAME.fullmatch(name):
                    parts.fault((name,), f"a part's name is small letters, digits and _: write {_plain(name)}")
                elif choice := self.phrases(parts, name):
                    found.append(Part(name=name, choice=choice))
        return Block(
            name=section.text("name") or f"match {number}",
            language=section.language("language") or "en",
            within_words=section.whole("within_words", least=1, most=200),
            within_sentences=section.whole("within_sentences", least=1, most=4) or 1,
            look_in=section.choice("look_in", get_args(LookIn), "sentence"),
            parts=tuple(found),
            opens=section.text("opens") or None,
            closes=section.text("closes") or None,
            holds=section.text("holds") or None,
            unless=self.phrases(section, "unless"),
            claims=settings.block_claims(section),
            common=section.text("common") or None,
        )

    def phrases(self, section: Section, key: str) -> Choice | None:
        """The list of phrases under `key`; None when it is absent or has faults."""
        if key not in section.data:
            return None
        sources = section.texts(key)
        if section.data[key] == []:
            section.fault((key,), f"'{key}' is empty: it would match nothing")
        if not sources:
            return None
        phrases: list[Phrase] = []
        for index, source in enumerate(sources):
            try:
                phrases.append(self.lexicon.phrase(source))
            except PhraseError as error:
                self.phrase_fault(section, (key, index), str(error))
        if len(phrases) != len(sources):
            return None
        choice = self.lexicon.choice(sources, phrases)
        self.lists |= choice.lists
        return choice

    def phrase_fault(self, section: Section, path: KeyPath, message: str) -> None:
        """A word list with faults of its own is told once, where it is used first."""
        if message not in self.told:
            section.fault(path, message)
        if message.endswith(FAULTY_LIST):
            self.told.add(message)

    def ignore(self, top: Section) -> Ignore:
        section = top.sub("ignore", "ignore")
        if section is None:
            return Ignore()
        section.refuse_unknown()
        return Ignore(
            phrases=self.phrases(section, "phrases"),
            sentences=self.phrases(section, "sentences"),
            articles=self.phrases(section, "articles"),
        )

    def numbers(self, top: Section) -> tuple[NumberRule, ...]:
        section = top.sub("numbers", "numbers.NAME")
        if section is None:
            return ()
        found = []
        for name in section.data:
            number = section.sub(name, "numbers.NAME")
            if number is None or not _NAME.fullmatch(name):
                section.fault((name,), f"a number's name is small letters, digits and _: write {_plain(name)}")
                continue
            number.refuse_unknown()
            if choice := self.number_phrases(number):
                found.append(
                    NumberRule(
                        name=name,
                        choice=choice,
                        kind=_READ.get(number.text("use")),
                        household=number.number("household"),
                        at_least=number.number("at_least"),
                    )
                )
        return tuple(found)

    def number_phrases(self, section: Section) -> Choice | None:
        use = section.text("use")
        if not use:
            if "say" not in section.data:
                section.fault((), f"{section.label} needs 'use' (a list lexicon/number.NAME.toml) or 'say' (phrases)")
            return self.phrases(section, "say")
        if "say" in section.data:
            section.fault(("say",), "give 'use' or 'say', not both")
        known = [name.removeprefix("number.") for name in self.lexicon.names if name.startswith("number.")]
        if use not in known:
            section.fault(("use",), f"there is no number '{use}'{did_you_mean(use, known)} (lexicon/number.NAME.toml)")
            return None
        try:
            phrases = [parse(f"@number.{use}", self.lexicon)]
        except PhraseError as error:
            section.fault(("use",), str(error))
            return None
        self.lists.add(f"number.{use}")
        return self.lexicon.choice((f"@number.{use}",), phrases)

    def severity(self, top: Section, names: frozenset[str]) -> Ladder:
        section = top.sub("severity", "severity")
        if section is None:
            return Ladder()
        section.refuse_unknown(names)
        default = section.choice("default", SEVERITIES, "") or None
        steps = {name: self.steps(section, name) for name in section.data if name in names}
        raises = []
        for raised in section.each("raise", "severity.raise"):
            raised.refuse_unknown()
            choice = self.phrases(raised, "said")
            to = raised.choice("to", SEVERITIES, "")
            if choice is None and "said" not in raised.data:
                raised.fault((), "a [[severity.raise]] needs 'said': the phrases that raise the level")
            if not to:
                raised.fault((), f"a [[severity.raise]] needs 'to': {one_of(SEVERITIES)}")
            elif choice:
                raises.append((choice, to))
        return Ladder(default=default, steps=steps, raises=tuple(raises))

    def steps(self, section: Section, name: str) -> tuple[tuple[float, Severity], ...]:
        ladder = section.sub(name, "severity")
        assert ladder is not None
        found: list[tuple[float, Severity, str]] = []
        for key, level in ladder.data.items():
            try:
                bound = float(key.replace("_", ""))
            except ValueError:
                ladder.fault((key,), f"'{key}' is no number: a ladder is written 1_000 = \"moderate\"")
                continue
            if level not in SEVERITIES:
                ladder.fault((key,), ladder.no_option("level", str(level), SEVERITIES))
                continue
            found.append((bound, level, key))
        found.sort(key=lambda step: step[0])
        for lower, higher in pairwise(found):
            if SEVERITIES.index(higher[1]) < SEVERITIES.index(lower[1]):
                ladder.fault((higher[2],), "the ladder goes down: a bigger number gives a lower level")
        return tuple((bound, level) for bound, level, _ in found)

    def alert(self, top: Section, blocks: tuple[Block, ...], numbers: frozenset[str]) -> AlertRule | None:
        section = top.sub("alert", "alert")
        if section is None:
            return None
        section.refuse_unknown()
        known = VARIABLES | {part.name for block in blocks for part in block.parts} | numbers
        for key in ("title", "summary"):
            section.text(key, required=True)
            self.template(section, key, known)
        return AlertRule(
            title=section.text("title"),
            summary=section.text("summary"),
            title_line=self.document.line((*section.path, "title")),
            summary_line=self.document.line((*section.path, "summary")),
            category=section.choice("category", CATEGORIES, "Security"),
            response=section.choice("response", RESPONSES, "Monitor"),
            expires=section.length("expires", timedelta(0)) or None,
            same_event=section.length("same_event", timedelta(days=3)),
            course=section.choice("course", ("process", "blow"), "process"),
            update_when=self.updates(section),
            covers=tuple(dict.fromkeys(section.texts("covers"))),
            triage=self.triage(section),
        )

    @staticmethod
    def triage(section: Section) -> Severity | None:
        """The level from which a person looks first: `true` for every one."""
        value = section.data.get("triage", False)
        if isinstance(value, bool):
            return SEVERITIES[0] if value else None
        if isinstance(value, str) and value in SEVERITIES:
            return next(level for level in SEVERITIES if level == value)
        if isinstance(value, str):
            section.fault(("triage",), section.no_option("level for 'triage'", value, SEVERITIES))
        else:
            section.fault(("triage",), "'triage' must be true, or the level from which a person looks first, in quotes")
        return None

    @staticmethod
    def updates(section: Section) -> tuple[str, ...]:
        if "update_when" not in section.data:
            return UPDATES
        wanted = section.texts("update_when")
        for index, reason in enumerate(wanted):
            if reason not in UPDATES:
                section.fault(("update_when", index), section.no_option("update_when", reason, UPDATES))
        return wanted

    def template(self, section: Section, key: str, known: frozenset[str]) -> None:
        try:
            unknown = variables_of(section.text(key)) - known
        except TemplateSyntaxError as error:
            self.faults.append(
                Fault(
                    self.document.name,
                    self.document.text_line((*section.path, key), error.lineno or 1),
                    f"the {key} is no template: {_template_fault(error)}",
                )
            )
            return
        for name in sorted(unknown):
            near = did_you_mean(name, known)
            section.fault((key,), f"the {key} uses '{{{{ {name} }}}}', which no alert of this rule has{near}")


def _template_fault(error: TemplateSyntaxError) -> str:
    message = error.message or ""
    if message.startswith("Unexpected end of template") and "endif" in message:
        return "an {% if ... %} is not ended; write {% endif %} where it ends"
    return message


def _keys(section: Section, key: str) -> frozenset[str]:
    """The names inside a section, sound or not, so that one fault does not bring others in its wake."""
    value = section.data.get(key)
    return frozenset(value) if isinstance(value, dict) else frozenset()
