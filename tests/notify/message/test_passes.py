"""Passes say whom a mail went to, cannot be made by others, and survive what mail servers do to addresses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import InputError
from alerts.notify.message import passes
from alerts.notify.message.passes import Pass, Purpose

SECRET = b"s" * 32
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

purposes = st.sampled_from(PURPOSES)
people = st.integers(1, 2**31 - 1)
counts = st.integers(0, 36**5 - 1)
times = st.datetimes(datetime(2026, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@given(purposes, people, counts, times)
def test_a_pass_is_read_as_it_was_made(purpose: Purpose, person: int, series: int, now: datetime) -> None:
    token = passes.make(SECRET, purpose, person, series=series, now=now)
    assert passes.read(SECRET, purpose, token, now) == Pass(person_id=person, series=series)


@given(purposes, people, counts, times)
def test_a_pass_fits_into_the_local_part_of_an_address(
    purpose: Purpose, person: int, series: int, now: datetime
) -> None:
    token = passes.make(SECRET, purpose, person, series=series, now=now)
    assert re.fullmatch("[a-z0-9-]+", token) and len(f"unsubscribe+{token}") <= 64


def test_a_pass_in_capitals_is_the_same() -> None:
    token = passes.make(SECRET, "confirm", 7, series=2, now=NOW)
    assert passes.read(SECRET, "confirm", token.upper(), NOW) == Pass(person_id=7, series=2)


def test_equal_passes_are_made_for_equal_mails() -> None:
    assert passes.make(SECRET, "preferences", 7, now=NOW) == passes.make(SECRET, "preferences", 7, now=NOW)


@given(purposes, purposes, people)
def test_a_pass_is_good_for_its_own_purpose_only(purpose: Purpose, other: Purpose, person: int) -> None:
    token = passes.make(SECRET, purpose, person, now=NOW)
    if other != purpose:
        with pytest.raises(InputError, match="not one that was sent from here"):
            passes.read(SECRET, other, token, NOW)


@given(purposes, st.integers(0, 60), st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-."))
def test_a_pass_with_another_character_in_it_is_refused(purpose: Purpose, at: int, char: str) -> None:
    token = passes.make(SECRET, purpose, 1234, series=3, now=NOW)
    changed = token[: at % len(token)] + char + token[at % len(token) + 1 :]
    if changed != token:
        with pytest.raises(InputError) as refused:
            passes.read(SECRET, purpose, changed, NOW)
        assert changed not in str(refused.value)


@given(st.text(max_size=80))
def test_what_is_no_pass_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        passes.read(SECRET, "unsubscribe", text, NOW)


def test_a_pass_of_another_installation_is_refused() -> None:
    with pytest.raises(InputError, match="not one that was sent from here"):
        passes.read(b"o" * 32, "unsubscribe", passes.make(SECRET, "unsubscribe", 1), NOW)


@pytest.mark.parametrize(("purpose", "good"), [("confirm", timedelta(hours=48)), ("preferences", timedelta(days=30))])
def test_a_pass_is_good_for_its_time_and_not_two_minutes_longer(purpose: Purpose, good: timedelta) -> None:
    token = passes.make(SECRET, purpose, 1, now=NOW)
    assert passes.read(SECRET, purpose, token, NOW + good).person_id == 1
    with pytest.raises(InputError, match="too old"):
        passes.read(SECRET, purpose, token, NOW + good + timedelta(minutes=2))


def test_the_pass_to_leave_is_good_for_ever() -> None:
    token = passes.make(SECRET, "unsubscribe", 1)
    assert passes.read(SECRET, "unsubscribe", token, NOW + timedelta(days=36500)).person_id == 1


def test_what_does_not_last_for_ever_needs_the_time_from_which_it_is_good() -> None:
    with pytest.raises(ValueError, match="needs the time"):
        passes.make(SECRET, "confirm", 1)
