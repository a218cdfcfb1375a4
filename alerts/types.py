"""The values that travel through the house: frozen, without behaviour that needs I/O or a clock.

One article's way: `Entry` (as a feed gave it) -> `Article` (plain text) -> `Hit` (one rule's finding in
one sentence) -> `Evidence` (a hit that belongs to an alert) -> `Alert` (what readers hear about) ->
`Message` (one version of it, told to people).

All times are timezone-aware and in UTC. Countries are ISO 3166-1 alpha-3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Severity = Literal["minor", "moderate", "severe", "extreme"]
SEVERITIES: tuple[Severity, ...] = ("minor", "moderate", "severe", "extreme")

Certainty = Literal["possible", "likely", "observed"]
CERTAINTIES: tuple[Certainty, ...] = ("possible", "likely", "observed")

Precision = Literal["city", "admin2", "admin1", "country"]
PRECISIONS: tuple[Precision, ...] = ("city", "admin2", "admin1", "country")

ClaimKind = Literal["denied", "possible", "past", "total", "standing", "alleged"]
CLAIM_KINDS: tuple[ClaimKind, ...] = ("denied", "possible", "past", "total", "standing", "alleged")

Unit = Literal["people", "households", "housing", "settlements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed document, as parsed and before any reading.

    `key` identifies it within its feed for ever (see `collect.formats.identity`); `published` is None when the
    feed gives no date or an impossible one. `cap` is the address of the CAP message it stands for, if it names one.
    """

    key: str
    title: str
    html: str
    url: str
    published: datetime | None
    language: str | None = None
    sections: tuple[str, ...] = ()
    cap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as the later stages see it: plain text, entities decoded, tags stripped.

    `source` is the publisher's name, `tier` 1 for UN, ICRC or a national disaster office; `country` is the
    feed's; `sections` are the categories the feed names. `dated` is False when `published` is the time of
    first sight because the feed gave no usable date.
    """

    id: str
    title: str
    text: str
    published: datetime
    source: str = ""
    language: str | None = None
    url: str = ""
    country: str | None = None
    dated: bool = True
    tier: int = 2
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A count in a sentence: an interval [low, high] with the value as stated.

    `first`, `end` are word indexes (half open) of the numeral; `noun_end` is where the counted noun ends,
    equal to `end` when there is none ("1,200 vulnerable families": numeral 0-1, noun_end 3).
    """

    low: float
    high: float
    stated: float
    first: int
    end: int
    noun_end: int
    unit: Unit | None
    noun: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number as bound to an event and shown to readers.

    For households `low` and `high` count people: `factor` is the household size they were multiplied by,
    `stated` stays as printed ("more than 1,200 families", factor 5: low 6000, high 12000, stated 1200).
    Of an alert it is the middle one of its `sources`, whose intervals together span `least` to `most`.
    """

    low: float
    high: float
    stated: float
    unit: Unit | None
    text: str
    factor: float = 1.0
    least: float | None = None
    most: float | None = None
    sources: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A date expression resolved against the publication date; `start` and `end` are inclusive days.

    `relation` is the preposition's meaning: "since April" -> "since", "until Monday" -> "until".
    """

    start: date
    end: date
    precision: Literal["hour", "day", "week", "month", "season", "year", "decade"]
    relation: Literal["on", "since", "until", "before", "after", "for"]
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What kind of statement a hit's clause makes, with the words that say so; `at` is a word index."""

    kind: ClaimKind
    cue: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the gazetteer. `id` is stable across spellings: GeoNames id ("gn:172057"), ISO 3166-2
    code ("SY-ID") or ISO 3166-1 alpha-3 ("SYR"). `admin1` is the ISO 3166-2 or GeoNames code of the first
    level it lies in, `admin1_name` its name.
    """

    id: str
    name: str
    country: str
    precision: Precision
    admin1: str | None = None
    admin1_name: str | None = None
    lat: float | None = None
    lon: float | None = None
    population: int = 0
    confidence: float = 1.0
    runner_up: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One displacement or casualty figure of an article (see the output of `alerts detect`)."""

    kind: str
    low: float
    high: float
    stated: float
    unit: Unit | None
    term: str | None
    flow: Literal["new", "stock"] | None
    place: Place | None
    text: str
    sentence: str


