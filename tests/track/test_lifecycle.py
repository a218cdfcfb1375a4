from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.track.lifecycle import Policy, advance, cancel, close, end, late, retract
from alerts.track.policy import Confirm, Updates
from alerts.types import Evidence, Severity
from tests.track.make import ARLO, COUNTRY, Tracked, at, count, denial, evidence, hit, hours

COPY = "the very words of one wire story that another paper prints again a little later in the day"
LADDER = {"killed": [(1.0, "moderate"), (10.0, "severe"), (40.0, "extreme")]}
HOLD = Policy(confirm=Confirm(within=hours(36), until_then="hold"))


def killed(
    article: str, low: float, *, when: float = 0, severity: Severity = "moderate", owner: str | None = None
) -> Evidence:
    found = hit(when=when, severity=severity, numbers={"killed": count(low)})
    return evidence(article, found, when=when, owner=owner)


def test_the_first_evidence_is_told_at_once_as_unconfirmed() -> None:
    tracked = Tracked()
    step = tracked.take(evidence("1"))
    (message,) = step.messages
    assert (message.kind, message.version, message.why) == ("new", 1, "first report: Daily 1 (unconfirmed)")
    assert (tracked.now.state, tracked.now.certainty, tracked.now.version) == ("unconfirmed", "possible", 1)
    assert (tracked.now.id, tracked.now.key, tracked.now.opened) == ("", "raid|gn:1", at(0))


def test_a_held_alert_is_told_when_it_is_confirmed() -> None:
    tracked = Tracked(HOLD)
    step = tracked.take(evidence("1"))
    assert step.quiet == "held until 2 independent sources report it"
    assert (tracked.now.version, step.tell) == (0, False)
    (message,) = tracked.take(evidence("2", when=3)).messages
    assert (message.kind, message.version) == ("new", 1)
    assert message.why == "reported by 2 independent sources: Daily 1 and Daily 2"


def test_a_held_alert_that_nobody_confirms_lapses_unseen() -> None:
    tracked = Tracked(HOLD).take_all([evidence("1")])
    assert end(tracked.now, now=at(36), policy=HOLD) is None
    step = end(tracked.now, now=at(36.1), policy=HOLD)
    assert step is not None
    assert (step.alert.state, step.messages, step.quiet) == ("ended", (), "not confirmed in time")


def test_a_second_origin_makes_it_active() -> None:
    tracked = Tracked().take_all([evidence("1"), evidence("2", when=1)])
    assert (tracked.now.state, tracked.now.confirmed, tracked.now.certainty) == ("active", True, "likely")


def test_a_confirmed_severe_alert_is_told_again() -> None:
    tracked = Tracked().take_all([evidence("1", hit(severity="severe")), evidence("2", hit(severity="severe"), when=1)])
    assert tracked.whys[1:] == ["confirmed by a second source: Daily 2"]


def test_a_confirmed_moderate_alert_rides_with_the_next_message() -> None:
    tracked = Tracked().take_all([evidence("1")])
    step = tracked.take(evidence("2", when=1))
    assert step.quiet == "rides with the next message: confirmed by a second source: Daily 2"
    (message,) = tracked.take(killed("3", 12, when=2, severity="severe")).messages
    assert message.changes[:2] == ("now severe (was moderate)", "12 killed")
    assert "Daily 2" in message.changes[2]


def test_a_wire_copy_is_counted_and_not_told() -> None:
    tracked = Tracked().take_all([evidence("1", text=COPY)])
    step = tracked.take(evidence("2", when=1, text=f"Town hit. {COPY}"))
    assert step.quiet == "the same facts again"
    assert (tracked.now.origins, tracked.now.articles, tracked.now.state) == (1, 2, "unconfirmed")
    assert step.evidence is not None
    assert step.evidence.origin == "1"


def test_an_earlier_copy_that_comes_in_later_takes_over_as_the_origin() -> None:
    tracked = Tracked().take_all([evidence("1", when=2, text=COPY)])
    step = tracked.take(evidence("2", when=1, text=COPY))
    assert [(item.article_id, item.origin) for item in step.regrouped] == [("1", "2")]


def test_a_higher_level_is_told() -> None:
    tracked = Tracked(Policy(steps=LADDER))  # type: ignore[arg-type]
    tracked.take_all([killed("1", 12, severity="severe"), killed("2", 45, when=1, severity="extreme", owner="Daily 1")])
    assert tracked.whys[1:] == ["now extreme: 12 → 45 killed"]
    assert (tracked.now.severity, tracked.now.worst) == ("extreme", "extreme")


