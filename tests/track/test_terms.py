from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.track.terms import Term, term

BEGAN = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("sentence", "hours"),
    [
        ("A 72-hour cease-fire took hold in Taiz.", 72),
        ("Both sides agreed to a week-long humanitarian truce.", 168),
        ("A weeklong truce began on Sunday.", 168),
        ("The army announced a unilateral ceasefire of ten days.", 240),
        ("The rebels will halt all attacks for forty-eight hours.", 48),
        ("They agreed to a truce lasting at least three days.", 72),
        ("The ceasefire would last an initial 30 days.", 720),
        ("They declared a one day cease-fire for the feast.", 24),
        ("Rebels said they would suspend operations for a week.", 168),
    ],
)
def test_the_length_that_a_sentence_names_ends_the_truce(sentence: str, hours: int) -> None:
    assert term(sentence, BEGAN).end(BEGAN) == BEGAN + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("The truce is to last until 5 March.", datetime(2026, 3, 6, tzinfo=UTC)),
        ("A ceasefire until Monday was agreed in Sirte.", datetime(2026, 3, 10, tzinfo=UTC)),
        ("The ceasefire was extended until the end of April.", datetime(2026, 5, 1, tzinfo=UTC)),
        (
            "The ceasefire in Aden is to run until June.",
            datetime(2026, 6, 1, tzinfo=UTC),
        ),
        ("The truce will expire on Friday unless it is renewed.", datetime(2026, 3, 7, tzinfo=UTC)),
    ],
)
def test_the_day_that_a_sentence_names_ends_the_truce(sentence: str, day: datetime) -> None:
    assert term(sentence, BEGAN).end(BEGAN) == day


@pytest.mark.parametrize(
    "sentence",
    [
        "The air force said it would halt its air strikes for ten hours a day.",
        "A ceasefire was agreed three days after the shelling began.",
        "After 10 days of fighting, a ceasefire came into effect.",
        "The ceasefire ended five years of war.",
        "A five-day-old truce was broken.",
        "The truce held for two weeks until Monday.",
        "A ceasefire came into effect after they fought for 12 days.",
        "A 30-year-old man was killed during the truce.",
        "The ceasefire begins on Friday.",
        "Talks on a ceasefire have gone on for three weeks.",
        "A ceasefire is in force until further notice.",
        "They agreed on a truce of several days.",
        "A truce was declared for a thousand years, 900 years if need be.",
    ],
)
def test_other_times_are_no_end_of_a_truce(sentence: str) -> None:
    assert term(sentence, BEGAN).end(BEGAN) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The army extended its ceasefire in Kachin by two weeks.",
        "The truce was extended for another two weeks.",
    ],
)
def test_what_is_extended_by_a_length_goes_on_from_the_end_it_had(sentence: str) -> None:
    runs_until = BEGAN + timedelta(days=1)
    assert term(sentence, BEGAN).end(BEGAN, runs_until) == runs_until + timedelta(days=14)
    assert term(sentence, BEGAN).end(BEGAN) == BEGAN + timedelta(days=14)


def test_a_truce_that_ends_unless_it_is_renewed_is_not_renewed() -> None:
    assert term("The truce was renewed.", BEGAN).longer
    assert not term("The truce expires on Friday unless renewed.", BEGAN).longer


def test_an_end_that_is_over_when_it_begins_is_none() -> None:
    assert Term(until=BEGAN - timedelta(days=1)).end(BEGAN) is None


@given(st.text(alphabet="truce for until Monday 24 hours march 31 - extended by of\n", max_size=200))
def test_an_end_lies_ahead_whatever_is_written(sentence: str) -> None:
    end = term(sentence, BEGAN).end(BEGAN)
    assert end is None or end > BEGAN
