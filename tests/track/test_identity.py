from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alerts.track.identity import base, distinct, key, moved, part_key, pick
from alerts.track.lifecycle import Policy, cancel, close, end
from alerts.types import Alert, Hit, Place, Precision
from tests.track.make import ABROAD, ARLO, BELL, CORA, COUNTRY, NORTH, SOUTH, Tracked, at, count, evidence, hit

DAYS = timedelta(days=3)


def opened(place: Place | None, *, name: str = "1", when: float = 0, precision: Precision = "city") -> Alert:
    tracked = Tracked(Policy(precision=precision))
    tracked.take(evidence(f"first{name}", hit(place, when=when), when=when))
    return replace(tracked.now, id=name)


def picked(alerts: list[Alert], found: Hit, *, precision: Precision = "city", retold: str = "") -> str | None:
    """The id of the alert joined; `retold` is the alert that holds a near-copy."""
    chosen = pick(
        alerts,
        found,
        precision=precision,
        same_event=DAYS,
        article_id="new",
        same_story=lambda alert: alert.id == retold,
    )
    return None if chosen is None else chosen.id


def test_the_key_is_family_and_place_at_the_precision() -> None:
    assert key(hit(ARLO), "city") == "raid|gn:1"
    assert key(hit(ARLO), "admin1") == "raid|ZZ-N"
    assert key(hit(ARLO), "country") == "raid|ZZZ"
    assert key(hit(COUNTRY), "city") == "raid|ZZZ"


def test_the_key_is_blind_to_severity_numbers_and_dates() -> None:
    found = hit(ARLO, severity="extreme", numbers={"killed": count(80)}, when=900)
    assert key(found, "city") == key(hit(ARLO), "city")


def test_a_hit_without_a_place_has_a_key_of_its_own_story() -> None:
    assert key(hit(None), "city", article_id="7") == "raid|?|7"


def test_a_hit_joins_the_alert_of_its_place() -> None:
    assert picked([opened(BELL, name="b"), opened(ARLO, name="a")], hit(ARLO, when=20)) == "a"


def test_a_hit_does_not_join_an_alert_of_another_family() -> None:
    assert picked([opened(ARLO)], hit(ARLO, family="siege")) is None


def test_a_hit_long_after_the_last_evidence_opens_a_new_alert() -> None:
    assert picked([opened(ARLO)], hit(ARLO, when=72)) == "1"
    assert picked([opened(ARLO)], hit(ARLO, when=72.1)) is None


def test_late_news_of_the_beginning_joins_too() -> None:
    assert picked([opened(ARLO)], hit(ARLO, when=-72)) == "1"
    assert picked([opened(ARLO)], hit(ARLO, when=-72.1)) is None


def test_a_country_joins_the_only_alert_inside_it() -> None:
    assert picked([opened(ARLO), opened(ABROAD, name="2")], hit(COUNTRY)) == "1"


def test_a_country_with_two_alerts_inside_joins_neither() -> None:
    assert picked([opened(ARLO), opened(CORA, name="2")], hit(COUNTRY)) is None


def test_a_country_joins_its_own_alert_before_a_town() -> None:
    assert picked([opened(ARLO), opened(COUNTRY, name="2")], hit(COUNTRY)) == "2"


def test_a_province_joins_the_only_alert_inside_itself() -> None:
    assert picked([opened(ARLO), opened(CORA, name="2")], hit(NORTH)) == "1"
    assert picked([opened(ARLO)], hit(SOUTH)) is None


def test_a_town_refines_the_finest_alert_around_it() -> None:
    assert picked([opened(COUNTRY, name="c"), opened(NORTH, name="n")], hit(ARLO)) == "n"
    assert picked([opened(COUNTRY, name="c"), opened(SOUTH, name="s")], hit(ARLO)) == "c"


def test_a_town_with_its_own_alert_refines_no_other() -> None:
    assert picked([opened(COUNTRY, name="c"), opened(ARLO, name="a")], hit(ARLO)) == "a"


def test_an_alert_whose_place_was_taken_back_still_takes_both_places() -> None:
    vague = replace(opened(ARLO), place=COUNTRY)
    assert picked([vague], hit(COUNTRY)) == "1"
    assert picked([vague], hit(ARLO)) == "1"


def test_a_neighbouring_town_is_another_event() -> None:
    assert picked([opened(BELL)], hit(ARLO)) is None
    assert picked([opened(BELL, precision="admin1")], hit(ARLO), precision="admin1") == "1"


