"""A rule as the other stages see it: checked, with its phrases parsed. See rules/README.md for the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from alerts.match.phrases import Choice
from alerts.read.figurecues import Kind
from alerts.types import ClaimKind, Precision, Severity

Status = Literal["draft", "test", "active", "retired"]
LookIn = Literal["sentence", "title", "lead"]
ClaimPolicy = Literal["drop", "lower", "keep"]

# What may be worth an update: heard of again after the end, the level rose, a second source, a number grew, a
# number or the level fell.
UPDATES = ("again", "level", "confirmed", "number", "revised")

# What counts by itself, unless the rule says otherwise.
CLAIM_DEFAULTS: dict[ClaimKind, ClaimPolicy] = {
    "denied": "drop",
    "possible": "drop",
    "past": "drop",
    "total": "drop",
    "standing": "drop",
    "alleged": "keep",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A named list of phrases, one of which must be in the sentence."""

    name: str
    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One [[match]]: all parts in one sentence, within `within_words` words if given.

    `within_sentences`: parts after the first may stand in a neighbouring sentence, that many counting its own.
    `opens` and `closes` name the ledger state that a match begins or ends; `holds` the state that a match
    says is in force. The block is not met in a sentence in which `unless` is found; `claims` are what it makes
    of statements, where that is not what the rule does. `common` says why its words may be common ones.
    """

    name: str
    language: str
    within_words: int | None
    look_in: LookIn
    parts: tuple[Part, ...]
    within_sentences: int = 1
    opens: str | None = None
    closes: str | None = None
    holds: str | None = None
    unless: Choice | None = None
    claims: Mapping[ClaimKind, ClaimPolicy] = field(default_factory=dict)
    common: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Cheap tests of the article. Empty: all."""

    languages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    not_sources: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    not_sections: frozenset[str] = frozenset()
    source_tier: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """`phrases` hide their own words, `sentences` their sentence, `articles` the article."""

    phrases: Choice | None = None
    sentences: Choice | None = None
    articles: Choice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """A number the rule binds: the phrases that state it, the household size (None: the configuration's),
    and the bound under which the rule stays quiet. `kind` is the reader's own word for it, if it has one."""

    name: str
    choice: Choice
    kind: Kind | None = None
    household: float | None = None
    at_least: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRule:
    """`precision` is the level at which alerts of this rule are told apart."""

    required: bool = False
    precision: Precision = "city"
    countries: frozenset[str] = frozenset()
    not_countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """On every new incident."""

    kind: Literal["each"] = "each"


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Only when this rule said nothing of the place for `within`; nothing at all while it `learn`s."""

    within: timedelta
    per: Precision = "city"
    learn: timedelta = timedelta(0)
    kind: Literal["first"] = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class During:
    """Only while `state` is open at the place or above it; `grace` after its beginning does not count yet."""

    state: str
    grace: timedelta = timedelta(0)
    kind: Literal["during"] = "during"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """Only when there is far more than usual of it at a place of the level `per`: in `window` at least `at_least` and
    `times` the mean of the windows of `baseline` before, once `history` was watched. `number` is the rule's number
    that is counted (None: reports), `noun` the word for it."""

    window: timedelta
    baseline: timedelta
    history: timedelta
    at_least: float
    times: float = 3.0
    per: Precision = "city"
    number: str | None = None
    noun: str = "reports"
    kind: Literal["spike"] = "spike"


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """Only where the rule called `rule` fired at most `within` before. Two places are the same if they are on the
    level `per`, or if one lies in the other. `line`: where the rule is named."""

    rule: str
    within: timedelta
    per: Precision = "city"
    line: int = 0
    kind: Literal["after"] = "after"


When = Each | First | During | Spike | After


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRule:
    """The ledger state this rule keeps: how wide it holds, and when it lapses unless confirmed again."""

    name: str
    per: Precision = "country"
    lasts: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Independent sources wanted; until then `mark` (tell, marked unconfirmed) or `hold`."""

    sources: int = 2
    within: timedelta = timedelta(hours=36)
    until_then: Literal["mark", "hold"] = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Severity by numbers: `steps["killed"]` is ((1, "moderate"), (10, "severe")), rising; `raises` are
    phrases that lift it."""

    default: Severity | None = None
    steps: dict[str, tuple[tuple[float, Severity], ...]] = field(default_factory=dict)
    raises: tuple[tuple[Choice, Severity], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """What the alert says (Jinja2 lines) and how long evidence belongs to the same event. `course`: what goes on at a
    place is one event, a blow there on another day is another. `covers` names rules whose alerts need no mail of their
    own beside this one's, in the same incident and at no higher level. From the level `triage` on a person looks before
    it is told."""

    title: str
    summary: str
    title_line: int = 0
    summary_line: int = 0
    category: str = "Security"
    response: str = "Monitor"
    expires: timedelta | None = None
    same_event: timedelta = timedelta(days=3)
    course: Literal["process", "blow"] = "process"
    update_when: tuple[str, ...] = UPDATES
    triage: Severity | None = None
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    author: str = ""
    owner: str = ""
    created: str = ""
    modified: str = ""
    review_by: str = ""
    why: str = ""
    references: tuple[str, ...] = ()
    false_alarms: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    min_precision: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A [[fires]], a [[quiet]] or an article of a [[story]]."""

    text: str
    line: int
    fires: bool
    title: str = ""
    day: float = 0.0
    published: datetime | None = None
    language: str | None = None
    country: str | None = None
    source: str | None = None
    expect: dict[str, Any] = field(default_factory=dict)
    because: str | None = None
    known_problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Articles in time; those with `fires` must open an alert, the others must not. Day 0 is `published`, if that
    matters. With a `known_problem` it goes otherwise, and its author knows."""

    name: str
    line: int
    articles: tuple[Example, ...]
    published: datetime | None = None
    known_problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One checked rule. `version` is a digest of its file and of the `lists` it uses (their texts, by name);
    `family` stays through renames (`[about] formerly`) so that open alerts stay its own. A count or a state that
    began within `news_for` is news, no total and no standing state."""

    name: str
    file: str
    version: str
    source: str = field(repr=False)
    family: str
    event: str
    title: str
    status: Status
    about: About
    scope: Scope
    blocks: tuple[Block, ...]
    ignore: Ignore
    claims: dict[ClaimKind, ClaimPolicy]
    news_for: timedelta | None
    numbers: tuple[NumberRule, ...]
    place: PlaceRule
    when: When
    state: StateRule | None
    confirm: Confirm | None
    severity: Ladder
    alert: AlertRule | None
    examples: tuple[Example, ...]
    stories: tuple[Story, ...]
    lists: Mapping[str, str] = field(default_factory=dict, repr=False)
