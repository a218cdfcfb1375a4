"""Kill -9 at every point and at any moment, through a real Postfix: no mail is lost, and none is doubled."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from alerts.errors import StoreError
from alerts.notify.courier import Courier
from alerts.store import outbox as outbox_store
from alerts.store.database import reading, writing
from alerts.store.schema import outbox
from tests.fakes import waiting
from tests.fakes.badline import FAULTS, BadLine, Fault
from tests.fakes.disk import barred_disk
from tests.fakes.postfix import PrivatePostfix, needs_postfix
from tests.notify.killed import FULL_DISK, MOMENT, by_postfix, until_all_is_told
from tests.notify.world import new_database, populate, states

POINTS = (
    *("leased", "sending-committed", "after-mail-from", "after-data"),
    *("after-final-dot", "handed-over", "result-committed", FULL_DISK),
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


def way(server: PrivatePostfix, *, sender: str = "plain", port: int = 0, settles: float = 0.4) -> str:
    """See `killed`."""
    return f"{port or server.port} {server.log} {sender} {settles} {server.postqueue}"


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


async def finish(engine: Engine, server: PrivatePostfix, wanted: set[str], *, how: str = "") -> None:
    """Let a courier live; then each mail has come, once."""
    one = by_postfix(engine, how or way(server))
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


@pytest.fixture
def senders_only(postfix: PrivatePostfix, tmp_path: Path) -> Iterator[Path]:
    """Postfix's log without what it says of Message-IDs, as it is being written."""
    log = tmp_path / "senders.log"
    command = f"tail -n +1 -F {postfix.log} | grep --line-buffered -v 'message-id=' > {log}"
    with subprocess.Popen(("sh", "-c", command), start_new_session=True) as child:
        yield log
        os.killpg(child.pid, signal.SIGTERM)


async def test_after_a_kill_mails_are_known_by_their_envelopes_senders_alone(
    tmp_path: Path, postfix: PrivatePostfix, couriers: subprocess.Popen[str], senders_only: Path
) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 16)
    # Without Message-IDs nothing tells that a mail is still on its way into the queue: so it is given time.
    how = f"{postfix.port} {senders_only} own 1.5 {postfix.postqueue}"
    for point in ("after-data", "after-final-dot", "handed-over"):
        ended = await asyncio.to_thread(started, couriers, tmp_path, how, point, 2)
        assert ended == signal.SIGKILL, f"the courier never came to {point}"
    assert states(engine)["sending"] >= 3
    await finish(engine, postfix, wanted, how=how)


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("batch", range(10))
async def test_killed_a_hundred_times_it_loses_nothing_and_doubles_nothing(
    tmp_path: Path, postfix: PrivatePostfix, couriers: subprocess.Popen[str], batch: int
) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 3_000)
    how = way(postfix, sender="own" if batch % 2 else "plain")
    chance, kills = random.Random(random.getrandbits(32)), Counter[str]()
    while kills.total() < 100:
        if not states(engine).keys() & {"queued", "sending"}:
            break
        point, nth = chance.choice(POINTS), chance.randint(1, 4)
        if kills.total() % 2:
            point, nth = MOMENT, chance.randint(10, 600)
        if await asyncio.to_thread(started, couriers, tmp_path, how, point, nth) == signal.SIGKILL:
            kills[point] += 1
    await finish(engine, postfix, wanted, how=how)
    assert kills.total() >= 100, f"all mails were out after {kills}"


async def test_a_postfix_that_is_killed_takes_all_that_it_had_said_yes_to(
    tmp_path: Path, postfix: PrivatePostfix
) -> None:
    reached, killed = Counter[str](), asyncio.Event()

    def crash(point: str) -> None:
        reached[point] += 1
        if (point, reached[point]) == ("after-data", 20):  # it waits for this mail's text
            postfix.kill()
            killed.set()

    engine, wanted = await asyncio.to_thread(filled, tmp_path, 60)
    one = by_postfix(engine, way(postfix, settles=2.5), crash=crash)  # by then it lives again
    sending = asyncio.create_task(until_all_is_told(one))
    await asyncio.wait_for(killed.wait(), 30)
    await asyncio.sleep(0.3)
    await asyncio.to_thread(postfix.start)
    await sending
    await one.close()
    await finish(engine, postfix, wanted)


