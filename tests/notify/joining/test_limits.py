"""Whoever floods the form makes us write to nobody more than once, and to few at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.notify.joining.limits import network_of
from alerts.store import attempts
from alerts.store.database import reading
from alerts.store.schema import attempt
from tests.notify.joining.world import World


def test_one_address_gets_one_letter_a_day_however_it_is_written(world: World) -> None:
    for address in ("ana@example.org", "Ana@Example.org", " ana@example.org "):
        world.ask(address)
    assert world.count() == 1


def test_an_hour_brings_five_letters_from_one_network(world: World) -> None:
    for number in range(8):
        world.ask(f"r{number}@example.org", prefix="192.0.2.0/24")
    world.ask("other@example.org", prefix="198.51.100.0/24")
    assert world.count() == 6
    world.wait(hours=1)
    world.ask("late@example.org", prefix="192.0.2.0/24")
    assert world.count() == 7


def test_an_hour_brings_so_many_letters_in_all(world: World) -> None:
    world.limit(in_all=3)
    for number in range(5):
        world.ask(f"r{number}@example.org")
    assert world.count() == 3
    world.wait(hours=1)
    world.ask("late@example.org")
    assert world.count() == 4


def test_over_a_limit_nothing_is_kept_of_who_asked(world: World) -> None:
    world.limit(in_all=1)
    world.ask("first@example.org", prefix="192.0.2.0/24")
    before = world.dump()
    world.ask("second@example.org", prefix="192.0.2.0/24")
    after = world.dump()
    assert after.pop("tally") != before.pop("tally")
    assert after == before


def test_of_an_attempt_marks_are_kept_and_for_a_day_only(world: World) -> None:
    world.ask(prefix="192.0.2.0/24")
    with reading(world.engine) as conn:
        rows = conn.execute(select(attempt.c.kind, attempt.c.mark)).all()
    assert [row.kind for row in rows] == ["joining", "network"]
    assert all(len(row.mark) == 64 and "192" not in row.mark[:8] for row in rows)
    world.wait(hours=24)
    with world.writing() as conn:
        assert attempts.forget(conn, world.now) == 2


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("127.0.0.1", ""),  # a proxy of this machine: all the world comes through it
        ("172.18.0.5", ""),  # one in a container beside ours
        ("10.1.2.3", ""),
        ("fd00::5", ""),
        ("fe80::1%eth0", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_a_network_is_what_one_house_is_likely_to_have(host: str, network: str) -> None:
    assert network_of(host) == network


@given(st.text(max_size=50))
def test_what_is_no_ip_address_has_no_network_and_is_no_fault(host: str) -> None:
    assert isinstance(network_of(host), str)
