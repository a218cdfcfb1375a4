"""Machines that share the work are killed, cut off, and lose their database for a while: no article is lost, no alert
and no mail is doubled, no host is asked by two at once, and what one had in hand another takes up soon."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.fleet import Fleet
from tests.e2e.newsdesk import report
from tests.e2e.notes import note
from tests.e2e.press import Press
from tests.fakes import postgres, waiting
from tests.fakes.postfix import PrivatePostfix, needs_postfix
from tests.fakes.postgres import Server
from tests.store.conftest import postgres_admin_url

SOON_S = 30.0
PATIENCE_S = 90.0  # beside other tests
GAP_S = 0.3
CUT_S = 22.0  # longer than it takes the others to think it dead
TOWNS = (
    "Kassala Gedaref Nyala Zalingei Idlib Homs Sirte Goma Bukavu Beni Uvira Bunia Kisangani Mosul Tikrit"
    " Kirkuk Ramadi Aden Taiz Hodeidah Marib Kandahar Kunduz Herat Jalalabad Mazar-i-Sharif Kharkiv"
    " Kherson Odesa Mariupol Donetsk Luhansk Zaporizhzhia Mogadishu Kismayo Baidoa Beledweyne Juba Malakal"
    " Wau Bentiu Gao Timbuktu Mopti Kidal Ouahigouya Djibo Maiduguri Pulka"
).split()


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL of this test's own."""
    postgres_admin_url()  # skips where there is none
    # Safe: else a restart forgets what was committed a moment before, such as that a mail is being sent.
    with postgres.server(safe=True) as one:
        yield one


@pytest.fixture
def postfix() -> Iterator[PrivatePostfix]:
    needs_postfix()
    with PrivatePostfix(folder=Path(tempfile.mkdtemp(prefix="alerts-postfix-"))) as one:
        yield one


@pytest.fixture
async def press(request: pytest.FixtureRequest) -> AsyncIterator[Press]:
    async with Press(request.param) as one:
        yield one


