"""The whole service in this process, between a real feed server and mail files."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.collect.outcome import Outcome
from alerts.engine import loading
from alerts.errors import Fault, StoreError
from alerts.match.engine import Ruleset
from alerts.service import Service
from alerts.store import articles, feeds, polling
from alerts.store.articles import Draft
from alerts.store.database import reading, writing
from alerts.store.status import status
from tests.e2e.newsdesk import READERS, Newsdesk, look, report
from tests.engine.world import CUT_OFF, SHELLING
from tests.engines import ENGINES
from tests.fakes import waiting
from tests.store import values

Start = Callable[[], Awaitable[Service]]


@asynccontextmanager
async def opened(desk: Newsdesk) -> AsyncIterator[Service]:
    """A service whose clock somebody else moves."""
    service = desk.service()
    await service.open()
    try:
        yield service
    finally:
        await service.close()


@pytest.mark.engines(*ENGINES)
async def test_an_article_goes_in_and_a_mail_to_each_reader_comes_out(desk: Newsdesk) -> None:
    desk.set_up()
    desk.publish("daily", report("Taiz"))
    async with opened(desk) as service:
        await service.step()
        wanted = [(reader, "Shelling in Taiz: 12 people killed") for reader in READERS]
        assert desk.mails() == wanted
        counts = service.watch.counts
        assert (counts.polls, counts.new, counts.articles, counts.hits, counts.messages, counts.mails) == (
            1, 1, 1, 1, 1, 2,
        )  # fmt: skip
    text = desk.mail_texts()[0]
    for said in ("Government forces shelled Taiz, killing 12 people.", "Daily", "https://example.org/Taiz/0"):
        assert said in text


async def test_what_was_told_is_not_told_again_and_a_rewritten_article_is(desk: Newsdesk) -> None:
    desk.set_up(readers=READERS[:1])
    desk.publish("daily", report("Taiz"))
    async with opened(desk) as service:
        for _ in range(2):
            with writing(service.engine) as conn:
                conn.exec_driver_sql("UPDATE feed SET next_due = added")
            await service.step()
        assert len(desk.mails()) == 1
        desk.publish("daily", report("Taiz", killed=120))
        with writing(service.engine) as conn:
            conn.exec_driver_sql("UPDATE feed SET next_due = added")
        await service.step()
    assert [subject for _, subject in desk.mails()] == [
        "Shelling in Taiz: 12 people killed",
        "[Update 1] Shelling in Taiz: 120 people killed",
    ]


@pytest.mark.engines("local", "cluster")
async def test_it_runs_by_the_clock_and_stops_within_seconds_with_nothing_half(desk: Newsdesk, start: Start) -> None:
    desk.set_up(papers=("daily", "post"))
    service = await start()
    desk.publish("daily", report("Taiz"))
    desk.publish("post", report("Marib"))
    await waiting.until(lambda: len(desk.mails()) == 4, what="four mails")
    async with asyncio.timeout(10):
        await service.stop()
    assert desk.left_half() == []
    assert desk.states() == {"accepted": 4}


async def test_a_second_service_on_the_same_folder_is_refused(desk: Newsdesk, start: Start) -> None:
    desk.set_up()
    await start()
    second = Service(desk.config)
    with pytest.raises(StoreError, match="another service runs on the folder"):
        second.prepare()
        await second.open()
    if not desk.shares:  # which is refused before it opens anything
        second.engine.dispose()


async def test_what_a_dead_service_held_is_taken_over_at_once(desk: Newsdesk) -> None:
    desk.set_up()
    desk.publish("daily", report("Taiz"))
    with writing(desk.store) as conn:
        assert polling.claim_due(conn, datetime.now(UTC), token="dead", hosts=9, each=9, lease_s=600)
    async with opened(desk) as service:
        await service.step()
    assert len(desk.mails()) == 2


def fill(desk: Newsdesk, number: int) -> None:
    """Articles that wait, as if polled while nobody read."""
    now = datetime.now(UTC)
    drafts = [
        Draft(key=str(n), content_hash=str(n), title="", text="It rained.", url="", language="en", published=now)
        for n in range(number)
    ]
    with writing(desk.store) as conn:
        articles.store(conn, 1, drafts, now=now)


async def test_a_stop_does_not_wait_for_all_that_is_to_be_read(
    desk: Newsdesk, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.set_up()
    fill(desk, 1000)
    real = Ruleset.detect

    def slow(self: Ruleset, *rest: object) -> object:
        with_delay.append(1)
        os.sched_yield()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.005), loop).result()
        return real(self, *rest)  # type: ignore[arg-type]

    with_delay: list[int] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(Ruleset, "detect", slow)
    service = await start()
    await waiting.until(lambda: with_delay)
    async with asyncio.timeout(10):
        await service.stop()
    assert 0 < desk.number("SELECT count(*) FROM article WHERE analysed IS NULL") < 1000


async def test_rules_are_read_again_when_a_file_changes(desk: Newsdesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "alerts")
    desk.set_up()
    rules = desk.folder / "rules"
    async with opened(desk) as service:
        await look(service)
        assert "rules read again" not in caplog.text
        (rules / "cut_off.toml").write_text(CUT_OFF)
        await look(service)
        assert set(service.rulebook.ruleset.by_name) == {"shelling", "cut_off"}
        (rules / "shelling.toml").write_text(SHELLING + "[nonsense")
        await look(service)
        assert set(service.rulebook.ruleset.by_name) == {"shelling", "cut_off"}
        assert "still in force as they were: shelling" in caplog.text
        assert "shelling.toml:" in caplog.text
        (rules / "cut_off.toml").unlink()
        await look(service)
        assert set(service.rulebook.ruleset.by_name) == {"shelling"}


def entries(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as an error."""
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.engines(*ENGINES)
async def test_the_last_good_version_of_a_rule_outlives_a_restart(
    desk: Newsdesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.set_up()
    rules = desk.folder / "rules"
    (rules / "lexicon").mkdir()
    (rules / "lexicon" / "blow.toml").write_text('words = ["~shell"]')
    (rules / "shelling.toml").write_text(SHELLING.replace('"~shell"', '"@blow"'))
    async with opened(desk):
        pass
    (rules / "lexicon" / "blow.toml").write_text('words = ["~shell"')
    desk.publish("daily", report("Taiz"))
    for _ in range(2):
        caplog.clear()
        async with opened(desk) as service:
            await service.step()
            assert service.rulebook.kept == ("shelling",)
            with reading(service.engine) as conn:
                noted = status(conn, datetime.now(UTC))
        [said] = entries(caplog)
        assert "rules read: 1 in force; still in force as they were: shelling\n" in said
        assert "lexicon/blow.toml:1: error:" in said
        assert "still in force as they were: shelling" in noted.rules_trouble
    assert [subject for _, subject in desk.mails()] == ["Shelling in Taiz: 12 people killed"] * 2
    (rules / "lexicon" / "blow.toml").write_text('words = ["~shell"]')
    caplog.clear()
    async with opened(desk) as service:
        assert service.rulebook.kept == ()
        with reading(service.engine) as conn:
            assert status(conn, datetime.now(UTC)).rules_trouble == ""
    assert entries(caplog) == []


async def test_a_rule_whose_file_was_deleted_while_the_service_was_down_is_told_to_be_gone(
    desk: Newsdesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "alerts.service")
    desk.set_up()
    (desk.folder / "rules" / "cut_off.toml").write_text(CUT_OFF)
    for _ in range(2):
        async with opened(desk):
            pass
    assert "rules read" not in caplog.text
    (desk.folder / "rules" / "cut_off.toml").unlink()
    async with opened(desk) as service:
        assert set(service.rulebook.ruleset.by_name) == {"shelling"}
    assert "rules read: 1 in force; no longer in force: cut_off" in caplog.text


async def test_articles_are_read_while_rules_are(desk: Newsdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.set_up(readers=READERS[:1])
    desk.publish("daily", report("Taiz"))
    begun, go_on = threading.Event(), threading.Event()
    real = loading.try_out

    def slow(*given: Any) -> list[Fault]:
        begun.set()
        assert go_on.wait(30)
        return real(*given)

    async with opened(desk) as service:
        monkeypatch.setattr(loading, "try_out", slow)
        (desk.folder / "rules" / "cut_off.toml").write_text(CUT_OFF)
        reload = asyncio.create_task(look(service))
        await asyncio.to_thread(begun.wait, 30)
        await service.step()
        assert len(desk.mails()) == 1
        assert set(service.rulebook.ruleset.by_name) == {"shelling"}
        go_on.set()
        await reload
        assert set(service.rulebook.ruleset.by_name) == {"shelling", "cut_off"}


async def test_all_faults_of_a_reload_are_told_in_one_entry(desk: Newsdesk, caplog: pytest.LogCaptureFixture) -> None:
    desk.set_up()
    async with opened(desk) as service:
        (desk.folder / "rules" / "shelling.toml").write_text(SHELLING.replace("severity", "severty") + "x = 1\n")
        (desk.folder / "rules" / "cut_off.toml").write_text(CUT_OFF + "[nonsense")
        await look(service)
        [said] = entries(caplog)
        assert len(said.splitlines()) > 3
        assert "not in force, for their faults: cut_off" in said.splitlines()[0]


async def test_a_reload_that_the_database_refuses_is_tried_again(
    desk: Newsdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.set_up()
    async with opened(desk) as service:
        (desk.folder / "rules" / "cut_off.toml").write_text(CUT_OFF)

        def full(*_: object) -> None:
            raise StoreError("the database is full", reason="full")

        with monkeypatch.context() as broken:
            broken.setattr("alerts.rulekeeper.meta.record_rules", full)
            with pytest.raises(StoreError):
                await look(service)
        assert set(service.rulebook.ruleset.by_name) == {"shelling"}
        await look(service)
        assert set(service.rulebook.ruleset.by_name) == {"shelling", "cut_off"}


async def test_mails_are_worth_sending_as_long_as_the_configuration_says(desk: Newsdesk) -> None:
    desk.set_up()
    text = desk.config_path.read_text().replace("[web]", 'give_up = "3 hours"\n[web]')
    desk.config_path.write_text(text)
    desk.publish("daily", report("Taiz"))
    async with opened(desk) as service:
        await service.step()
    [(created, expires), _] = desk.ask("SELECT created, expires FROM outbox")
    assert datetime.fromisoformat(str(expires)) - datetime.fromisoformat(str(created)) == timedelta(hours=3)


async def test_alerts_of_which_nothing_is_heard_end(desk: Newsdesk) -> None:
    desk.set_up()
    desk.publish("daily", report("Taiz"))
    ahead = [timedelta(0)]
    service = Service(desk.config, clock=lambda: datetime.now(UTC) + ahead[0])
    service.prepare()
    await service.open()
    try:
        await service.step()
        ahead[0] = timedelta(days=5)
        await service.upkeep()
    finally:
        await service.close()
    assert desk.ask("SELECT state FROM alert") == [("ended",)]
    assert desk.states() == {"accepted": 2}


def outcome_kinds(desk: Newsdesk) -> list[object]:
    return [status for (status,) in desk.ask("SELECT status FROM poll ORDER BY id")]


async def test_old_rows_of_the_log_of_polls_are_forgotten(desk: Newsdesk) -> None:
    desk.set_up()
    async with opened(desk) as service:
        await service.step()
        assert outcome_kinds(desk) == ["ok"]
        with writing(service.engine) as conn:
            [feed] = feeds.list_feeds(conn)
            long_ago = datetime.now(UTC) - timedelta(days=31)
            values.poll(conn, feed, Outcome(status="ok"), long_ago)
        await service.prune()
    assert outcome_kinds(desk) == ["ok"]
