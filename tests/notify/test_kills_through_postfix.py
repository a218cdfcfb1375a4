"""Kill -9 at every point and at any moment, through a real Postfix: no mail is lost, and none is doubled."""

from __future__ import annotations

import asyncio
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from alerts.store import outbox as outbox_store
from alerts.store.database import reading, writing
from alerts.store.schema import outbox
from tests.fakes import waiting
from tests.fakes.postfix import PrivatePostfix, needs_postfix
from tests.notify.killed import MOMENT, PROMPT, through_postfix, until_all_is_told
from tests.notify.world import Clock, courier, new_database, populate, states

POINTS = (
    *("leased", "sending-committed", "after-mail-from", "after-data"),
    *("after-final-dot", "handed-over", "result-committed"),
)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def postfix() -> Iterator[PrivatePostfix]:
    needs_postfix()
    with PrivatePostfix(folder=Path(tempfile.mkdtemp(prefix="alerts-postfix-"))) as server:
        time.sleep(1)  # its log is to begin before the first mail
        yield server


@pytest.fixture(scope="module")
def couriers() -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, "-m", "tests.notify.killed")
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        yield child
        assert child.stdin is not None
        child.stdin.close()


def way(server: PrivatePostfix) -> str:
    return f"{server.port} {server.log} {server.postqueue}"


def filled(folder: Path, readers: int) -> tuple[Engine, set[str]]:
    """A database with mails that are due now, by the clock on the wall; their Message-IDs."""
    engine = new_database(folder)
    populate(engine, readers=readers, severity="minor")
    now = datetime.now(UTC)
    with writing(engine) as conn:
        conn.execute(update(outbox).values(not_before=now, expires=now + timedelta(days=1)))
        for number in conn.execute(select(outbox.c.id)).scalars().all():  # other tests use the same Postfix
            fresh = f"<{secrets.token_hex(14)}@alerts.example>"
            conn.execute(update(outbox).where(outbox.c.id == number).values(message_id=fresh))
    with reading(engine) as conn:
        return engine, {row.message_id for row in outbox_store.list_rows(conn, limit=readers)}


def started(couriers: subprocess.Popen[str], *what: object) -> int:
    """Run a courier until it is killed; the signal that ended it (0: it had nothing left to do)."""
    assert couriers.stdin is not None
    assert couriers.stdout is not None
    couriers.stdin.write("\t".join(map(str, what)) + "\n")
    couriers.stdin.flush()
    return int(couriers.stdout.readline())


async def finish(engine: Engine, server: PrivatePostfix, wanted: set[str]) -> None:
    """Let a courier live; then each mail has come, once."""
    one = courier(engine, through_postfix(way(server)), Clock(), retry=PROMPT)
    one.clock = lambda: datetime.now(UTC)
    await until_all_is_told(one)
    await one.close()
    await asyncio.to_thread(server.delivered)
    found = states(engine)
    engine.dispose()
    taken = server.taken()
    assert found == {"accepted": len(wanted)}
    assert {name: taken[name] for name in wanted} == dict.fromkeys(wanted, 1)


async def test_killed_at_each_point_it_loses_nothing_and_doubles_nothing(
    tmp_path: Path, postfix: PrivatePostfix, couriers: subprocess.Popen[str]
) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 4 * len(POINTS))
    for point in POINTS:
        ended = await asyncio.to_thread(started, couriers, tmp_path, way(postfix), point, 1)
        assert ended == signal.SIGKILL, f"the courier never came to {point}"
    await finish(engine, postfix, wanted)


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("batch", range(10))
async def test_killed_a_hundred_times_it_loses_nothing_and_doubles_nothing(
    tmp_path: Path, postfix: PrivatePostfix, couriers: subprocess.Popen[str], batch: int
) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 1_200)
    chance, kills = random.Random(), Counter[str]()
    while kills.total() < 100:
        if not states(engine).keys() & {"queued", "sending"}:
            break
        point, nth = chance.choice(POINTS), chance.randint(1, 4)
        if kills.total() % 2:
            point, nth = MOMENT, chance.randint(10, 900)
        if await asyncio.to_thread(started, couriers, tmp_path, way(postfix), point, nth) == signal.SIGKILL:
            kills[point] += 1
    await finish(engine, postfix, wanted)
    assert kills.total() >= 100, f"all mails were out after {kills}"


async def test_a_postfix_that_is_killed_takes_all_that_it_had_said_yes_to(
    tmp_path: Path, postfix: PrivatePostfix
) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 60)
    one = courier(engine, through_postfix(way(postfix)), Clock(), retry=PROMPT)
    one.clock = lambda: datetime.now(UTC)
    sending = asyncio.create_task(until_all_is_told(one))
    await waiting.until(lambda: states(engine).get("accepted", 0))
    await asyncio.to_thread(postfix.kill)
    await asyncio.sleep(0.3)
    await asyncio.to_thread(postfix.start)
    await sending
    await one.close()
    await finish(engine, postfix, wanted)


async def test_two_couriers_at_once_on_one_database_double_nothing(tmp_path: Path, postfix: PrivatePostfix) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 40)
    couriers = [courier(engine, through_postfix(way(postfix)), Clock(), retry=PROMPT) for _ in range(2)]
    for one in couriers:
        one.clock = lambda: datetime.now(UTC)
    tallies = await asyncio.gather(*(one.deliver_all() for one in couriers))
    for one in couriers:
        await one.close()
    assert sum(tally.accepted for tally in tallies) == 40
    await finish(engine, postfix, wanted)
