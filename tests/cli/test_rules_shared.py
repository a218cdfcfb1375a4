"""`alerts rules publish` and `pull`: machines that share a database, on which no service runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, update

from alerts.cli import common
from alerts.store import editions, schema
from alerts.store.database import writing
from tests.cli.conftest import SIEGE, World
from tests.cli.run import Ran, alerts
from tests.store.conftest import empty


@pytest.fixture
def machines(world: World, migrated_postgres: Engine, postgres_url: str) -> tuple[World, World]:
    """Two machines: the folders "one", with a rule, and "two", without."""
    empty(migrated_postgres)
    found = tuple(replace(world, folder=world.folder / name) for name in ("one", "two"))
    for machine in found:
        machine.configure()
        name = machine.folder.name
        service = f'database = "{postgres_url}"\nengine = "cluster"\nmachine = "{name}"\nsecret_file = "../secret"'
        text = (machine.folder / "config.toml").read_text().replace("[rules]", f"{service}\n\n[rules]")
        machine.write("config.toml", text)
        (machine.folder / "rules").mkdir()
    (world.folder / "secret").write_bytes(bytes(32))
    (world.folder / "secret").chmod(0o600)
    found[0].write("rules/siege.toml", SIEGE)
    return found[0], found[1]


def ask(machine: World, *words: str) -> Ran:
    return alerts(*words, "-c", machine.folder / "config.toml")


def test_rules_are_published_on_one_machine_and_pulled_on_another(machines: tuple[World, World]) -> None:
    one, two = machines
    none = ask(two, "rules", "pull")
    assert none.code == 1 and "no edition is in force yet: 'alerts rules publish' makes the first" in none.err
    done = ask(one, "rules", "publish")
    assert done.code == 0 and done.out == "  rules/0/siege.toml\n", done.err
    assert "is in force; all machines take it within seconds" in done.err
    assert "is the same: nothing had to be published" in ask(one, "rules", "publish").err
    pulled = ask(two, "rules", "pull")
    assert pulled.out == "  rules/0/siege.toml\n" and "are as edition" in pulled.err and "by one (" in pulled.err
    assert (two.folder / "rules/siege.toml").read_text() == SIEGE
    assert "were already as edition" in ask(two, "rules", "pull").err


def test_what_was_changed_on_two_machines_is_kept_beside(machines: tuple[World, World]) -> None:
    one, two = machines
    ask(one, "rules", "publish")
    mine = two.write("rules/siege.toml", SIEGE.replace("12", "11"))
    pulled = ask(two, "rules", "pull")
    assert pulled.out.splitlines() == ["  rules/0/siege.toml", f"kept: {mine}.before"]
    assert Path(f"{mine}.before").read_text() == SIEGE.replace("12", "11")


def test_a_check_compares_the_folders_with_what_is_in_force(machines: tuple[World, World]) -> None:
    one, _ = machines
    assert "editions   none yet" in ask(one, "check").err
    ask(one, "rules", "publish")
    ran = ask(one, "check")
    assert ran.out == "" and "by one (" in ran.err
    path = one.write("rules/siege.toml", SIEGE.replace("12", "11"))
    ran = ask(one, "check")
    assert ran.code == 0 and f"{path}: warning: differs from edition" in ran.out and "rules publish" in ran.err


def test_an_earlier_edition_is_put_in_force_again(machines: tuple[World, World], migrated_postgres: Engine) -> None:
    one, two = machines
    ask(one, "rules", "publish")
    one.write("rules/siege.toml", SIEGE.replace("12", "11"))
    one.write("rules/siege2.toml", SIEGE)
    ask(one, "rules", "publish")
    last, first = ask(one, "rules", "editions", "--json").rows
    assert last["changed"] == ["rules/0/siege.toml", "rules/0/siege2.toml"] and first["changed"] is None
    assert last["by"].startswith("one (")
    again = ask(two, "rules", "publish", "--edition", str(first["edition"]))
    assert again.code == 0 and f"edition {last['edition'] + 1} is in force" in again.err
    assert "nothing had to be published" in ask(two, "rules", "publish", "--edition", str(first["edition"])).err
    listed = ask(two, "rules", "editions").out
    assert f"as edition {first['edition']}" in listed and "rules/0/siege.toml, rules/0/siege2.toml" in listed
    assert not ask(one, "rules", "pull").out.count("kept")  # what stood there was in force once
    assert (one.folder / "rules/siege.toml").read_text() == SIEGE and not (one.folder / "rules/siege2.toml").exists()
    gone = ask(two, "rules", "publish", "--edition", "999999")
    assert gone.code == 1 and "edition 999999 is not kept: see 'alerts rules editions'" in gone.err


def test_the_status_says_which_machine_goes_by_what(machines: tuple[World, World], migrated_postgres: Engine) -> None:
    one, _ = machines
    ask(one, "rules", "publish")
    now = common.now()
    row = {"home": "h", "roles": ["collect", "web"], "version": "1", "settings": "", "skew_ms": 0, "started": now}
    with writing(migrated_postgres) as conn:
        head = editions.head(conn)
        assert head is not None
        for name, number in (("one", head.number), ("two", head.number + 8)):
            conn.execute(
                insert(schema.machine).values(row | {"name": name, "life": name, "seen": now, "edition": number})
            )
        conn.execute(
            update(schema.machine).where(schema.machine.c.name == "two").values(trouble="cannot be taken: disk full")
        )
    lines = ask(one, "status").out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("machine   one:"))
    assert lines[at].endswith(f"edition {head.number}") and "collect, web; seen" in lines[at]
    assert lines[at + 1].endswith(f"edition {head.number + 8} ({head.number} is in force)")
    assert lines[at + 2].strip() == "cannot be taken: disk full"


def test_one_machine_by_itself_needs_neither(world: World) -> None:
    for word in ("publish", "pull"):
        ran = alerts("rules", word)
        assert ran.code == 1 and 'not needed here: with [service] engine = "local"' in ran.err


def test_folders_that_cannot_be_read_are_told_with_all_that_is_wrong(machines: tuple[World, World]) -> None:
    one, _ = machines
    (one.folder / "rules" / "away.toml").symlink_to("/etc/hostname")
    one.write("rules/large.toml", b"#" * (2**20 + 1))
    ran = ask(one, "rules", "publish")
    assert ran.code == 1 and "away.toml: error: this is a link to something outside its folder" in ran.err
    assert "large.toml: error: the file is larger than 1.0 MiB" in ran.err
