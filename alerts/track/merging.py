"""Two alerts that are one event, and one alert that was two: what an analyst decides and no rule can know.

All that was reported goes to one alert, or is shared out between two; what they say follows from that as ever
(`facts.gather`). An alert that was merged is no more, and nothing brings it back: what would have joined it joins the
other (`identity.pick`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from alerts.errors import InputError
from alerts.template_filters import listed
from alerts.track import changes, identity, origins, severity
from alerts.track.lifecycle import Step, facts_of, said, settle, with_facts
from alerts.track.places import Lookup, nowhere
from alerts.track.policy import Policy
from alerts.types import FINAL_STATES, OPEN_STATES, Alert, Evidence, Quantity, Wave

_UNTOLD = "nobody was told of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An alert with all its evidence, and its title for readers."""

    alert: Alert
    evidence: Sequence[Evidence]
    title: str = ""

    @property
    def name(self) -> str:
        return f"{self.alert.id} ({self.title})" if self.title else self.alert.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What becomes of the alert that goes on, and of those that end in it."""

    into: Step
    gone: tuple[Step, ...]


def merge(
    into: Known,
    gone: Sequence[Known],
    *,
    now: datetime,
    policy: Policy,
    lookup: Lookup = nowhere,
    taken: Collection[str] = (),
) -> Merged:
    """All of `gone` are the event of `into`. Their evidence goes there; its readers are told so in an Update, and
    `gone` ends without a word. `taken` holds the keys of other alerts, which the one that goes on cannot have.

    Raises InputError for alerts that cannot be one.
    """
    _refuse(into.alert, [one.alert for one in gone])
    goes_on = any(one.alert.state in OPEN_STATES for one in gone)
    alert = into.alert
    alert = replace(
        alert,
        state="unconfirmed" if alert.state == "ended" and goes_on else alert.state,
        spike=_worst_wave([alert, *(one.alert for one in gone)]),
        worst=severity.worst([alert.worst, *(one.alert.worst for one in gone)]),
    )
    evidence = together(into.evidence, *(one.evidence for one in gone))
    ends = "which ends here" if len(gone) == 1 else "which end here"
    why = f"the same event as {_alerts(gone)}, {ends}"
    step = _told(alert, evidence, now=now, policy=policy, lookup=lookup, why=why, revised=False)
    step = replace(step, alert=_with_own_key(step.alert, alert.key, taken), regrouped=_changed(into.evidence, evidence))
    quiet = f"merged into alert {alert.id}"
    over = (replace(one.alert, state="merged", merged_into=alert.id, updated=now) for one in gone)
    return Merged(into=step, gone=tuple(Step(alert=one, quiet=quiet) for one in over))


def together(*evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The evidence of several alerts as that of one, each article once, in order and with origins."""
    by_article: dict[str, list[Evidence]] = {}
    for item in chain(*evidence):
        by_article.setdefault(item.article_id, []).append(item)
    return origins.assign(_one(items) for items in by_article.values())


def _one(items: Sequence[Evidence]) -> Evidence:
    """What one article says of all: its latest revision, the worst it says (the earlier of equals), and of each number
    the highest. However many alerts are merged, and one by one or at once, it is the same: so nothing is decided by
    what earlier merges have changed."""
    newest = max(item.revision for item in items)
    items = [item for item in items if item.revision == newest]
    items = [item for item in items if item.hit.current] or items
    numbers = dict(sorted(chain.from_iterable(item.hit.numbers.items() for item in items), key=_size))
    worst = min(items, key=_worst_first)
    return worst if numbers == worst.hit.numbers else replace(worst, hit=replace(worst.hit, numbers=numbers))


def _size(named: tuple[str, Quantity]) -> tuple[str, float, float, float, str]:
    name, number = named
    return name, number.low, number.high, number.stated, repr(number)


def _worst_first(item: Evidence) -> tuple[int, int, str]:
    """Without what a merge changes: its numbers, and its origin."""
    said = replace(item, origin="", hit=replace(item.hit, numbers={}))
    return -severity.rank(item.hit.severity), item.hit.sentence_index, repr(said)


def split(
    known: Known,
    article_ids: Collection[str],
    *,
    now: datetime,
    policy: Policy,
    lookup: Lookup = nowhere,
    taken: Collection[str] = (),
) -> Step:
    """The alert (with an empty id) that the articles named make by themselves: they tell of another event. What stays
    of the first is for `rest`. `taken` holds the keys that it cannot have.

    Raises InputError when not both would have evidence.
    """
    alert = known.alert
    _refuse_split(known, article_ids)
    evidence = origins.assign(item for item in known.evidence if item.article_id in article_ids)
    facts = facts_of(replace(alert, spike=None), evidence, policy, lookup)
    first = evidence[0].article_id
    wanted = identity.key_at(alert.family, facts.place, policy.precision, article_id=first)
    state = alert.state
    if state in OPEN_STATES:
        state = "active" if facts.confirmed else "unconfirmed"
    part = replace(
        alert,
        id="",
        key=identity.part_key(wanted, {*taken, alert.key}),
        place=facts.place,
        state=state,
        worst=facts.severity,
        version=0,
        opened=now,
        updated=now,
        told={},
        spike=None,
        incident="",
        own_title=None,
    )
    part = with_facts(part, facts, policy)
    if alert.version == 0:
        return Step(alert=part, regrouped=evidence, quiet=_UNTOLD)
    told = changes.snapshot(facts)
    why = f"split off from alert {known.name}: {changes.first(told)}"
    return replace(said(part, told, why=why, now=now), regrouped=evidence)


