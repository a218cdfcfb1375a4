"""A hub on loopback is told of news in the feeds: once for many alerts, again where it failed, and never of more."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web as server
from sqlalchemy import Engine

from alerts.collect.settings import CollectSettings
from alerts.store import meta
from alerts.store.database import reading, writing
from alerts.web.app import WebSettings, create_app
from alerts.web.data.websub import Announcer, Pace
from alerts.web.site import Web
from tests.web.archive import GOMA, NOW, tell

FEEDS = ["/alerts.atom", "/alerts.json", "/alerts.cap.atom"]


@dataclass
class Hub:
    """What it was told; `status` is what it answers."""

    port: int = 0
    status: int = 202
    heard: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: server.Request) -> server.Response:
        self.heard.append({name: str(value) for name, value in (await request.post()).items()})
        return server.Response(status=self.status)

    @property
    def topics(self) -> list[str]:
        heard, self.heard = self.heard, []
        return [one["hub.url"].removeprefix("https://a.example/desk") for one in heard]


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    app = server.Application()
    app.router.add_post("/hub", made.answer)
    runner = server.AppRunner(app)
    await runner.setup()
    site = server.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


def site_of(engine: Engine, hub: Hub) -> Web:
    settings = WebSettings(base_url="https://a.example/desk", hub=f"http://127.0.0.1:{hub.port}/hub?key=hush")
    web = create_app(engine, settings, now=lambda: NOW).state.web
    assert isinstance(web, Web)
    return web


def announcer(web: Web, hub: Hub, *, allowed: bool = True) -> Announcer:
    hosts = (f"127.0.0.1:{hub.port}",) if allowed else ()
    return Announcer(web, CollectSettings(allow_hosts=hosts, read_timeout=60), Pace(settle=0))


async def test_many_alerts_are_one_announcement_of_each_feed(engine: Engine, hub: Hub) -> None:
    telling = announcer(site_of(engine, hub), hub)
    assert await telling.look()
    assert hub.topics == FEEDS
    with writing(engine) as conn:
        for _ in range(20):
            tell(conn, start=NOW)
    assert await telling.look() and await telling.look()
    assert [one["hub.mode"] for one in hub.heard] == ["publish"] * 3
    assert hub.topics == FEEDS


async def test_a_filtered_feed_that_was_asked_for_is_announced_when_it_has_changed(engine: Engine, hub: Hub) -> None:
    web = site_of(engine, hub)
    telling = announcer(web, hub)
    web.topics.asked("/alerts.atom?country=COD")
    await telling.look()
    assert hub.topics == [*FEEDS, "/alerts.atom?country=COD"]
    with writing(engine) as conn:
        tell(conn, start=NOW)
    await telling.look()
    assert hub.topics == FEEDS
    with writing(engine) as conn:
        tell(conn, start=NOW, place=GOMA)
    await telling.look()
    assert hub.topics == [*FEEDS, "/alerts.atom?country=COD"]


async def test_a_restart_neither_loses_nor_repeats_an_announcement(engine: Engine, hub: Hub) -> None:
    web = site_of(engine, hub)
    web.topics.asked("/alerts.atom?country=COD")
    await announcer(web, hub).look()
    hub.heard.clear()
    again = site_of(engine, hub)
    await announcer(again, hub).look()
    assert hub.topics == []
    assert again.topics.listed() == ["/alerts.atom?country=COD"]
    with writing(engine) as conn:
        tell(conn, start=NOW, place=GOMA)
    await announcer(site_of(engine, hub), hub).look()
    assert "/alerts.atom?country=COD" in hub.topics


@pytest.mark.parametrize("status", [500, 503, 429, 302])
async def test_a_hub_that_fails_is_told_of_once_and_tried_again(
    engine: Engine, hub: Hub, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alerts.web.data.websub")
    telling = announcer(site_of(engine, hub), hub)
    hub.status = status
    first = await telling.look()
    if status == 302:  # it does not want it: a redirect is never followed
        assert first and hub.topics == FEEDS
        return
    assert not first and not await telling.look()
    assert hub.topics == ["/alerts.atom", "/alerts.atom"]
    with reading(engine) as conn:
        assert meta.hub_trouble(conn) == meta.Trouble(since=NOW, text=f"it answered {status}")
    hub.status = 204
    assert await telling.look()
    with reading(engine) as conn:
        assert meta.hub_trouble(conn) is None
    assert hub.topics == FEEDS
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "hush" not in caplog.text


async def test_a_hub_at_a_private_address_is_not_asked_unless_it_is_allowed(
    engine: Engine, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    assert not await announcer(site_of(engine, hub), hub, allowed=False).look()
    assert hub.topics == []
    assert "allow" in caplog.text and "hush" not in caplog.text


async def test_trouble_with_a_hub_that_there_is_no_more_is_forgotten(engine: Engine) -> None:
    with writing(engine) as conn:
        meta.put_hub_trouble(conn, "it answered 503", NOW)
    web = create_app(engine, WebSettings(base_url="https://a.example/desk"), now=lambda: NOW).state.web
    await Announcer(web, CollectSettings()).run()
    with reading(engine) as conn:
        assert meta.hub_trouble(conn) is None
