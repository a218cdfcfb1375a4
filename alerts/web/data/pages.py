"""All data for machines, and the page that explains them."""

from __future__ import annotations

from typing import Final

from alerts.web.data import alertjson, atom, cap, capindex, page, tables

_PARTS: Final = (atom, tables, capindex, cap, alertjson, page)

ROUTES: Final = tuple(route for part in _PARTS for route in part.ROUTES)
