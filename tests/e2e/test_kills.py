"""Kill -9, whenever it comes: every article is stored once, and every reader gets every mail once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.daemon import ROOT, children
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.fakes import waiting

# Machines that share the work take over what one that was killed had in hand when it was not heard of for 16 seconds.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PAPERS = ("daily", "post", "star", "sun")
TOWNS = (
    "Taiz Marib Aden Hodeidah Mukalla Goma Bukavu Beni Bunia Uvira Djibo Ouahigouya Fada Dori Kaya Mopti Gao Timbuktu "
    "Kidal Maiduguri Sokoto Kaduna Jos Mogadishu Kismayo Baidoa Juba Malakal Bentiu Wau Khartoum Kassala Idlib Aleppo "
    "Raqqa Kirkuk Mosul Kharkiv Kherson Donetsk"
).split()


class Daemons:
    """Daemons forked from one process (`forked.py`)."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self._parent = parent

    async def _ask(self, *words: object) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("\t".join(map(str, words)) + "\n")
        self._parent.stdin.flush()
        return int(await asyncio.to_thread(self._parent.stdout.readline))

    async def start(self, desk: Newsdesk, point: str = "", nth: int = 1) -> int:
        """A daemon's process id. All feeds are due when it starts."""
        desk.all_due()
        return await self._ask("start", desk.config_path, desk.folder / "log", point, nth)

    async def ended(self, daemon: int, *, seconds: float = 150.0) -> int:
        """The signal that ended it. One that does not end in time is killed, and that is a failure."""
        timer = threading.Timer(seconds, os.kill, (daemon, signal.SIGKILL))
        timer.start()
        try:
            return await self._ask("wait", daemon)
        finally:
            assert timer.is_alive(), f"it did not end within {seconds:g} s"
            timer.cancel()

    async def finish(self, desk: Newsdesk, wanted: int) -> None:
        """Let a daemon live until all mails are there; it is then told to end, and does so cleanly."""
        daemon = await self.start(desk)
        try:
            await waiting.until(lambda: len(desk.mails()) >= wanted, seconds=120, what=f"{wanted} mails")
        finally:
            os.kill(daemon, signal.SIGTERM)
            status = await self.ended(daemon)
        assert status == 0, (desk.folder / "log").read_text()[-4000:]


@pytest.fixture(scope="module")
def daemons() -> Iterator[Daemons]:
    command = (sys.executable, "-m", "tests.e2e.forked")
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        yield Daemons(parent)
        assert parent.stdin is not None
        parent.stdin.close()


async def undisturbed(desk: Newsdesk, folder: Path) -> list[tuple[str, str]]:
    """The mails of a service that nobody kills, on the same feeds."""
    calm = Newsdesk(folder, desk.server, desk.gazetteer, items=desk.items)
    calm.set_up(papers=PAPERS)
    service = calm.service()
    await service.open()
    await service.step()
    await service.close()
    return calm.mails()


def assert_once(desk: Newsdesk, articles: int, mails: list[tuple[str, str]]) -> None:
    """Each article is stored once and told once to each reader, and nothing is left half."""
    assert desk.number("SELECT count(*) FROM article") == articles
    assert desk.number("SELECT count(*) FROM article WHERE analysed IS NULL OR fault IS NOT NULL") == 0
    assert [pair for pair, times in Counter(desk.mails()).items() if times > 1] == []
    assert desk.mails() == mails
    assert desk.states() == {"accepted": len(mails)}
    assert [left for left in desk.left_half() if not left.startswith("file ")] == []  # swept from `tmp` in time


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
async def test_killed_at_any_moment_it_loses_nothing_and_tells_nothing_twice(
    kills: int, desk: Newsdesk, daemons: Daemons, tmp_path: Path
) -> None:
    desk.set_up(papers=PAPERS)
    stories = TOWNS[: 4 * kills]
    towns = iter(enumerate(stories))
    chance = random.Random(random.getrandbits(32))  # by the seed that pytest prints
    for kill in range(kills):
        daemon = await daemons.start(desk)
        for _ in range(4):
            if (found := next(towns, None)) is not None:
                desk.publish(PAPERS[found[0] % len(PAPERS)], report(found[1]))
            await asyncio.sleep(chance.uniform(0.02, 0.4))
            if kill % 3 == 2:
                for parser in children(daemon):
                    os.kill(parser, signal.SIGKILL)
        os.kill(daemon, signal.SIGKILL)
        assert await daemons.ended(daemon) == signal.SIGKILL
    assert next(towns, None) is None
    await daemons.finish(desk, len(stories) * len(READERS))
    mails = await undisturbed(desk, tmp_path / "calm")
    assert len(mails) == len(stories) * len(READERS)
    assert_once(desk, len(stories), mails)


POINTS = (
    ("taken-over", 1),
    ("claimed", 1),
    ("polled", 2),
    ("poll-stored", 2),
    ("read", 1),
    ("tracked", 1),
    ("leased", 1),
    ("sending-committed", 1),
    ("mail-written", 1),
    ("mail-renamed", 2),
    ("handed-over", 1),
    ("result-committed", 1),
)


async def test_killed_between_any_two_transactions_it_loses_nothing_and_tells_nothing_twice(
    desk: Newsdesk, daemons: Daemons, tmp_path: Path
) -> None:
    desk.set_up(papers=PAPERS)
    published = 0
    for point, nth in POINTS:
        for paper in PAPERS[:2]:
            desk.publish(paper, report(TOWNS[published]))
            published += 1
        daemon = await daemons.start(desk, point, nth)
        assert await daemons.ended(daemon) == signal.SIGKILL, f"the daemon never came to {point}"
    await daemons.finish(desk, published * len(READERS))
    assert_once(desk, published, await undisturbed(desk, tmp_path / "calm"))
