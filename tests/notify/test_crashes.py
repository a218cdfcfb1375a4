"""Kill -9 between any two writes: no mail is lost, and none is doubled."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from alerts.store.database import open_database
from alerts.types import Severity
from tests.fakes.smtp import FakeSmtp
from tests.notify.killed import main
from tests.notify.world import beside, mails, new_database, populate, states
from tests.sealed import VAULT

READERS = 5
MORE = ("Truce broken", "Aid held up")


@pytest.fixture(scope="module")
def couriers() -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, "-m", "tests.notify.killed")
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield child
        assert child.stdin is not None
        child.stdin.close()


async def killed_at(couriers: subprocess.Popen[str], *what: object) -> None:
    """Run a courier (folder, way, point, nth) until it kills itself."""
    assert couriers.stdin is not None
    assert couriers.stdout is not None
    couriers.stdin.write("\t".join(map(str, what)) + "\n")
    couriers.stdin.flush()
    answer = await asyncio.to_thread(couriers.stdout.readline)
    assert int(answer) == signal.SIGKILL, f"the courier never came to {what[2]}"


def prepare(folder: Path, severity: Severity, *, more: Sequence[str] = ()) -> set[str]:
    """A database with queued mails; their Message-IDs. With `more` alerts of the same happening, which go in the same
    mails."""
    engine = new_database(folder)
    alert_id = populate(engine, readers=READERS, severity=severity)
    made = {row.message_id for row in mails(engine)}
    for title in more:
        beside(engine, alert_id, title=title, severity=severity)
    engine.dispose()
    return made


async def recovered(folder: Path, way: str) -> dict[str, int]:
    """A courier that lives; the states of all mails afterwards."""
    await main(folder, way, lambda point: None)
    engine = open_database(f"sqlite:///{folder}/alerts.db", vault=VAULT)
    try:
        return states(engine)
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("leased", 1),
        ("sending-committed", 2),
        ("mail-written", 2),
        ("mail-renamed", 3),
        ("handed-over", 2),
        ("result-committed", 1),
    ],
)
async def test_into_a_maildir_each_mail_comes_exactly_once(
    tmp_path: Path, couriers: subprocess.Popen[str], point: str, nth: int
) -> None:
    wanted = prepare(tmp_path, "minor")
    await killed_at(couriers, tmp_path, "maildir", point, nth)
    assert await recovered(tmp_path, "maildir") == {"accepted": READERS}
    found = [path.name for path in (tmp_path / "mail/new").iterdir()]
    assert sorted(found) == sorted(f"{name[1:29]}.eml" for name in wanted)


@pytest.mark.parametrize(
    ("point", "nth"), [("leased", 1), ("sending-committed", 2), ("mail-renamed", 3), ("handed-over", 2)]
)
async def test_a_mail_of_several_alerts_comes_whole_and_once(
    tmp_path: Path, couriers: subprocess.Popen[str], point: str, nth: int
) -> None:
    wanted = prepare(tmp_path, "minor", more=MORE)
    await killed_at(couriers, tmp_path, "maildir", point, nth)
    assert await recovered(tmp_path, "maildir") == {"accepted": READERS, "bundled": 2 * READERS}
    found = {path.name: path.read_bytes().decode() for path in (tmp_path / "mail/new").iterdir()}
    assert sorted(found) == sorted(f"{name[1:29]}.eml" for name in wanted)
    for mail in found.values():
        assert all(title in mail for title in ("Strike on a market", *MORE))


def ids(server: FakeSmtp) -> Counter[str]:
    """How often the server took each Message-ID."""
    lines = [line for got in server.received for line in got.message.decode().split("\r\n")]
    return Counter(line.removeprefix("Message-ID: ") for line in lines if line.startswith("Message-ID: "))


@pytest.mark.parametrize("point", ["after-mail-from", "after-final-dot", "handed-over"])
async def test_over_smtp_an_urgent_mail_is_never_lost(
    tmp_path: Path, couriers: subprocess.Popen[str], point: str
) -> None:
    wanted = prepare(tmp_path, "extreme")
    async with FakeSmtp() as server:
        await killed_at(couriers, tmp_path, server.port, point, 1)
        assert await recovered(tmp_path, str(server.port)) == {"accepted": READERS}
    taken = ids(server)
    assert set(taken) == wanted
    # Only the group that was under way (two mails) can come twice, and under one Message-ID.
    assert sum(taken.values()) <= READERS + 2


@pytest.mark.parametrize("point", ["after-mail-from", "after-final-dot"])
async def test_over_smtp_an_ordinary_mail_is_never_doubled(
    tmp_path: Path, couriers: subprocess.Popen[str], point: str
) -> None:
    wanted = prepare(tmp_path, "minor")
    async with FakeSmtp() as server:
        await killed_at(couriers, tmp_path, server.port, point, 1)
        after = await recovered(tmp_path, str(server.port))
    taken = ids(server)
    assert max(taken.values()) == 1
    # What is not certain to have come is kept for the operator, not forgotten.
    assert after == {"accepted": READERS - 2, "ambiguous": 2}
    assert len(wanted - set(taken)) <= 2


@pytest.mark.parametrize("point", ["leased", "after-final-dot", "handed-over"])
async def test_over_smtp_no_alert_of_an_urgent_mail_is_lost(
    tmp_path: Path, couriers: subprocess.Popen[str], point: str
) -> None:
    wanted = prepare(tmp_path, "extreme", more=MORE)
    async with FakeSmtp() as server:
        await killed_at(couriers, tmp_path, server.port, point, 1)
        assert await recovered(tmp_path, str(server.port)) == {"accepted": READERS, "bundled": 2 * READERS}
    taken = ids(server)
    assert set(taken) == wanted
    assert sum(taken.values()) <= READERS + 2
    bodies = {got.message for got in server.received}
    assert len(bodies) == READERS  # the same bytes at every attempt
    assert all(title.encode() in body for body in bodies for title in MORE)


async def test_over_smtp_an_ordinary_mail_of_several_alerts_is_never_doubled(
    tmp_path: Path, couriers: subprocess.Popen[str]
) -> None:
    wanted = prepare(tmp_path, "minor", more=MORE)
    async with FakeSmtp() as server:
        await killed_at(couriers, tmp_path, server.port, "after-final-dot", 1)
        after = await recovered(tmp_path, str(server.port))
    taken = ids(server)
    assert max(taken.values()) == 1
    assert after == {"accepted": READERS - 2, "ambiguous": 2, "bundled": 2 * READERS}
    assert len(wanted - set(taken)) <= 2
