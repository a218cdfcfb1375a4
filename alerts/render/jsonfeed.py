"""Alerts as JSON Feed 1.1, with our own fields under `_alerts` in each item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alerts.render.fields import LONGEST_TEXT, Published, figure, headline, moment, values
from alerts.render.geojson import encoded
from alerts.render.view import Site
from alerts.template_filters import one_line, shorten
from alerts.types import Quantity

MEDIA_TYPE: Final = "application/feed+json"
VERSION: Final = "https://jsonfeed.org/version/1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """The feed's own facts; what is empty is left out."""

    title: str
    feed_url: str
    page_url: str
    about: str
    description: str
    next_url: str = ""
    hub: str = ""
    rights: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One alert. `html` is its content, already escaped; `article` the address of the first article, `cap` that of
    the CAP message of its last version."""

    published: Published
    html: str
    article: str = ""
    cap: str = ""


def jsonfeed(facts: FeedFacts, items: Sequence[Item], site: Site) -> bytes:
    """The document."""
    document = {
        "version": VERSION,
        "title": one_line(facts.title),
        "home_page_url": facts.page_url,
        "feed_url": facts.feed_url,
        "description": facts.description,
        "next_url": facts.next_url,
        "language": "en",
        "authors": [{"name": one_line(site.name), "url": f"{site.base_url}/"}],
        "hubs": [{"type": "WebSub", "url": facts.hub}] if facts.hub else [],
        "_alerts": {name: text for name, text in (("about", facts.about), ("rights", facts.rights)) if text},
    }
    said = {name: value for name, value in document.items() if value or name == "title"}
    return encoded(said | {"items": [_item(item, site) for item in items]})


def _item(item: Item, site: Site) -> dict[str, Any]:
    one = item.published
    address = site.alert_url(one.alert.id)
    given = {
        "id": address,
        "url": address,
        "external_url": item.article,
        "title": headline(one),
        "content_html": item.html,
        "summary": shorten(one_line(one.summary), LONGEST_TEXT),
        "date_published": moment(one.telling.first),
        "date_modified": moment(one.telling.last),
        "tags": list(_tags(one)),
    }
    kept = {name: value for name, value in given.items() if value}
    kept.setdefault("content_html", "<p></p>")  # one of the contents is required, also of a broken template
    return kept | {"_alerts": own(one, site) | {"cap": item.cap or None}}


def _tags(item: Published) -> Sequence[str]:
    alert = item.alert
    words = [alert.event, alert.severity, alert.certainty, alert.state]
    return [*words, *([alert.place.country] if alert.place is not None else [])]


def own(item: Published, site: Site) -> dict[str, Any]:
    """Our own fields, with the numbers as a tree that holds all of them."""
    flat = {name: value for name, value in values(item, site).items() if not name.endswith(_FLAT)}
    return flat | {"numbers": numbers(item.alert.numbers)}


_FLAT: Final = ("_low", "_high", "_stated", "_unit", "other_numbers")


def numbers(given: Mapping[str, Quantity]) -> dict[str, dict[str, Any]]:
    """Each number by its name: see `NUMBER_PARTS`."""
    return {
        one_line(name): {
            "low": figure(one.low),
            "high": figure(one.high),
            "stated": figure(one.stated),
            "unit": one.unit,
            "factor": figure(one.factor),
            "least": figure(one.least),
            "most": figure(one.most),
            "sources": one.sources,
            "printed": shorten(one_line(one.text), 200),
        }
        for name, one in sorted(given.items())
    }


NUMBER_PARTS: Final[Mapping[str, str]] = {
    "low": "At least so many people (homes, settlements for these units).",
    "high": "At most; null where the report sets no end to it.",
    "stated": "The number as it was printed, in “unit”.",
    "unit": "people, households, housing or settlements; null where it was not said.",
    "factor": "By how many people a household was multiplied for low and high; 1 for none.",
    "least": "The least that any source says; null where only one gives a number.",
    "most": "The most that any source says.",
    "sources": "How many sources give a number.",
    "printed": "The words it was printed in.",
}
"""What stands in each of `numbers`, in words."""
