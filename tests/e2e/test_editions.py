"""Rules and templates of one machine reach the others as they are loaded there; who cannot load them says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.config import load
from alerts.errors import InputError
from alerts.service import Service
from alerts.store import machines
from alerts.store.database import reading
from alerts.store.machines import Machine
from alerts.web.running import pages_of
from tests.e2e.newsdesk import CONFIG
from tests.engine.world import SHELLING
from tests.store.conftest import empty

NAMES = ("one", "two")


def set_up(folder: Path, name: str, database: str, gazetteer: Path) -> Service:
    home = folder / name
    service = (
        f"database = {json.dumps(database)}\n"
        f'engine = "cluster"\nmachine = "{name}"\nsecret_file = {json.dumps(str(folder / "secret"))}\n'
    )
    text = CONFIG.format(
        hosts="[]", gazetteer=json.dumps(str(gazetteer)), port=8080, service=service, notify="", more=""
    )
    for own in ("rules", "templates"):
        (home / own).mkdir(parents=True)
    (home / "config.toml").write_text(text)
    if name == "one":
        (home / "rules" / "shelling.toml").write_text(SHELLING)
    return Service(load(home / "config.toml"))


@pytest.fixture
def services(
    migrated_postgres: Engine, postgres_url: str, tmp_path: Path, gazetteer_path: Path
) -> Iterator[tuple[Service, ...]]:
    """Two machines, prepared: their clocks are the tests'."""
    empty(migrated_postgres)
    (tmp_path / "secret").write_bytes(bytes(32))
    (tmp_path / "secret").chmod(0o600)
    found = tuple(set_up(tmp_path, name, postgres_url, gazetteer_path) for name in NAMES)
    for service in found:
        service.prepare()
    yield found
    for service in found:
        service.canary.close()
        service.engine.dispose()
        assert service.heart is not None
        service.heart.engine.dispose()
        service._single.release()


async def all_look(services: tuple[Service, ...]) -> None:
    for service in (*services, *services, *services):
        await service.keeper.look()


def rows(engine: Engine) -> list[Machine]:
    with reading(engine) as conn:
        return machines.every(conn)


async def test_a_rule_changed_on_one_machine_is_in_force_on_all(
    services: tuple[Service, ...], migrated_postgres: Engine, tmp_path: Path
) -> None:
    one, two = services
    assert one.rulebook.versions == two.rulebook.versions and "shelling" in two.rulebook.versions
    changed = tmp_path / "two" / "rules" / "shelling.toml"
    changed.write_text(f"# by the analyst of the second machine\n{changed.read_text()}")
    before = one.rulebook.versions
    await all_look(services)
    assert one.rulebook.versions == two.rulebook.versions != before
    assert (tmp_path / "one" / "rules" / "shelling.toml").read_text() == changed.read_text()
    first, second = rows(migrated_postgres)
    assert first.edition == second.edition is not None and first.base == second.base is not None
    assert first.trouble is None and second.trouble is None


async def test_a_faulty_rule_keeps_its_earlier_version_on_all_and_each_says_so(
    services: tuple[Service, ...], migrated_postgres: Engine, tmp_path: Path
) -> None:
    one = services[0]
    before = one.rulebook.versions
    (tmp_path / "one" / "rules" / "shelling.toml").write_text(SHELLING.replace("status", "statos"))
    (tmp_path / "one" / "templates" / "mail").mkdir()
    (tmp_path / "one" / "templates" / "mail" / "alert.txt").write_text("{{ tite }}")
    await all_look(services)
    for service in services:
        assert service.rulebook.versions == before and service.rulebook.kept == ("shelling",)
    for machine in rows(migrated_postgres):
        assert machine.trouble is not None
        assert (
            "'statos' is not a known key" in machine.trouble and "templates/mail/alert.txt:1: error" in machine.trouble
        )
    two_rules = tmp_path / "two" / "rules" / "shelling.toml"
    two_rules.write_text(SHELLING)
    (tmp_path / "two" / "templates" / "mail" / "alert.txt").unlink()
    (tmp_path / "two" / "templates" / "mail" / "reminder.txt").write_text("{{ title }}")
    await all_look(services)
    assert [machine.trouble for machine in rows(migrated_postgres)] == [None, None]


async def test_the_editor_of_one_machine_writes_for_all_and_over_no_change_of_another(
    services: tuple[Service, ...], tmp_path: Path
) -> None:
    _, two = services
    shelf = pages_of(two).state.web.lab.shelf
    over = shelf.find("shelling").digest
    shelf.write("shelling", f"# edited\n{SHELLING}", over=over)
    await all_look(services)
    assert (tmp_path / "one" / "rules" / "shelling.toml").read_text().startswith("# edited")
    (tmp_path / "one" / "rules" / "shelling.toml").write_text(f"# by hand\n{SHELLING}")
    await all_look(services[:1])
    with pytest.raises(InputError, match="is on its way to this machine"):
        shelf.write("shelling", f"# too early\n{SHELLING}", over=shelf.find("shelling").digest)
    await all_look(services)
    shelf.write("shelling", f"# now\n{SHELLING}", over=shelf.find("shelling").digest)
