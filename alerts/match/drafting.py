"""A first draft of a rule from a few answers: `alerts rules new`. What is proposed comes from the sentence that must
fire it, and the draft is only good when it does what its own two sentences say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from alerts.match import baserates, wordcounts
from alerts.match.anchors import STOPWORDS
from alerts.match.baserates import Estimator
from alerts.match.bind import Households
from alerts.match.check import Checker
from alerts.match.engine import Ruleset
from alerts.match.examples import DEFAULT_PUBLISHED, article_of, try_example
from alerts.match.forms import forms
from alerts.match.lexicon import Lexicon
from alerts.match.phrases import Forms, walk
from alerts.match.rule import Example, Rule
from alerts.match.view import SentenceView
from alerts.match.wordcounts import WordShares
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import CLAIM_KINDS, Severity

WIDTH = 12  # words within which the parts stand, unless the example needs more
_FIRES = "the quiet example fires"
_MOST_NOUNS = 2
_SHORTEST = 4
# What stands in any report, and what others tell: no words to find an event by.
_EVERYDAY = STOPWORDS | frozenset(
    "about after again ahead all along also although amid among another around away back because before being between"
    " both called came could current days days' did does done down during each early either even every few first five"
    " former four from going got half here hours hundreds including into its just last late later least less like"
    " local made main many may members month months more most much near nearly never next night number off official"
    " officials old once one only other others over own part past people per reported reports residents said same say"
    " says second see seven several shall should since six some still such ten than their them then there these they"
    " third those thousands three through time today told took two under until upon very was week weeks well were what"
    " when where which while who whole whose with within without would year years yesterday your morning evening"
    " afternoon police government minister president witnesses spokesman spokeswoman statement company agency sources"
    " monday tuesday wednesday thursday friday saturday sunday january february march april june july august"
    " september october november december families civilians children women men leaving forcing".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the writer of a rule was asked. The first of `parts` says what happens; `ignore` are phrases."""

    name: str
    title: str
    event: str
    fires: str
    quiet: str
    parts: Mapping[str, Sequence[str]]
    place: bool
    level: Severity
    ignore: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The text of a rule file. `problem` says what in the answers keeps it from passing its own examples, and `about`
    which answer that is: "fires", "quiet", "parts", or "fires too" for a quiet sentence that does."""

    text: str
    problem: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a draft is made and tried with: `check` reads the text of a rule (raises Faults)."""

    check: Callable[[str, str], Rule]
    gazetteer: Gazetteer
    households: Households
    today: date
    shares: WordShares
    numbers: frozenset[str] = field(default=frozenset())

    @classmethod
    def over(cls, lexicon: Lexicon, gazetteer: Gazetteer, households: Households, today: date) -> Tools:
        """The tools for a rule that may use these word lists."""
        return cls(
            check=Checker(lexicon, gazetteer.country_of).check,
            gazetteer=gazetteer,
            households=households,
            today=today,
            shares=wordcounts.shipped(),
            numbers=frozenset(one.removeprefix("number.") for one in lexicon.names if one.startswith("number.")),
        )


def draft(answers: Answers, tools: Tools) -> Draft:
    """The draft, tried on its own examples. Raises Faults for answers that make no rule."""
    made = _tried(answers, tools, "phrases")
    # What is ignored hides its own words; where it stands beside those of the rule, it must hide the sentence.
    if made.about == "fires too" and answers.ignore:
        made = _tried(answers, tools, "sentences")
    return made


def _tried(answers: Answers, tools: Tools, ignore: str) -> Draft:
    form = _Form(answers=answers, today=tools.today, kinds=_kinds(answers.fires, tools), ignore=ignore)
    width = max(WIDTH, _width(tools.check(answers.name, form.text()), tools) + 3)
    form = replace(form, width=width)
    rule = tools.check(answers.name, form.text())
    ruleset = Ruleset([rule])
    fires, quiet = rule.examples
    text = replace(form, because=_because(ruleset, tools, quiet)).text()
    if problem := try_example(rule, ruleset, tools.gazetteer, tools.households, fires).problem:
        return Draft(text=text, problem=_not_fired(problem), about="fires")
    if problem := try_example(rule, ruleset, tools.gazetteer, tools.households, quiet).problem:
        about = "fires too" if problem.startswith(_FIRES) else "quiet"
        return Draft(text=text, problem=_not_quiet(problem, answers), about=about)
    broad = [fault for fault in baserates.lint(rule, Estimator(tools.shares)) if fault.level == "error"]
    if broad:
        return Draft(text=text, problem=broad[0].message, about="parts")
    tools.check(answers.name, text)
    return Draft(text=text)


