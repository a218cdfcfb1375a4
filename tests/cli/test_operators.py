"""`alerts operators`: who may log in, told by commands and kept in the audit log."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from alerts.cli import common
from alerts.errors import InputError
from alerts.notify.joining import entering
from alerts.store import audit, keys, operators, sessions
from alerts.store.audit import Entry
from alerts.store.database import open_database, reading, writing
from alerts.store.operators import Operator
from alerts.vault import Vault, load_secret
from tests.cli.conftest import World
from tests.cli.run import alerts

pytestmark = pytest.mark.usefixtures("ready")

ANA = "ana@desk.example"


@pytest.fixture
def ana(world: World) -> Operator:
    assert alerts("operators", "add", ANA, "--name", "Ana", "--role", "analyst").code == 0
    return stored(world)[0]


def engine(world: World) -> Engine:
    data = world.folder / "data"
    return open_database(f"sqlite:///{data / 'alerts.db'}", vault=Vault(load_secret(data, None)))


def stored(world: World) -> list[Operator]:
    with reading(engine(world)) as conn:
        return operators.list_all(conn)


def audited(world: World) -> list[Entry]:
    with reading(engine(world)) as conn:
        return audit.list_entries(conn, 10)


def logged_in(world: World, one: Operator) -> None:
    with writing(engine(world)) as conn:
        sessions.begin(conn, "x" * 64, person_id=one.person_id, series=0, now=common.now())


def is_in(world: World) -> bool:
    with reading(engine(world)) as conn:
        return sessions.find(conn, "x" * 64, common.now()) is not None


def test_an_operator_is_added_with_name_and_role(world: World) -> None:
    ran = alerts("operators", "add", ANA, "--name", "Ana", "--role", "admin")
    assert (ran.code, ran.out) == (0, "Ana is operator 1, admin\n")
    assert "/login, or without mail: alerts operators link 1" in ran.err and ANA not in ran.out + ran.err
    assert alerts("operators", "add", "-", "--name", "Vera", stdin="vera@desk.example\n").code == 0
    assert [(one.name, one.role) for one in stored(world)] == [("Ana", "admin"), ("Vera", "viewer")]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["add", ANA, "--name", "Other"], "belongs to an operator already: Ana (analyst)"),
        (["add", "eve@desk.example", "--name", "ana"], "there is an operator called ana already"),
        (["add", "eve@desk.example", "--name", "eve@desk.example"], "must not be an address"),
        (["add", "eve", "--name", "Eve"], "mail address"),
        (["role", "Anna", "admin"], "no operator called 'Anna'; did you mean 'Ana'?; see: alerts operators list"),
        (["remove", "7"], "there is no operator 7; see: alerts operators list"),
        (["link", "eve@desk.example"], "there is no operator with this address"),
        (["link", "-"], "there is no address on standard input"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_changes(ana: Operator, world: World, args: list[str], says: str) -> None:
    ran = alerts("operators", *args)
    assert ran.code == 1 and says in ran.err and "eve@" not in ran.err.replace(ANA, "")
    assert stored(world) == [ana]


def test_a_role_that_is_not_one_is_met_with_those_there_are(ana: Operator) -> None:
    ran = alerts("operators", "role", "Ana", "boss")
    assert ran.code == 2 and "'viewer', 'analyst', 'admin'" in ran.err


def test_they_are_listed_without_addresses_unless_these_are_asked_for(ana: Operator, world: World) -> None:
    logged_in(world, ana)
    table = alerts("operators", "list").out
    assert table.split()[:6] == ["id", "name", "role", "added", "logged", "in"] and "@" not in table
    [row] = alerts("operators", "list", "--json", "--addresses").rows
    assert (row["name"], row["role"], row["logged_in"], row["address"]) == ("Ana", "analyst", 1, ANA)


@pytest.mark.parametrize("who", ["Ana", "ana", "1", ANA])
def test_another_role_ends_what_the_old_one_opened(ana: Operator, world: World, who: str) -> None:
    logged_in(world, ana)
    ran = alerts("operators", "role", who, "viewer")
    assert ran.out == "Ana is viewer, was analyst, and is logged out everywhere\n"
    assert "nobody is an admin now" in ran.err
    assert not is_in(world) and stored(world)[0].role == "viewer"
    assert "already" in alerts("operators", "role", who, "viewer").out


def test_who_is_removed_is_out_at_once_and_forgotten(ana: Operator, world: World) -> None:
    logged_in(world, ana)
    assert alerts("operators", "remove", "-", stdin=f"{ANA}\n").code == 0
    assert not is_in(world) and stored(world) == []
    assert "there are no operators yet" in alerts("operators", "link", "Ana").err


def test_a_link_without_mail_lets_its_operator_in_once(ana: Operator, world: World) -> None:
    ran = alerts("operators", "link", "Ana")
    found = re.fullmatch(r"http://127\.0\.0\.1:8080/login/([0-9a-f]{40})\n", ran.out)
    assert found is not None and "good once, for 15 minutes" in ran.err
    with writing(engine(world)) as conn:
        with pytest.raises(InputError, match="too old"):
            entering.enter(conn, found[1], "late", common.now() + timedelta(minutes=15))
        entered = entering.enter(conn, found[1], "secret", common.now())
        assert (entered.name, entered.goal) == ("Ana", "/operations")
        with pytest.raises(InputError, match="used already"):
            entering.enter(conn, found[1], "again", common.now())


def test_all_of_it_stands_in_the_audit_log_without_an_address(ana: Operator, world: World) -> None:
    token = alerts("operators", "link", "Ana").out.strip().rpartition("/")[2]
    alerts("operators", "role", "Ana", "admin")
    alerts("operators", "remove", "Ana")
    entries = audited(world)
    assert [one.action for one in reversed(entries)] == [
        "operator added", "login link made", "operator's role changed", "operator removed",
    ]  # fmt: skip
    assert all(one.subject == "operator Ana" and one.name.startswith("command line") for one in entries)
    assert ANA not in str(entries) and token not in str(entries)


def test_a_key_is_made_shown_once_listed_and_withdrawn(ana: Operator, world: World) -> None:
    world.configure('[web]\nprivate = ["data"]\n')
    ran = alerts("operators", "key", "Ana", "--for", "the map")
    secret = ran.out.strip()
    assert ran.err == "key 1 of Ana, for the map: it is not shown again\n" and len(secret) == 32
    with reading(engine(world)) as conn:
        found = keys.find(conn, entering.mark_of(secret))
    assert found is not None and found.id == 1
    listed = alerts("operators", "keys").out + str(alerts("operators", "keys", "--json").rows)
    assert "the map" in listed and "never" in listed and secret not in listed
    assert "key 1 of Ana" in alerts("operators", "withdraw", "1").out
    assert "there is no key 1; see: alerts operators keys" in alerts("operators", "withdraw", "1").err
    assert [one.action for one in audited(world)][:2] == ["key withdrawn", "key made"]
    assert secret not in str(audited(world))


def test_a_key_that_nobody_needs_is_told(ana: Operator, world: World) -> None:
    assert "are not private now" in alerts("operators", "key", "Ana", "--for", "the map").err
    assert alerts("operators", "key", "Ana", "--for", ANA).code == 1
