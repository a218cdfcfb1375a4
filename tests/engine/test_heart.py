"""A machine says that it lives, learns the time, and knows when it must not work any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete

from alerts.engine.heart import CUT_AFTER_S
from alerts.errors import StoreError
from alerts.store.database import writing
from alerts.store.machines import DEAD_AFTER
from alerts.store.schema import machine
from tests.engine.hearts import Hearts, Ticks, database_time, grown_silent, row_of
from tests.fakes import waiting
from tests.fakes.cable import Cable
from tests.store.conftest import empty

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def shared(migrated_postgres: Engine) -> Iterator[Engine]:
    empty(migrated_postgres)
    yield migrated_postgres
    empty(migrated_postgres)


@pytest.fixture
def hearts(shared: Engine) -> Iterator[Hearts]:
    made = Hearts(shared)
    yield made
    made.close()


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_who_joins_is_known_to_all_and_goes_by_the_databases_clock(shared: Engine, hearts: Hearts) -> None:
    wrong = hearts.make(clock=lambda: datetime.now(UTC) + 5 * MINUTE)
    assert wrong.now() - database_time(shared) > 4 * MINUTE  # it knows no better yet
    wrong.join()
    before, now, after = database_time(shared), wrong.now(), database_time(shared)
    assert before - SECOND < now < after + SECOND
    assert [one.name for one in wrong.living] == ["one"]
    assert row_of(shared, "one").life == wrong.me.life
    assert wrong.is_cut  # until it beats


def test_a_clock_without_a_battery_keeps_no_machine_from_its_work(shared: Engine, hearts: Hearts) -> None:
    lost = hearts.join(clock=lambda: datetime(1970, 1, 2, tzinfo=UTC))
    lost._beat()
    assert not lost._late and lost.skew < -MINUTE
    assert row_of(shared, "one").skew_ms == -timedelta(days=20) / timedelta(milliseconds=1)


def test_the_name_of_a_machine_that_lives_is_refused_and_that_of_a_dead_one_is_free(
    shared: Engine, hearts: Hearts
) -> None:
    first = hearts.join()
    second = hearts.make(home="elsewhere:/data")
    with pytest.raises(StoreError, match=r"another machine of this service is called 'one' \(one:/data\)"):
        second.join()
    assert row_of(shared, "one").life == first.me.life
    grown_silent(shared, "one", DEAD_AFTER + SECOND)
    second.join()
    assert row_of(shared, "one").life == second.me.life


async def test_a_life_that_is_over_does_not_fight_for_its_name(
    shared: Engine, hearts: Hearts, caplog: pytest.LogCaptureFixture
) -> None:
    """As two machines do whose hosts and folders are called alike: for the later one it looks like its own start."""
    cuts: list[int] = []
    first = hearts.join(beat_s=0.05, on_cut=lambda: cuts.append(1))
    await first.start()
    await waiting.until(lambda: first.living and not first.is_cut)
    second = hearts.join()
    await waiting.until(lambda: cuts)
    await first._try_to_beat()
    assert first.is_cut and cuts == [1]
    assert row_of(shared, "one").life == second.me.life
    [error] = errors(caplog)
    assert error.startswith("this machine stops its work") and "and another host name" in error
    grown_silent(shared, "one", DEAD_AFTER + SECOND)  # the second dies: the first may have its name again
    await waiting.until(lambda: not first.is_cut)
    await first.stop()


async def test_who_does_not_reach_the_database_stops_its_work_says_so_once_and_goes_on_when_it_is_back(
    shared: Engine, hearts: Hearts, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    ticks = Ticks()
    async with Cable(to_port=shared.url.port or 5432) as cable:
        heart = await asyncio.to_thread(hearts.join, port=cable.port, beat_s=0.05, ticks=ticks)
        heart.on_cut, heart.on_back = lambda: told.append("cut"), lambda: told.append("back")
        await heart.start()
        await waiting.until(lambda: told == ["back"])
        before = heart.now()
        cable.cut()
        ticks.at += CUT_AFTER_S + 1.0
        await waiting.until(lambda: "cut" in told)
        during, cut_off = heart.now(), heart.is_cut
        await asyncio.sleep(0.3)
        cable.mend()
        await waiting.until(lambda: told == ["back", "cut", "back"])
        assert cut_off and not heart.is_cut
        assert before + CUT_AFTER_S * SECOND < during <= heart.now()
        assert errors(caplog) == [
            "this machine stops its work, which others may take over: the database does not answer"
        ]
        await heart.stop()


def test_eight_seconds_after_its_last_beat_it_must_not_work_though_nobody_has_looked_yet(
    shared: Engine, hearts: Hearts
) -> None:
    ticks = Ticks()
    heart = hearts.join(ticks=ticks)
    heart._cut = False
    cut_off = []
    for more in (CUT_AFTER_S - 0.1, 0.2):
        ticks.at += more
        cut_off.append(heart.is_cut)
    assert cut_off == [False, True]
    assert timedelta(seconds=CUT_AFTER_S) < DEAD_AFTER


def test_its_time_never_goes_back_it_stands_still_until_the_database_is_there(shared: Engine, hearts: Hearts) -> None:
    ticks = Ticks()
    heart = hearts.join(ticks=ticks)
    joined_at = heart.now()
    ticks.at += 60.0  # its own clock runs too fast
    fast = heart.now()
    assert fast == joined_at + MINUTE
    heart._beat()
    assert heart.now() == fast
    ticks.at += 30.0
    assert heart.now() == fast
    ticks.at += 60.0
    assert MINUTE / 4 < heart.now() - fast < MINUTE


def test_an_answer_that_took_long_says_that_it_lives_and_not_what_time_it_is(shared: Engine, hearts: Hearts) -> None:
    ticks = Ticks()
    heart = hearts.join(ticks=ticks)
    anchor = heart._anchor
    ticks.step = 2.0
    heart._beat()
    ticks.step = 0.0
    assert heart._anchor == anchor
    assert ticks.at - heart._beaten > 2.0  # counted from before it was said
    ticks.at += 1.0
    heart._beat()
    assert heart._anchor != anchor and ticks.at == heart._beaten


def test_a_clock_that_is_wrong_is_told_once_and_again_when_it_was_right_in_between(
    shared: Engine, hearts: Hearts, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = [timedelta(0)]
    heart = hearts.join(clock=lambda: datetime.now(UTC) + ahead[0])

    def beats(skew: timedelta) -> int:
        caplog.clear()
        ahead[0] = skew
        heart._beat()
        heart._beat()
        return sum("off the database's" in record.getMessage() for record in caplog.records)

    assert beats(SECOND) == 0
    assert beats(3 * SECOND) == 1
    assert 2900 < row_of(shared, "one").skew_ms < 3100
    assert beats(3 * SECOND) == 0
    assert beats(timedelta(0)) == 0
    assert beats(-3 * SECOND) == 1


async def test_the_first_by_name_of_those_with_a_role_does_what_one_does_for_all(
    shared: Engine, hearts: Hearts
) -> None:
    anna = hearts.join("anna", roles=("web",))
    bert = hearts.join("bert", roles=("collect",))
    cleo = hearts.join("cleo", roles=("collect", "web"))
    for heart in (anna, bert, cleo):
        heart._beat()
    assert [heart.is_first() for heart in (anna, bert, cleo)] == [True, False, False]
    assert [heart.is_first("collect") for heart in (anna, bert, cleo)] == [False, True, False]
    assert not any(heart.is_first("notify") for heart in (anna, bert, cleo))
    grown_silent(shared, "anna", DEAD_AFTER)
    bert._beat()
    assert bert.is_first() and [one.name for one in bert.living] == ["bert", "cleo"]
    runs: list[str] = []
    for heart in (bert, cleo):

        async def run(name: str = heart.me.name) -> None:
            runs.append(name)

        await heart.for_all(run)()  # none has begun to beat: they may not work
        heart._cut = False
        await heart.for_all(run)()
    assert runs == ["bert"]


async def test_who_stops_is_gone_at_once_and_not_missed(shared: Engine, hearts: Hearts) -> None:
    heart = hearts.join()
    await heart.start()
    await waiting.until(lambda: not heart.is_cut)
    await heart.stop()
    assert heart.is_cut and row_of(shared, "one") is None
    heart._beat()  # it was asked for before, and its thread comes late
    assert row_of(shared, "one") is None


async def test_who_stops_without_a_database_stops_all_the_same(
    shared: Engine, hearts: Hearts, caplog: pytest.LogCaptureFixture
) -> None:
    async with Cable(to_port=shared.url.port or 5432) as cable:
        heart = await asyncio.to_thread(hearts.join, port=cable.port)
    heart.engine.dispose()
    await heart.stop()
    assert "the other machines are not told that this one stops" in caplog.text
    assert row_of(shared, "one") is not None


def test_a_machine_that_was_forgotten_while_it_lived_is_known_again_as_the_same_life(
    shared: Engine, hearts: Hearts
) -> None:
    heart = hearts.join()
    with writing(shared) as conn:
        conn.execute(delete(machine))
    heart._beat()
    found = row_of(shared, "one")
    assert found.life == heart.me.life
    assert abs(found.seen - database_time(shared)) < SECOND
    assert [one.name for one in heart.living] == ["one"]
