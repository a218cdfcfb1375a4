"""The values that pass between the poller and the store: what is to be polled, and what came of it.

A poll never raises for a fault of the feed: the fault is the `Outcome`'s status. Everything the store has
to write is decided here, so that finishing a poll is one transaction of plain writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from alerts.types import Entry

Success = Literal["ok", "not_modified"]
SUCCESSES: tuple[Success, ...] = get_args(Success)

FetchReason = Literal[
    "bad_url",  # no http(s) URL, or a port that is not allowed
    "forbidden_address",  # the host's address is not public
    "dns",  # the name is unknown
    "connect",  # nobody answers at the address
    "tls",  # certificate or handshake
    "timeout",
    "protocol",  # not HTTP, or the connection broke before anything came
    "redirects",  # too many, in a loop, or to nowhere
    "throttled",  # 429
    "gone",  # 410
    "denied",  # 401, 403, 407, 451
    "http_client",  # any other 4xx, and answers that are neither content nor redirect
    "http_server",  # 5xx
]
FETCH_REASONS: tuple[FetchReason, ...] = get_args(FetchReason)

ParseReason = Literal[
    "empty",  # nothing in the body
    "html",  # a web page where a feed should be
    "not_a_feed",  # some other document
    "unreadable",  # a feed whose items cannot be read
    "hostile",  # refused before parsing: would cost too much
    "parser_killed",  # took too much time or memory, and was ended
]
PARSE_REASONS: tuple[ParseReason, ...] = get_args(ParseReason)

Status = Literal[Success, FetchReason, ParseReason]


Rung = Literal[
    "delta",  # only the items that the last document did not have
    "full",
    "repaired",  # usual faults put right first
    "recovered",  # by a parser that takes anything for XML
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """How often a feed says it wants to be asked: `every` is what its document names (ttl, sy:updatePeriod),
    `skip_hours` (0-23) and `skip_days` (0 is Monday) the hours and days, in UTC, in which it brings nothing."""

    every: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollTarget:
    """A feed as the poller needs it. `etag`, `last_modified` are what the server gave last, untouched, and `marks`
    what the parser did; `failures` counts the failed polls since the last good one.

    `interval` is the present one, `rate` articles an hour over about a day; `own_interval`, `max_staleness` and
    `max_body` are the operator's wishes for this feed. `lies_since`: its "not modified" was found to be untrue.
    """

    id: int
    url: str
    interval: timedelta
    failures: int = 0
    etag: str | None = None
    last_modified: str | None = None
    marks: bytes = b""
    hints: Hints = Hints()
    rate: float = 0.0
    own_interval: timedelta | None = None
    max_staleness: timedelta | None = None
    max_body: int | None = None
    critical: bool = False
    lies_since: datetime | None = None
    whole_at: datetime | None = None
    last_ok: datetime | None = None
    last_new: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a feed document says besides its items. `rung` is how it had to be read; `truncated` says that items at
    its end are missing or were left out, `broken` that the document itself ends in the middle.

    `marks` are for the parser itself: given back as `seen` with the next document, items that have not changed
    are left out, and counted in `unchanged`. `older` is where earlier items are, if the document says so (RFC 5005).
    """

    title: str = ""
    language: str | None = None
    version: str = ""
    truncated: bool = False
    broken: bool = False
    warnings: tuple[str, ...] = ()
    rung: Rung = "full"
    marks: bytes = b""
    unchanged: int = 0
    hints: Hints = Hints()
    older: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed(Read):
    """A feed document, read and cleaned. `entries` are in the document's order, their keys unique within it."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A body as it came (decoded from its transfer), kept for replay."""

    url: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one poll of one feed came to.

    `etag`, `last_modified`, `marks` and `hints` are the feed's new values: to be stored always, whatever the status.
    (Validators stay as they were when the document could not be read, and are dropped when it broke off, so that the
    next poll gets the whole of it again.) `size` is the body's, in bytes after decoding. `error` is for the operator
    and names the URL. `moved_to` is where redirects led, when all of them were permanent. `max_age` is how long the
    server says the answer stays fresh. `whole`: it was asked for without validators, and read whole. `same`: the
    server gave the validators it had given before. `unchanged` and `older` are as in `Parsed`. `ours`: nobody could
    be reached, so the fault is likely ours and not the feed's.
    """

    status: Status
    http: int | None = None
    size: int = 0
    ms: int = 0
    entries: tuple[Entry, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    max_age: timedelta | None = None
    moved_to: str | None = None
    truncated: bool = False
    warnings: tuple[str, ...] = ()
    title: str = ""
    language: str | None = None
    rung: Rung | None = None
    marks: bytes = b""
    unchanged: int = 0
    hints: Hints = Hints()
    older: str = ""
    whole: bool = False
    same: bool = False
    ours: bool = False
    document: Document | None = None

    @property
    def ok(self) -> bool:
        """The feed answered as a feed should."""
        return self.status in SUCCESSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What follows from a poll for the next one: the feed's new values, and why it is asked then."""

    interval: timedelta
    rate: float
    failures: int
    next_due: datetime
    due_reason: str
