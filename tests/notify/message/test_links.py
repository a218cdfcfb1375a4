"""Links are signed, each for one reader, one version and some weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import InputError
from alerts.notify.message import links
from alerts.notify.message.links import Link

SECRET = b"s" * 32
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
LINK = Link(alert_id="123", version=2, person_id=7)


def _token(version: int = 2, person_id: int = 7) -> str:
    return links.sign(SECRET, alert_id="123", version=version, person_id=person_id, now=NOW)


def test_a_link_says_what_it_was_made_for() -> None:
    assert links.read(SECRET, _token(), NOW) == LINK


def test_every_attempt_at_a_mail_has_the_same_links_and_every_reader_others() -> None:
    assert _token() == _token()
    assert len({_token(), _token(version=3), _token(person_id=8)}) == 3


def test_a_link_is_short_and_goes_into_an_address_as_it_is() -> None:
    token = links.sign(SECRET, alert_id="999999", version=99, person_id=99999, now=NOW)
    assert len(token) < 50 and token.replace(".", "").replace("-", "").replace("_", "").isalnum()


def test_a_link_made_with_another_secret_is_refused() -> None:
    with pytest.raises(InputError, match="not one that was sent from here"):
        links.read(b"t" * 32, _token(), NOW)


def test_a_link_is_good_to_the_end_of_its_last_day() -> None:
    last = NOW.replace(hour=23, minute=59) + links.EXPIRE
    assert links.read(SECRET, _token(), last) == LINK
    with pytest.raises(InputError, match="too old"):
        links.read(SECRET, _token(), last + timedelta(minutes=1))


def test_how_long_a_link_is_good_can_be_set() -> None:
    short = links.sign(SECRET, alert_id="123", version=2, person_id=7, now=NOW, expire=timedelta(days=1))
    with pytest.raises(InputError, match="too old"):
        links.read(SECRET, short, NOW + timedelta(days=2))


@given(at=st.integers(0, 200), letter=st.characters())
def test_a_link_with_any_letter_changed_is_refused(at: int, letter: str) -> None:
    token = _token()
    at %= len(token)
    if letter == token[at]:
        return
    with pytest.raises(InputError, match="not one that was sent from here"):
        links.read(SECRET, token[:at] + letter + token[at + 1 :], NOW)


@given(st.text(max_size=300))
def test_what_is_no_link_is_refused_in_words_that_do_not_repeat_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        links.read(SECRET, text, NOW)
    assert len(text) < 5 or text not in str(caught.value)


@pytest.mark.parametrize("more", ["=", "\n", " ", ".", "A"])
def test_nothing_may_follow_a_link(more: str) -> None:
    with pytest.raises(InputError):
        links.read(SECRET, _token() + more, NOW)


def test_a_longer_life_cannot_be_written_into_a_link() -> None:
    head, _, mac = _token().rpartition(".")
    fields = head.split(".")
    forged = ".".join([*fields[:3], str(int(fields[3]) + 1000), mac])
    with pytest.raises(InputError, match="not one that was sent from here"):
        links.read(SECRET, forged, NOW)
