"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.durations import duration, say


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90 seconds", timedelta(seconds=90)),
        ("1 second", timedelta(seconds=1)),
        ("15 minutes", timedelta(minutes=15)),
        ("24 hours", timedelta(hours=24)),
        ("1.5 hours", timedelta(minutes=90)),
        ("7 days", timedelta(days=7)),
        ("6 weeks", timedelta(weeks=6)),
        ("  2  Days ", timedelta(days=2)),
        ("0 seconds", timedelta()),
    ],
)
def test_a_number_and_a_unit_are_a_length_of_time(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("15 minuts", "did you mean 'minutes'?"),
        ("2 dayz", "did you mean 'days'?"),
        ("15", "has no unit"),
        ("15 min", "'15 minutes'"),
        ("2d", "'2 days'"),
        ("1 month", "no fixed length"),
        ("2 years", "no fixed length"),
        ("", "write a number and a unit"),
        ("soon", "write a number and a unit"),
        ("-5 minutes", "write a number and a unit"),
        ("5 bananas", "no unit 'bananas'"),
        ("999999999 weeks", "hundred years"),
    ],
)
def test_a_fault_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(ValueError) as caught:
        duration(text)
    assert advice in str(caught.value)
    assert f"'{text}'" in str(caught.value)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=14), "2 weeks"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(), "0 seconds"),
    ],
)
def test_a_length_is_said_in_its_largest_whole_unit(length: timedelta, said: str) -> None:
    assert say(length) == said


def test_a_negative_length_cannot_be_said() -> None:
    with pytest.raises(ValueError):
        say(timedelta(seconds=-2))


@given(st.integers(min_value=0, max_value=3_000_000_000))
def test_what_is_said_is_read_back(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert duration(say(length)) == length


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_a_value_error(text: str) -> None:
    try:
        duration(text)
    except ValueError:
        pass
