"""The watchdog is fed while the stages get on, and goes hungry when one is stuck."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from alerts.engine.pulse import Kind, Pulse, Work
from alerts.engine.watchdog import Watchdog
from alerts.store.database import writing
from alerts.systemd import Notifier
from tests.fakes.notify import NotifySocket
from tests.store import values
from tests.store.pollrows import add_polls

NOW = values.NOW


@dataclass
class Scene:
    """A watchdog whose clocks the test moves."""

    engine: Engine
    listener: NotifySocket
    seconds: float = 0.0
    others: list[Work] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pulse = Pulse(lambda: self.seconds)
        self.dog = Watchdog(
            engine=self.engine,
            pulse=self.pulse,
            clock=lambda: NOW + timedelta(seconds=self.seconds),
            notifier=Notifier(address=self.listener.address, watchdog_s=90.0),
            others=lambda: self.others,
            said=lambda: "all is well",
        )

    async def fed(self) -> bool:
        """Whether a look fed it."""
        await self.dog.look()
        lines = self.listener.heard()
        assert lines[-1].startswith("STATUS=stuck: " if self.dog.reasons else "STATUS=all is well")
        return "WATCHDOG=1" in lines


@pytest.fixture
def scene(engine: Engine, tmp_path: Path) -> Iterator[Scene]:
    with NotifySocket(str(tmp_path / "notify")) as listener:
        yield Scene(engine, listener)


async def test_it_is_fed_three_times_as_often_as_systemd_asks(scene: Scene) -> None:
    assert scene.dog.every_s == 30.0
    assert await scene.fed()


async def test_due_work_of_which_nothing_is_done_starves_it_until_something_is(scene: Scene) -> None:
    with writing(scene.engine) as conn:
        values.add_feed(conn)  # due at once
    assert await scene.fed()
    scene.seconds = 1000
    assert not await scene.fed()
    assert scene.dog.reasons == ("feeds: nothing was done for 1000 s, and the oldest waits for 1000 s",)
    scene.pulse.done("feeds")
    assert await scene.fed()
    assert not scene.dog.reasons


async def test_feeds_that_another_machine_polls_get_on(scene: Scene) -> None:
    with writing(scene.engine) as conn:
        values.add_feed(conn)
        other = values.add_feed(conn, "https://other.example/feed")
        add_polls(conn, other.id, [NOW + timedelta(seconds=900)])
    scene.seconds = 1000
    assert await scene.fed()
    scene.seconds = 2000
    assert not await scene.fed()


async def test_a_machine_is_judged_by_the_work_it_has_a_part_in(scene: Scene) -> None:
    with writing(scene.engine) as conn:
        values.add_feed(conn)
    scene.seconds = 1000
    wanted: list[Kind] = ["mails"]
    scene.dog.kinds = wanted
    assert await scene.fed()


async def test_a_machine_that_is_cut_off_is_not_started_anew_for_that(scene: Scene) -> None:
    with writing(scene.engine) as conn:
        values.add_feed(conn)
    scene.seconds = 1000
    scene.dog.is_cut = lambda: True
    assert await scene.fed()


async def test_quiet_stages_without_work_are_well(scene: Scene) -> None:
    scene.seconds = 1e6
    assert await scene.fed()


async def test_what_others_say_counts(scene: Scene) -> None:
    scene.others.append(Work(name="the polls of a host", due_s=2000, quiet_s=2000, patience_s=1000))
    assert not await scene.fed()


async def test_why_it_starves_is_said_once(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.pulse.began("upkeep")
    scene.seconds = 4000
    assert [await scene.fed() for _ in range(3)] == [False] * 3
    assert caplog.text.count("stuck: a run of 'upkeep'") == 1
    assert "systemd will start the service anew" in caplog.text


async def test_a_database_that_does_not_answer_is_no_reason_to_start_anew(tmp_path: Path) -> None:
    nowhere = create_engine(f"sqlite:///{tmp_path}/no/such/folder/alerts.db")
    with NotifySocket(str(tmp_path / "notify")) as listener:
        scene = Scene(nowhere, listener, seconds=1e6)
        assert await scene.fed()
        scene.pulse.began("upkeep")
        scene.seconds = 2e6
        assert not await scene.fed()  # but what hangs is seen all the same
    nowhere.dispose()


async def test_without_systemd_it_looks_all_the_same(engine: Engine) -> None:
    dog = Watchdog(engine=engine, pulse=Pulse(lambda: 0.0), clock=lambda: datetime.now(UTC), notifier=Notifier())
    assert 1 <= dog.every_s <= 60
    await dog.look()
    assert dog.reasons == ()
