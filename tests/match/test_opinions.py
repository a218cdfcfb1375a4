"""What all that was said of an alert comes to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.match.opinions import VERDICTS, Opinion, Said, Verdict, opinion


def _desk(verdict: Verdict, by: str = "ana") -> Said:
    return Said(verdict=verdict, by=by)


def _reader(verdict: Verdict, number: int = 1) -> Said:
    return Said(verdict=verdict, by=f"reader {number}", reader=True)


def _verdict(*said: Said) -> str:
    found = opinion(said)
    return found.verdict if found else ""


def test_nothing_said_is_no_opinion() -> None:
    assert opinion([]) is None


def test_who_changes_their_mind_is_counted_once() -> None:
    assert _verdict(_reader("wrong"), _reader("right")) == "right"
    assert _verdict(_reader("wrong", 1), _reader("wrong", 1), _reader("right", 2), _reader("right", 3)) == "right"


def test_more_readers_outweigh_fewer_whoever_spoke_last() -> None:
    assert _verdict(_reader("wrong", 1), _reader("wrong", 2), _reader("right", 3)) == "wrong"


def test_the_last_word_decides_among_equals() -> None:
    assert _verdict(_reader("wrong", 1), _reader("right", 2)) == "right"
    assert _verdict(_reader("right", 2), _reader("wrong", 1)) == "wrong"


def test_who_works_at_the_alerts_has_the_last_word_over_readers() -> None:
    assert _verdict(_desk("right"), *(_reader("wrong", number) for number in range(9))) == "right"


def test_a_wrong_place_and_a_wrong_number_leave_the_alert_right_and_add_up() -> None:
    assert opinion([_reader("wrong_place"), _reader("wrong_number")]) == Opinion(
        verdict="right", wrong_place=True, wrong_number=True
    )


def test_what_was_said_of_the_place_is_taken_back_by_right_and_by_wrong() -> None:
    assert opinion([_reader("wrong_place"), _reader("right")]) == Opinion(verdict="right")
    assert opinion([_reader("wrong_place"), _reader("wrong")]) == Opinion(verdict="wrong")


def test_the_place_is_wrong_if_any_who_say_it_happened_say_so() -> None:
    found = opinion([_reader("wrong_place", 1), _reader("right", 2)])
    assert found == Opinion(verdict="right", wrong_place=True)


_SAID = st.builds(Said, verdict=st.sampled_from(VERDICTS), by=st.sampled_from("abc"), reader=st.booleans())


@given(st.lists(_SAID, min_size=1), st.integers(0, 30))
def test_saying_the_same_again_at_once_changes_nothing(said: list[Said], at: int) -> None:
    at %= len(said)
    assert opinion([*said[: at + 1], said[at], *said[at + 1 :]]) == opinion(said)


@given(st.lists(_SAID))
def test_only_a_right_alert_has_a_wrong_place_or_number(said: list[Said]) -> None:
    found = opinion(said)
    assert found is None or found.verdict == "right" or not (found.wrong_place or found.wrong_number)
