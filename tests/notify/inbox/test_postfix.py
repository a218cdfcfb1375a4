"""What a real Postfix cannot deliver comes back as it writes it, and is read right."""

from __future__ import annotations

import asyncio
import time

import pytest

from alerts.listening import Listen
from alerts.notify.inbox.stage import Inbox
from alerts.store import holds, people, suppression
from alerts.store.database import reading, writing
from tests.fakes.postfix import needs_postfix
from tests.notify.inbox.mailserver import Elsewhere, hand_over, postfix
from tests.notify.inbox.world import World, comes_back_to, opened, states


@pytest.fixture(autouse=True)
def _there_is_one() -> None:
    needs_postfix()


HERE = Listen(host="127.0.0.1", port=0)
CLASSES = {
    "550-5.1.1@example.org": "gone",
    "someone@nowhere.example": "gone",
    "552-5.2.2@example.org": "later",
    "451-4.4.1@example.org": "later",
    "550-5.7.1@example.org": "policy",
    "554-5.7.26@example.org": "policy",
}


def _mails(world: World, receivers: list[str]) -> dict[str, bytes]:
    """A mail to each, as it was sent before; by the envelope's sender."""
    made = {}
    with writing(world.engine) as conn:
        for number, receiver in enumerate(receivers):
            token = f"{number:028x}"
            world.reader(conn, receiver, token=token)
            head = f"From: desk@alerts.example\nTo: {receiver}\nMessage-ID: <{token}@alerts.example>\nSubject: Siege\n"
            made[comes_back_to(token)] = f"{head}\nAbout 1,200 families.\n".encode()
    return made


def _wait(inbox: Inbox, reports: int) -> None:
    until = time.monotonic() + 30
    while inbox.counts.total() < reports and time.monotonic() < until:
        time.sleep(0.05)


async def _come_back(world: World, receivers: list[str], reports: int, **more: str) -> dict[str, int]:
    """Send a mail to each; what the reports that come back are taken for."""
    async with opened(world.engine, world.clock, HERE) as inbox, Elsewhere() as elsewhere:
        assert inbox.door is not None
        mails = _mails(world, receivers)
        server = postfix(elsewhere=elsewhere.port, inbox=inbox.door.port, **more)
        port = await asyncio.to_thread(server.__enter__)
        try:
            for (sender, content), receiver in zip(mails.items(), receivers, strict=True):
                await asyncio.to_thread(hand_over, port, sender, receiver, content)
            await asyncio.to_thread(_wait, inbox, reports)
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)
        return {str(what): number for what, number in inbox.counts.items()}


async def test_six_kinds_of_bounces_of_a_real_server_are_read_right(world: World) -> None:
    assert await _come_back(world, list(CLASSES), 6) == {"gone": 2, "later": 2, "policy": 2}
    with reading(world.engine) as conn:
        active = people.addresses(conn, [person.id for person in people.active_people(conn)]).values()
        assert set(active) == {one for one, kind in CLASSES.items() if kind != "gone"}
        marks = {people.mark_of(conn, one): one for one in CLASSES}
        gone = {marks[mark] for mark in suppression.among(conn, list(marks))}
        assert gone == {one for one, kind in CLASSES.items() if kind == "gone"}
        assert not holds.all_held(conn)
    kinds = list(CLASSES.values())
    assert states(world.engine) == ["held" if kind == "policy" else "failed" for kind in kinds]


@pytest.mark.soak
async def test_a_real_server_s_warning_means_nothing_and_its_giving_up_counts(world: World) -> None:
    receivers = ["451-4.4.1@example.org"]
    assert await _come_back(world, receivers, 2, lifetime="3s", warning="1s") == {"nothing": 1, "later": 1}
    with reading(world.engine) as conn:
        assert len(people.active_people(conn)) == 1


@pytest.mark.soak
async def test_a_storm_of_a_real_server_s_refusals_suppresses_nobody(world: World) -> None:
    receivers = [f"554-5.7.26@h{number}.example.org" for number in range(20)]
    assert await _come_back(world, receivers, 20) == {"policy": 20}
    with reading(world.engine) as conn:
        assert len(people.active_people(conn)) == 20
        assert holds.all_held(conn)
