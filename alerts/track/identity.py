"""Which alert a hit belongs to.

The key is the rule's family and a place, never a severity, number, title or date: those change while the
event stays the same (and a date bucket would split an event at midnight).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from alerts.track import tolls
from alerts.track.blows import same_blow
from alerts.track.places import chain, coarseness, lies_in, lift
from alerts.track.severity import rank
from alerts.types import OPEN_STATES, Alert, Hit, Place, Precision

UNKNOWN = "?"
# Two dead may be any two.
TELLING = 3
TELLING_AFAR = 10
FAR_MORE = 1.5


def key(hit: Hit, precision: Precision, *, article_id: str = "") -> str:
    """ "family|place id" at the rule's precision; "family|?|article id" where no place was found: such a
    story is an event of its own."""
    return key_at(hit.family, hit.place, precision, article_id=article_id)


def key_at(family: str, place: Place | None, precision: Precision, *, article_id: str = "") -> str:
    """`key` for a place by itself."""
    if place is None:
        return f"{family}|{UNKNOWN}|{article_id}"
    return f"{family}|{lift(place, precision).id}"


def base(key: str) -> str:
    """A key without what sets the parts of a split alert apart: "family|place id|2" is "family|place id"."""
    fields = key.split("|")
    return "|".join(fields[: 3 if fields[1:2] == [UNKNOWN] else 2])


def part_key(wanted: str, taken: Collection[str]) -> str:
    """A key for a part of an alert: `wanted`, or the first of its numbered forms that is not `taken`."""
    if wanted not in taken:
        return wanted
    numbers = count(2)
    return next(key for number in numbers if (key := f"{base(wanted)}|{number}") not in taken)


def moved(key: str, place: Place, precision: Precision) -> str:
    """The key of an alert that turns out to be at `place`: a part of a split one stays apart there too."""
    return key_at(key.partition("|")[0], place, precision) + key.removeprefix(base(key))


def distinct(hits: Sequence[Hit], precision: Precision) -> list[Hit]:
    """One hit for each alert that an article bears on, for hits of one rule family.

    Of several with one key the worst stands (the earlier of equals) and takes over the numbers it lacks. A
    hit at a place that merely contains the place of another, or at none, adds nothing to that other; nor does
    one that gives the very number of another: a headline names the province, the text the town.
    """
    by_key: dict[str, list[Hit]] = {}
    for hit in hits:
        by_key.setdefault(key(hit, precision), []).append(hit)
    merged = _once_each(list(by_key.values()))
    placed = [hit.place for hit in merged if hit.place is not None]
    return [hit for hit in merged if not _repeats(hit.place, placed)]


def _once_each(groups: Sequence[Sequence[Hit]]) -> list[Hit]:
    """One hit for each group, and for groups that give one number in words of their own: that is one event, and its
    place the one named beside the number in the text."""
    found: list[list[Hit]] = []
    for group in groups:
        same = next((other for other in found if _own_numbers(group) & _own_numbers(other)), None)
        if same is None:
            found.append(list(group))
        else:
            same.extend(group)
    return [_at_best_place(group) for group in found]


def _own_numbers(group: Sequence[Hit]) -> set[tuple[str, float, float]]:
    """The telling numbers that stand in the hits' own sentences; a hit may have one from the sentence beside it."""
    return {
        (name, number.low, number.high)
        for hit in group
        for name, number in hit.numbers.items()
        if number.low >= TELLING and number.text.casefold() in hit.sentence.casefold()
    }


def _at_best_place(group: Sequence[Hit]) -> Hit:
    best = max(group, key=_well_placed)
    return replace(combined(group), place=best.place, place_from=best.place_from)


def _well_placed(hit: Hit) -> tuple[bool, int, bool, int]:
    """A place that the sentence itself names before one that it borrows, a town before its province, the text before
    the title, and of equals the first."""
    fine = -coarseness(hit.place.precision) if hit.place else -9
    return hit.place_from == "sentence", fine, hit.sentence_index > 0, -hit.sentence_index


def _repeats(place: Place | None, placed: Sequence[Place]) -> bool:
    if place is None:
        return bool(placed)
    return any(lies_in(other, place) for other in placed)


def combined(group: Sequence[Hit]) -> Hit:
    """The worst hit of an article (the earlier of equals), with the numbers that it lacks from the others."""
    ordered = sorted(group, key=lambda hit: (-rank(hit.severity), hit.sentence_index))
    numbers = {name: quantity for hit in reversed(ordered) for name, quantity in hit.numbers.items()}
    first = next((hit for hit in ordered if _says_more(hit, ordered[0])), ordered[0])
    return first if numbers == first.numbers else replace(first, numbers=numbers)


def _says_more(hit: Hit, first: Hit) -> bool:
    """Whether readers had better be shown this sentence: it says the same as the first, and the number with it."""
    alike = (hit.severity, hit.current, hit.alleged, hit.claims) == (
        first.severity, first.current, first.alleged, first.claims
    )  # fmt: skip
    return alike and bool(_own_numbers([hit]))


