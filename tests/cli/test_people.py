"""`alerts people`: the readers, whose addresses appear nowhere but in their list."""

from __future__ import annotations

import pytest

from tests.cli.conftest import World
from tests.cli.run import alerts

pytestmark = pytest.mark.usefixtures("ready")


def test_a_reader_is_added_with_what_they_want(world: World) -> None:
    ran = alerts(
        "people", "add", "Anna@Example.org", "--country", "Syria", "--country", "LB", "--event", "siege",
        "--min-severity", "severe", "--language", "fr",
    )  # fmt: skip
    assert (ran.code, ran.out, ran.err) == (0, "added as reader 1\n", "")
    [row] = alerts("people", "list", "--json").rows
    assert row == {
        "id": 1,
        "address": "Anna@example.org",
        "events": ["siege"],
        "countries": ["SYR", "LBN"],
        "min_severity": "severe",
        "language": "fr",
        "active": True,
    }
    table = alerts("people", "list").out.splitlines()
    assert table[0].split() == ["id", "address", "events", "countries", "from", "severity"]
    assert table[1].split() == ["1", "Anna@example.org", "siege", "SYR,", "LBN", "severe"]


def test_a_reader_without_wishes_gets_everything(world: World) -> None:
    alerts("people", "add", "anna@example.org")
    assert alerts("people", "list").out.splitlines()[1].split() == ["1", "anna@example.org", "all", "all", "minor"]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["anna"], 1, "this is no mail address"),
        (["anna b@example.org"], 1, "this is no mail address"),
        (["anna@example.org", "--country", "Syra"], 1, "'Syra' is no country"),
        (["anna@example.org", "--event", "sige"], 1, "no rule flags the event 'sige'; did you mean 'siege'?"),
        (["anna@example.org", "--event", "zzz"], 1, "no rule flags the event 'zzz' (there are displacement, siege)"),
        (["anna@example.org", "--min-severity", "sever"], 2, "'sever' is not one of"),
        (["anna@example.org", "--language", "French"], 2, "'French' is no language code"),
    ],
)
def test_what_cannot_be_is_told_and_nobody_added(world: World, args: list[str], code: int, says: str) -> None:
    ran = alerts("people", "add", *args)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "no readers yet" in alerts("people", "list").out


def test_an_address_is_on_the_list_once_and_the_message_does_not_repeat_it(world: World) -> None:
    alerts("people", "add", "anna@example.org")
    ran = alerts("people", "add", "ANNA@example.org")
    assert (ran.code, ran.err) == (1, "alerts: this address is on the list already\n")


def test_addresses_can_come_from_standard_input(world: World) -> None:
    ran = alerts("people", "add", "-", "--event", "siege", stdin="anna@example.org\n\n bela@example.org \n")
    assert (ran.code, ran.out) == (0, "added as readers 1, 2\n")
    assert [row["address"] for row in alerts("people", "list", "--json").rows] == [
        "anna@example.org",
        "bela@example.org",
    ]


def test_one_bad_address_of_many_adds_nobody(world: World) -> None:
    ran = alerts("people", "add", "-", stdin="anna@example.org\nbela\n")
    assert ran.code == 1
    assert ran.err.startswith("alerts: line 2: this is no mail address: ")
    assert ran.err.endswith("; nobody was added\n")
    assert alerts("people", "list", "--json").rows == []
    assert alerts("people", "add", "-").err == "alerts: there is no address on standard input\n"


def test_the_list_is_for_its_owner_only(world: World) -> None:
    alerts("people", "add", "anna@example.org")
    assert (world.folder / "data" / "alerts.db").stat().st_mode & 0o077 == 0
