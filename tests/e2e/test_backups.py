"""Backups taken while the service is at work: one that goes on from any of them loses nothing that it held, and
tells nothing of it twice."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.store.backups import back_up
from alerts.store.database import open_database
from tests.cli.run import alerts
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.e2e.test_kills import PAPERS, TOWNS
from tests.fakes import waiting

pytestmark = [pytest.mark.slow, pytest.mark.alone("tests/e2e/test_moving.py is about several")]
_TOLD = """SELECT outbox.person_id, alert.title, outbox.state FROM outbox JOIN alert ON alert.id = outbox.alert_id
    WHERE outbox.state IN ({states})"""


def backed_up(desk: Newsdesk, file: Path) -> Path:
    engine = open_database(desk.config.database_url)
    back_up(engine, file, datetime.now(UTC))
    engine.dispose()
    return file


async def under_load(desk: Newsdesk, folder: Path, backups: int) -> list[Path]:
    """Backups of a service to which reports come in all the time; it tells all of them before it ends."""
    chance, files = random.Random(random.getrandbits(32)), []  # by the seed that pytest prints
    service = desk.service()
    await service.start()
    try:
        for number, town in enumerate(TOWNS[: 4 * backups]):
            desk.publish(PAPERS[number % len(PAPERS)], report(town))
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            if number % 4 == 1:
                files.append(await asyncio.to_thread(backed_up, desk, folder / f"{number}.backup"))
        wanted = len(READERS) * 4 * backups
        await waiting.until(lambda: len(desk.mails()) >= wanted, what=f"{wanted} mails")
    finally:
        await service.stop()
    return files


def restored(desk: Newsdesk, file: Path, folder: Path) -> Newsdesk:
    """Another installation with the same secret, from a backup of this one."""
    (folder / "data").mkdir(parents=True)
    shutil.copy(desk.config_path, folder)
    shutil.copy(desk.folder / "data" / "secret", folder / "data")
    for name in ("rules", "templates"):
        shutil.copytree(desk.folder / name, folder / name)
    made = Newsdesk(folder, desk.server, desk.gazetteer)
    ran = alerts("db", "restore", file, "-c", made.config_path)
    assert ran.code == 0, ran.err
    return made


def told(desk: Newsdesk, *states: str) -> Counter[tuple[str, str]]:
    """(reader, title) of each mail in these states."""
    rows = desk.ask(_TOLD.format(states=", ".join(f"'{state}'" for state in states)))
    return Counter((READERS[int(str(person)) - 1], str(title)) for person, title, _ in rows)


@pytest.mark.parametrize("backups", [1, pytest.param(10, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
async def test_a_service_goes_on_from_any_backup_and_loses_and_doubles_nothing_of_it(
    backups: int, desk: Newsdesk, tmp_path: Path
) -> None:
    desk.set_up(papers=PAPERS)
    files = await under_load(desk, tmp_path, backups)
    everything = Counter(desk.mails())
    assert max(everything.values()) == 1
    for file in files:
        again = restored(desk, file, tmp_path / f"from-{file.stem}")
        known = {row[0] for row in again.ask("SELECT id FROM alert")}
        sent, held = told(again, "accepted"), told(again, "held")
        assert told(again, "queued", "sending", "bundled") == Counter()
        service = again.service()
        await service.start()
        try:
            missing = len(everything) - len(sent) - len(held)
            await waiting.until(lambda: len(again.mails()) >= missing, what=f"{missing} mails")  # noqa: B023
            await asyncio.sleep(1.5)  # what should not come would come now
        finally:
            await service.stop()
        assert Counter(again.mails()) + sent + held == everything
        assert told(again, "held") == held
        assert again.number("SELECT count(*) FROM article") == 4 * backups
        assert again.number("SELECT count(*) FROM article WHERE analysed IS NULL OR fault IS NOT NULL") == 0
        assert again.left_half() == []
        since = {row[0] for row in desk.ask("SELECT id FROM alert")} - known
        assert since.isdisjoint(row[0] for row in again.ask("SELECT id FROM alert"))
