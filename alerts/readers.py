"""Who gets mail, and what they asked for: values without behaviour that needs I/O or a clock.

A reader's address is no part of these values. It lies sealed in the database (`vault`), and is opened where a mail is
made or an operator asks for it, and nowhere else: what does not hold an address cannot let one slip.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final, Literal

from alerts.types import Certainty, Severity

Rhythm = Literal["now", "hourly", "daily", "weekly"]
RHYTHMS: Final[tuple[Rhythm, ...]] = ("now", "hourly", "daily", "weekly")
"""How often a reader is written to: of each alert as it comes, or of what came since the last mail."""

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""The days by their numbers (`Wishes.weekday`)."""

# Who reads alerts; who is told of an extreme alert that nobody acknowledged; who runs the service.
Duty = Literal["reader", "escalation", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Within `km` kilometres of a place that a reader named. Degrees, WGS 84. `country` (ISO 3166-1 alpha-3) and
    `region` (the id of its first level) are what it lies in, where that is known: of much news no more is."""

    name: str
    lat: float
    lon: float
    km: float
    country: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours without mail, by the reader's own clock: from `begin` until `end`, over midnight where that is earlier."""

    begin: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a reader asked for. Empty `events` mean all. `countries` (ISO 3166-1 alpha-3), `regions` (the id of a
    place's first level, `types.Place.admin1`) and `near` add up; all of them empty mean everywhere. `hour` and
    `weekday` (0 is Monday) say when a daily or weekly mail comes, by the clock of `time_zone` (an IANA name). In
    `quiet` hours only alerts of `wake_from` or worse come (None: none). `discreet`: a mail that does not show what it
    is about, as text alone. `key`: an OpenPGP certificate, ASCII-armoured; with it nothing goes out unencrypted.
    """

    events: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()
    min_severity: Severity = "minor"
    min_certainty: Certainty = "possible"
    language: str = "en"
    text_only: bool = False
    rhythm: Rhythm = "now"
    hour: int = 7
    weekday: int = 0
    time_zone: str = "UTC"
    quiet: Quiet | None = None
    wake_from: Severity | None = "severe"
    paused_until: datetime | None = None
    discreet: bool = False
    key: str = field(default="", repr=False)


YES_WITHIN: Final = timedelta(hours=48)
"""How long somebody has for the yes that makes them a reader. After that the question is forgotten, and a stranger."""

ALL: Final = Wishes()
"""All alerts, at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who gets mail. Without duties it is somebody who once wrote to us or was named in a form, and has not
    confirmed anything: a stranger, who is forgotten after two days. `series` counts what they confirmed: links of an
    earlier series do nothing."""

    id: int
    wishes: Wishes = ALL
    active: bool = True
    duties: tuple[Duty, ...] = ("reader",)
    series: int = 0

    @property
    def language(self) -> str:
        """The language of their mails."""
        return self.wishes.language