def test_an_ended_alert_goes_on_unless_another_is_open() -> None:
    over = end(opened(ARLO), now=at(80), policy=Policy())
    assert over is not None
    assert picked([over.alert], hit(ARLO, when=60)) == "1"
    assert picked([over.alert, opened(ARLO, name="2", when=70)], hit(ARLO, when=60)) == "2"


def test_a_closed_alert_takes_only_what_happened_before_it_was_over() -> None:
    over = close(opened(ARLO), now=at(10), why="over").alert
    assert picked([over], hit(ARLO, when=9)) == "1"
    assert picked([over], hit(ARLO, when=11)) is None


def test_a_cancelled_alert_takes_only_its_own_story() -> None:
    wrong = cancel(opened(ARLO), now=at(10), why="wrong").alert
    assert picked([wrong], hit(ARLO, when=11)) is None
    assert picked([wrong], hit(ARLO, when=11), retold="1") == "1"
    assert picked([wrong, opened(COUNTRY, name="c")], hit(ARLO, when=11), retold="1") == "1"


def test_without_a_place_only_near_copies_join() -> None:
    alerts = [opened(None, name="a"), opened(ARLO, name="b")]
    assert picked(alerts, hit(None)) is None
    assert picked(alerts, hit(None), retold="b") == "b"


def test_a_copy_that_names_the_place_joins_the_story_that_did_not() -> None:
    assert picked([opened(None, name="a")], hit(ARLO), retold="a") == "a"


def test_an_ended_alert_whose_key_is_taken_is_not_begun_again_by_a_copy() -> None:
    over = end(opened(ARLO), now=at(80), policy=Policy())
    assert over is not None
    assert picked([over.alert], hit(None, when=60), retold="1") == "1"
    assert picked([over.alert, opened(ARLO, name="2", when=70)], hit(None, when=60), retold="1") is None


def test_hits_of_one_article_at_one_place_are_one_with_all_numbers() -> None:
    first = hit(ARLO, sentence_index=0, numbers={"killed": count(3)})
    worse = hit(ARLO, sentence_index=4, severity="severe", numbers={"injured": count(20)})
    (merged,) = distinct([first, worse], "city")
    assert merged.sentence_index == 4
    assert merged.numbers == {"killed": count(3), "injured": count(20)}


def test_of_equally_bad_hits_the_earlier_sentence_speaks() -> None:
    (merged,) = distinct([hit(sentence_index=5), hit(sentence_index=2)], "city")
    assert merged.sentence_index == 2


def test_the_country_beside_its_town_in_one_article_is_no_event_of_its_own() -> None:
    assert [found.place for found in distinct([hit(COUNTRY), hit(ARLO), hit(None)], "city")] == [ARLO]


def test_two_towns_in_one_article_are_two_events() -> None:
    assert len(distinct([hit(ARLO), hit(CORA)], "city")) == 2
    assert len(distinct([hit(ARLO), hit(BELL)], "admin1")) == 1


def merged(alert: Alert, into: Alert) -> Alert:
    return replace(alert, state="merged", merged_into=into.id)


def test_what_would_join_a_merged_alert_joins_the_one_it_was_merged_into() -> None:
    a, b = opened(ARLO, name="a"), opened(CORA, name="b")
    assert picked([a, merged(b, a)], hit(CORA, when=20)) == "a"
    assert picked([merged(b, a)], hit(CORA, when=20)) is None


def test_a_chain_of_merges_is_followed_to_its_end() -> None:
    a, b, c = (opened(place, name=name) for place, name in ((ARLO, "a"), (BELL, "b"), (CORA, "c")))
    assert picked([merged(c, b), merged(b, a), a], hit(CORA)) == "a"


def test_a_merged_alert_has_the_life_of_the_one_it_was_merged_into() -> None:
    a, b = replace(opened(ARLO, name="a"), last_event=at(200)), opened(CORA, name="b")
    assert picked([a, merged(b, a)], hit(CORA, when=220)) == "a"
    assert picked([replace(a, state="cancelled"), merged(b, a)], hit(CORA, when=20)) is None


def test_an_open_alert_of_the_place_comes_before_a_merged_one() -> None:
    a, b = replace(opened(ARLO, name="a"), last_event=at(60)), opened(CORA, name="b")
    assert picked([a, merged(b, a), opened(CORA, name="c")], hit(CORA, when=40)) == "c"


def test_a_country_joins_the_only_alert_inside_it_though_another_was_merged_into_that() -> None:
    a, b = opened(ARLO, name="a"), opened(CORA, name="b")
    assert picked([a, merged(b, a)], hit(COUNTRY)) == "a"