def test_a_higher_level_without_numbers_says_both_levels() -> None:
    tracked = Tracked().take_all([evidence("1"), evidence("2", hit(severity="severe"), when=1, owner="Daily 1")])
    assert tracked.whys[1:] == ["now severe (was moderate)"]


def test_a_number_half_as_high_again_is_told() -> None:
    tracked = Tracked().take_all([killed("1", 20), killed("2", 29, when=1, owner="Daily 1")])
    assert len(tracked.whys) == 1
    tracked.take(killed("3", 30, when=2, owner="Daily 1"))
    assert tracked.whys[1:] == ["20 → 30 killed"]


def test_small_steps_add_up_to_a_message() -> None:
    tracked = Tracked().take_all([killed(str(i), 20 + 2 * i, when=i, owner="A") for i in range(6)])
    assert tracked.whys[1:] == ["20 → 30 killed"]


@pytest.mark.parametrize(("name", "floor"), [("killed", 10), ("displaced", 1_000), ("trapped", 10)])
def test_a_number_below_its_floor_is_not_told(name: str, floor: int) -> None:
    tracked = Tracked().take_all([evidence("1")])
    assert not tracked.take(evidence("2", hit(numbers={name: count(floor - 1)}), when=1, owner="Daily 1")).tell
    assert tracked.take(evidence("3", hit(numbers={name: count(floor)}), when=2, owner="Daily 1")).tell


def test_a_number_corrected_by_half_is_told_where_severe_was_told() -> None:
    for severity, told in (("severe", ["revised down: 40 → 20 killed"]), ("moderate", [])):
        tracked = Tracked().take_all([killed("1", 40, severity=severity)])  # type: ignore[arg-type]
        tracked.take(killed("2", 20, when=3, owner="Daily 1"))
        assert tracked.whys[1:] == told


def test_a_lower_count_days_later_is_no_correction() -> None:
    tracked = Tracked().take_all([killed("1", 40, severity="severe"), killed("2", 5, when=30, owner="Daily 1")])
    assert len(tracked.whys) == 1


def test_a_rule_may_leave_out_reasons() -> None:
    tracked = Tracked(Policy(updates=Updates(when=frozenset({"level"}))))
    tracked.take_all([killed("1", 20), killed("2", 60, when=1, owner="Daily 1")])
    assert len(tracked.whys) == 1
    tracked.take(killed("3", 60, when=2, severity="extreme"))
    assert tracked.whys[1:] == ["now extreme: 20 → 60 killed"]


def test_a_finer_place_changes_place_and_key_and_rides_along() -> None:
    tracked = Tracked().take_all([evidence("1", hit(COUNTRY))])
    step = tracked.take(evidence("2", hit(ARLO), when=1))
    assert (tracked.now.place, tracked.now.key) == (ARLO, "raid|gn:1")
    assert step.quiet is not None
    assert "place: Zedland → Arlo" in step.quiet


def test_a_place_found_later_is_said() -> None:
    tracked = Tracked().take_all([evidence("1", hit(None))])
    assert tracked.now.key == "raid|?|1"
    step = tracked.take(evidence("2", hit(ARLO), when=1, owner="Daily 1"))
    assert step.quiet == "rides with the next message: place now known: Arlo"
    assert tracked.now.key == "raid|gn:1"


def test_the_same_article_twice_changes_nothing() -> None:
    tracked = Tracked().take_all([evidence("1")])
    before = tracked.now
    step = tracked.take(evidence("1"), now=at(5))
    assert (step.alert, step.tell, step.quiet) == (before, False, "this article is already counted")


def test_a_revised_article_replaces_what_it_said() -> None:
    tracked = Tracked(Policy(steps=LADDER)).take_all([killed("1", 45, severity="extreme")])  # type: ignore[arg-type]
    tracked.take(replace(killed("1", 12, severity="severe"), revision=2), now=at(30))
    assert tracked.whys[1:] == ["revised down: 45 → 12 killed"]
    assert (tracked.now.severity, tracked.now.worst, tracked.now.articles) == ("severe", "extreme", 1)


def test_a_rewritten_article_that_was_late_stays_untold() -> None:
    tracked = Tracked()
    tracked.take(evidence("1"), now=at(30))
    assert not tracked.take(replace(evidence("1"), revision=2), now=at(31)).tell


