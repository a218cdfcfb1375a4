"""The errors a user can meet. Each says what, where and what to do; all faults of a file come at once.

AlertsError
├── Faults              several faults of one input, each with its place
│   ├── ConfigError     config.toml
│   ├── RuleError       a rule or word-list file
│   └── TemplateError   a mail or page template
├── FetchError          a feed that could not be fetched (with its url)
│   └── ForbiddenAddress    the address is not public: refused before connecting
├── ParseError          a document that is no feed (with its url)
├── InputError          something given by hand that cannot be used: an address, a URL, an unknown id
├── StoreError          the database: unreachable, locked, full, or of another version
├── GazetteerError      the place index is missing or broken
├── WebError            the web server cannot have its address
└── MailError           a delivery that failed; `permanent` says whether to try again
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """`; did you mean 'place'?` for the nearest known word whatever its capitals, or nothing when none is near."""
    by_small = {name.lower(): name for name in sorted(known)}
    near = get_close_matches(word.lower(), list(by_small), n=1, cutoff=cutoff)
    return f"; did you mean '{by_small[near[0]]}'?" if near else ""


class AlertsError(Exception):
    """Anything this project raises on purpose. The text is for the person at the terminal."""


# An error keeps a file out; a warning wants to be mended; a note is good to know.
Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of a file: `file:line: level: message`, the form editors and CI understand."""

    file: str
    line: int
    message: str
    level: Level = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.level}: {self.message}"


class Faults(AlertsError):
    """One or more faults; `str()` gives one line each."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class ConfigError(Faults):
    """The configuration cannot be used."""


class TemplateError(Faults):
    """Templates that cannot be used."""


class FetchError(AlertsError):
    """A feed could not be fetched. `reason` is one of a small closed set, for counters and lists; `http` the
    status of the answer and `retry_after` its header of that name, if there were any; `seconds` is how long it was
    waited for the server."""

    seconds = 0.0

    def __init__(
        self, url: str, reason: str, message: str, *, http: int | None = None, retry_after: str | None = None
    ) -> None:
        self.url, self.reason = url, reason
        self.http, self.retry_after = http, retry_after
        super().__init__(f"{url}: {message}")


class ForbiddenAddress(FetchError):
    """The host's address is not a public one, and not allowed by `collect.allow_hosts`."""


class ParseError(AlertsError):
    """A document that is not a feed, or one the parser could not survive. `reason`: as for FetchError."""

    def __init__(self, url: str, message: str, *, reason: str = "not_a_feed") -> None:
        self.url, self.reason = url, reason
        super().__init__(f"{url}: {message}")


class InputError(AlertsError):
    """Something that was given by hand cannot be used; the text says why, without repeating an address."""


StoreReason = Literal["locked", "full", "failing", "unreachable", "schema", "damaged"]


class StoreError(AlertsError):
    """The database cannot be used now. `reason` is for counters, and for who has to decide what to do next."""

    def __init__(self, message: str, *, reason: StoreReason = "unreachable") -> None:
        self.reason: StoreReason = reason
        super().__init__(message)


class GazetteerError(AlertsError):
    """The index of places is missing or broken."""


class WebError(AlertsError):
    """The web server cannot be started; the text says what to set."""


class MailError(AlertsError):
    """A delivery failed. `permanent`: trying again is useless. `reason` is one of a small closed set."""

    def __init__(self, message: str, *, reason: str, permanent: bool) -> None:
        self.reason, self.permanent = reason, permanent
        super().__init__(message)