def _width(rule: Rule, tools: Tools) -> int:
    """The words that the parts take in the sentence that must fire."""
    found = Ruleset([rule]).detect(article_of(rule.examples[0], DEFAULT_PUBLISHED), tools.gazetteer, tools.households)
    return max((len(hit.quote.split()) for hit in (*found.hits, *found.dropped)), default=0)


def _kinds(text: str, tools: Tools) -> tuple[str, ...]:
    """The numbers that the reader finds in the sentence, of those that have a word list."""
    read = {one.cue.kind for view in views_of(text, tools.gazetteer) for one in view.governed if one.cue}
    return tuple(sorted(read & tools.numbers))


def _because(ruleset: Ruleset, tools: Tools, quiet: Example) -> str | None:
    """The reason why the quiet sentence stays so, as its example may give it."""
    found = ruleset.detect(article_of(quiet, DEFAULT_PUBLISHED), tools.gazetteer, tools.households)
    reasons = [hit.because for hit in found.dropped if hit.because]
    return reasons[0].split(":")[0].split(" '")[0] if reasons else None


def _not_fired(problem: str) -> str:
    reason = problem.partition("(")[2].removesuffix(")")
    kind = reason.split(":")[0]
    advice = ""
    if kind in CLAIM_KINDS:
        advice = '; write it as news, as in "Shells hit the water works on Sunday", or take another sentence'
    elif reason.startswith("missing"):
        advice = "; the words of each part must stand in that sentence"
    elif reason.startswith("no place"):
        advice = "; name a place in it, or want no place"
    return f"the sentence that must fire does not: {reason}{advice}"


def _not_quiet(problem: str, answers: Answers) -> str:
    if problem.startswith(_FIRES):
        return (
            f"the sentence that must stay quiet fires, too, {problem.removeprefix(_FIRES).strip()}; make the parts"
            " sharper, or ignore the words that make it something else"
        )
    parts = " or ".join(f"'{phrases[0]}'" for phrases in answers.parts.values())
    return (
        f"the sentence that must stay quiet proves nothing: nothing like {parts} is in it; take one that nearly fires,"
        " with the same words of something else"
    )


def views_of(text: str, gazetteer: Gazetteer) -> list[SentenceView]:
    """A sentence as rules see it."""
    example = Example(text=text, line=0, fires=True)
    return [SentenceView(one) for one in Reading(article_of(example, DEFAULT_PUBLISHED), gazetteer).sentences]


def propose(text: str, gazetteer: Gazetteer, rules: Iterable[Rule]) -> tuple[list[str], list[str]]:
    """Phrases for what happens, and for what it happens to, from the sentence that must fire. `rules` are those there
    are: the verbs they know are known."""
    lemmas = _lemmas(rules)
    verbs: dict[str, None] = {}
    nouns: list[list[str]] = []
    for view in views_of(text, gazetteer):
        taken = {i for first, ends in view.places.items() for i in range(first, max(ends))}
        taken |= {i for number in view.numbers.values() for i in range(number.first, number.noun_end)}
        run: list[str] = []  # words side by side are one phrase: "pumping station"
        for i, word in enumerate(view.norm):
            capital = i > 0 and view.raw(i)[:1].isupper()
            telling = len(word) >= _SHORTEST - 1 and word not in _EVERYDAY and word.isalpha()
            verb = _verb(word, lemmas) if telling else None
            if i in taken or capital or not telling or verb is not None:
                run = []
                if verb is not None and i not in taken and not capital:
                    verbs[verb] = None
                continue
            if not run:
                nouns.append(run)
            run.append(word)
    phrases = list(dict.fromkeys(map(_noun, nouns)))
    return (list(verbs)[:2], phrases[-_MOST_NOUNS:]) if verbs else (phrases[:1], phrases[1 : 1 + _MOST_NOUNS])


def _lemmas(rules: Iterable[Rule]) -> dict[str, str]:
    """The verbs that rules look for by all their forms, by each form."""
    choices = [part.choice for rule in rules for block in rule.blocks for part in block.parts]
    known = {
        item.lemma
        for choice in choices
        for phrase in choice.phrases
        for item in walk(phrase)
        if isinstance(item, Forms)
    }
    return {form: lemma for lemma in sorted(known) for form in forms(lemma)}