@dataclass(slots=True)
class Reporters:
    """Publish reports until they are told to stop, and know when each came out."""

    press: Press
    every_s: float
    sent: dict[str, float] = field(default_factory=dict)  # when, by title
    stopped: bool = False

    async def write(self) -> None:
        number = 0
        while not self.stopped:
            item = report(TOWNS[number % len(TOWNS)], number, killed=12 + number // len(TOWNS))
            self.press.publish(number, item)
            self.sent[item.title] = time.time()
            number += 1
            await asyncio.sleep(self.every_s)


@dataclass(slots=True)
class Misfortunes:
    """What befalls a fleet. One machine at least is always well."""

    fleet: Fleet
    server: Server
    chance: random.Random
    kills: int = 0
    befell: list[tuple[float, str]] = field(default_factory=list)  # when, and what

    def _note(self, what: str) -> None:
        self.befell.append((time.time(), what))

    async def kill_one(self, *, dead_s: float) -> None:
        """Kill -9, and start it again after a while."""
        name = self.chance.choice(self.fleet.names)
        await self.fleet.machines[name].kill()
        self.kills += 1
        self._note(f"{name} killed")
        await asyncio.sleep(dead_s)
        await self.fleet.start(name)
        self._note(f"{name} runs again")

    async def restart_database(self) -> None:
        self._note("the database is restarted")
        await asyncio.to_thread(self.server.restart)

    async def cut_one(self) -> None:
        """It reaches the web and the mail server, and not the database."""
        name = self.chance.choice(self.fleet.names)
        self.fleet.cables[name].cut()
        self._note(f"{name} cut off")
        await asyncio.sleep(CUT_S)
        self.fleet.cables[name].mend()
        self._note(f"{name} no longer cut off")


async def _settled(fleet: Fleet, reporters: Reporters) -> None:
    """All that was published is stored, read and mailed."""

    def stands() -> str:
        jobs = fleet.ask("SELECT status, task_name, count(*), max(attempts) FROM procrastinate_jobs GROUP BY 1, 2")
        living = fleet.ask("SELECT name, now() - seen FROM machine")
        unread = fleet.ask("SELECT id, now() - first_seen FROM article WHERE analysed IS NULL LIMIT 5")
        return f"jobs {jobs}, machines {living}, unread {unread}, mails {fleet.states()}"

    async def until(condition: Callable[[], object]) -> None:
        await waiting.until(condition, what=stands)

    await until(lambda: fleet.number("SELECT count(*) FROM article") >= len(reporters.sent))
    await until(lambda: not fleet.number("SELECT count(*) FROM article WHERE analysed IS NULL"))
    await until(lambda: not set(fleet.states()) & {"queued", "sending", "bundled"})


def _nothing_lost_or_doubled(fleet: Fleet, reporters: Reporters, postfix: PrivatePostfix) -> None:
    keys = [str(key) for (key,) in fleet.ask("SELECT key FROM article")]
    assert len(keys) == len(set(keys)) == len(reporters.sent)
    assert fleet.number("SELECT count(*) FROM article WHERE fault IS NOT NULL") == 0
    of_two = "SELECT article_id FROM evidence GROUP BY article_id HAVING count(DISTINCT alert_id) > 1"
    assert fleet.ask(of_two) == []
    twins = """SELECT rule, place_id FROM alert WHERE state IN ('unconfirmed', 'active')
        GROUP BY rule, place_id HAVING count(*) > 1"""
    assert fleet.ask(twins) == []
    mails = {
        str(name): str(state) for name, state in fleet.ask("SELECT message_id, state FROM outbox WHERE lead_id IS NULL")
    }
    came = postfix.taken()
    accepted = {name for name, state in mails.items() if state == "accepted"}
    assert {name: came[name] for name in accepted} == dict.fromkeys(accepted, 1)
    assert set(came) == accepted
    assert set(mails.values()) <= {"accepted", "withdrawn"}


def _waits(fleet: Fleet, reporters: Reporters) -> dict[str, list[tuple[float, float]]]:
    """How long each report waited to be stored, then to be read, and each mail to be sent, in seconds, the longest
    first; and since when."""
    stored = [(float(at) - (since := reporters.sent[str(title)]), since) for title, at in fleet.ask(_STORED)]
    read, mailed = ([(float(s), float(since)) for s, since in fleet.ask(query)] for query in (_READ, _MAILED))
    return {name: sorted(waits, reverse=True) for name, waits in zip(_STEPS, (stored, read, mailed), strict=True)}


def _said(waits: dict[str, list[tuple[float, float]]], luck: Misfortunes) -> str:
    """The longest waits, and what befell the fleet meanwhile."""
    text = ", ".join(f"{name} {[round(wait, 1) for wait, _ in those[:3]]}" for name, those in waits.items())
    longest, since = max(those[0] for those in waits.values())
    meanwhile = [(round(at - since, 1), what) for at, what in luck.befell if -20 < at - since < longest]
    return f"{luck.kills} kills; longest waits in seconds: {text}; at the longest befell: {meanwhile}"


_STEPS = ("stored", "read", "mailed")
_STORED = "SELECT title, extract(epoch FROM first_seen) FROM article"
_READ = "SELECT extract(epoch FROM analysed - first_seen), extract(epoch FROM first_seen) FROM article"
_MAILED = """SELECT extract(epoch FROM finished - created), extract(epoch FROM created) FROM outbox
    WHERE state = 'accepted'"""


async def _through(
    fleet: Fleet,
    press: Press,
    postfix: PrivatePostfix,
    server: Server,
    *,
    seconds: float,
    every_s: float,
    soon_s: float,
) -> None:
    """Kills for so long, with one restart of the database and one cut."""
    chance = random.Random(int(os.environ.get("ALERTS_SEED", "0")) or None)
    luck = Misfortunes(fleet, server, chance)
    reporters = Reporters(press, every_s)
    await fleet.start()
    writing = asyncio.create_task(reporters.write())
    ends, befalls = time.monotonic() + seconds, [luck.restart_database, luck.cut_one]
    while befalls or time.monotonic() < ends:
        await luck.kill_one(dead_s=chance.uniform(0.0, 4.0))
        if befalls and time.monotonic() > ends - len(befalls) / 3 * seconds:
            await befalls.pop(0)()
        await asyncio.sleep(chance.uniform(0.0, 2.0))
    reporters.stopped = True
    await writing
    await _settled(fleet, reporters)
    await asyncio.to_thread(postfix.delivered)
    _nothing_lost_or_doubled(fleet, reporters, postfix)
    assert {name: host.at_once for name, host in press.hosts.items()} == dict.fromkeys(press.hosts, 1)
    assert min(host.shortest for host in press.hosts.values()) >= GAP_S
    waits = _waits(fleet, reporters)
    note(f"{len(reporters.sent)} reports; {_said(waits, luck)}")
    assert max(those[0][0] for those in waits.values()) < soon_s, _said(waits, luck)
    for name, machine in fleet.machines.items():
        assert await machine.end() == 0, name
    assert fleet.number("SELECT count(*) FROM machine") == 0


def _fleet(folder: Path, database: str, press: Press, postfix: PrivatePostfix, gazetteer: Path) -> Fleet:
    smtp = (
        f'[smtp]\nhost = "127.0.0.1"\nport = {postfix.port}\npostfix_log = "{postfix.log}"\n'
        f'postqueue = "{postfix.postqueue}"'
    )
    return Fleet(folder=folder, database=database, press=press, gazetteer=gazetteer, gap_s=GAP_S, smtp=smtp)


@pytest.mark.parametrize(
    ("press", "seconds", "every_s", "soon_s"),
    [(4, 8, 1.0, PATIENCE_S), pytest.param(8, 600, 0.25, SOON_S, marks=pytest.mark.soak)],
    indirect=["press"],
)
async def test_killed_cut_off_and_without_a_database_they_lose_and_double_nothing(
    tmp_path: Path,
    server: Server,
    press: Press,
    postfix: PrivatePostfix,
    gazetteer_path: Path,
    seconds: float,
    every_s: float,
    soon_s: float,
) -> None:
    async with _fleet(tmp_path, server.url, press, postfix, gazetteer_path) as fleet:
        await _through(fleet, press, postfix, server, seconds=seconds, every_s=every_s, soon_s=soon_s)
