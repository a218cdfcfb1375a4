"""Our addresses, and what mail to each of them asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import InputError
from alerts.notify.inbox.sorting import Request, request_of
from alerts.notify.message import passes
from alerts.readers import Wishes
from tests.notify.inbox.world import HOUSE, TOKEN, comes_back_to
from tests.notify.world import SECRET, START

NAME = comes_back_to().partition("+")[2].partition("@")[0]
PASS = passes.make(SECRET, "confirm", 7, now=START)


@pytest.mark.parametrize(
    ("address", "asks"),
    [
        ("subscribe@alerts.example", Request(kind="subscribe")),
        ("<Subscribe@Alerts.Example>", Request(kind="subscribe")),
        ("subscribe@alerts.example.", Request(kind="subscribe")),
        (f"confirm+{PASS}@alerts.example", Request(kind="confirm", token=PASS)),
        (f"Confirm+{PASS.upper()}@ALERTS.EXAMPLE", Request(kind="confirm", token=PASS)),
        (f"unsubscribe+{PASS}@alerts.example", Request(kind="unsubscribe", token=PASS)),
        ("prefs@alerts.example", Request(kind="preferences")),
        ("help@alerts.example", Request(kind="help")),
        (comes_back_to(), Request(kind="bounce", token=NAME)),
        ("Desk@alerts.example", Request(kind="reply")),
    ],
)
def test_each_address_asks_for_one_thing_however_it_is_capitalised(address: str, asks: Request) -> None:
    assert request_of(address, HOUSE) == asks


@pytest.mark.parametrize(
    "address",
    [
        "subscribe@elsewhere.example",
        "subscribe@sub.alerts.example",
        "subscribe",
        "",
        "postmaster@alerts.example",
        "confirm@alerts.example",
        "confirm+@alerts.example",
        "confirm+a b@alerts.example",
        f"bounce+{TOKEN}@alerts.example",
        f"bounce+{NAME}0@alerts.example",
        f"bounce+{NAME[:-1]}g@alerts.example",
        "help+me@alerts.example",
        "desk+x@alerts.example",
        f"{'subscribe+siege.' * 40}siege@alerts.example",
    ],
)
def test_what_is_none_of_our_addresses_asks_nothing(address: str) -> None:
    assert request_of(address, HOUSE) is None


@pytest.mark.parametrize(
    ("topics", "wishes"),
    [
        ("siege", Wishes(events=("siege",))),
        ("YEM", Wishes(countries=("YEM",))),
        ("siege+yemen", Wishes(events=("siege",), countries=("YEM",))),
        ("Siege.South-Sudan.yem", Wishes(events=("siege",), countries=("SSD", "YEM"))),
        ("aid-worker-attack", Wishes(events=("aid_worker_attack",))),
        ("aid_worker_attack+siege.siege", Wishes(events=("aid_worker_attack", "siege"))),
    ],
)
def test_topics_are_events_and_countries(topics: str, wishes: Wishes) -> None:
    assert request_of(f"subscribe+{topics}@alerts.example", HOUSE) == Request(kind="subscribe", wishes=wishes)


@pytest.mark.parametrize("topics", ["seige", "siege+atlantis", "siege+", "+", "."])
def test_a_topic_that_is_not_known_is_refused_with_those_that_are(topics: str) -> None:
    with pytest.raises(InputError, match="no such topic; there are: aid-worker-attack, siege, and countries"):
        request_of(f"subscribe+{topics}@alerts.example", HOUSE)


def test_nobody_asks_for_a_hundred_topics_by_one_mail() -> None:
    with pytest.raises(InputError, match="at most 10 topics"):
        request_of(f"subscribe+{'+'.join(['siege', 'yem'] * 6)}@alerts.example", HOUSE)


def test_what_is_said_of_topics_fits_an_answer_to_a_mail_server() -> None:
    many = replace(HOUSE, events=lambda: [f"event_of_a_rule_{number}" for number in range(99)])
    with pytest.raises(InputError) as caught:
        request_of("subscribe+seige@alerts.example", many)
    assert len(f"550 5.1.1 {caught.value}\r\n") < 512


def test_mails_may_come_from_one_of_the_addresses_that_have_a_meaning() -> None:
    found = request_of("help@alerts.example", replace(HOUSE, own="help"))
    assert found == Request(kind="help")


def test_what_a_mail_carries_is_not_shown() -> None:
    found = request_of(f"confirm+{PASS}@alerts.example", HOUSE)
    assert found is not None and PASS not in repr(found)


@given(st.text(max_size=400), st.sampled_from(["", "@alerts.example"]))
def test_no_address_is_a_surprise(local: str, domain: str) -> None:
    try:
        found = request_of(local + domain, HOUSE)
    except InputError:
        return
    assert found is None or found.kind in ("subscribe", "preferences", "help", "reply", "confirm", "bounce")


@given(st.integers(1, 10**6), st.integers(0, 100))
def test_every_pass_fits_into_an_address(person_id: int, series: int) -> None:
    made = passes.make(SECRET, "unsubscribe", person_id, series=series)
    assert request_of(f"unsubscribe+{made}@alerts.example", HOUSE) == Request(kind="unsubscribe", token=made)
