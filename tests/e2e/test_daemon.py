"""The daemon as a process of its own: signals, its child, and what keeps it from starting."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

import pytest
from aiohttp import ClientSession, web

from alerts.engine.single import SingleService
from tests.e2e.daemon import Daemon, alive
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.engine.world import CUT_OFF, SHELLING
from tests.fakes import waiting
from tests.fakes.notify import NotifySocket
from tests.fakes.ports import free_port

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.engines("local", "cluster")
async def test_it_ends_cleanly_when_it_is_told_to(desk: Newsdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    never = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        await never.wait()
        raise AssertionError

    port = free_port()
    desk.set_up(port=port)
    desk.add_paper("slow", f"http://localhost:{desk.server.port}/slow")
    desk.server.answer(hang, "/slow")
    desk.publish("daily", report("Taiz"))
    systemd = f"@alerts-e2e-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", systemd)
    with NotifySocket(systemd) as ear:
        await _live_and_end(desk, port)
        assert ear.lines[0].startswith("STATUS=opening")
        assert [line for line in ear.lines if not line.startswith("STATUS=")] == ["READY=1", "STOPPING=1"]
    assert desk.left_half() == []
    assert desk.states() == {"accepted": 2}


async def _live_and_end(desk: Newsdesk, port: int) -> None:
    async with Daemon(desk, "-c", str(desk.config_path)) as daemon:
        await waiting.until(lambda: len(desk.mails()) == 2)
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as page:
            assert "Shelling in Taiz" in await page.text()
        parts = ("database", "tables", "rules", "stages", *(("cluster",) if desk.shares else ()))
        assert await _ready(port) == {"status": "ok"} | dict.fromkeys(parts, "ok")
        assert await daemon.end(seconds=20) == 0
        assert "stopping" in daemon.log
        assert "Traceback" not in daemon.log


async def _ready(port: int) -> dict[str, str]:
    """What it says once it has looked after itself."""
    async with ClientSession() as session, asyncio.timeout(90):
        while True:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                found: dict[str, str] = await answer.json()
            if found["stages"] != "starting":
                return found
            await asyncio.sleep(0.2)


@linux
async def test_its_parser_may_be_killed_and_ends_with_it(desk: Newsdesk) -> None:
    desk.set_up(readers=READERS[:1])
    async with Daemon(desk) as daemon:
        await waiting.until(daemon.children)
        for number, town in enumerate(("Taiz", "Marib"), start=1):
            for child in daemon.children():
                os.kill(child, signal.SIGKILL)
            desk.publish("daily", report(town))
            await waiting.until(lambda number=number: len(desk.mails()) == number)  # type: ignore[misc]
        [parser] = daemon.children()
        await daemon.kill()
        await waiting.until(lambda: not alive(parser), seconds=30)


async def test_a_bad_configuration_is_told_whole(desk: Newsdesk) -> None:
    desk.set_up()
    text = desk.config_path.read_text().replace("min_interval", "min_intervall").replace('"2 seconds"', '"2 secs"')
    desk.config_path.write_text(text.replace("port =", "prot ="))
    daemon = Daemon(desk)
    await daemon.start()
    assert await daemon.ended() == 1
    lines = daemon.log.splitlines()
    assert len(lines) == 3, daemon.log
    for line, said in zip(lines, ("did you mean 'min_interval'", "2 secs", "did you mean 'port'"), strict=True):
        assert f"{desk.config_path}:" in line
        assert said in line


async def test_a_port_that_is_taken_is_told_with_the_setting(desk: Newsdesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        desk.set_up(port=port)
        daemon = Daemon(desk, "-c", str(desk.config_path))
        await daemon.start()
        assert await daemon.ended() == 1
    assert daemon.log.splitlines()[-1] == f"alerts: web: port {port} on 127.0.0.1 is in use; set [web] port"
    assert "Traceback" not in daemon.log


async def test_a_second_daemon_on_the_folder_is_refused(desk: Newsdesk) -> None:
    desk.set_up()
    first = SingleService(desk.config.service.data)
    first.take()
    second = Daemon(desk)
    await second.start()
    assert await second.ended() == 1
    first.release()
    assert f"alerts: another service runs on the folder {desk.folder}/data" in second.log
    assert "Traceback" not in second.log


async def test_a_rule_that_breaks_while_it_runs_goes_on_as_it_was_until_it_is_mended(desk: Newsdesk) -> None:
    desk.set_up(readers=READERS[:1])
    rule = desk.folder / "rules" / "shelling.toml"
    rule.with_name("cut_off.toml").write_text(CUT_OFF)  # a folder that is empty may be a disk that is not there
    subjects = []

    async def hear(town: str, expected: str) -> None:
        desk.publish("daily", report(town))
        subjects.append(expected)
        await waiting.until(lambda: [subject for _, subject in desk.mails()] == sorted(subjects))

    async with Daemon(desk) as daemon:
        rule.write_text(SHELLING.replace("event ", "evnt "))
        await waiting.until(lambda: "still in force as they were: shelling" in daemon.log, seconds=90)
        assert "shelling.toml:3: error: 'evnt' is not a known key; did you mean 'event'?" in daemon.log
        assert await daemon.end() == 0
    async with Daemon(desk) as daemon:
        assert "still in force as they were: shelling" in daemon.log
        await hear("Hodeidah", "Shelling in Hodeidah: 12 people killed")
        rule.write_text(SHELLING.replace("Shelling in", "Shells on"))
        await waiting.until(lambda: "changed: shelling" in daemon.log, seconds=90)
        await hear("Sanaa", "Shells on Sanaa: 12 people killed")
        rule.unlink()
        await waiting.until(lambda: "no longer in force: shelling" in daemon.log, seconds=90)
        desk.publish("daily", report("Aden"))
        await waiting.until(lambda: desk.number("SELECT count(*) FROM article WHERE analysed IS NOT NULL") == 3)
        assert await daemon.end() == 0
    assert len(desk.mails()) == len(subjects)
