"""The fields of an alert as machines read them: one table for all formats, and for the page that explains them.

What a field is called, means and is measured in stands here once, beside the code that fills it, so the words cannot
drift from the data. Values are flat: text, numbers, true or false, or None where nothing is known. Hashtags are those
of HXL 1.1 (hxlstandard.org), with attributes of our own where its dictionary has none, as it allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from alerts.render.view import DOUBTFUL_PLACE, Site, country_name, event_name, place_view
from alerts.template_filters import one_line, shorten
from alerts.types import Alert, MessageKind, Place, Quantity

Value = str | int | float | bool | None
LONGEST_TITLE: Final = 500
LONGEST_TEXT: Final = 2_000
_PREFIX: Final[dict[MessageKind, str]] = {"new": "", "update": "", "close": "Over: ", "cancel": "Cancelled: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What readers were told of an alert: when first, and with its last version when, of what kind and why."""

    first: datetime
    last: datetime
    version: int
    kind: MessageKind
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An alert as it is published: as far as readers were told of it."""

    alert: Alert
    title: str
    summary: str
    telling: Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`about` is what it means, `unit` what it is measured in or how it is written, `hxl` its hashtag."""

    name: str
    about: str
    unit: str
    hxl: str
    value: Callable[[Published, Site], Value]


NUMBERS: Final[dict[str, tuple[str, str]]] = {
    "killed": ("People killed", "#affected+killed"),
    "injured": ("People injured", "#affected+injured"),
    "displaced": ("People who had to leave their homes", "#affected+displaced"),
    "abducted": ("People abducted", "#affected+abducted"),
    "trapped": ("People who cannot get out", "#affected+trapped"),
    "affected": ("People affected", "#affected+all"),
    "in_need": ("People in need of help", "#inneed"),
}
"""The numbers that have fields of their own, in words, each with its hashtag."""


def values(published: Published, site: Site) -> dict[str, Value]:
    """All fields of an alert, in the order of the table."""
    return {field.name: field.value(published, site) for field in FIELDS}


def headline(published: Published) -> str:
    """The title, as `titled`."""
    return titled(published.telling.kind, published.title)


def titled(kind: MessageKind, title: object) -> str:
    """A title, which says where an alert is over or was wrong."""
    return _PREFIX[kind] + _text(title)


def moment(when: datetime) -> str:
    """A time in UTC as RFC 3339 writes it."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def position(place: Place | None) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees, where there is one on this earth."""
    if place is None or place.lat is None or place.lon is None:
        return None
    on_earth = -90 <= place.lat <= 90 and -180 <= place.lon <= 180  # false for NaN, too
    return (round(place.lat, 5), round(place.lon, 5)) if on_earth else None


