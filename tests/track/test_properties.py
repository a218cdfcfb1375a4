"""What must hold of any alert, whatever comes in and in whatever order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.track import origins, triage
from alerts.track.changes import snapshot
from alerts.track.identity import key_at
from alerts.track.lifecycle import Policy, Step, cancel, close, end, facts_of, retract
from alerts.track.policy import Confirm
from alerts.types import SEVERITIES, Alert, Evidence
from tests.track.make import ARLO, COUNTRY, NORTH, Tracked, at, count, denial, evidence, hit, hours

# A loaded machine is no fault of the code.
FAST = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
LADDER: Any = {"killed": [(1.0, "minor"), (10.0, "severe"), (40.0, "extreme")]}
TEXTS = tuple(" ".join(f"{word}{letter}" for word in "one two three four five six seven".split()) for letter in "abc")

policies = st.builds(
    Policy,
    steps=st.sampled_from([{}, LADDER]),
    precision=st.sampled_from(["city", "admin1", "country"]),
    confirm=st.builds(
        Confirm,
        sources=st.integers(1, 3),
        within=st.sampled_from([None, hours(20)]),
        until_then=st.sampled_from(["mark", "hold"]),
    ),
    triage_from=st.sampled_from([None, None, "moderate", "severe", "extreme"]),
    triage_for=st.sampled_from([None, hours(1)]),
)
COMMANDS = ("end", "close", "cancel", "retract", "approve", "drop", "let_go", "retitle")


@st.composite
def articles(draw: st.DrawFn, name: str) -> Evidence:
    """Evidence that shares owners, texts and cited sources with others often enough to matter."""
    when = draw(st.integers(0, 60))
    numbers = draw(st.dictionaries(st.sampled_from(["killed", "displaced"]), st.integers(0, 80).map(count), max_size=2))
    how: dict[str, Any] = {
        "when": when,
        "owner": draw(st.sampled_from(["A", "B", "C", "D", ""])),
        "tier": draw(st.sampled_from([1, 2, 2])),
        "cited": draw(st.sampled_from([(), (), ("a",), ("the observatory",)])),
        "text": draw(st.sampled_from([None, None, *TEXTS])),
        "revision": draw(st.integers(1, 2)),
    }
    if draw(st.integers(0, 9)) == 0:
        return denial(name, **how)
    found = hit(
        draw(st.sampled_from([ARLO, ARLO, NORTH, COUNTRY, None])),
        when=when - draw(st.sampled_from([0, 0, 30])),
        severity=draw(st.sampled_from(SEVERITIES)),
        numbers=numbers,
        alleged=draw(st.booleans()),
        lowered=draw(st.integers(0, 4)) == 0,
    )
    return evidence(name, found, **how)


@st.composite
def stories(draw: st.DrawFn) -> list[Evidence]:
    """Up to seven articles, the first of which can open an alert; ids may repeat (revisions)."""
    names = draw(st.lists(st.sampled_from("123456"), min_size=1, max_size=7))
    found = [draw(articles(name)) for name in names]
    return [item for item in found if item.hit.current][:1] + found if any(i.hit.current for i in found) else []


def shown(alert: Alert) -> dict[str, Any]:
    """What the alert is, apart from what was told and when it came in."""
    names = "place state severity certainty confirmed numbers origins articles first_event last_event"
    return {name: getattr(alert, name) for name in names.split()}


def consistent(first: list[Evidence]) -> list[Evidence]:
    """One evidence a revision: the same article and revision cannot say two things."""
    return list({(item.article_id, item.revision): item for item in first}.values())


@FAST
@given(stories(), policies, st.randoms(use_true_random=False))
def test_the_order_in_which_evidence_comes_in_does_not_change_what_the_alert_is(
    story: list[Evidence], policy: Policy, random: Any
) -> None:
    story = [item for item in consistent(story) if item.hit.current]
    if not story:
        return
    other = story.copy()
    random.shuffle(other)
    one, two = (Tracked(policy).take_all(items, now=at(60)) for items in (story, other))
    assert shown(one.now) == shown(two.now)
    assert one.evidence == two.evidence


@FAST
@given(stories(), policies)
def test_swapping_the_last_two_does_not_change_what_the_alert_is(story: list[Evidence], policy: Policy) -> None:
    story = consistent(story)
    if len(story) < 3 or not story[0].hit.current:
        return
    if any(item.article_id == story[0].article_id and not item.hit.current for item in story):
        return
    swapped = [*story[:-2], story[-1], story[-2]]
    one, two = (Tracked(policy).take_all(items, now=at(60)) for items in (story, swapped))
    assert shown(one.now) == shown(two.now)


@FAST
@given(stories(), policies)
def test_the_same_evidence_twice_changes_nothing(story: list[Evidence], policy: Policy) -> None:
    if not story:
        return
    tracked = Tracked(policy).take_all(story, now=at(60))
    before, kept = tracked.now, dict(tracked.evidence)
    for item in story:
        step = tracked.take(item, now=at(61))
        assert not step.tell
    assert tracked.now == before
    assert tracked.evidence == kept


@st.composite
def lives(draw: st.DrawFn) -> tuple[Tracked, list[str]]:
    """An alert through evidence and commands at rising times."""
    story = draw(stories().filter(bool))
    tracked = Tracked(draw(policies))
    states: list[str] = []
    now = at(60)
    for item in story:
        tracked.take(item, now=now)
        states.append(tracked.now.state)
        now += timedelta(hours=draw(st.sampled_from([0, 1, 30, 100])))
        step = command(tracked, draw(st.sampled_from(["", "", "", *COMMANDS])), now)
        if step is not None:
            tracked.after(step)
            states.append(tracked.now.state)
    return tracked, states


def command(tracked: Tracked, name: str, now: Any) -> Step | None:
    if name == "end":
        return end(tracked.now, now=now, policy=tracked.policy)
    if name in ("close", "cancel"):
        return (close if name == "close" else cancel)(tracked.now, now=now, why="so")
    if name == "retract":
        items, gone = list(tracked.evidence.values()), min(tracked.evidence, default="")
        tracked.evidence.pop(gone, None)
        return retract(tracked.now, items, gone, now=now, policy=tracked.policy, why="so")
    return reviewed(tracked, name, now)


def reviewed(tracked: Tracked, name: str, now: Any) -> Step | None:
    """A command of triage; None for any other, and where there is no evidence left to tell."""
    alert, items, policy = tracked.now, list(tracked.evidence.values()), tracked.policy
    if name == "drop":
        return triage.drop(alert, now=now)
    if name == "retitle":
        return triage.retitle(alert, "Another title", now=now)
    if not any(item.hit.current for item in items):
        return None
    if name == "let_go" and triage.due(alert, now=now, policy=policy):
        return triage.let_go(alert, items, now=now, policy=policy)
    return triage.approve(alert, items, now=now, policy=policy) if name == "approve" else None


@FAST
@given(lives())
def test_versions_only_grow_and_messages_are_numbered_one_by_one(life: tuple[Tracked, list[str]]) -> None:
    tracked, _ = life
    versions = [step.alert.version for step in tracked.steps]
    assert versions == sorted(versions)
    told = [message for step in tracked.steps for message in step.messages]
    assert [message.version for message in told] == list(range(1, len(told) + 1))
    assert tracked.now.version == len(told)


@FAST
@given(lives())
def test_there_is_no_way_back_from_cancelled_and_only_one_from_closed(life: tuple[Tracked, list[str]]) -> None:
    _, states = life
    if "cancelled" in states:
        assert set(states[states.index("cancelled") :]) == {"cancelled"}
    if "closed" in states:
        assert set(states[states.index("closed") :]) <= {"closed", "cancelled"}


@FAST
@given(lives())
def test_every_message_says_why_and_the_first_is_new(life: tuple[Tracked, list[str]]) -> None:
    tracked, _ = life
    told = [message for step in tracked.steps for message in step.messages]
    assert all(message.why for message in told)
    assert [message.kind == "new" for message in told] == [index == 0 for index in range(len(told))]
    assert all(step.tell or step.quiet for step in tracked.steps)


@FAST
@given(stories(), policies)
def test_a_copy_never_raises_certainty_or_confirms(story: list[Evidence], policy: Policy) -> None:
    if not story:
        return
    tracked = Tracked(policy).take_all(story, now=at(60))
    before = tracked.now
    last = max(tracked.evidence.values(), key=lambda item: (item.published, item.article_id))
    if not last.hit.current:
        return
    copy = evidence("z", last.hit, when=60, owner="Z", tier=2)
    tracked.take(Evidence(**fields(copy) | {"text": last.text}), now=at(60))
    assert tracked.now.origins == before.origins
    assert tracked.now.certainty == before.certainty
    assert tracked.now.confirmed == before.confirmed


def fields(item: Evidence) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Evidence.__dataclass_fields__}


@FAST
@given(stories())
def test_adding_one_by_one_gives_the_origins_of_all_at_once(story: list[Evidence]) -> None:
    items = list({item.article_id: item for item in story}.values())
    grown: tuple[Evidence, ...] = ()
    for item in items:
        grown = origins.add(grown, item)
    assert grown == origins.assign(items)


@FAST
@given(stories(), policies)
def test_the_key_is_that_of_the_place_unless_a_place_is_taken_back(story: list[Evidence], policy: Policy) -> None:
    story = list({item.article_id: item for item in story if item.hit.current}.values())
    if not story:
        return
    alert = Tracked(policy).take_all(story, now=at(60)).now
    if alert.place is not None:
        assert alert.key == key_at("raid", alert.place, policy.precision)


@FAST
@given(lives())
def test_what_was_told_is_what_the_last_message_said(life: tuple[Tracked, list[str]]) -> None:
    tracked, _ = life
    told: dict[str, Any] = {}
    for step in tracked.steps:
        if any(message.kind in ("new", "update") for message in step.messages):
            assert step.alert.told["severity"] == step.alert.severity
            told = step.alert.told
        assert step.alert.told == told


@FAST
@given(stories().filter(bool), policies.filter(lambda policy: policy.triage_from is not None))
def test_what_waits_or_was_dropped_is_told_by_no_evidence_alone(story: list[Evidence], policy: Policy) -> None:
    tracked = Tracked(policy)
    for number, item in enumerate(story):
        before = tracked.alert
        step = tracked.take(item, now=at(60))
        if before is not None and before.triage is not None:
            assert not any(message.kind in ("new", "update") for message in step.messages)
        if number % 2 and tracked.now.triage == "waiting":
            tracked.after(triage.drop(tracked.now, now=at(60)))


@FAST
@given(stories().filter(bool), policies)
def test_a_dropped_alert_waits_again_exactly_when_it_gets_worse(story: list[Evidence], policy: Policy) -> None:
    first, *rest = story
    tracked = Tracked(policy)
    tracked.take(first)  # as soon as it is published: what is late waits for nobody
    if tracked.now.version:
        return
    dropped = tracked.after(triage.drop(tracked.now, now=at(60))).alert
    for item in rest:
        tracked.take(item)
        if tracked.now.state == "cancelled":
            return
    order = SEVERITIES.index
    assert dropped.approved is not None
    if tracked.now.triage == "dropped" and policy.confirm.until_then == "mark":
        assert max(order(step.alert.severity) for step in tracked.steps[1:]) <= order(dropped.approved)
    if tracked.now.triage == "waiting":
        assert max(order(step.alert.severity) for step in tracked.steps[1:]) > order(dropped.approved)
    assert tracked.now.version == 0


@FAST
@given(stories().filter(bool), policies)
def test_approved_evidence_is_told_as_it_would_have_been_without_triage(story: list[Evidence], policy: Policy) -> None:
    tracked = Tracked(policy).take_all(story, now=at(60))
    if tracked.now.triage != "waiting" or tracked.now.state == "cancelled":
        return
    items = list(tracked.evidence.values())
    step = triage.approve(tracked.now, items, now=at(61), policy=policy)
    if step.tell:
        facts = facts_of(tracked.now, origins.in_order(items), policy)
        assert step.alert.told == snapshot(facts)
    assert (step.alert.triage, step.alert.approved) == ("approved", step.alert.severity)
    again = triage.approve(step.alert, items, now=at(62), policy=policy)
    assert step.alert.version == 0 or again.alert == step.alert
