"""Which of a reader's waiting mails go now, and in which mail: decided from plain data when one of them is due.

One happening is one mail (`happenings`). Silences and covering are decided here too, at the last moment before sending
and from what this very reader was told: so it does not matter which article came first. What may not go now waits: for
the end of quiet hours or of a pause, for its reader's next turn (`pace`), or for an operator. Rows that have waited so,
and those of a digest, go as one mail.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import Final

from alerts.notify import pace, when
from alerts.notify.happenings import OVER, SEVERE, Covers, bundles, mail_of
from alerts.notify.pace import UNLIMITED, Limits
from alerts.store.waiting import Heard, Mail, Plan, Reader, Wait, Waiting
from alerts.track.silence import Silence, hides
from alerts.types import SEVERITIES

__all__ = ["HOLD_LOOK", "Covers", "decide"]

EXTREME: Final = SEVERITIES.index("extreme")
HOLD_LOOK: Final = timedelta(hours=1)
"""How often what is held is looked at; releasing it (`store.holds.release`) does not wait for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What holds for all readers."""

    covers: Covers
    silences: Sequence[Silence]
    held: Collection[str]
    limits: Limits
    now: datetime


def decide(
    waiting: Sequence[Waiting],
    heard: Sequence[Heard],
    *,
    covers: Covers,
    silences: Sequence[Silence] = (),
    held: Collection[str] = (),
    limits: Limits = UNLIMITED,
    now: datetime,
) -> Plan:
    """What is to be done now with all that waits for some readers; `heard` is what they were told of it before, `held`
    the rules whose new alerts wait for an operator."""
    terms = _Terms(covers=covers, silences=silences, held=held, limits=limits, now=now)
    told: dict[int, list[Heard]] = {}
    for one in heard:
        told.setdefault(one.person_id, []).append(one)
    by_reader = sorted(waiting, key=lambda row: (row.person_id, row.channel, row.id))
    plans = [
        _for_reader(list(group), told.get(person_id, ()), terms)
        for (person_id, _), group in groupby(by_reader, key=lambda row: (row.person_id, row.channel))
    ]
    by_id = {row.id: row for row in waiting}
    mails = sorted((mail for plan in plans for mail in plan.mails), key=lambda mail: _order(by_id[mail.lead]))
    return Plan(
        mails=tuple(mails),
        covered=dict(chain.from_iterable(plan.covered.items() for plan in plans)),
        silenced=dict(chain.from_iterable(plan.silenced.items() for plan in plans)),
        superseded=frozenset(chain.from_iterable(plan.superseded for plan in plans)),
        postponed=dict(chain.from_iterable(plan.postponed.items() for plan in plans)),
    )


def _order(row: Waiting) -> tuple[int, datetime, int]:
    return -row.urgency, row.not_before, row.id


def _for_reader(rows: Sequence[Waiting], told: Sequence[Heard], terms: _Terms) -> Plan:
    reader, old = rows[0].reader, _superseded(rows, told)
    rows = [row for row in rows if row.id not in old]
    hidden = {row.id: by for row in rows if (by := _hidden_by(row, terms)) is not None}
    seen = [row for row in rows if row.id not in hidden]
    stopped = {row.id: wait for row in seen if (wait := _stopped(row, terms)) is not None}
    free = [row for row in seen if row.id not in stopped]
    alone = tuple(Mail(lead=row.id, collected=row.collected) for row in free if _goes_alone(row) and row.due)
    turn = _turn(bundles([row for row in free if not _goes_alone(row)]), told, reader, terms)
    return Plan(
        mails=alone + turn.mails,
        covered=turn.covered,
        silenced={row.id: hidden[row.id] for row in rows if row.due and row.id in hidden},
        superseded=frozenset(old),
        postponed={**{row.id: stopped[row.id] for row in seen if row.due and row.id in stopped}, **turn.postponed},
    )


def _goes_alone(row: Waiting) -> bool:
    """A bulletin, a letter, a reminder, and what was made up for an attempt before."""
    return not row.alert_id or row.round > 0 or row.fixed


def _superseded(rows: Iterable[Waiting], told: Iterable[Heard]) -> set[int]:
    """Rows of versions of which the reader has, or gets, a later one."""
    rows = [row for row in rows if row.alert_id]
    latest: dict[str, int] = {}
    both: list[Waiting | Heard] = [*rows, *told]
    for one in both:
        latest[one.alert_id] = max(one.version, latest.get(one.alert_id, 0))
    return {row.id for row in rows if row.version < latest[row.alert_id]}


def _hidden_by(row: Waiting, terms: _Terms) -> int | None:
    """The silence that hides a row now. That an alert is over or was wrong goes to those who were told, always."""
    if _goes_alone(row) or row.kind in OVER:
        return None
    severity = SEVERITIES[row.urgency]
    for one in terms.silences:
        if hides(one, rule=row.rule, place=row.place, severity=severity, person_id=row.person_id, now=terms.now):
            return one.id
    return None


def _stopped(row: Waiting, terms: _Terms) -> Wait | None:
    """What keeps a row back whatever it belongs with. What was begun goes on; so do bulletins and letters. An extreme
    alert of a rule that fires too much is not held: it may be the day on which the worst happens everywhere."""
    if row.fixed or not row.alert_id:
        return None
    if (back := when.back(row.reader.wishes, terms.now)) > terms.now:
        return Wait(until=back, reason="pause")
    if row.rule in terms.held and row.kind not in OVER and row.urgency < EXTREME:
        return Wait(until=terms.now + HOLD_LOOK, reason="hold")
    return _quiet(row, terms) if row.round else None


def _quiet(row: Waiting, terms: _Terms) -> Wait | None:
    """Until when a row of a reader who is there waits by their clock."""
    wishes, now = row.reader.wishes, terms.now
    if when.wakes(wishes, row.urgency, row.kind):
        return None
    if row.waits == "hold" and (digest := when.awake(wishes, when.digest_time(wishes, now))) > now:
        return Wait(until=digest, reason="digest")
    awake = when.awake(wishes, now)
    return Wait(until=awake, reason="quiet") if awake > now else None


def _turn(found: Iterable[Sequence[Waiting]], told: Sequence[Heard], reader: Reader, terms: _Terms) -> Plan:
    """What goes now of a reader's bundles, and as what: one by one, or together."""
    postponed: dict[int, Wait] = {}
    ready: list[Sequence[Waiting]] = []
    for bundle in found:
        waits = {row.id: _quiet(row, terms) for row in bundle if row.due}
        if None in waits.values():
            ready.append(bundle)  # what waits goes along
        else:
            postponed |= {row_id: wait for row_id, wait in waits.items() if wait is not None}
    worst = [bundle for bundle in ready if _level(bundle) == EXTREME and not _waited(bundle)]
    mails: list[Mail] = []
    covered: dict[int, str] = {}
    for some in (worst, [bundle for bundle in ready if bundle not in worst]):
        plan = _paced(some, told, reader, terms)
        mails += plan.mails
        covered |= plan.covered
        postponed |= plan.postponed
    return Plan(mails=tuple(mails), covered=covered, postponed=postponed)