def test_a_rewritten_article_no_longer_vouches_for_its_copies() -> None:
    tracked = Tracked().take_all([evidence("1", owner="A"), evidence("2", when=1, owner="A", text=COPY)])
    tracked.take(evidence("3", when=2, text=COPY))
    assert tracked.now.origins == 1
    tracked.take(replace(evidence("2", when=3, owner="A"), revision=2))
    assert (tracked.now.origins, tracked.evidence["3"].origin) == (2, "3")


def test_an_older_revision_does_not_come_back() -> None:
    tracked = Tracked().take_all([replace(killed("1", 12), revision=2)])
    tracked.take(killed("1", 45))
    assert tracked.now.numbers["killed"].low == 12


def test_a_denial_is_named_with_the_next_message() -> None:
    tracked = Tracked().take_all([evidence("1")])
    assert tracked.take(denial("2", when=1)).quiet == "rides with the next message: denied by Daily 2"


def test_a_denial_opens_no_alert() -> None:
    with pytest.raises(ValueError, match="article 1"):
        advance(None, (), denial("1"), now=at(0), policy=Policy())


def test_an_only_report_rewritten_as_a_denial_cancels_the_alert() -> None:
    tracked = Tracked().take_all([evidence("1")])
    step = tracked.take(replace(denial("1"), revision=2))
    assert [message.kind for message in step.messages] == ["cancel"]


def test_an_alert_ends_quietly_when_nothing_more_is_heard() -> None:
    tracked = Tracked().take_all([evidence("1")])
    assert end(tracked.now, now=at(72), policy=Policy()) is None
    step = end(tracked.now, now=at(72.1), policy=Policy())
    assert step is not None
    assert (step.alert.state, step.messages) == ("ended", ())


def test_news_of_an_old_event_keeps_its_alert_open_as_fresh_news_would() -> None:
    tracked = Tracked().take_all([evidence("1", hit(when=-60), when=0)])
    assert end(tracked.now, now=at(60), policy=Policy()) is None


def test_an_ended_alert_heard_of_again_is_told_again() -> None:
    tracked = Tracked().take_all([evidence("1")])
    tracked.after(end(tracked.now, now=at(73), policy=Policy()) or pytest.fail("it goes on"))
    (message,) = tracked.take(evidence("2", when=74, owner="Daily 1")).messages
    assert (message.kind, message.version, message.why) == ("update", 2, "again: reported anew")
    assert tracked.now.state == "unconfirmed"


def test_a_retelling_does_not_begin_an_ended_alert_again() -> None:
    tracked = Tracked().take_all([evidence("1")])
    tracked.after(end(tracked.now, now=at(73), policy=Policy()) or pytest.fail("it goes on"))
    step = tracked.take(evidence("2", hit(when=-2), when=74, owner="Daily 1"))
    assert (tracked.now.state, step.quiet) == ("ended", "the same facts again")


def test_worse_news_of_an_ended_alert_is_told() -> None:
    tracked = Tracked().take_all([killed("1", 12)])
    tracked.after(end(tracked.now, now=at(73), policy=Policy()) or pytest.fail("it goes on"))
    worse = hit(when=-2, severity="extreme", numbers={"killed": count(60)})
    tracked.take(evidence("2", worse, when=74, owner="Daily 1"))
    assert tracked.whys[1:] == ["now extreme: 12 → 60 killed"]


def test_an_ended_alert_is_not_reopened_by_late_news() -> None:
    tracked = Tracked().take_all([evidence("1")])
    tracked.after(end(tracked.now, now=at(73), policy=Policy()) or pytest.fail("it goes on"))
    step = tracked.take(evidence("2", when=10), now=at(74))
    assert (tracked.now.state, tracked.now.articles, step.tell) == ("ended", 2, False)


def test_closing_gives_the_all_clear_to_those_who_were_told() -> None:
    tracked = Tracked().take_all([evidence("1")])
    step = tracked.after(close(tracked.now, now=at(9), why="the siege was lifted"))
    assert [(message.kind, message.version, message.why) for message in step.messages] == [
        ("close", 2, "the siege was lifted")
    ]
    assert step.alert.state == "closed"


def test_closing_by_late_news_is_quiet() -> None:
    tracked = Tracked().take_all([evidence("1")])
    assert not close(tracked.now, now=at(9), why="over", quiet="late").tell


def test_a_closed_alert_takes_evidence_without_a_word() -> None:
    tracked = Tracked().take_all([evidence("1")])
    tracked.after(close(tracked.now, now=at(9), why="over"))
    step = tracked.take(killed("2", 90, when=8, severity="extreme"))
    assert (tracked.now.state, tracked.now.updated, step.quiet) == ("closed", at(9), "the alert was closed")


