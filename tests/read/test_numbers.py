"""Numbers as intervals, and what is no number."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read import numbers
from alerts.read.text import words


def read(text: str) -> list[tuple[float, float, str | None]]:
    return [(n.low, n.high, n.unit) for n in numbers.find(words(text))]


def only(text: str) -> tuple[float, float, str | None]:
    (number,) = read(text)
    return number


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("more than 1,400 families", 1400, 2800, "households"),
        ("tens of thousands of villagers", 20_000, 99_999, "people"),
        ("some 300 residents", 270, 330, "people"),
        ("up to 7,000 people", 0, 7000, "people"),
        ("a dozen civilians", 12, 12, "people"),
        ("several hundred households", 300, 900, "households"),
        ("half a million refugees", 500_000, 500_000, "people"),
        ("1.7 million", 1_700_000, 1_700_000, None),
        ("3 lakh people", 300_000, 300_000, "people"),
        ("two crore", 20_000_000, 20_000_000, None),
        ("between 10 and 15", 10, 15, None),
        ("3,000 to 4,000", 3000, 4000, None),
        ("scores of people", 40, 99, "people"),
        ("dozens of homes", 24, 99, "housing"),
        ("hundreds", 200, 999, None),
        ("thousands", 2000, 9999, None),
    ],
)
def test_each_kind_of_number_is_its_interval(text: str, low: float, high: float, unit: str | None) -> None:
    assert only(text) == (low, high, unit)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,200 people", 1200),
        ("1.200.000 people", 1_200_000),
        ("40 000 people", 40_000),
        ("1'250 people", 1250),
        ("2,14,000 people", 214_000),
        ("61, 000 people", 61_000),
        ("2, 669 houses", 2669),
        ("3.5 million people", 3_500_000),
        ("1.2m people", 1_200_000),
        ("15k people", 15_000),
        ("twenty-five soldiers", 25),
        ("one hundred and twenty-five men", 125),
        ("two thousand five hundred refugees", 2500),
        ("six thousand, two hundred people", 6200),
        ("one and a half million people", 1_500_000),
        ("a million and a half people", 1_500_000),
        ("three and a half million people", 3_500_000),
        ("a quarter of a million people", 250_000),
        ("a couple of hundred people", 200),
        ("half a dozen soldiers", 6),
        ("two hundred thousand people", 200_000),
        ("12 dozen people", 144),
    ],
)
def test_digits_groups_multipliers_and_words(text: str, value: float) -> None:
    low, high, unit = only(text)
    assert (low, high) == (value, value) and unit in ("people", "housing")


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("between two and three million people", 2_000_000, 3_000_000),
        ("15,000-20,000 people", 15_000, 20_000),
        ("15,000–20,000 people", 15_000, 20_000),
        ("4 to 5 thousand people", 4000, 5000),
        ("1.5-2 million people", 1_500_000, 2_000_000),
        ("three or four houses", 3, 4),
        ("hundreds, if not thousands, of people", 200, 9999),
        ("dozens, perhaps hundreds", 24, 999),
        ("ten to fifteen thousand", 10_000, 15_000),
        ("30 000-40 000 families", 30_000, 40_000),
    ],
)
def test_a_range_is_one_number(text: str, low: float, high: float) -> None:
    assert only(text)[:2] == (low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("at least 12 people", 12, 24),
        ("no fewer than 40 dead", 40, 80),
        ("100,000 or more people", 100_000, 200_000),
        ("300+ people", 300, 600),
        ("nearly 40,000 people", 36_000, 40_000),
        ("about 200 people", 180, 220),
        ("an estimated 3,000 people", 2700, 3300),
        ("~500 people", 450, 550),
        ("as many as 33,000 people", 0, 33_000),
        ("fewer than 50 people", 0, 50),
        ("at least a dozen people", 12, 24),
        ("some 1,500 to 2,000 people", 1500, 2000),
    ],
)
def test_the_words_before_and_after_bound_a_number(text: str, low: float, high: float) -> None:
    assert only(text)[:2] == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "In 2015",
        "the summer of 2015",
        "since 16 December",
        "Oct. 27, 2014",
        "8 and 9 January",
        "March 28 and 29",
        "1 to 5 February",
        "2016-17",
        "01.05.2017",
        "the 1990s",
        "$52B",
        "$10 to $20 million",
        "12 million euros",
        "hundreds of millions of dollars",
        "a 30-year war",
        "the past 24 hours",
        "two days ago",
        "over three years",
        "50% of homes",
        "10 to 20 percent of homes",
        "between 20% and 30% of people",
        "ten per cent of people",
        "12 km away",
        "hundreds of miles",
        "20mm rounds",
        "an F-16 jet",
        "AK-47 rifles",
        "M23 rebels",
        "COVID-19",
        "Highway 5",
        "Resolution 2254",
        "Flight 370",
        "a magnitude 6.3 quake",
        "at 5:30 pm",
        "at 0147 PM",
        "06:34 GMT",
        "9/11",
        "24/7",
        "won 3-2",
        "the 67-57 win",
        "Omar Khalil, 45, said",
        "aged 45",
        "a 45-year-old man",
        "over the age of 60",
        "children under five",
        "16th victim",
        "one-third",
        "two-thirds",
        "No one was hurt",
        "one of them",
        "one in five children",
        "scores a goal",
        "the test scores",
        "half of the town",
        "a few remained",
        "a civilian was hurt",
    ],
)
def test_dates_money_shares_measures_and_names_are_no_numbers(text: str) -> None:
    assert read(text) == []


def test_a_family_of_six_is_six_people() -> None:
    assert only("A family of six was found") == (6, 6, "people")


def test_households_count_as_people_times_their_size_and_keep_what_was_printed() -> None:
    (number,) = numbers.find(words("More than 1,400 families fled"))
    counted = numbers.quantity(number, 5)
    assert (counted.low, counted.high, counted.stated, counted.factor) == (7000, 14_000, 1400, 5)
    assert numbers.quantity(numbers.find(words("some 50 people"))[0], 5).factor == 1


def test_the_noun_belongs_to_the_number_through_adjectives() -> None:
    (number,) = numbers.find(words("The raids forced tens of thousands of vulnerable older people out."))
    assert (number.text, number.noun, number.unit) == (
        "tens of thousands of vulnerable older people",
        "people",
        "people",
    )


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("25 towns and villages", "settlements"),
        ("103 rebel fighters", "people"),
        ("27,000 Afghans", "people"),
        ("800 internally displaced Syrians", "people"),
        ("4,000 mud-and-brick homes", "housing"),
        ("700 fami-lies", "households"),
        ("30 Katyusha rockets", None),
        ("a 155-strong company", "people"),
        ("twenty-odd families", "households"),
        ("a population of 4,500", "people"),
        ("half the population of 22 million", "people"),
    ],
)
def test_what_is_counted_gives_the_unit(text: str, unit: str | None) -> None:
    assert only(text)[2] == unit


def test_shares_of_a_count_are_counted_out() -> None:
    assert only("half of the 22 million people") == (11_000_000, 11_000_000, "people")
    assert only("two-thirds of the 300 villages") == (200, 200, "settlements")


def test_texts_without_commas_do_not_run_numbers_together() -> None:
    assert [n[0] for n in read("killing 3 wounding 7 civilians")] == [3, 7]
    assert only("On Aug 12 300 people were hurt")[0] == 300
    assert only("in 2012 300 people were hurt")[0] == 300
    assert only("the forces captured16 villages")[0] == 16


def test_a_rise_is_two_numbers_and_no_range() -> None:
    assert [n[0] for n in read("The toll rose from 20 to 30 dead")] == [20, 30]


def test_a_year_may_be_a_count_where_it_counts_people() -> None:
    assert only("killed 2000 people")[0] == 2000
    assert read("in 2000 people fled") == []


def test_one_counts_where_it_is_said_of_somebody() -> None:
    assert only("one civilian was hurt")[0] == 1
    assert only("One was killed")[0] == 1


def test_a_civilian_is_a_weak_one_apart_from_the_numbers() -> None:
    sentence = words("A policeman and an elderly woman were killed by the blast in a market")
    assert [(n.low, n.text) for n in numbers.singles(sentence)] == [(1, "A policeman"), (1, "an elderly woman")]
    assert numbers.find(sentence) == []


def test_the_cheap_test_sees_digits_and_number_words() -> None:
    assert numbers.has_number(words("dozens fled")) and numbers.has_number(words("7 fled"))
    assert not numbers.has_number(words("the people fled the market"))


PIECES = st.sampled_from(
    """a one two ten twenty hundred thousand million dozen dozens hundreds thousands tens several few half quarter of
    the and to between or more than at least about 3 12 300 000 2014 1,200 1.5 61, 7- – - % $ km people families
    homes killed May October year m k , . ( ) half couple scores third population if not up lakh 9999999999999999999
    0 00 ½""".split()
)


@given(st.lists(PIECES, max_size=40).map(" ".join) | st.text(max_size=120))
def test_no_text_raises_and_every_number_is_sane(text: str) -> None:
    sentence = words(text)
    at = 0
    for n in numbers.find(sentence):
        assert at <= n.first < n.end <= n.noun_end <= len(sentence)
        assert 0 <= n.low <= n.high <= 4e10
        assert n.low <= n.stated <= n.high or n.stated in (n.low, n.high) or n.low == 0 or n.high >= n.stated >= n.low
        assert n.text == sentence.span(n.first, n.noun_end)
        at = n.end
    for n in numbers.singles(sentence):
        assert 0 <= n.first < n.end <= n.noun_end <= len(sentence)


@pytest.mark.parametrize(
    "bit", ["1 ", "1,", "000 ", "million ", "hundreds of ", "half of the ", "3 to 4 ", "and a half ", "a "]
)
def test_no_text_is_slow(bit: str) -> None:
    sentence = words(bit * 8000)
    began = time.perf_counter()
    numbers.find(sentence)
    assert time.perf_counter() - began < 5