def figure(value: float | None) -> Value:
    """A number as JSON can hold it: whole where it is whole; None for what has no end."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else round(value, 3)


def _text(text: object, longest: int = LONGEST_TITLE) -> str:
    return shorten(one_line(text), longest)


def _of_place(read: Callable[[Place], Value]) -> Callable[[Published, Site], Value]:
    return lambda item, site: None if item.alert.place is None else read(item.alert.place)


def _full(item: Published, site: Site) -> Value:
    place = item.alert.place
    view = None if place is None else place_view(
        {"name": place.name, "country": place.country, "admin1_name": place.admin1_name, "precision": place.precision}
    )  # fmt: skip
    return None if view is None else _text(view["full"])


def _doubtful(place: Place) -> Value:
    return place.confidence < DOUBTFUL_PLACE


def _degrees(index: int) -> Callable[[Published, Site], Value]:
    def read(item: Published, site: Site) -> Value:
        found = position(item.alert.place)
        return None if found is None else found[index]

    return read


def _number_fields(name: str, about: str, hxl: str) -> Iterator[Field]:
    def read(part: Callable[[Quantity], Value]) -> Callable[[Published, Site], Value]:
        def value(item: Published, site: Site) -> Value:
            quantity = item.alert.numbers.get(name)
            return None if quantity is None else part(quantity)

        return value

    word = hxl.removeprefix("#").replace("affected+", "")
    low, high = read(lambda one: figure(one.low)), read(lambda one: figure(one.high))
    yield Field(name=f"{name}_low", about=f"{about}, at least.", unit="people", hxl=f"{hxl}+min", value=low)
    about_high = f"{about}, at most; empty where the report sets no end to it."
    yield Field(name=f"{name}_high", about=about_high, unit="people", hxl=f"{hxl}+max", value=high)
    stated = read(lambda one: figure(one.stated))
    about_stated = "The number as it was printed, in the unit beside it. Do not add these up: families are not people."
    yield Field(
        name=f"{name}_stated", about=about_stated, unit=f"{name}_unit", hxl=f"#meta+stated+{word}", value=stated
    )
    unit = read(lambda one: one.unit)
    about_unit = "What was counted where it was printed; empty where that was not said."
    units = "people, households, housing or settlements"
    yield Field(name=f"{name}_unit", about=about_unit, unit=units, hxl=f"#meta+unit+{word}", value=unit)


def _other_numbers(item: Published, site: Site) -> Value:
    said = []
    for name, quantity in sorted(item.alert.numbers.items()):
        if name not in NUMBERS:
            low, high = figure(quantity.low), figure(quantity.high)
            span = f"{low}" if low == high else f"{low} to {'?' if high is None else high}"
            said.append(f"{name}: {span} {quantity.unit or 'people'}")
    return _text("; ".join(said)) or None


def _field(name: str, about: str, unit: str, hxl: str, value: Callable[[Published, Site], Value]) -> Field:
    return Field(name=name, about=about, unit=unit, hxl=hxl, value=value)


_WORD: Final = "one word"
_TEXT: Final = "text"
_TIME: Final = "UTC, ISO 8601"

FIELDS: Final[tuple[Field, ...]] = (
    _field("id", "The alert's number. It never changes and is never given again.", _TEXT, "#meta+id",
           lambda item, site: item.alert.id),
    _field("url", "The alert's page.", "address", "#meta+url",
           lambda item, site: site.alert_url(item.alert.id) or None),
    _field("title", "One line that says what happened; begins with “Over:” or “Cancelled:” where that is so.", _TEXT,
           "#event+name", lambda item, site: headline(item)),
    _field("summary", "One or two sentences, mostly the words of an article.", _TEXT, "#description",
           lambda item, site: _text(item.summary, LONGEST_TEXT)),
    _field("event", "What kind of event, as rules call it.", _WORD, "#event+type+code",
           lambda item, site: item.alert.event),
    _field("event_name", "The same in words.", _TEXT, "#event+type+name",
           lambda item, site: event_name(item.alert.event)),
    _field("severity", "How bad it is.", "minor, moderate, severe or extreme", "#severity",
           lambda item, site: item.alert.severity),
    _field("certainty", "How many reported it independently.", "possible, likely or observed", "#meta+certainty",
           lambda item, site: item.alert.certainty),
    _field("state", "Whether it goes on. Cancelled: the alert was wrong. Merged: another alert goes on in its place.",
           "unconfirmed, active, ended, closed, cancelled or merged", "#status", lambda item, site: item.alert.state),
    _field("merged_into", "The number of the alert that goes on in its place.", _TEXT, "#meta+id+merged_into",
           lambda item, site: item.alert.merged_into),
    _field("place", "The place with its region and country; empty where none is known.", _TEXT, "#loc+name+full",
           _full),
    _field("place_name", "The place alone.", _TEXT, "#loc+name", _of_place(lambda place: _text(place.name))),
    _field("place_id", "The place's id: gn:NUMBER of GeoNames, or the code of a region or country.", "code",
           "#loc+code", _of_place(lambda place: place.id)),
    _field("precision", "How exactly the place is known. The position is the middle of such a place.",
           "city, admin2, admin1 or country", "#loc+type", _of_place(lambda place: place.precision)),
    _field("place_doubtful", "Whether the name may mean another place.", "true or false", "#meta+place_doubtful",
           _of_place(_doubtful)),
    _field("country", "The country.", "ISO 3166-1 alpha-3", "#country+code+v_iso3",
           _of_place(lambda place: place.country)),
    _field("country_name", "The country's name in English.", _TEXT, "#country+name",
           _of_place(lambda place: country_name(place.country))),
    _field("region", "The region (first level below the country).", "ISO 3166-2, or of GeoNames where it has none",
           "#adm1+code+v_iso_or_geonames", _of_place(lambda place: place.admin1)),
    _field("region_name", "The region's name.", _TEXT, "#adm1+name",
           _of_place(lambda place: _text(place.admin1_name) if place.admin1_name else None)),
    _field("lat", "Latitude of the place.", "degrees north, WGS 84", "#geo+lat", _degrees(0)),
    _field("lon", "Longitude of the place.", "degrees east, WGS 84", "#geo+lon", _degrees(1)),
    _field("first_event", "When the first event happened, by the articles.", _TIME, "#date+occurred+start",
           lambda item, site: moment(item.alert.first_event)),
    _field("last_event", "When the last event happened, by the articles.", _TIME, "#date+occurred+end",
           lambda item, site: moment(item.alert.last_event)),
    _field("published", "When readers were told first.", _TIME, "#date+reported",
           lambda item, site: moment(item.telling.first)),
    _field("told", "When readers were told last, with the version below.", _TIME, "#date+told",
           lambda item, site: moment(item.telling.last)),
    _field("updated", "When anything of it changed last, also how many report it.", _TIME, "#date+updated",
           lambda item, site: moment(item.alert.updated)),
    _field("version", "How often readers were told.", "number from 1", "#meta+version",
           lambda item, site: item.telling.version),
    _field("why", "Why they were told last.", _TEXT, "#meta+why", lambda item, site: _text(item.telling.why)),
    _field("sources", "How many independent origins report it; copies of one story are one.", "number",
           "#meta+sources+num", lambda item, site: item.alert.origins),
    _field("articles", "In how many articles.", "number", "#meta+articles+num",
           lambda item, site: item.alert.articles),
    _field("rule", "The rule that fired.", _WORD, "#meta+rule", lambda item, site: _text(item.alert.rule)),
    *(field for name, (about, hxl) in NUMBERS.items() for field in _number_fields(name, about, hxl)),
    _field("other_numbers", "Numbers of other names that rules gave: “places: 3 to 5 settlements”.", _TEXT,
           "#meta+numbers", _other_numbers),
)  # fmt: skip
NUMBER_FIELDS: Final = frozenset(
    f"{name}_{part}" for name in NUMBERS for part in ("low", "high", "stated", "unit")
) | {"other_numbers"}  # fmt: skip
"""Left out, where a format may leave out what has no value."""