def _paced(ready: Sequence[Sequence[Waiting]], told: Sequence[Heard], reader: Reader, terms: _Terms) -> Plan:
    """Bundles of one level of haste, as many of them one by one as the reader may get. A digest that they asked for
    goes at its time, and takes all that has waited along."""
    if not ready:
        return Plan()
    level, sent, now = max(map(_level, ready)), reader.sent, terms.now
    digest = any(row.due and row.waits == "digest" for bundle in ready for row in bundle)
    turn = now if digest else pace.turn(sent, level, now, terms.limits)
    if turn > now:
        wait = Wait(until=turn, reason="pace")
        return Plan(postponed={row.id: wait for bundle in ready for row in bundle if row.due})
    late = [bundle for bundle in ready if _waited(bundle)]
    fresh = [bundle for bundle in ready if bundle not in late]
    if len(fresh) + bool(late) > pace.room(sent, level, now, terms.limits):
        late, fresh = list(ready), []
    groups = [(list(bundle), False) for bundle in fresh]
    if late:
        groups.append((list(chain.from_iterable(late)), digest or len(late) > 1))
    made = [mail_of(rows, told, terms.covers, collected=collected) for rows, collected in groups]
    return Plan(
        mails=tuple(mail for mail, _ in made if mail is not None),
        covered=dict(chain.from_iterable(by_told.items() for _, by_told in made)),
    )


def _level(bundle: Iterable[Waiting]) -> int:
    """How bad it is; of what is over, nothing is."""
    return max((row.urgency for row in bundle if row.due and row.kind != "close"), default=0)


def _waited(bundle: Iterable[Waiting]) -> bool:
    """Whether it goes with the rest that waited. What is severe and was held for an operator has waited enough."""
    due = [row for row in bundle if row.due]
    return all(row.waits is not None and not (row.waits == "hold" and row.urgency >= SEVERE) for row in due)
