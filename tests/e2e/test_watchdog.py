"""A daemon as systemd watches it: a mail server that is down is borne, a stage that hangs is not."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from alerts.engine.analysis import HUNG
from tests.e2e.daemon import Daemon
from tests.e2e.hanging import PATIENCE
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.fakes import waiting
from tests.fakes.notify import NotifySocket
from tests.fakes.ports import free_port

WATCHDOG_S = 3.0


@pytest.fixture
async def ear(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NotifySocket]:
    with NotifySocket(f"@alerts-e2e-{os.getpid()}") as listener:
        monkeypatch.setenv("NOTIFY_SOCKET", listener.address)
        monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_S * 1e6)))
        yield listener


async def test_a_mail_server_that_is_down_is_borne_and_a_stage_that_hangs_is_not(
    desk: Newsdesk, ear: NotifySocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience_s = 12.0 if desk.shares else 6.0  # jobs come a second later, and more than that on a busy machine
    monkeypatch.setenv(PATIENCE, str(patience_s))
    desk.set_up(readers=READERS[:1], more=f'[smtp]\nhost = "127.0.0.1"\nport = {free_port()}')
    desk.publish("daily", report("Taiz"))
    async with hanging(desk) as daemon:
        await waiting.until(ear.says("READY=1"))
        await waiting.until(lambda: "mail is held up" in daemon.log)
        before = len(ear.lines)
        await asyncio.sleep(1.5 * patience_s)
        later = ear.lines[before:]
        assert later.count("WATCHDOG=1") >= 1.5 * patience_s / WATCHDOG_S
        assert any("1 articles read, 0 mails" in line for line in later)
        assert [line for line in later if "stuck" in line] == []

        desk.publish("daily", replace(report("Marib"), title="An endless one"))
        await waiting.until(ear.says("STATUS=stuck: articles: nothing was done"))
        before = len(ear.lines)
        await asyncio.sleep(WATCHDOG_S)
        assert "WATCHDOG=1" not in ear.lines[before:]
        assert daemon.log.count("; systemd will start the service anew") == 1
        assert await daemon.end(signal.SIGABRT) == -signal.SIGABRT  # as systemd does
        assert " in hang\n" in daemon.log  # where it hung
    # What hung it stands aside, and is not tried again by the next start: else that would hang, and the next ...
    assert desk.ask("SELECT title, fault FROM article WHERE fault IS NOT NULL") == [("An endless one", HUNG)]


def hanging(desk: Newsdesk) -> Daemon:
    return Daemon(desk, "--no-web", program=("-m", "tests.e2e.hanging"), folder=desk.folder)
