"""Which alert a hit belongs to.

The key is the rule's family and a place, never a severity, number, title or date: those change while the
event stays the same (and a date bucket would split an event at midnight).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from alerts.track.places import chain, lies_in, lift
from alerts.track.severity import rank
from alerts.types import OPEN_STATES, Alert, Hit, Place, Precision

UNKNOWN = "?"


def key(hit: Hit, precision: Precision, *, article_id: str = "") -> str:
    """ "family|place id" at the rule's precision; "family|?|article id" where no place was found: such a
    story is an event of its own."""
    return key_at(hit.family, hit.place, precision, article_id=article_id)


def key_at(family: str, place: Place | None, precision: Precision, *, article_id: str = "") -> str:
    """`key` for a place by itself."""
    if place is None:
        return f"{family}|{UNKNOWN}|{article_id}"
    return f"{family}|{lift(place, precision).id}"


def distinct(hits: Sequence[Hit], precision: Precision) -> list[Hit]:
    """One hit for each alert that an article bears on, for hits of one rule family.

    Of several with one key the worst stands (the earlier of equals) and takes over the numbers it lacks. A
    hit at a place that merely contains the place of another, or at none, adds nothing to that other.
    """
    by_key: dict[str, list[Hit]] = {}
    for hit in hits:
        by_key.setdefault(key(hit, precision), []).append(hit)
    merged = [_merge(group) for group in by_key.values()]
    placed = [hit.place for hit in merged if hit.place is not None]
    return [hit for hit in merged if not _repeats(hit.place, placed)]


def _repeats(place: Place | None, placed: Sequence[Place]) -> bool:
    if place is None:
        return bool(placed)
    return any(lies_in(other, place) for other in placed)


def _merge(group: Sequence[Hit]) -> Hit:
    ordered = sorted(group, key=lambda hit: (-rank(hit.severity), hit.sentence_index))
    numbers = {name: quantity for hit in reversed(ordered) for name, quantity in hit.numbers.items()}
    return ordered[0] if numbers == ordered[0].numbers else replace(ordered[0], numbers=numbers)


def pick(
    alerts: Iterable[Alert],
    hit: Hit,
    *,
    precision: Precision,
    same_event: timedelta,
    article_id: str = "",
    same_story: Callable[[Alert], bool] = lambda alert: False,
) -> Alert | None:
    """The alert that `hit` joins, or None: it opens a new one.

    `alerts` are those of the family and country (all of the family for a hit without a place): open ones,
    and those that ended, closed or were cancelled within about `same_event`. `same_story(alert)` says
    whether the hit's article is a near-copy of one in the alert (`origins.same_story`); it is asked only
    where no place can decide.
    """
    near = [alert for alert in alerts if alert.family == hit.family and _within(alert, hit, same_event)]
    near.sort(key=_preference)
    own = key(hit, precision, article_id=article_id)
    taking = [alert for alert in near if _takes(alert, hit)]
    same = next((alert for alert in taking if alert.key == own), None) or next(
        (alert for alert in taking if alert.place and key_at(alert.family, alert.place, precision) == own), None
    )  # an alert whose fine place was taken back keeps its key
    place = None if hit.place is None else lift(hit.place, precision)
    if same is not None or place is None:
        return same or _retold(near, same_story)
    still_open = [alert for alert in near if alert.state in OPEN_STATES]
    return (
        _retold([alert for alert in near if alert.state == "cancelled"], same_story)
        or _coarser(still_open, place)
        or _only_finer(still_open, place)
        or _retold([alert for alert in near if alert.place is None], same_story)
    )


def _within(alert: Alert, hit: Hit, same_event: timedelta) -> bool:
    """Event time, both ways: late news of the beginning belongs to the event too."""
    return alert.first_event - same_event <= hit.event_time <= alert.last_event + same_event


def _preference(alert: Alert) -> tuple[bool, float, str]:
    return alert.state not in OPEN_STATES, -alert.last_event.timestamp(), alert.id


def _takes(alert: Alert, hit: Hit) -> bool:
    """An ended alert goes on; a closed one takes only what happened before it was over."""
    if alert.state == "closed":
        return hit.event_time <= alert.updated
    return alert.state != "cancelled"


def _coarser(alerts: Sequence[Alert], place: Place) -> Alert | None:
    """The finest alert that `place` refines. (That `place` has no alert of its own was asked before.)"""
    above = [alert for alert in alerts if alert.place is not None and lies_in(place, alert.place)]
    return max(above, key=lambda alert: len(chain(alert.place)) if alert.place else 0, default=None)


def _only_finer(alerts: Sequence[Alert], place: Place) -> Alert | None:
    """The alert that a hit at the containing `place` must be about: it is the only one there."""
    below = [alert for alert in alerts if alert.place is not None and lies_in(alert.place, place)]
    return below[0] if len(below) == 1 else None


def _retold(alerts: Sequence[Alert], same_story: Callable[[Alert], bool]) -> Alert | None:
    """The alert whose story this is again. One that ended while another took its key stays ended."""
    taken = {alert.key for alert in alerts if alert.state in OPEN_STATES}
    for alert in alerts:
        if (alert.state != "ended" or alert.key not in taken) and same_story(alert):
            return alert
    return None
