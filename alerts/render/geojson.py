"""Alerts as GeoJSON (RFC 7946), for maps: a feature an alert, flat properties, no geometry where no place is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from alerts.render.fields import NUMBER_FIELDS, Published, position, values
from alerts.render.view import Site

MEDIA_TYPE: Final = "application/geo+json"
LEFT_OUT: Final = ("lat", "lon")
"""Fields that are in the geometry."""


def geojson(items: Sequence[Published], site: Site, *, next_url: str = "", rights: str = "") -> bytes:
    """A page of alerts. `next` and `rights` are foreign members, as RFC 7946 6.1 allows them."""
    document: dict[str, Any] = {"type": "FeatureCollection", "features": [_feature(item, site) for item in items]}
    return encoded(document | {name: value for name, value in (("next", next_url), ("rights", rights)) if value})


def _feature(item: Published, site: Site) -> dict[str, Any]:
    at = position(item.alert.place)
    given = {
        name: value
        for name, value in values(item, site).items()
        if name not in LEFT_OUT and not (value is None and name in NUMBER_FIELDS)
    }
    # Longitude first: RFC 7946 3.1.1.
    geometry = None if at is None else {"type": "Point", "coordinates": [at[1], at[0]]}
    return {"type": "Feature", "id": item.alert.id, "geometry": geometry, "properties": given}


def encoded(document: object) -> bytes:
    """A value as JSON in UTF-8, which holds neither NaN nor half a character."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
