"""One event that was told as two, and two that were told as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from alerts.errors import InputError
from alerts.track import merging
from alerts.track.lifecycle import Policy, Step, advance, cancel, close, end
from alerts.track.merging import Known, Merged
from alerts.track.policy import Confirm
from alerts.types import AlertState, Evidence, Place
from tests.track.make import ARLO, BELL, CORA, NORTH, Tracked, at, count, denial, evidence, hit

NOW = at(60)
OVER: tuple[AlertState, ...] = ("ended", "closed")


def told(alert_id: str, *items: Evidence, policy: Policy | None = None, state: AlertState | None = None) -> Known:
    tracked = Tracked(policy).take_all(items)
    alert = replace(tracked.now, id=alert_id, state=state or tracked.now.state)
    return Known(alert=alert, evidence=list(tracked.evidence.values()), title=f"Raid {alert_id}")


def report(article: str, place: Place = ARLO, *, killed: float = 12, when: float = 0) -> Evidence:
    return evidence(article, hit(place, when=when, numbers={"killed": count(killed)}), when=when)


def merged(into: Known, *gone: Known, policy: Policy | None = None, taken: Sequence[str] = ()) -> Merged:
    return merging.merge(into, gone, now=NOW, policy=policy or Policy(), taken=taken)


def test_the_update_names_the_alert_that_ends_and_what_is_new() -> None:
    done = merged(told("12", report("1")), told("31", report("2", killed=45, when=1)))
    [message] = done.into.messages
    assert (message.kind, message.version) == ("update", 2)
    assert message.why == "the same event as alert 31 (Raid 31), which ends here; 12 → 45 killed"
    assert message.changes == ("12 → 45 killed", "confirmed by a second source: Daily 2")


def test_what_was_merged_ends_without_a_word_and_says_where_it_went() -> None:
    [gone] = merged(told("12", report("1")), told("31", report("2", CORA))).gone
    assert (gone.alert.state, gone.alert.merged_into, gone.alert.version) == ("merged", "12", 1)
    assert gone.messages == ()


def test_there_is_no_way_back_from_merged() -> None:
    [gone] = merged(told("12", report("1")), told("31", report("2"))).gone
    for step in (
        advance(gone.alert, [], report("3"), now=NOW, policy=Policy()),
        close(gone.alert, now=NOW, why="so"),
        cancel(gone.alert, now=NOW, why="so"),
    ):
        assert (step.alert, step.messages) == (gone.alert, ())
    assert end(gone.alert, now=at(9999), policy=Policy()) is None


def test_two_sources_of_two_alerts_confirm_the_one() -> None:
    into = merged(told("12", report("1")), told("31", report("2"))).into.alert
    assert (into.state, into.origins, into.articles, into.certainty) == ("active", 2, 2, "likely")


def test_copies_in_both_alerts_are_one_source() -> None:
    text = "the words that were printed in both papers on the very same day about the raid"
    one, two = evidence("1", text=text), evidence("2", text=text)
    done = merged(told("12", one), told("31", two))
    assert (done.into.alert.state, done.into.alert.origins) == ("unconfirmed", 1)
    assert [(item.article_id, item.origin) for item in done.into.regrouped] == [("2", "1")]


def test_several_alerts_end_in_one_with_one_update() -> None:
    done = merged(told("12", report("1")), told("31", report("2")), told("40", report("3")))
    [message] = done.into.messages
    assert message.why.startswith("the same event as alerts 31 (Raid 31) and 40 (Raid 40), which end here")
    assert [step.alert.merged_into for step in done.gone] == ["12", "12"]


def test_two_towns_of_a_province_make_it_the_province_and_the_key_stays() -> None:
    into = merged(told("12", report("1", ARLO)), told("31", report("2", BELL))).into.alert
    assert (into.place, into.key) == (NORTH, "raid|gn:1")


def test_the_finer_place_of_what_was_merged_is_that_of_both_under_a_key_that_is_free() -> None:
    province, town = told("12", report("1", NORTH)), told("31", report("2", ARLO))
    assert merged(province, town).into.alert.key == "raid|gn:1"
    assert merged(province, town, taken=["raid|gn:1"]).into.alert.key == "raid|gn:1|2"


def test_an_article_of_both_counts_once_by_its_latest_revision() -> None:
    old, new = report("1", killed=12), replace(report("1", killed=20), revision=2)
    done = merged(told("12", old), told("31", new))
    assert done.into.alert.numbers["killed"].low == 20
    assert done.into.alert.articles == 1


def test_an_article_of_both_keeps_the_numbers_that_it_gave_each() -> None:
    injured = evidence("1", hit(ARLO, numbers={"injured": count(7)}))
    numbers = merged(told("12", report("1")), told("31", injured)).into.alert.numbers
    assert {name: number.low for name, number in numbers.items()} == {"killed": 12, "injured": 7}


def test_an_article_of_three_says_the_same_merged_at_once_or_one_by_one() -> None:
    few, many = {"displaced": count(300)}, {"displaced": count(900), "killed": count(2)}
    first = told("1", evidence("1", hit(sentence_index=0)))
    second = told("2", evidence("1", hit(sentence_index=2, numbers=few)))
    third = told("3", evidence("1", hit(sentence_index=1, numbers=many)))
    [at_once] = merged(first, second, third).into.regrouped
    half = merged(first, second).into
    [one_by_one] = merged(Known(alert=half.alert, evidence=half.regrouped), third).into.regrouped
    assert at_once == one_by_one
    assert at_once.hit.sentence_index == 0
    assert at_once.hit.numbers == many


def test_an_ended_alert_goes_on_with_one_that_goes_on() -> None:
    ended = told("12", report("1"), state="ended")
    assert merged(ended, told("31", report("2"))).into.alert.state == "active"


def test_what_is_over_stays_over_and_its_readers_hear_of_the_merge() -> None:
    for state in OVER:
        over = told("12", report("1"), state=state)
        done = merged(over, told("31", report("2", when=1), state="ended"))
        assert done.into.alert.state == state
        [message] = done.into.messages
        assert (message.kind, message.version) == ("update", 2)
        assert message.why == "the same event as alert 31 (Raid 31), which ends here"


def test_a_closed_alert_may_end_in_an_open_one() -> None:
    done = merged(told("12", report("1")), told("31", report("2"), state="closed"))
    assert (done.into.alert.state, done.gone[0].alert.state) == ("active", "merged")


def test_nobody_is_told_of_a_merge_of_alerts_that_nobody_was_told_of() -> None:
    one, two = (
        replace(one, alert=replace(one.alert, version=0)) for one in (told("1", report("1")), told("2", report("2")))
    )
    done = merged(one, two)
    assert (done.into.messages, done.into.quiet) == ((), "nobody was told of it")


def test_held_alerts_that_confirm_each_other_are_told() -> None:
    hold = Policy(confirm=Confirm(until_then="hold"))
    done = merged(told("1", report("1"), policy=hold), told("2", report("2"), policy=hold), policy=hold)
    [message] = done.into.messages
    assert (message.kind, message.version, done.into.alert.state) == ("new", 1, "active")


def test_what_cannot_be_one_alert_is_refused() -> None:
    one, two = told("1", report("1")), told("2", report("2"))
    siege = told("3", evidence("3", hit(family="siege")))
    untold = replace(two, alert=replace(two.alert, version=0))
    for into, gone, why in (
        (one, one, "alert 1 is named twice"),
        (one, siege, "belongs to one incident, and stays two alerts"),
        (one, told("4", report("4"), state="cancelled"), "alert 4 was cancelled: it cannot be merged"),
        (told("4", report("4"), state="cancelled"), one, "alert 4 was cancelled: it cannot be merged"),
        (one, merged(two, told("4", report("4"))).gone[0], "alert 4 was merged into alert 2"),
        (untold, one, "merge 2 into 1"),
        (told("4", report("4"), state="closed"), one, "merge 4 into 1"),
    ):
        gone = gone if isinstance(gone, Known) else Known(alert=gone.alert, evidence=())
        with pytest.raises(InputError, match=why):
            merged(into, gone)


def split_off(known: Known, *articles: str, taken: Sequence[str] = ()) -> tuple[Step, Step]:
    """The step of the part, and that of what stays."""
    part = merging.split(known, articles, now=NOW, policy=Policy(), taken=taken)
    stored = Known(alert=replace(part.alert, id="31"), evidence=part.regrouped, title="Raid 31")
    return part, merging.rest(known, stored, now=NOW, policy=Policy(), taken=taken)


TWO = (report("1"), report("2", when=1), report("3", killed=45, when=2), report("4", killed=45, when=3))


def test_a_part_is_a_new_alert_beside_the_first() -> None:
    known = told("12", *TWO)
    part, stays = split_off(known, "3", "4")
    assert (part.alert.key, part.alert.state, part.alert.version) == ("raid|gn:1|2", "active", 1)
    [message] = part.messages
    assert message.kind == "new"
    assert message.why == "split off from alert 12 (Raid 12): reported by 2 independent sources: Daily 3 and Daily 4"
    assert (stays.alert.key, stays.alert.version) == (known.alert.key, known.alert.version + 1)
    assert stays.messages[0].why == "alert 31 (Raid 31) was split off: another event"
    assert stays.messages[0].changes == ("45 → 12 killed", "no longer reported by Daily 3 and Daily 4")
    assert [one.alert.numbers["killed"].low for one in (part, stays)] == [45, 12]


def test_origins_are_found_anew_in_each_part() -> None:
    text = "the words that were printed in both papers on the very same day about the raid"
    known = told("12", evidence("1", text=text), evidence("2", text=text, when=1), evidence("3", when=2))
    part, stays = split_off(known, "2")
    assert [(item.article_id, item.origin) for item in part.regrouped] == [("2", "2")]
    assert (stays.alert.origins, stays.alert.articles) == (2, 2)


def test_parts_of_two_towns_have_the_keys_of_their_towns() -> None:
    known = told("12", report("1", NORTH), report("2", ARLO, when=1), report("3", BELL, when=2))
    known = replace(known, alert=replace(known.alert, key="raid|ZZ-N", place=NORTH))
    part, stays = split_off(known, "3")
    assert (part.alert.key, part.alert.place) == ("raid|gn:2", BELL)
    assert (stays.alert.key, stays.alert.place) == ("raid|gn:1", ARLO)
    part, stays = split_off(known, "3", taken=["raid|gn:1", "raid|gn:2"])
    assert (part.alert.key, stays.alert.key) == ("raid|gn:2|2", "raid|gn:1|2")


def test_the_worst_level_of_the_whole_is_not_that_of_the_part() -> None:
    known = told("12", evidence("1", hit(severity="extreme")), evidence("2", hit(severity="minor"), when=1))
    part, stays = split_off(known, "2")
    assert (part.alert.worst, stays.alert.worst) == ("minor", "extreme")


def test_parts_of_what_is_over_are_over() -> None:
    for state in OVER:
        part, stays = split_off(told("12", *TWO, state=state), "3", "4")
        assert (part.alert.state, stays.alert.state) == (state, state)
        assert [step.messages[0].kind for step in (part, stays)] == ["new", "update"]


def test_nobody_is_told_of_the_parts_of_what_nobody_was_told_of() -> None:
    known = told("12", *TWO)
    known = replace(known, alert=replace(known.alert, version=0))
    assert [(step.messages, step.alert.version) for step in split_off(known, "3", "4")] == [((), 0), ((), 0)]


def test_what_cannot_be_split_is_refused() -> None:
    known = told("12", *TWO, denial("5", when=4))
    for one, articles, why in (
        (known, (), "name at least one article"),
        (known, ("5",), "name at least one article that tells of the event"),
        (known, ("1", "2", "3", "4"), "no article would be left that tells of alert 12"),
        (known, ("1", "9"), "no evidence of alert 12: article 9; see: alerts show 12"),
        (told("12", *TWO, state="cancelled"), ("3",), "alert 12 was cancelled: it cannot be split"),
    ):
        with pytest.raises(InputError, match=why):
            split_off(one, *articles)