PlaceFrom = Literal["sentence", "before", "title", "dateline", "article", "feed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One rule's finding in one sentence of one article.

    `because` says why a hit that is not `current` was dropped. `parts` maps the names of the rule's parts
    to the words found. `needs_state` is set for a `during` rule whose state the article does not itself
    say holds: tracking must find it in the ledger. `opens`, `closes`, `holds` name a state of the ledger
    that begins, ends or is in force.
    """

    rule: str
    rule_version: str
    family: str
    event: str
    current: bool
    because: str | None
    severity: Severity
    sentence: str
    sentence_index: int
    quote: str
    parts: dict[str, str]
    claims: tuple[Claim, ...]
    place: Place | None
    place_from: PlaceFrom | None
    numbers: dict[str, Quantity]
    event_time: datetime
    alleged: bool = False
    lowered: bool = False
    needs_state: str | None = None
    opens: str | None = None
    closes: str | None = None
    holds: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A hit that belongs to an alert, with what the mail and the page show of its article.

    `origin` is the id of the article that first told this story in this alert: wire copies share it. `story` is
    the id of the first article of all that told it ("" if that is not known), `text` its print (`track.copies`).
    `owner` is the owner group of the publisher, `tier` 1 for UN, ICRC or a national disaster office.
    """

    article_id: str
    revision: int
    hit: Hit
    title: str
    url: str
    source: str
    owner: str
    tier: int
    cited: tuple[str, ...]
    published: datetime
    seen: datetime
    origin: str
    story: str = ""
    text: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Why a rule of the kind `spike` spoke: `count` of `noun` in the `days` up to `day`, against `usual`.

    `test` says which test fired, and what `usual` is: the mean of as many days (`reports`, `new wave`) or of a day
    (`ears`), the highest before in `span` days (`record`), what was told before (`growth`). `level` is what the
    rule's window holds, by which later growth is judged; `severity` the least that the test gives the alert.
    `share` is how much of all that the same outlets printed in the window these reports are, where that is known:
    more journalists make more reports, and no greater share.
    """

    test: Literal["reports", "record", "ears", "new wave", "growth"]
    noun: str
    count: float
    usual: float
    days: int
    day: date
    level: float
    severity: Severity | None = None
    span: int = 0
    share: float | None = None


AlertState = Literal["unconfirmed", "active", "ended", "closed", "cancelled", "merged"]
OPEN_STATES: tuple[AlertState, ...] = ("unconfirmed", "active")
FINAL_STATES: tuple[AlertState, ...] = ("cancelled", "merged")
Triage = Literal["waiting", "approved", "dropped", "let_go"]
MessageKind = Literal["new", "update", "close", "cancel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What readers hear about: one event at one place, with versions.

    `key` is its identity without severity, numbers, titles or dates; `told` is the snapshot of the last
    version made (numbers as {"killed": [low, high]}), against which updates are decided. `spike` is what made a
    rule of that kind speak last. `incident` is the id of the happening that it tells of, perhaps with alerts of other
    rules ("" before it is stored). `triage` says whether it waits for a person (`waits_since`), what one decided, or
    that it was told because none came; `approved` up to which level one decided so (of a dropped alert: up to which it
    was dropped), `dropped` how bad it was when one dropped it ({"severity": "extreme", "numbers": {"killed": 45}}),
    `own_title` the title that one gave it; `merged_into` is the alert that goes on in its place.
    """

    id: str
    family: str
    rule: str
    event: str
    key: str
    place: Place | None
    state: AlertState
    severity: Severity
    worst: Severity
    certainty: Certainty
    confirmed: bool
    version: int
    numbers: dict[str, Quantity]
    origins: int
    articles: int
    first_event: datetime
    last_event: datetime
    opened: datetime
    updated: datetime
    told: dict[str, Any] = field(default_factory=dict)
    spike: Wave | None = None
    incident: str = ""
    triage: Triage | None = None
    waits_since: datetime | None = None
    approved: Severity | None = None
    dropped: dict[str, Any] = field(default_factory=dict)
    own_title: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One version of an alert that readers are told about, and why."""

    kind: MessageKind
    version: int
    at: datetime
    why: str
    changes: tuple[str, ...] = ()
