"""What belongs in one mail: alerts of one incident, and what one article brought. What is not severe goes together by
country as well; and what an alert in the mail covers needs no telling. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Final

from alerts.store.waiting import Heard, Mail, Waiting
from alerts.types import SEVERITIES

MOST: Final = 12
"""How many alerts one mail tells of: more is not read, and cut off by mail programs. The rest is the next mail."""
SEVERE: Final = SEVERITIES.index("severe")
OVER: Final = ("close", "cancel")

Covers = Mapping[str, Collection[str]]
"""Which rules' alerts a rule's alerts cover, by name."""


def bundles(rows: Sequence[Waiting]) -> list[list[Waiting]]:
    """The rows that belong in one mail each: of one incident or one article; where nothing severe is among them, of
    one country."""
    if len(rows) < 2:
        return [list(rows)] if rows else []
    happenings = _joined([[row] for row in rows], _happenings)
    high = [one for one in happenings if any(row.urgency >= SEVERE for row in one)]
    low = [one for one in happenings if all(row.urgency < SEVERE for row in one)]
    return high + _joined(low, _countries)


def _happenings(rows: Iterable[Waiting]) -> set[Hashable]:
    incidents = {("incident", row.incident) for row in rows if row.incident}
    return incidents | {("article", row.trigger_id) for row in rows if row.trigger_id is not None}


def _countries(rows: Iterable[Waiting]) -> set[Hashable]:
    return {row.place.country for row in rows if row.place is not None}


def _joined(
    groups: Iterable[Sequence[Waiting]], marks_of: Callable[[Iterable[Waiting]], set[Hashable]]
) -> list[list[Waiting]]:
    """Groups that share a mark, directly or by way of others, as one; without a mark each stays alone."""
    found: list[tuple[set[Hashable], list[Waiting]]] = []
    for group in groups:
        marks, together, apart = marks_of(group), list(group), []
        for other in found:
            if marks & other[0]:
                marks, together = marks | other[0], other[1] + together
            else:
                apart.append(other)
        found = [*apart, (marks, together)]
    return [rows for _, rows in found]


def mail_of(
    bundle: Sequence[Waiting], told: Sequence[Heard], covers: Covers, *, collected: bool = False
) -> tuple[Mail | None, dict[int, str]]:
    """The mail of what belongs together, if there is one to send now, and what is covered by alerts told before.
    `collected`: as a digest, which tells of any number."""
    by_mail, by_told = _covered(bundle, told, covers)
    rows = [row for row in bundle if row.id not in by_mail and row.id not in by_told]
    # News before what is over, the worst first, of equals the first.
    rows.sort(key=lambda row: (row.kind in OVER, -row.urgency, row.id))
    rows = rows if collected else rows[:MOST]
    if not any(row.due for row in rows):
        return None, by_told
    lead, *members = rows
    alerts = {row.alert_id for row in rows}
    mentioned = {row_id: by for row_id, by in by_mail.items() if by in alerts}
    mail = Mail(
        lead=lead.id,
        members=tuple(row.id for row in members),
        covered=mentioned,
        collected=collected and bool(members),  # of one alert, its own mail says more
    )
    return mail, by_told


def _covered(bundle: Sequence[Waiting], told: Sequence[Heard], covers: Covers) -> tuple[dict[int, str], dict[int, str]]:
    """The rows that need no telling, each with the alert that covers it: one that is in the mail, or one that the
    reader was told of before. What is only mentioned covers nothing."""
    if len(bundle) == 1 and not told:
        return {}, {}
    news = [row for row in bundle if row.kind not in OVER]
    in_mail: dict[int, str | None] = {}

    def covering(row: Waiting, path: frozenset[int]) -> str | None:
        """The alert in the mail that covers `row`; `path` guards against rules that cover each other."""
        if row.id not in in_mail:
            in_mail[row.id] = next(
                (
                    other.alert_id
                    for other in sorted(news, key=lambda one: (-one.urgency, one.id))
                    if other.id not in path and _covers(other, row, covers) and not covering(other, path | {row.id})
                ),
                None,
            )
        return in_mail[row.id]

    by_mail = {row.id: by for row in news if (by := covering(row, frozenset({row.id}))) is not None}
    later = {row.alert_id for row in bundle}  # what is said of these now counts, not what was said before
    before = [one for one in told if one.alert_id not in later]
    by_told: dict[int, str] = {}
    for row in news:
        found = next((one.alert_id for one in before if _covers(one, row, covers)), None)
        if row.id not in by_mail and found is not None:
            by_told[row.id] = found
    return by_mail, by_told


def _covers(one: Waiting | Heard, other: Waiting, covers: Covers) -> bool:
    """Whether an alert makes the mail of another one needless: of the same incident, not lower, and so declared."""
    return (
        one.alert_id != other.alert_id
        and one.incident == other.incident != ""
        and one.going_on
        and one.urgency >= other.urgency
        and other.rule in covers.get(one.rule, ())
    )