async def through_full_disks(folder: Path, postfix: PrivatePostfix, *, readers: int, seed: int) -> int:
    """Send while the disk fills up at random moments; how often that stopped the sending."""
    chance, stops = random.Random(seed), 0
    with barred_disk(folder / "disk") as disk:
        engine, wanted = await asyncio.to_thread(filled, disk.folder, readers)
        one = by_postfix(engine, way(postfix), crash=lambda _: disk.fill() if chance.random() < 0.05 else None)
        async with asyncio.timeout(100):
            while states(engine) != {"accepted": readers}:
                try:
                    await one.deliver_all()
                except StoreError:
                    stops += 1
                    disk.free()
        disk.free()
        await one.close()
        await finish(engine, postfix, wanted)
    return stops


async def test_a_disk_that_fills_up_again_and_again_loses_nothing_and_doubles_nothing(
    tmp_path: Path, postfix: PrivatePostfix
) -> None:
    assert await through_full_disks(tmp_path, postfix, readers=40, seed=6) >= 3


async def over_a_bad_line(folder: Path, postfix: PrivatePostfix, faults: Sequence[Fault], *, readers: int) -> None:
    engine, wanted = await asyncio.to_thread(filled, folder, readers)
    async with BadLine(to_port=postfix.port, faults=deque(faults)) as line:
        one = by_postfix(engine, way(postfix, port=line.port))
        await until_all_is_told(one, seconds=240)
        await one.close()
        assert not line.faults
    await finish(engine, postfix, wanted)


async def test_over_a_line_that_is_cut_slow_or_told_to_wait_each_mail_comes_once(
    tmp_path: Path, postfix: PrivatePostfix
) -> None:
    # What is cut before the dot takes half a minute: so long it may still be on its way into the queue.
    await over_a_bad_line(tmp_path, postfix, [one for one in FAULTS if one != "cut before the dot"], readers=12)


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
async def test_over_a_line_that_has_all_faults_in_any_order_each_mail_comes_once(
    tmp_path: Path, postfix: PrivatePostfix, seed: int
) -> None:
    faults = random.Random(seed).choices(FAULTS, k=150)
    await over_a_bad_line(tmp_path, postfix, faults, readers=300)


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(10))
async def test_two_couriers_over_a_bad_line_with_a_disk_that_fills_up_lose_nothing_and_double_nothing(
    tmp_path: Path, postfix: PrivatePostfix, seed: int
) -> None:
    chance, stops = random.Random(seed), 0
    # Without what is cut before the dot, which takes half a minute each time.
    faults = chance.choices([one for one in FAULTS if one != "cut before the dot"], k=80)
    with barred_disk(tmp_path / "disk") as disk:
        engine, wanted = await asyncio.to_thread(filled, disk.folder, 300)

        def crash(_: str) -> None:
            if chance.random() < 0.03:
                disk.fill()

        async def live(one: Courier) -> None:
            nonlocal stops
            while states(engine) != {"accepted": 300}:
                try:
                    await one.deliver_all()
                except StoreError:
                    stops += 1
                    await asyncio.sleep(chance.random() * 0.1)
                    disk.free()
                await asyncio.sleep(0.01)

        async with BadLine(to_port=postfix.port, faults=deque(faults)) as line, asyncio.timeout(240):
            how = way(postfix, port=line.port, sender="own" if seed % 2 else "plain")
            both = [by_postfix(engine, how, crash=crash) for _ in range(2)]
            await asyncio.gather(*map(live, both))
            disk.free()
            for one in both:
                await one.close()
        await finish(engine, postfix, wanted)
    assert stops >= 20


async def test_two_couriers_in_two_processes_double_nothing_though_one_is_killed(
    tmp_path: Path, postfix: PrivatePostfix, couriers: subprocess.Popen[str]
) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 60)
    other = asyncio.create_task(asyncio.to_thread(started, couriers, tmp_path, way(postfix), "handed-over", 8))
    await waiting.until(lambda: states(engine).get("sending", 0))
    one, accepted = by_postfix(engine, way(postfix)), 0
    while not other.done() or not accepted:
        accepted += (await one.deliver_once()).accepted
    await one.close()
    assert await other == signal.SIGKILL
    await finish(engine, postfix, wanted)


async def test_two_couriers_at_once_on_one_database_double_nothing(tmp_path: Path, postfix: PrivatePostfix) -> None:
    engine, wanted = await asyncio.to_thread(filled, tmp_path, 40)
    couriers = [by_postfix(engine, way(postfix)) for _ in range(2)]
    tallies = await asyncio.gather(*(one.deliver_all() for one in couriers))
    for one in couriers:
        await one.close()
    assert sum(tally.accepted for tally in tallies) == 40
    await finish(engine, postfix, wanted)
