from __future__ import annotations

from datetime import timedelta

from alerts.track.facts import Facts, gather
from alerts.track.origins import assign
from alerts.track.policy import Confirm, Policy
from alerts.types import Evidence
from tests.track.make import ARLO, BELL, COUNTRY, NORTH, at, count, denial, evidence, hit


def facts(*items: Evidence, policy: Policy | None = None) -> Facts:
    return gather(assign(items), policy or Policy())


def killed(article: str, low: float, *, when: float = 0, owner: str | None = None) -> Evidence:
    return evidence(article, hit(when=when, numbers={"killed": count(low)}), when=when, owner=owner)


def test_the_middle_count_stands_and_the_span_is_kept() -> None:
    number = facts(killed("1", 12), killed("2", 45, when=1), killed("3", 14, when=2)).numbers["killed"]
    assert (number.low, number.least, number.most, number.sources) == (14, 12, 45, 3)


def test_of_two_counts_the_higher_stands() -> None:
    assert facts(killed("1", 12), killed("2", 45, when=1)).numbers["killed"].low == 45


def test_counts_are_never_added_up() -> None:
    number = facts(*(killed(str(i), 12, when=i) for i in range(6))).numbers["killed"]
    assert (number.low, number.most) == (12, 12)


def test_the_last_count_of_an_origin_replaces_its_earlier_ones() -> None:
    number = facts(killed("1", 45, owner="A"), killed("2", 12, when=2, owner="A")).numbers["killed"]
    assert (number.low, number.most, number.sources) == (12, 12, 1)


def test_counts_older_than_a_day_give_way() -> None:
    number = facts(killed("1", 45), killed("2", 12, when=25)).numbers["killed"]
    assert (number.low, number.most) == (12, 12)


def test_an_article_without_the_count_does_not_take_it_away() -> None:
    assert facts(killed("1", 45, owner="A"), evidence("2", when=1, owner="A")).numbers["killed"].low == 45


def test_the_finest_place_stands() -> None:
    assert facts(evidence("1", hit(COUNTRY)), evidence("2", hit(ARLO))).place == ARLO


def test_towns_below_the_precision_share_their_province() -> None:
    assert facts(evidence("1", hit(ARLO)), evidence("2", hit(BELL)), policy=Policy(precision="admin1")).place == NORTH


def test_a_country_in_a_towns_alert_confirms_nothing() -> None:
    told = facts(evidence("1", hit(COUNTRY)), evidence("2", hit(ARLO)))
    assert not told.confirmed
    assert told.certainty == "possible"
    assert (list(told.origins), told.articles) == (["2"], 2)


def test_a_country_in_a_countrys_alert_is_full_evidence() -> None:
    assert facts(evidence("1", hit(COUNTRY)), evidence("2", hit(COUNTRY))).confirmed
    assert facts(evidence("1", hit(COUNTRY)), evidence("2", hit(ARLO)), policy=Policy(precision="country")).confirmed


def test_a_countrys_number_counts_only_where_the_town_has_none() -> None:
    whole = evidence("1", hit(COUNTRY, numbers={"killed": count(90)}))
    assert facts(whole, evidence("2", hit(ARLO))).numbers["killed"].low == 90
    assert facts(whole, killed("2", 4)).numbers["killed"].low == 4


def test_a_second_origin_confirms() -> None:
    assert not facts(evidence("1")).confirmed
    assert facts(evidence("1"), evidence("2")).confirmed


def test_origins_too_far_apart_do_not_confirm() -> None:
    policy = Policy(confirm=Confirm(within=timedelta(hours=36)))
    assert not facts(evidence("1"), evidence("2", when=37), policy=policy).confirmed
    assert facts(
        evidence("1", owner="A"), evidence("3", when=30, owner="A"), evidence("2", when=37), policy=policy
    ).confirmed


def test_a_late_copy_does_not_bring_origins_closer_together() -> None:
    policy = Policy(confirm=Confirm(within=timedelta(hours=36)))
    text = "the words that were printed first and then again much later by somebody else"
    first, copy = evidence("1", text=text), evidence("3", when=40, text=text)
    assert not facts(first, evidence("2", when=38), copy, policy=policy).confirmed


def test_what_only_might_be_confirms_nothing() -> None:
    assert not facts(evidence("1"), evidence("2", hit(lowered=True))).confirmed


def test_a_denial_is_named_and_is_no_witness() -> None:
    told = facts(evidence("1"), evidence("2"), evidence("3"), denial("4"))
    assert told.denied_by == ("Daily 4",)
    assert (told.certainty, told.articles) == ("likely", 3)


def test_nothing_happens_after_it_was_reported() -> None:
    told = facts(evidence("1", hit(when=500), when=4))
    assert told.last_event == at(4)


def test_event_times_span_the_evidence() -> None:
    told = facts(evidence("1", hit(when=2), when=9), evidence("2", hit(when=-4), when=9))
    assert (told.first_event, told.last_event) == (at(-4), at(2))


def dead(article: str, low: float, high: float, *, when: float = 0, owner: str | None = None) -> Evidence:
    """A count between two bounds."""
    return evidence(article, hit(when=when, numbers={"killed": count(low, high)}), when=when, owner=owner)


def test_a_vague_count_after_a_precise_one_adds_nothing() -> None:
    precise, vague = killed("1", 34), dead("2", 24, 99, when=3)
    for items in ((precise, vague), (precise, dead("2", 24, 99, when=3, owner="Daily 1"))):
        number = facts(*items).numbers["killed"]
        assert (number.low, number.high, number.least, number.most, number.sources) == (34, 34, 34, 34, 1)


def test_a_precise_count_after_a_vague_one_stands_alone() -> None:
    number = facts(dead("1", 24, 99), dead("2", 24, 99, when=1), killed("3", 34, when=2)).numbers["killed"]
    assert (number.low, number.least, number.most) == (34, 34, 34)


def test_a_vague_count_that_says_something_else_is_a_new_count() -> None:
    number = facts(killed("1", 12), dead("2", 24, 99, when=3)).numbers["killed"]
    assert (number.low, number.high, number.least, number.most, number.sources) == (24, 99, 12, 99, 2)
    assert facts(killed("1", 12, owner="A"), dead("2", 24, 99, when=3, owner="A")).numbers["killed"].low == 24


def test_the_same_count_by_two_is_told_by_two() -> None:
    assert facts(dead("1", 24, 99), dead("2", 24, 99)).numbers["killed"].sources == 2


def test_a_vague_count_a_day_later_stands_for_itself() -> None:
    for owner in ("A", "B"):
        assert facts(killed("1", 34, owner="A"), dead("2", 24, 99, when=25, owner=owner)).numbers["killed"].low == 24


def test_a_precise_count_is_kept_by_those_who_repeat_it_vaguely() -> None:
    said = [killed("1", 34, owner="A"), dead("2", 24, 99, when=20, owner="A")]
    assert facts(*said, dead("4", 24, 99, when=40, owner="A")).numbers["killed"].low == 34


def test_what_an_origin_took_back_is_not_brought_back_by_a_vague_count() -> None:
    said = [killed("1", 34, owner="A"), killed("2", 10, when=2, owner="A"), dead("3", 24, 99, when=4, owner="A")]
    assert facts(*said).numbers["killed"].low == 24