def _verb(word: str, lemmas: Mapping[str, str]) -> str | None:
    """The verb of a form that is surely one: "shelled", not "shells", which may be things."""
    lemma = lemmas.get(word)
    if lemma is not None and word not in (lemma, f"{lemma}s", f"{lemma}es"):
        return f"~{lemma}"
    if word.endswith("ed") and len(word) > _SHORTEST + 1:
        return f"{word[:-2]}*"
    return None


def _noun(words: Sequence[str]) -> str:
    *before, last = words[-_MOST_NOUNS:]
    stem = last[:-1] if last.endswith("s") and not last.endswith("ss") else last
    return " ".join([*before, f"{stem}*" if len(stem) > _SHORTEST else last])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """The file, with comments for who writes on."""

    answers: Answers
    today: date
    kinds: Sequence[str]
    ignore: str
    width: int | None = None
    because: str | None = None

    def text(self) -> str:
        return "\n".join((*self._head(), *self._what(), *self._how(), *self._examples())) + "\n"

    def _head(self) -> list[str]:
        return [
            "# A draft: it runs only by hand. What every key means: the guide rules/README.md.",
            "format = 1",
            f"title  = {_quoted(self.answers.title)}",
            f"event  = {_quoted(self.answers.event)}",
            'status = "draft"            # then "test": it runs, but only its owner gets mail; then "active"',
            "",
            "[about]",
            f"created = {self.today.isoformat()}",
            f"why     = {_quoted(self.answers.title)}",
            '# false_alarms = ["what it may wrongly flag"]',
            "",
        ]

    def _what(self) -> list[str]:
        width = [f"within_words = {self.width}           # the parts together take no more words than this"]
        phrases = _list(self.answers.ignore) if self.answers.ignore else '["..."]'
        mark = "" if self.answers.ignore else "# "
        return [
            "# One phrase of every part must stand in one sentence. The first part says what happens: it must be news.",
            "# ~flee: all forms of a verb; displac*: any ending; (a | b): either; ..4..: up to four words between;",
            "# {place}, {people}, {number}: such a thing; @settlement: any line of a word list.",
            "[[match]]",
            f"name = {_quoted(self.answers.title)}",
            *(width if self.width else []),
            "[match.parts]",
            *(f"{name} = {_list(phrases)}" for name, phrases in self.answers.parts.items()),
            "",
            "# What is said with the same words and means else: phrases hide their own words, sentences the whole.",
            f"{mark}[ignore]",
            f"{mark}{self.ignore} = {phrases}",
            "",
        ]

    def _how(self) -> list[str]:
        answers, numbers = self.answers, [(f"[numbers.{kind}]", f"use = {_quoted(kind)}", "") for kind in self.kinds]
        return [
            *(line for lines in numbers for line in lines),
            "[place]",
            f"required  = {'true' if answers.place else 'false'}           # true: quiet where no place is named",
            'precision = "city"          # reports of one town are one alert',
            "",
            "[severity]",
            f"default = {_quoted(answers.level)}",
            *_ladder(self.kinds),
            "",
            "[alert]",
            f"title   = {_quoted(_alert_title(answers))}",
            f"summary = {_quoted(_summary(self.kinds))}",
            'same_event = "3 days"       # news within this time of the last belongs to the same alert',
            "",
        ]

    def _examples(self) -> list[str]:
        return [
            "# Every [[fires]] must fire, every [[quiet]] must not: write three of each before you trust the rule.",
            "[[fires]]",
            f"text = {_quoted(self.answers.fires)}",
            "",
            "[[quiet]]",
            f"text = {_quoted(self.answers.quiet)}",
            *([f"because = {_quoted(self.because)}"] if self.because else []),
        ]


def _ladder(kinds: Sequence[str]) -> list[str]:
    if not kinds:
        return []
    lines = ["# The level by a number; the low end of what is told decides:", f"# [severity.{kinds[0]}]"]
    return [*lines, '# 10  = "severe"', '# 100 = "extreme"']


def _alert_title(answers: Answers) -> str:
    # Braces of a title are text, and no template.
    title = answers.title.replace("{", "(").replace("}", ")")
    return title + (" in {{ place }}" if answers.place else "{% if place %} in {{ place }}{% endif %}")


def _summary(kinds: Sequence[str]) -> str:
    told = "".join(
        f"{{% if {kind} %}}{kind.replace('_', ' ')}: {{{{ {kind} | people }}}}. {{% endif %}}" for kind in kinds
    )
    return told + '"{{ quote }}"'


def _list(phrases: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, phrases))}]"


def _quoted(text: str) -> str:
    """A string of TOML: JSON's are, but for the one control character that JSON lets pass."""
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return json.dumps(line, ensure_ascii=False).replace("\x7f", "\\u007f")