def pick(
    alerts: Iterable[Alert],
    hit: Hit,
    *,
    precision: Precision,
    same_event: timedelta,
    blow: bool = False,
    article_id: str = "",
    same_story: Callable[[Alert], bool] = lambda alert: False,
) -> Alert | None:
    """The alert that `hit` joins, or None: it opens a new one.

    `alerts` are those of the family and country (all of the family for a hit without a place): open ones,
    those that ended, closed or were cancelled within about `same_event`, and merged ones with those they were merged
    into. `same_story(alert)` says whether the hit's article is a near-copy of one in the alert (`origins.same_story`);
    it is asked only where no place can decide, and of a `blow` that seems to be another.
    """
    by_id = {alert.id: alert for alert in alerts}
    near = [alert for alert in _standing(by_id) if alert.family == hit.family and _within(alert, hit, same_event)]
    if blow:
        near = [alert for alert in near if same_blow(alert, hit) or same_story(alert)]
    near.sort(key=_preference)
    near.sort(key=lambda alert: (alert.state not in OPEN_STATES, by_id[alert.id] is not alert))
    own = key(hit, precision, article_id=article_id)
    taking = [alert for alert in near if _takes(alert, hit)]
    same = _one_of([alert for alert in taking if base(alert.key) == own], hit, same_story) or next(
        (alert for alert in taking if alert.place and key_at(alert.family, alert.place, precision) == own), None
    )  # an alert whose fine place was taken back keeps its key
    place = None if hit.place is None else lift(hit.place, precision)
    if same is None and place is None:
        same = _retold(near, same_story)
    elif same is None and place is not None:
        same = _by_place(near, place, hit, same_story) or (_same_toll(near, hit) if blow else None)
    return None if same is None else by_id[same.id]


def _standing(by_id: Mapping[str, Alert]) -> Iterator[Alert]:
    """The alerts, and in place of each merged one that into which it was merged, with the key and place of the merged
    one: what would have joined that is news of the other."""
    for alert in by_id.values():
        if alert.state != "merged":
            yield alert
        elif (target := _target(alert, by_id)) is not None:
            yield replace(target, key=alert.key, place=alert.place)


def _target(alert: Alert, by_id: Mapping[str, Alert]) -> Alert | None:
    """Where a chain of merges ends. (It ends: what is merged is never merged into.)"""
    target: Alert | None = alert
    while target is not None and target.state == "merged":
        target = by_id.get(target.merged_into or "")
    return target


def _by_place(near: Sequence[Alert], place: Place, hit: Hit, same_story: Callable[[Alert], bool]) -> Alert | None:
    still_open = [alert for alert in near if alert.state in OPEN_STATES]
    return (
        _retold([alert for alert in near if alert.state == "cancelled"], same_story)
        or _coarser(still_open, place)
        or _only_finer(still_open, place, hit)
        or _retold([alert for alert in near if alert.place is None], same_story)
    )


def _same_toll(near: Sequence[Alert], hit: Hit) -> Alert | None:
    """The alert of a blow in the same province with the very number of the hit: a town, and the town near it."""
    for alert in near:
        both = tolls.in_both(alert, hit).values()
        if alert.state in OPEN_STATES and alert.place is not None and hit.place is not None:
            if alert.place.admin1 is not None and alert.place.admin1 == hit.place.admin1:
                if any(known.low == number.low >= TELLING_AFAR for known, number in both):
                    return alert
    return None


def _one_of(alerts: Sequence[Alert], hit: Hit, same_story: Callable[[Alert], bool]) -> Alert | None:
    """The first of `alerts`, unless a person split them: then the part whose story it is, or whose numbers it agrees
    with, or that happened nearest to it, or of which was heard last."""
    by_key: dict[str, Alert] = {}
    for alert in alerts:
        by_key.setdefault(alert.key, alert)
    parts = list(by_key.values())
    if len(parts) < 2:
        return parts[0] if parts else None
    told = next((alert for alert in parts if same_story(alert)), None)
    agreeing = [alert for alert in parts if _agrees(alert, hit)] or parts
    return told or min(agreeing, key=lambda alert: _apart(alert, hit.event_time))


def _agrees(alert: Alert, hit: Hit) -> bool:
    """Whether some number of the hit is one that was given for the alert."""
    return any(tolls.agree(known, number) for known, number in tolls.in_both(alert, hit).values())


def _apart(alert: Alert, event_time: datetime) -> timedelta:
    return max(alert.first_event - event_time, event_time - alert.last_event, timedelta(0))


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


def _only_finer(alerts: Sequence[Alert], place: Place, hit: Hit) -> Alert | None:
    """The alert that a hit at the containing `place` must be about: it is the only one there, and the hit does not
    count far more than it (as a country does, of which the town is a part)."""
    below = [alert for alert in alerts if alert.place is not None and lies_in(alert.place, place)]
    return below[0] if len({alert.id for alert in below}) == 1 and not _counts_more(hit, below[0]) else None


def _counts_more(hit: Hit, alert: Alert) -> bool:
    both = tolls.in_both(alert, hit).values()
    return any(number.low >= FAR_MORE * tolls.most(known) for known, number in both)


def _retold(alerts: Sequence[Alert], same_story: Callable[[Alert], bool]) -> Alert | None:
    """The alert whose story this is again. One that ended while another took its key stays ended."""
    taken = {alert.key for alert in alerts if alert.state in OPEN_STATES}
    for alert in alerts:
        if (alert.state != "ended" or alert.key not in taken) and same_story(alert):
            return alert
    return None
