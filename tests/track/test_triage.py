"""From a level on a person looks first: what waits is told when they say so, or when nobody came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.track import triage
from alerts.track.lifecycle import Policy, Step, cancel, close, end
from alerts.track.policy import Confirm
from alerts.types import Severity
from tests.track.make import Tracked, at, count, evidence, hit, hours

DESK = Policy(triage_from="severe", triage_for=hours(1))
LADDER = Policy(
    triage_from="severe",
    triage_for=hours(1),
    steps={"killed": ((1.0, "moderate"), (10.0, "severe"), (40.0, "extreme"))},
)


def report(name: str, severity: Severity = "severe", *, when: float = 0) -> object:
    return evidence(name, hit(when=when, severity=severity), when=when)


def killed(name: str, people: float, *, when: float = 0) -> object:
    return evidence(name, hit(when=when, severity="minor", numbers={"killed": count(people)}), when=when)


def tracked(*items: object, policy: Policy = DESK) -> Tracked:
    return Tracked(policy).take_all(items)  # type: ignore[arg-type]


def approve(case: Tracked, *, when: float = 1, title: str | None = None) -> Step:
    items = list(case.evidence.values())
    return case.after(triage.approve(case.now, items, now=at(when), policy=case.policy, title=title))


def let_go(case: Tracked, *, when: float) -> Step:
    items = list(case.evidence.values())
    return case.after(triage.let_go(case.now, items, now=at(when), policy=case.policy))


def review(case: Tracked) -> tuple[object, object]:
    return case.now.triage, case.now.waits_since


def kinds(case: Tracked) -> list[str]:
    return [message.kind for step in case.steps for message in step.messages]


def test_from_its_level_on_an_alert_waits_for_a_person() -> None:
    case = tracked(report("1", when=2))
    assert case.steps[-1].quiet == "it waits for a person"
    assert (case.now.triage, case.now.waits_since, case.now.version) == ("waiting", at(2), 0)


def test_below_its_level_nobody_has_to_look() -> None:
    case = tracked(report("1", "moderate"))
    assert (kinds(case), case.now.triage) == (["new"], None)


def test_without_triage_nothing_waits() -> None:
    assert kinds(tracked(report("1", "extreme"), policy=Policy())) == ["new"]


def test_what_came_too_late_to_be_told_does_not_wait() -> None:
    case = Tracked(DESK)
    case.take(evidence("1", hit(severity="extreme")), now=at(100))
    assert case.now.triage is None


def test_what_is_held_for_a_second_source_waits_only_when_that_has_come() -> None:
    policy = replace(DESK, confirm=Confirm(sources=2, until_then="hold"))
    case = tracked(report("1"), policy=policy)
    assert review(case) == (None, None)
    case.take(report("2", when=1))  # type: ignore[arg-type]
    assert review(case) == ("waiting", at(1))


def test_an_approved_alert_is_told_as_new() -> None:
    case = tracked(report("1"))
    [message] = approve(case).messages
    assert (message.kind, message.version, message.at) == ("new", 1, at(1))
    assert message.why == "first report: Daily 1 (unconfirmed)"
    assert (case.now.triage, case.now.approved, case.now.waits_since) == ("approved", "severe", None)
    assert case.now.told["severity"] == "severe"


def test_an_approved_alert_can_be_given_a_title() -> None:
    case = tracked(report("1"))
    approve(case, title="Raid on the market")
    assert case.now.own_title == "Raid on the market"
    approve(case)
    assert case.now.own_title == "Raid on the market"


def test_what_is_not_worse_than_approved_goes_out_by_itself() -> None:
    case = tracked(killed("1", 12), policy=LADDER)
    approve(case)
    case.take(killed("2", 30, when=2))  # type: ignore[arg-type]
    assert kinds(case) == ["new", "update"]
    assert case.now.triage == "approved"


def test_what_is_worse_than_approved_waits_again_and_is_told_as_an_update() -> None:
    case = tracked(killed("1", 12), policy=LADDER)
    approve(case)
    case.take(killed("2", 45, when=2))  # type: ignore[arg-type]
    assert (case.now.triage, case.now.version, case.now.severity) == ("waiting", 1, "extreme")
    assert case.now.told["severity"] == "severe"
    [message] = approve(case, when=3).messages
    assert (message.kind, message.why) == ("update", "now extreme: 12 → 45 killed")
    assert case.now.approved == "extreme"


def test_what_readers_knew_before_triage_was_asked_for_goes_on() -> None:
    case = tracked(killed("1", 12), policy=replace(LADDER, triage_from=None))
    case.policy = LADDER
    case.take(killed("2", 30, when=2))  # type: ignore[arg-type]
    assert kinds(case) == ["new", "update"]


def test_an_approved_update_that_came_to_nothing_is_not_told() -> None:
    case = tracked(killed("1", 12), policy=replace(LADDER, confirm=Confirm(sources=1)))
    approve(case)
    case.take(killed("2", 45, when=2))  # type: ignore[arg-type]
    case.take(evidence("2", hit(when=2, severity="minor", numbers={"killed": count(12)}), when=2, revision=2))
    assert review(case) == ("waiting", at(2))
    step = approve(case, when=3)
    assert not step.tell
    assert step.quiet is not None and step.quiet.startswith("readers know it already")
    assert review(case) == ("approved", None)


def test_a_dropped_alert_stays_quiet_whoever_else_reports_it() -> None:
    case = tracked(report("1"))
    case.after(triage.drop(case.now, now=at(1)))
    case.take(report("2", when=2))  # type: ignore[arg-type]
    assert case.steps[-1].quiet == "a person dropped it"
    assert (case.now.triage, case.now.articles, kinds(case)) == ("dropped", 2, [])


def test_what_is_worse_than_was_dropped_waits_again() -> None:
    case = tracked(report("1"))
    case.after(triage.drop(case.now, now=at(1)))
    case.take(report("2", "extreme", when=2))  # type: ignore[arg-type]
    assert (case.now.triage, case.now.waits_since, kinds(case)) == ("waiting", at(2), [])


def test_a_dropped_alert_can_be_approved_after_all() -> None:
    case = tracked(report("1"))
    case.after(triage.drop(case.now, now=at(1)))
    assert approve(case, when=2).messages[0].kind == "new"


def test_what_falls_back_to_what_was_dropped_is_dropped_again() -> None:
    case = tracked(report("1"))
    case.after(triage.drop(case.now, now=at(1)))
    case.take(report("2", "extreme", when=2))  # type: ignore[arg-type]
    case.take(evidence("2", hit(when=2), when=2, revision=2))
    assert review(case) == ("waiting", at(2))
    assert triage.due(case.now, now=at(2), policy=DESK)
    assert not let_go(case, when=2).tell
    assert (case.now.triage, case.now.waits_since, case.now.version) == ("dropped", None, 0)


def dropped_update(people: float = 45) -> Tracked:
    """Told with 12 killed; then an update waited, and was dropped."""
    case = tracked(killed("1", 12), policy=LADDER)
    approve(case)
    case.take(killed("2", people, when=2))  # type: ignore[arg-type]
    case.after(triage.drop(case.now, now=at(3)))
    return case


def test_an_update_that_waits_can_be_dropped_and_the_alert_stays_as_told() -> None:
    case = dropped_update()
    assert (review(case), kinds(case)) == (("dropped", None), ["new"])
    assert (case.now.version, case.now.told["severity"], case.now.state) == (1, "severe", "active")
    assert case.now.dropped == {"severity": "extreme", "numbers": {"killed": 45}}
    case.take(killed("3", 50, when=4))  # type: ignore[arg-type]
    assert (case.steps[-1].quiet, kinds(case)) == ("a person dropped it", ["new"])
    assert not triage.due(case.now, now=at(9), policy=LADDER)


def test_a_dropped_update_waits_again_when_it_rises_above_the_dropped_level() -> None:
    case = tracked(report("1", "moderate"))
    case.take(report("2", when=2))  # type: ignore[arg-type]
    case.after(triage.drop(case.now, now=at(3)))
    case.take(report("3", "extreme", when=4))  # type: ignore[arg-type]
    assert review(case) == ("waiting", at(4))


def test_a_dropped_update_waits_again_when_its_numbers_have_grown_much() -> None:
    case = dropped_update()
    case.take(killed("3", 450, when=4))  # type: ignore[arg-type]
    case.take(killed("4", 450, when=4))  # type: ignore[arg-type]
    assert review(case) == ("waiting", at(4))
    assert not triage.due(case.now, now=at(4.5), policy=LADDER)
    [message] = let_go(case, when=5).messages
    assert message.why == "now extreme: 12 → 450 killed; not reviewed by a person within 1 hour"
    assert case.now.dropped == {}


def test_a_dropped_update_can_be_approved_after_all() -> None:
    case = dropped_update()
    [message] = approve(case, when=4).messages
    assert (message.kind, message.why, case.now.dropped) == ("update", "now extreme: 12 → 45 killed", {})


@pytest.mark.parametrize("finish", [cancel, close])
def test_an_alert_of_which_an_update_was_dropped_is_still_taken_back_or_closed(finish: object) -> None:
    case = dropped_update()
    assert case.after(finish(case.now, now=at(5), why="so")).tell  # type: ignore[operator]


def test_what_readers_know_cannot_be_dropped() -> None:
    case = tracked(report("1"))
    approve(case)
    step = triage.drop(case.now, now=at(2))
    assert step.alert == case.now
    assert step.quiet is not None and "cancelled" in step.quiet


def test_what_nobody_looked_at_is_let_go_after_its_time_and_says_so() -> None:
    case = tracked(report("1"))
    assert not triage.due(case.now, now=at(0.9), policy=DESK)
    assert triage.due(case.now, now=at(1), policy=DESK)
    [message] = let_go(case, when=1).messages
    assert message.why == "first report: Daily 1 (unconfirmed); not reviewed by a person within 1 hour"
    assert (case.now.triage, case.now.approved) == ("let_go", None)
    case.take(report("2", when=2))  # type: ignore[arg-type]
    assert kinds(case) == ["new", "update"]


def test_what_came_to_nothing_while_it_waited_is_as_it_was() -> None:
    case = tracked(killed("1", 12), policy=replace(LADDER, confirm=Confirm(sources=1)))
    approve(case)
    case.take(killed("2", 45, when=2))  # type: ignore[arg-type]
    case.take(evidence("2", hit(when=2, severity="minor", numbers={"killed": count(12)}), when=2, revision=2))
    assert triage.due(case.now, now=at(2), policy=LADDER)
    assert not let_go(case, when=2).tell
    assert (case.now.triage, case.now.approved) == ("approved", "severe")


def test_it_waits_for_ever_where_it_is_said_so() -> None:
    case = tracked(report("1"))
    assert not triage.due(case.now, now=at(70), policy=replace(DESK, triage_for=None))


def test_waiting_is_counted_from_when_it_began() -> None:
    case = tracked(report("1"), report("2", "extreme", when=0.5))
    assert triage.due(case.now, now=at(1), policy=DESK)


def test_what_nobody_asks_for_any_more_is_let_go_at_once() -> None:
    never = replace(DESK, triage_for=None)
    case = tracked(report("1"), policy=never)
    assert triage.due(case.now, now=at(0), policy=replace(never, triage_from=None))
    assert triage.due(case.now, now=at(0), policy=replace(never, triage_from="extreme"))


def test_what_is_too_old_to_be_news_is_not_let_go() -> None:
    case = tracked(report("1"))
    assert not triage.due(case.now, now=at(24 * 9), policy=DESK)


def test_what_ended_while_it_waited_is_still_told() -> None:
    case = tracked(report("1"))
    ended = end(case.now, now=at(80), policy=DESK)
    assert ended is not None
    case.after(ended)
    assert triage.due(case.now, now=at(80), policy=DESK)
    assert let_go(case, when=80).messages[0].kind == "new"


@pytest.mark.parametrize("finish", [cancel, close])
def test_what_was_cancelled_or_closed_while_it_waited_is_told_to_nobody(finish: object) -> None:
    case = tracked(report("1"))
    assert not case.after(finish(case.now, now=at(1), why="so")).tell  # type: ignore[operator]
    assert not approve(case).tell
    assert not triage.due(case.now, now=at(5), policy=DESK)
    assert triage.drop(case.now, now=at(5)).alert == case.now


def test_another_title_is_no_message() -> None:
    case = tracked(report("1", "minor"))
    step = triage.retitle(case.now, "Raid", now=at(1))
    assert (step.alert.own_title, step.tell) == ("Raid", False)
    assert triage.retitle(step.alert, "Raid", now=at(2)).alert == step.alert
    assert triage.retitle(step.alert, None, now=at(2)).alert.own_title is None


@pytest.mark.parametrize("when", [0, 0.5, 0.99, 1, 3])
def test_it_is_known_beforehand_when_what_waits_is_let_go(when: float) -> None:
    case = tracked(report("a"))
    goes = triage.goes_at(case.now, now=at(when), policy=DESK)
    assert goes == at(max(1, when))
    assert triage.due(case.now, now=max(at(1), at(when)), policy=DESK)


def test_what_nobody_lets_go_by_itself_has_no_time() -> None:
    waiting = tracked(report("a")).now
    assert triage.goes_at(waiting, now=at(1), policy=replace(DESK, triage_for=None)) is None
    assert triage.goes_at(waiting, now=at(0.1), policy=replace(DESK, triage_for=hours(24 * 30))) is None  # no news then
    assert triage.goes_at(replace(waiting, triage="dropped"), now=at(1), policy=DESK) is None
