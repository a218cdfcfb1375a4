"""Which of a reader's waiting mails go now, and in which mail: decided from plain data when one of them is due.

One happening is one mail: alerts of one incident, and what one article brought. What is not severe goes together by
country as well. Silences and covering are decided here too, at the last moment before sending and from what this very
reader was told: so it does not matter which article came first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from alerts.store.waiting import Heard, Mail, Plan, Waiting
from alerts.track.silence import Silence, hides
from alerts.types import SEVERITIES

MOST: Final = 12
"""How many alerts one mail tells of: more is not read, and cut off by mail programs. The rest is the next mail."""
SEVERE: Final = SEVERITIES.index("severe")
_OVER: Final = ("close", "cancel")

Covers = Mapping[str, Collection[str]]
"""Which rules' alerts a rule's alerts cover, by name."""


def decide(
    waiting: Sequence[Waiting],
    heard: Sequence[Heard],
    *,
    covers: Covers,
    silences: Sequence[Silence] = (),
    now: datetime,
) -> Plan:
    """What is to be done now with all that waits for some readers; `heard` is what they were told of it before."""
    mails: list[Mail] = []
    covered: dict[int, str] = {}
    silenced: dict[int, int] = {}
    superseded: set[int] = set()
    by_reader = sorted(waiting, key=lambda row: (row.person_id, row.channel, row.id))
    for (person_id, _), group in groupby(by_reader, key=lambda row: (row.person_id, row.channel)):
        rows = list(group)
        told = [one for one in heard if one.person_id == person_id]
        old = _superseded(rows, told)
        superseded |= old
        rows = [row for row in rows if row.id not in old]
        mails += [Mail(lead=row.id) for row in rows if _goes_alone(row) and row.due]
        hidden = {row.id: by for row in rows if (by := _hidden_by(row, silences, now)) is not None}
        silenced |= {row.id: hidden[row.id] for row in rows if row.id in hidden and row.due}
        together = [row for row in rows if not _goes_alone(row) and row.id not in hidden]
        for bundle in _bundles(together):
            if any(row.due for row in bundle):
                mail, before = _mail(bundle, told, covers)
                covered |= before
                mails += [mail] if mail is not None else []
    by_id = {row.id: row for row in waiting}
    mails.sort(key=lambda mail: _order(by_id[mail.lead]))
    return Plan(mails=tuple(mails), covered=covered, silenced=silenced, superseded=frozenset(superseded))


def _order(row: Waiting) -> tuple[int, datetime, int]:
    return -row.urgency, row.not_before, row.id


def _goes_alone(row: Waiting) -> bool:
    """A bulletin, a reminder, and what was made up for an attempt before."""
    return not row.alert_id or row.round > 0 or row.fixed


def _superseded(rows: Iterable[Waiting], told: Iterable[Heard]) -> set[int]:
    """Rows of versions of which the reader has, or gets, a later one."""
    rows = [row for row in rows if row.alert_id]
    latest: dict[str, int] = {}
    both: list[Waiting | Heard] = [*rows, *told]
    for one in both:
        latest[one.alert_id] = max(one.version, latest.get(one.alert_id, 0))
    return {row.id for row in rows if row.version < latest[row.alert_id]}


def _hidden_by(row: Waiting, silences: Sequence[Silence], now: datetime) -> int | None:
    """The silence that hides a row now. That an alert is over or was wrong goes to those who were told, always."""
    if _goes_alone(row) or row.kind in _OVER:
        return None
    severity = SEVERITIES[row.urgency]
    for one in silences:
        if hides(one, rule=row.rule, place=row.place, severity=severity, person_id=row.person_id, now=now):
            return one.id
    return None


def _bundles(rows: Sequence[Waiting]) -> list[list[Waiting]]:
    """The rows that belong in one mail each: of one incident or one article; where nothing severe is among them, of
    one country."""
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


def _mail(bundle: Sequence[Waiting], told: Sequence[Heard], covers: Covers) -> tuple[Mail | None, dict[int, str]]:
    """The mail of what belongs together, if there is one to send now, and what is covered by alerts told before."""
    by_mail, by_told = _covered(bundle, told, covers)
    rows = [row for row in bundle if row.id not in by_mail and row.id not in by_told]
    # News before what is over, the worst first, of equals the first.
    rows.sort(key=lambda row: (row.kind in _OVER, -row.urgency, row.id))
    rows = rows[:MOST]
    if not any(row.due for row in rows):
        return None, by_told
    lead, *members = rows
    alerts = {row.alert_id for row in rows}
    mentioned = {row_id: by for row_id, by in by_mail.items() if by in alerts}
    return Mail(lead=lead.id, members=tuple(row.id for row in members), covered=mentioned), by_told


def _covered(bundle: Sequence[Waiting], told: Sequence[Heard], covers: Covers) -> tuple[dict[int, str], dict[int, str]]:
    """The rows that need no telling, each with the alert that covers it: one that is in the mail, or one that the
    reader was told of before. What is only mentioned covers nothing."""
    news = [row for row in bundle if row.kind not in _OVER]
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