def test_cancelling_tells_those_who_were_told() -> None:
    tracked = Tracked().take_all([evidence("1")])
    (message,) = cancel(tracked.now, now=at(9), why="a false alarm").messages
    assert (message.kind, message.version, message.why) == ("cancel", 2, "a false alarm")


def test_cancelling_what_nobody_was_told_is_quiet() -> None:
    tracked = Tracked(HOLD).take_all([evidence("1")])
    step = cancel(tracked.now, now=at(9), why="a false alarm")
    assert (step.alert.state, step.messages, step.quiet) == ("cancelled", (), "nobody was told of it")


def test_finishing_twice_says_nothing_twice() -> None:
    tracked = Tracked().take_all([evidence("1")])
    over = close(tracked.now, now=at(1), why="over").alert
    wrong = cancel(over, now=at(2), why="wrong").alert
    for step in (
        close(over, now=at(3), why="x"),
        cancel(wrong, now=at(3), why="x"),
        close(wrong, now=at(3), why="x"),
        advance(wrong, [], evidence("2"), now=at(3), policy=Policy()),
    ):
        assert not step.tell
        assert step.alert in (over, wrong)
    assert end(wrong, now=at(999), policy=Policy()) is None


def test_withdrawing_the_only_report_cancels() -> None:
    tracked = Tracked().take_all([evidence("1")])
    step = retract(tracked.now, list(tracked.evidence.values()), "1", now=at(2), policy=Policy(), why="withdrawn")
    assert [(message.kind, message.why) for message in step.messages] == [("cancel", "withdrawn")]


def test_withdrawing_one_of_several_is_told_if_the_level_falls() -> None:
    for level, kinds in (("extreme", ["update"]), ("moderate", [])):
        tracked = Tracked().take_all([evidence("1"), evidence("2", hit(severity=level), when=1)])  # type: ignore[arg-type]
        step = retract(
            tracked.now, list(tracked.evidence.values()), "2", now=at(2), policy=Policy(), why="Daily 2 withdrew"
        )
        assert [message.kind for message in step.messages] == kinds
        assert step.alert.state == "unconfirmed"
        assert all("Daily 2 withdrew" in message.changes for message in step.messages)


def test_withdrawing_what_is_no_evidence_changes_nothing() -> None:
    tracked = Tracked().take_all([evidence("1")])
    step = retract(tracked.now, list(tracked.evidence.values()), "9", now=at(2), policy=Policy(), why="x")
    assert (step.alert, step.tell) == (tracked.now, False)


def test_news_that_comes_in_late_is_counted_and_tells_nobody() -> None:
    tracked = Tracked()
    step = tracked.take(evidence("1"), now=at(25))
    assert step.quiet == "late: published 25 hours before it came in"
    assert (tracked.now.version, tracked.now.articles) == (0, 1)


def test_fresh_news_of_what_only_late_news_told_is_new() -> None:
    tracked = Tracked()
    tracked.take(evidence("1"), now=at(25))
    (message,) = tracked.take(evidence("2", when=26, owner="Daily 1")).messages
    assert (message.kind, message.version) == ("new", 1)


def test_what_late_news_changed_rides_with_the_next_message() -> None:
    tracked = Tracked().take_all([killed("1", 12, owner="A")])
    assert not tracked.take(killed("2", 45, when=1, owner="A"), now=at(40)).tell
    assert tracked.take(evidence("3", when=41, owner="A")).tell
    assert tracked.whys[1:] == ["12 → 45 killed"]


def test_an_event_first_reported_days_after_it_is_told() -> None:
    policy = Policy(same_event=timedelta(hours=12))
    assert late(evidence("1", hit(when=-7 * 24)), now=at(0), policy=policy) is None
    assert late(evidence("1", hit(when=-8 * 24)), now=at(0), policy=policy) == "late: happened 8 days ago"


def test_an_old_event_whose_alert_would_still_be_open_is_told() -> None:
    old = evidence("1", hit(when=-20 * 24))
    assert late(old, now=at(0), policy=Policy(same_event=timedelta(days=21))) is None


def test_old_articles_of_a_feeds_first_poll_tell_nobody_even_with_patient_settings() -> None:
    policy = Policy(late_after=timedelta(days=3))
    assert late(evidence("1"), now=at(30), policy=policy) is None
    assert late(evidence("1"), now=at(30), policy=policy, backlog=True) is not None
