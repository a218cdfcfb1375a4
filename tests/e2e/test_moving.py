"""An installation that is restored or copied into PostgreSQL goes on there on machines that share the work: all that it
held is there, and nothing of it is told twice."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alerts.service import Service
from tests.cli.run import alerts
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.e2e.test_backups import told, under_load
from tests.e2e.test_kills import PAPERS, TOWNS
from tests.engines import lines
from tests.fakes import waiting
from tests.store.conftest import made_database

pytestmark = pytest.mark.slow
NAMES = ("desk", "second")


def machines_of(desk: Newsdesk, database: str, folder: Path) -> list[Newsdesk]:
    """Machines with the secret of an installation, on this database; only the first has rules of its own."""
    found = []
    for name in NAMES:
        own = lines("cluster", database).replace('"desk"', f'"{name}"')
        made = Newsdesk(folder / name, desk.server, desk.gazetteer, service_lines=own)
        (made.folder / "data").mkdir(parents=True, mode=0o700)
        for empty in ("rules", "templates"):
            (made.folder / empty).mkdir()
        shutil.copy(desk.folder / "data" / "secret", made.folder / "data")
        text = desk.config_path.read_text().replace(desk.service_lines, "")
        made.config_path.write_text(text.replace("[service]\n", f"[service]\n{own}", 1))
        found.append(made)
    shutil.copytree(desk.folder / "rules", found[0].folder / "rules", dirs_exist_ok=True)
    return found


@asynccontextmanager
async def running(desks: list[Newsdesk]) -> AsyncIterator[list[Service]]:
    services: list[Service] = []
    try:
        for desk in desks:
            services.append(await asyncio.to_thread(desk.service))
            await services[-1].start()
        yield services
    finally:
        for service in services:
            await service.stop()
        for desk in desks:
            desk.close()


def mails(desks: list[Newsdesk]) -> Counter[tuple[str, str]]:
    """What all of them sent."""
    return sum((Counter(desk.mails()) for desk in desks), Counter())


async def all_told(desks: list[Newsdesk], number: int) -> Counter[tuple[str, str]]:
    """So many mails, and no more though there is time for them."""
    await waiting.until(lambda: mails(desks).total() >= number, what=f"{number} mails")
    await asyncio.sleep(1.5)
    return mails(desks)


def sound(desk: Newsdesk, services: list[Service], articles: int) -> None:
    """Nothing is half done, all machines are there and go by the same rules."""
    assert desk.number("SELECT count(*) FROM article") == articles
    assert desk.number("SELECT count(*) FROM article WHERE analysed IS NULL OR fault IS NOT NULL") == 0
    assert sorted(name for (name,) in desk.ask("SELECT name FROM machine")) == sorted(NAMES)
    first, second = (service.rulebook.versions for service in services)
    assert first == second and "shelling" in second
    assert desk.ask("SELECT name FROM machine WHERE trouble IS NOT NULL") == []


async def restored(desk: Newsdesk, tmp_path: Path, backups: int) -> None:
    """Back this up under load, and go on from each backup on two machines."""
    desk.set_up(papers=PAPERS)
    files = await under_load(desk, tmp_path, backups)
    everything = Counter(desk.mails())
    assert max(everything.values()) == 1
    for file in files:
        with made_database() as database:
            desks = machines_of(desk, database, tmp_path / f"from-{file.stem}")
            ran = alerts("db", "restore", file, "-c", desks[0].config_path)
            assert ran.code == 0, ran.err
            one = desks[0]
            assert one.number("SELECT count(*) FROM procrastinate_jobs") == 0
            assert one.number("SELECT count(*) FROM machine") == 0
            known = {row[0] for row in one.ask("SELECT id FROM alert")}
            sent, held = told(one, "accepted"), told(one, "held")
            async with running(desks) as services:
                came = await all_told(desks, len(everything) - len(sent) - len(held))
                sound(one, services, 4 * backups)
                new = {row[0] for row in one.ask("SELECT id FROM alert")} - known
            assert came + sent + held == everything
            assert told(one, "held") == held
            assert one.left_half() == []
            since = {row[0] for row in desk.ask("SELECT id FROM alert")} - known
            assert since.isdisjoint(new)
            one.close()


@pytest.mark.engines("cluster")
async def test_a_backup_under_load_goes_on_on_several_machines(desk: Newsdesk, tmp_path: Path) -> None:
    await restored(desk, tmp_path, 1)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.engines("local", "cluster")
async def test_any_of_many_backups_goes_on_on_several_machines(desk: Newsdesk, tmp_path: Path) -> None:
    await restored(desk, tmp_path, 10)


@pytest.mark.soak
@pytest.mark.alone("it moves from one machine to several")
async def test_one_machine_becomes_several_by_a_copy_and_goes_on_where_it_was(
    desk: Newsdesk, bare_postgres: str, tmp_path: Path
) -> None:
    desk.set_up(papers=PAPERS[:2])
    desk.publish("daily", *(report(town) for town in TOWNS[:2]))
    service = desk.service()
    await service.open()
    await service.collector.run_due()
    await service.analyse()  # two wait to be mailed
    desk.publish("post", *(report(town) for town in TOWNS[2:4]))
    desk.all_due()
    await service.collector.run_due()  # and two to be read
    await service.close()
    desks = machines_of(desk, bare_postgres, tmp_path / "copied")
    ran = alerts("db", "copy", "sqlite", bare_postgres, "-c", desk.config_path)
    assert ran.code == 0, ran.err
    async with running(desks) as services:
        desk.publish("daily", *(report(town) for town in TOWNS[4:6]))
        came = await all_told(desks, 6 * len(READERS))
        sound(desks[0], services, 6)
    assert came.total() == len(came) == 6 * len(READERS)
    assert desks[0].left_half() == []
    desks[0].close()
