"""`/operations/people`: how many readers there are and what they ask for, in numbers that name nobody, and what became
of sign-ups day by day.

Today's refusals are not shown: who fills in the form with an address, and sees whether their number grows, would learn
that it is one we must not write to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.notify.joining.whereabouts import region_name
from alerts.readers import RHYTHMS
from alerts.render.view import country_name, event_name
from alerts.store.database import reading
from alerts.store.headcount import FEW, Headcount, Shares, headcount
from alerts.store.suppression import REASONS, SAID
from alerts.web.operations import desk
from alerts.web.site import Web

_RHYTHMS: Final = {"now": "at once", "hourly": "every hour", "daily": "once a day", "weekly": "once a week"}
_SIGN_UPS: Final = ("asked", "confirmed", "left", "erased", "refused")


def show(request: Request) -> Response:
    """GET: the numbers."""
    web, visitor = desk.looker(request)
    now = web.now()
    with reading(web.engine) as conn:
        found = headcount(conn, now)
    variables = {
        "here": "people",
        "few": FEW,
        "standing": _standing(found),
        "wishes": _wishes(found, web),
        "days": _days(found, now),
        "sign_ups": _SIGN_UPS,
    }
    return desk.page(request, visitor, "people", variables)


def amount(number: int) -> str:
    """A number of readers, as far as it may be told."""
    return "none" if not number else f"{number:,}" if number >= FEW else f"fewer than {FEW}"


def _standing(found: Headcount) -> list[tuple[str, str]]:
    """How many there are in each state."""
    rows = [
        ("Get mails", found.readers),
        ("of them paused until a day they chose", found.paused),
        ("Asked for their yes", found.asked),
        ("Left, stopped, or given up", found.gone),
        ("Had mail come back of late", found.returned),
    ]
    rows += [(f"Addresses not written to: {SAID[one]}", found.suppressed.get(one, 0)) for one in REASONS]
    return [(label, amount(number)) for label, number in rows]


def _wishes(found: Headcount, web: Web) -> list[dict[str, Any]]:
    places = web.places
    regions = {name: name if places is None else region_name(name, places) for name, _ in found.regions.counted}
    rhythms = [(_RHYTHMS[one], found.rhythms.get(one, 0)) for one in RHYTHMS]
    extras = [("encrypted mails", found.encrypted), ("discreet mails", found.discreet)]
    return [
        _table("Countries", found.countries, country_name, [("anywhere", found.anywhere)]),
        _table("Regions", found.regions, regions.__getitem__),
        _table("Events", found.events, event_name, [("all events", found.any_event)]),
        _table("Languages", found.languages, str),
        {"name": "How often", "rows": [(label, amount(number)) for label, number in rhythms], "few": ""},
        {"name": "How", "rows": [(label, amount(number)) for label, number in extras], "few": ""},
    ]


def _table(name: str, shares: Shares, word: Any, first: Iterable[tuple[str, int]] = ()) -> dict[str, Any]:
    rows = [(label, amount(number)) for label, number in first]
    rows += [(str(word(one)), amount(number)) for one, number in shares.counted]
    few = f"and {shares.few} more that fewer than {FEW} readers each ask for" if shares.few else ""
    return {"name": name, "rows": rows, "few": few}


def _days(found: Headcount, now: datetime) -> list[dict[str, Any]]:
    today = f"{now:%Y-%m-%d}"
    return [
        {"day": day, "numbers": [_number(what, row, day == today) for what in _SIGN_UPS]} for day, row in found.sign_ups
    ]


def _number(what: str, row: Mapping[str, int], today: bool) -> str:
    """A number of a day. What was asked for today counts what was refused, so that neither tells of the other."""
    if today and what == "refused":
        return "tomorrow"
    number = row.get(what, 0) + (row.get("refused", 0) if today and what == "asked" else 0)
    return f"{number:,}" if number else ""


ROUTES: Final = (Route("/operations/people", show),)
