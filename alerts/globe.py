"""Ways over the globe."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_KM: Final = 6371.0


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The way between two points in degrees (haversine)."""
    north, east = radians(other_lat - lat), radians(other_lon - lon)
    part = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(part)))
