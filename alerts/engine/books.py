"""What a report that a state begins, holds or ends changes in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from alerts.match.rule import StateRule
from alerts.store import ledger as ledger_store
from alerts.track import holders, ledger, places, terms
from alerts.types import Hit, Place

# The part of a block whose words begin with the one who holds the place from then on.
_HOLDER: Final = "holder"


def changes(conn: Connection, state: StateRule, place: Place, hit: Hit, by: str) -> Sequence[ledger.Change]:
    """`place` is the hit's, at the level of the state. Nothing where the state is said to hold, but nobody reported
    that it began: the article's own hits know it; nor where it is not said of which place that is."""
    if not _of_a_place(state, place, hit):
        return ()
    at = hit.event_time
    known = ledger_store.entries(conn, place.country, name=state.name, since=at)
    if hit.closes:
        return ledger.closed(known, name=state.name, place=place, at=at, by=by)
    if not hit.opens and not ledger.holds(known, places.chain(place), at):
        return ()
    parties = holders.holder(hit.sentence, hit.parts[_HOLDER]) if _HOLDER in hit.parts else ""
    if _HOLDER in hit.parts and not parties:
        return ()  # somebody took it; nobody says who
    said = terms.term(hit.sentence, at)
    now = ledger.holds(known, (place.id,), at)
    return ledger.opened(
        known,
        name=state.name,
        place=place,
        at=at,
        lasts=state.lasts,
        by=by,
        ends=said.end(at, now.lapses if now is not None and now.named else None),
        longer=said.longer,
        parties=parties,
    )


def _of_a_place(state: StateRule, place: Place, hit: Hit) -> bool:
    """What holds town by town does not hold in a country, and one that ended must be named: elsewhere the people
    would be told that theirs is over."""
    if _HOLDER in hit.parts and not (hit.place_from == "sentence" and holders.names(hit.parts[_HOLDER], place.name)):
        return False
    if state.per != "city":
        return True
    return place.precision != "country" and (not hit.closes or hit.place_from in ("sentence", "title", "before"))