def split(*, killed: tuple[float, float] = (12, 45), last: tuple[float, float] = (0, 0)) -> list[Alert]:
    """Two parts of an alert at one place."""
    return [
        replace(opened(ARLO, name=name), key=key, numbers={"killed": count(number)}, last_event=at(end))
        for name, key, number, end in zip("ab", ("raid|gn:1", "raid|gn:1|2"), killed, last, strict=True)
    ]


def test_a_copy_goes_to_the_part_whose_story_it_is() -> None:
    found = hit(ARLO, when=20, numbers={"killed": count(45)})
    assert picked(split(), found, retold="a") == "a"
    assert picked(split(), found, retold="b") == "b"


def test_a_hit_goes_to_the_part_whose_number_it_gives() -> None:
    assert [picked(split(), hit(ARLO, when=20, numbers={"killed": count(dead)})) for dead in (12, 45)] == ["a", "b"]


def test_a_hit_goes_to_the_part_that_happened_nearest_to_it() -> None:
    parts = split(last=(0, 40))
    parts[1] = replace(parts[1], first_event=at(40))
    assert [picked(parts, hit(ARLO, when=when)) for when in (1, 30, 50)] == ["a", "b", "b"]


def test_of_parts_as_near_the_one_heard_of_last_takes_the_hit() -> None:
    assert picked(split(last=(0, 30)), hit(ARLO, when=0)) == "b"
    assert picked(split(last=(30, 0)), hit(ARLO, when=0)) == "a"


def test_a_part_keeps_apart_where_its_place_is_refined() -> None:
    assert part_key("raid|gn:1", ()) == "raid|gn:1"
    assert part_key("raid|gn:1", ("raid|gn:1", "raid|gn:1|2")) == "raid|gn:1|3"
    assert part_key("raid|?|7", ("raid|?|7",)) == "raid|?|7|2"
    assert [base(one) for one in ("raid|gn:1|3", "raid|?|7|2", "raid|?|7")] == ["raid|gn:1", "raid|?|7", "raid|?|7"]
    assert moved("raid|ZZ-N|2", ARLO, "city") == "raid|gn:1|2"
    assert moved("raid|?|7|2", ARLO, "admin1") == "raid|ZZ-N|2"


SAID = "They attacked the town and killed 18 people."


def test_of_equally_bad_hits_the_sentence_with_the_number_is_shown() -> None:
    headline, text = hit(sentence_index=0, numbers={"killed": count(18)}), replace(hit(sentence_index=3), sentence=SAID)
    told = replace(text, numbers={"killed": count(18)})
    (found,) = distinct([headline, told], "city")
    assert (found.sentence, found.sentence_index) == (SAID, 3)
    (found,) = distinct([headline, replace(told, alleged=True)], "city")
    assert found.sentence == headline.sentence and not found.alleged


def test_one_number_at_two_places_of_an_article_is_one_event() -> None:
    headline = replace(hit(BELL, sentence_index=0), sentence=SAID, numbers={"killed": count(18)})
    text = replace(hit(ARLO, sentence_index=1), sentence=SAID, numbers={"killed": count(18), "injured": count(4)})
    (found,) = distinct([headline, text], "city")
    assert found.place == ARLO and found.numbers["injured"] == count(4)


def test_a_number_from_the_sentence_beside_it_does_not_make_two_places_one_event() -> None:
    own = replace(hit(BELL), sentence=SAID, numbers={"killed": count(18)})
    borrowed = replace(hit(ARLO), numbers={"killed": count(18)})
    assert len(distinct([own, borrowed], "city")) == 2


def test_two_dead_at_two_places_are_two_events() -> None:
    hits = [replace(hit(place), numbers={"killed": count(2)}) for place in (ARLO, CORA)]
    assert len(distinct(hits, "city")) == 2


def test_a_toll_told_of_the_next_town_is_of_the_same_blow() -> None:
    known = replace(opened(ARLO), numbers={"killed": count(58)})
    report = replace(hit(BELL), numbers={"killed": count(58, 116)})
    assert pick([known], report, precision="city", same_event=DAYS, blow=True) is known
    far = replace(report, place=CORA)
    assert pick([known], far, precision="city", same_event=DAYS, blow=True) is None


def test_a_country_that_counts_far_more_is_not_about_the_one_town_in_it() -> None:
    known = replace(opened(ARLO), numbers={"displaced": count(200_000)})
    far_more = replace(hit(COUNTRY), numbers={"displaced": count(689_000)})
    assert pick([known], far_more, precision="city", same_event=DAYS) is None
    the_same = replace(hit(COUNTRY), numbers={"displaced": count(210_000)})
    assert pick([known], the_same, precision="city", same_event=DAYS) is known
