"""The formats in which machines can have a question's alerts: their names, addresses and types, in one list.

Pages put them into their heads (`<link rel="alternate">`), answers into their `Link` headers, and `/data` explains
them; whoever adds one adds it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alerts.render import atom, cap, geojson, jsonfeed
from alerts.store.search import Cursor
from alerts.web.public.query import Query
from alerts.web.site import Web


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`path` is where it is had, `about` what it is for. A feed can be followed (by WebSub, too); `pages`: it comes
    in pages."""

    name: str
    title: str
    path: str
    media_type: str
    about: str
    feed: bool = False
    pages: bool = True


KINDS: Final = (
    Kind(
        name="atom",
        title="Atom feed",
        path="/alerts.atom",
        media_type=atom.MEDIA_TYPE,
        about="For feed readers and chat programs: the latest alerts, each with its words, place and links.",
        feed=True,
    ),
    Kind(
        name="json",
        title="JSON Feed",
        path="/alerts.json",
        media_type=jsonfeed.MEDIA_TYPE,
        about="For programs and feed readers: the same in JSON, with all fields under “_alerts”.",
        feed=True,
    ),
    Kind(
        name="geojson",
        title="GeoJSON",
        path="/alerts.geojson",
        media_type=geojson.MEDIA_TYPE,
        about="For maps, such as QGIS and Leaflet: one point an alert; no geometry where no place is known.",
    ),
    Kind(
        name="csv",
        title="CSV with HXL tags",
        path="/alerts.csv",
        media_type="text/csv",
        about="For spreadsheets and statistics: all alerts in one file, one row each, with HXL hashtags in the second "
        "row. In Excel use Data, From Text/CSV, and choose UTF-8.",
        pages=False,
    ),
    Kind(
        name="cap",
        title="CAP messages",
        path="/alerts.cap.atom",
        media_type=atom.MEDIA_TYPE,
        about="For warning systems: an Atom feed whose entries lead to messages of the Common Alerting Protocol 1.2. "
        "Alerts of rules in test, and what waits for a person, are not in it.",
        feed=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format of a question's alerts, for the head of a page: `address` begins with the root."""

    title: str
    media_type: str
    address: str


def formats(web: Web, query: Query) -> list[Format]:
    """All formats of what a page shows."""
    end = query.address()
    return [Format(title=one.title, media_type=one.media_type, address=f"{web.root}{one.path}{end}") for one in KINDS]


def kind(name: str) -> Kind:
    """The format of this name."""
    return next(one for one in KINDS if one.name == name)


def address(web: Web, of: Kind, query: Query, before: Cursor | None = None) -> str:
    """The whole address of a format of this question, from a place in the archive on."""
    return f"{web.site.base_url}{of.path}{query.address(before)}"


def page_address(web: Web, query: Query) -> str:
    """The whole address of the page that shows the same alerts."""
    return f"{web.site.base_url}/alerts{query.address()}"


def is_open(web: Web) -> bool:
    """Whether everybody may read the data: what is not open is told to no hub, and to no page of other hosts."""
    return "data" not in web.closed


def hub_of(web: Web) -> str:
    """The hub that tells of news in the feeds; empty where there is none."""
    return web.settings.hub if is_open(web) else ""


CAP_TYPE: Final = cap.MEDIA_TYPE
