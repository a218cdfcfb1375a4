"""All that machines read, and the page that explains it."""

from __future__ import annotations

from typing import Final

from alerts.web.data import alertjson, atom, cap, capindex, health, page, tables

_PARTS: Final = (atom, tables, capindex, cap, alertjson, page, health)

ROUTES: Final = tuple(route for part in _PARTS for route in part.ROUTES)
