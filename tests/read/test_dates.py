"""Date expressions against the day of publication: Sunday, 22 December 2019."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.dates import find, window
from alerts.read.text import words
from alerts.types import When

SUNDAY = datetime(2019, 12, 22, 9, tzinfo=UTC)


def only(text: str, published: datetime = SUNDAY) -> When:
    found = find(words(text), published)
    assert len(found) == 1, found
    return found[0]


def days(text: str, published: datetime = SUNDAY) -> tuple[str, str]:
    when = only(text, published)
    return when.start.isoformat(), when.end.isoformat()


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Gunmen raided the camp on Thursday", "2019-12-19", "2019-12-19"),
        ("The clinic was hit Sunday", "2019-12-22", "2019-12-22"),
        ("It was looted last Sunday", "2019-12-15", "2019-12-15"),
        ("Rockets fell late on Tuesday night", "2019-12-17", "2019-12-17"),
        ("Shells fell overnight", "2019-12-21", "2019-12-22"),
        ("They fled yesterday", "2019-12-21", "2019-12-21"),
        ("The bridge was blown up last night", "2019-12-21", "2019-12-22"),
        ("Troops entered the port today", "2019-12-22", "2019-12-22"),
        ("Militiamen burned huts on 27 October", "2019-10-27", "2019-10-27"),
        ("Militiamen burned huts on October 27", "2019-10-27", "2019-10-27"),
        ("Militiamen burned huts on the 27th of October", "2019-10-27", "2019-10-27"),
        ("Militiamen burned huts on Dec. 3, 2018", "2018-12-03", "2018-12-03"),
        ("Thu Sep 5 2013 Blast hits bus station", "2013-09-05", "2013-09-05"),
        ("Monday, 16 December", "2019-12-16", "2019-12-16"),
        ("Updated 2019-12-16T10:00Z", "2019-12-16", "2019-12-16"),
        ("Report of 16.12.2019", "2019-12-16", "2019-12-16"),
        ("Report of 16/12/2019", "2019-12-16", "2019-12-16"),
        ("Floods began between 1 and 5 February 2018", "2018-02-01", "2018-02-05"),
        ("Floods lasted from 28 January to 3 February 2018", "2018-01-28", "2018-02-03"),
        ("The sweep lasted from Monday to Friday", "2019-12-16", "2019-12-20"),
        ("Storms of 14-17 May 2019", "2019-05-14", "2019-05-17"),
        ("An offensive began in April", "2019-04-01", "2019-04-30"),
        ("Fighting flared in March 2017", "2017-03-01", "2017-03-31"),
        ("Displacement peaked in late 2016", "2016-09-01", "2016-12-31"),
        ("They arrived in mid-April", "2019-04-11", "2019-04-20"),
        ("They arrived at the end of November", "2019-11-21", "2019-11-30"),
        ("A truce held between 2011 and 2014", "2011-01-01", "2014-12-31"),
        ("Famine struck in the 1980s", "1980-01-01", "1989-12-31"),
        ("A deal was signed last week", "2019-12-09", "2019-12-15"),
        ("A deal was signed last month", "2019-11-01", "2019-11-30"),
        ("A deal was signed earlier this year", "2019-01-01", "2019-12-31"),
        ("A deal was signed last year", "2018-01-01", "2018-12-31"),
        ("Rebels left two weeks ago", "2019-12-08", "2019-12-08"),
        ("It rained over the past three months", "2019-09-22", "2019-12-22"),
        ("Nine died in the last 24 hours", "2019-12-21", "2019-12-22"),
        ("The harvest failed last summer", "2019-06-01", "2019-08-31"),
        ("They came in the winter of 2012", "2012-12-01", "2013-02-28"),
    ],
)
def test_an_expression_names_its_days(text: str, start: str, end: str) -> None:
    assert days(text) == (start, end)


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("Shells have fallen since December 16", "since"),
        ("The town was held until Monday", "until"),
        ("Supplies ran out before March 2019", "before"),
        ("The road was shut for three years", "for"),
        ("Six years of war have emptied the valley", "for"),
        ("The six-year-old conflict has emptied the valley", "for"),
        ("Raiders came on Monday", "on"),
        ("Raiders came two days ago", "on"),
    ],
)
def test_the_preposition_is_the_relation(text: str, relation: str) -> None:
    assert only(text).relation == relation


@pytest.mark.parametrize(
    "text",
    [
        "The march of the troops went on",
        "Troops March on the Capital",
        "They may return home",
        "A second convoy was stopped",
        "The sun rose and they sat down",
        "The fall of the town shocked aid workers",
        "Bandits killed 2000 people in 2000 homes",
        "A six-year-old boy was hurt",
        "The warlord was jailed for nine years",
        "They agreed a three-month truce",
        "The deadliest raid in years",
        "The Sunday Times wrote of it",
        "Trucks left at 1615 GMT",
    ],
)
def test_words_that_only_look_like_dates_are_none(text: str) -> None:
    assert find(words(text), SUNDAY) == []


def test_a_count_of_people_after_a_month_is_no_day() -> None:
    assert days("In May 12 people were shot") == ("2019-05-01", "2019-05-31")


def test_a_year_before_a_noun_is_a_date() -> None:
    assert only("The inquest into the 2002 bombing").start == date(2002, 1, 1)


def test_a_weekday_to_come_is_after_publication() -> None:
    assert days("The truce will hold until Tuesday") == ("2019-12-24", "2019-12-24")


def test_a_month_and_day_of_early_next_year_are_read_as_the_future_when_the_text_says_so() -> None:
    assert days("Elections are scheduled for January 30") == ("2020-01-30", "2020-01-30")


def test_a_range_across_new_year_ends_after_it_begins() -> None:
    january = datetime(2020, 1, 10, tzinfo=UTC)
    assert days("Clashes of December 29-January 3", january) == ("2019-12-29", "2020-01-03")


def test_the_word_span_takes_in_the_preposition() -> None:
    when = only("Shells have fallen since December 16 on Jisr")
    assert (when.first, when.last, when.text) == (3, 5, "since December 16")


def test_several_expressions_come_left_to_right() -> None:
    found = find(words("A truce signed in April was broken on Monday"), SUNDAY)
    assert [w.text for w in found] == ["in April", "on Monday"]


def test_since_reaches_to_publication() -> None:
    assert window(only("Shells have fallen since December 16"), SUNDAY) == (date(2019, 12, 16), date(2019, 12, 22))


def test_until_has_no_first_day() -> None:
    assert window(only("The town was held until Monday"), SUNDAY) == (date.min, date(2019, 12, 16))


PIECES = st.sampled_from(
    "in since until May March april 5 31 2019 99 1-5 th of the last next week months years ago Sunday Thu - / , 2 "
    "three overnight 0 9999 10000 29 February between and to early mid end decades old for hours ' s 12.12.0001".split()
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map(" ".join)), st.integers(1, 3_650_000))
def test_no_text_raises_and_spans_lie_within_the_words(text: str, day: int) -> None:
    published = datetime.fromordinal(day).replace(tzinfo=UTC)
    divided = words(text)
    found = find(divided, published)
    at = -1
    for when in found:
        assert at < when.first <= when.last < len(divided)
        assert when.start <= when.end
        at = when.last


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.sampled_from("Monday Wednesday Sunday".split()))
def test_a_weekday_is_the_last_such_day(day: date, name: str) -> None:
    when = only(f"Gunmen came on {name}", datetime.combine(day, datetime.min.time(), UTC))
    assert when.start.strftime("%A") == name
    assert day - timedelta(days=6) <= when.start <= day