def rest(
    known: Known,
    part: Known,
    *,
    now: datetime,
    policy: Policy,
    lookup: Lookup = nowhere,
    taken: Collection[str] = (),
) -> Step:
    """What stays of an alert after `part` was split off, and is stored."""
    gone = {item.article_id for item in part.evidence}
    evidence = origins.assign(item for item in known.evidence if item.article_id not in gone)
    why = f"alert {part.name} was split off: another event"
    step = _told(known.alert, evidence, now=now, policy=policy, lookup=lookup, why=why, revised=True)
    taken = {*taken, part.alert.key}
    alert = _with_own_key(step.alert, known.alert.key, taken)
    return replace(step, alert=alert, regrouped=_changed(known.evidence, evidence))


def _told(
    alert: Alert,
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    policy: Policy,
    lookup: Lookup,
    why: str,
    revised: bool,
) -> Step:
    """The alert with other evidence, which its readers hear of whatever else is new. Of one that is over they hear
    it too, and it stays over. One of which nobody was told stays so, unless it waited for another source."""
    if alert.state in OPEN_STATES:
        waited = policy.confirm.until_then == "hold" and not alert.confirmed
        quiet = None if alert.version or waited else _UNTOLD
        return settle(
            *(alert, evidence), now=now, policy=policy, lookup=lookup, quiet=quiet, revised=revised, insist=why
        )
    facts = facts_of(alert, evidence, policy, lookup)
    after = replace(with_facts(alert, facts, policy), updated=now)
    if alert.version == 0:
        return Step(alert=after, quiet=_UNTOLD)
    return said(after, changes.snapshot(facts), why=why, now=now)


def _refuse(into: Alert, gone: Sequence[Alert]) -> None:
    ids = [into.id, *(alert.id for alert in gone)]
    if len(set(ids)) < len(ids):
        raise InputError(f"alert {max(ids, key=ids.count)} is named twice")
    for alert in (into, *gone):
        if alert.state in FINAL_STATES:
            raise InputError(f"alert {alert.id} was {_ended(alert)}: it cannot be merged")
    for alert in gone:
        if alert.family != into.family:
            raise InputError(
                f"alert {into.id} is of the rule '{into.rule}', alert {alert.id} of '{alert.rule}': what two rules tell"
                " of one happening belongs to one incident, and stays two alerts"
            )
        if into.version == 0 and alert.version:
            raise InputError(
                f"readers were told of alert {alert.id}, and nobody of alert {into.id}: merge {into.id} into {alert.id}"
            )
        if into.state == "closed" and alert.state in OPEN_STATES:
            raise InputError(
                f"alert {into.id} is closed, and alert {alert.id} goes on: merge {into.id} into {alert.id}"
            )


def _refuse_split(known: Known, article_ids: Collection[str]) -> None:
    alert = known.alert
    if alert.state in FINAL_STATES:
        raise InputError(f"alert {alert.id} was {_ended(alert)}: it cannot be split")
    have = {item.article_id for item in known.evidence}
    if unknown := [article_id for article_id in article_ids if article_id not in have]:
        raise InputError(f"no evidence of alert {alert.id}: article {', '.join(unknown)}; see: alerts show {alert.id}")
    telling = {item.article_id for item in known.evidence if item.hit.current}
    if not telling & set(article_ids):
        raise InputError("name at least one article that tells of the event: it makes an alert of its own")
    if not telling - set(article_ids):
        raise InputError(f"no article would be left that tells of alert {alert.id}; leave at least one")


def _ended(alert: Alert) -> str:
    return f"merged into alert {alert.merged_into}" if alert.state == "merged" else alert.state


def _alerts(known: Sequence[Known]) -> str:
    return f"alert{'s' if len(known) > 1 else ''} {listed([one.name for one in known])}"


def _worst_wave(alerts: Sequence[Alert]) -> Wave | None:
    """What made a spike of one of them speak: the latest."""
    waves = [alert.spike for alert in alerts if alert.spike is not None]
    return max(waves, key=lambda wave: (wave.day, wave.count, repr(wave)), default=None)


def _with_own_key(alert: Alert, before: str, taken: Collection[str]) -> Alert:
    """With the key it had, or where its place is another now, one that no other alert has."""
    return alert if alert.key == before else replace(alert, key=identity.part_key(alert.key, taken))


def _changed(before: Sequence[Evidence], after: Sequence[Evidence]) -> tuple[Evidence, ...]:
    had = {item.article_id: item for item in before}
    return tuple(item for item in after if had.get(item.article_id) != item)
