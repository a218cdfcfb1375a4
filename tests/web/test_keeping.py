"""What everybody gets alike is made once; what is for one, or new, is never held back by it."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import brotli
import pytest
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import StoreError
from alerts.store.database import writing
from alerts.web import keeping, kept
from alerts.web.app import create_app
from alerts.web.kept import Answer, Answers
from tests.web import client
from tests.web.archive import NOW, tell
from tests.web.client import ask
from tests.web.counting import LONG, SETTINGS, Served, World, text, until


@pytest.fixture
def clock() -> list[float]:
    return [1_000.0]


def test_a_page_is_made_once_for_all_who_ask() -> None:
    world = World()
    bodies = {world.get()["body"] for _ in range(5)}
    assert bodies == {LONG.encode()} and len(world.asked) == 1


def test_each_question_has_its_own_answer_in_whatever_order_it_is_asked() -> None:
    world = World()
    for _ in range(2):
        for query in ("a=1&b=2", "b=2&a=1", "a=1", ""):
            assert world.get(f"/alerts?{query}")["body"] == f"{LONG}{query}".encode()
    assert world.get("/alerts/1?a=1")["body"] != world.get("/alerts/1%3Fa=1")["body"]  # this is a path, no question
    assert len(world.asked) == 6


def test_each_reads_it_in_an_encoding_of_their_own_and_it_is_made_once() -> None:
    world = World()
    plain, zipped, small = (world.get(accept_encoding=name) for name in ("", "gzip", "br, gzip"))
    assert plain["body"] == gzip.decompress(zipped["body"]) == brotli.decompress(small["body"]) == LONG.encode()
    assert [one.get("content-encoding") for one in (plain, zipped, small)] == [None, "gzip", "br"]
    assert {one["vary"] for one in (plain, zipped, small)} == {"Accept-Encoding"}
    assert all(int(one["content-length"]) == len(one["body"]) for one in (plain, zipped, small))
    assert len(world.asked) == 1


def test_head_says_what_get_would_say_without_the_body() -> None:
    world = World()
    for accepted in ("", "gzip"):
        head, get = (world.get(method=method, accept_encoding=accepted) for method in ("HEAD", "GET"))
        assert head.pop("body") == b"" and get.pop("body") and head == get
    assert len(world.asked) == 1


def test_who_has_it_is_told_so_without_making_it_anew() -> None:
    world = World()
    first = world.get(accept_encoding="gzip")
    for given in (first["etag"], first["etag"].removeprefix("W/"), f'"other", {first["etag"]}', "*"):
        again = world.get(accept_encoding="gzip", if_none_match=given)
        assert (again["status"], again["body"]) == (304, b"")
        assert again["etag"] == first["etag"] and again["vary"] == "Accept-Encoding"
        assert "content-encoding" not in again and "content-length" not in again
        assert again["content-security-policy"] == first["content-security-policy"]
    assert world.get(if_none_match='"other"')["status"] == 200
    assert len(world.asked) == 1


def test_what_one_sends_reaches_no_page_that_others_get() -> None:
    world = World()
    world.get(host="evil.example", x_forwarded_for="192.0.2.1", accept_language="fr", user_agent="one")
    [request] = world.seen
    assert dict(request.headers) == {"host": "alerts.example", "via": "1.1 alerts"}
    assert request.client is None


@pytest.mark.parametrize("headers", [{"Set-Cookie": "a=b"}, {"Cache-Control": "private, no-cache"}])
def test_what_is_for_one_alone_is_made_for_each(headers: dict[str, str]) -> None:
    world = World(headers=headers)
    for number in range(3):
        assert world.get(user_agent=str(number))["body"] == LONG.encode()
    assert [request.headers.get("user-agent") for request in world.seen].count(None) == 3
    assert len(world.answers) == 0


@pytest.mark.parametrize("header", ["cookie", "authorization"])
def test_who_says_who_they_are_is_asked_through(header: str) -> None:
    world = World()
    world.get()
    for _ in range(2):
        world.get(**{header: "a=b"})
    assert len(world.asked) == 3
    assert world.get()["body"] == LONG.encode() and len(world.asked) == 3


@pytest.mark.parametrize(
    "path",
    ["/operations", "/operations/feeds", "/preferences/abc", "/login/enter/abc", "/unsubscribe/abc", "/healthz",
     "/metrics", "/mails", "/subscribe", "/alerts.csv", "/alertsx", "/v/abc"],
)  # fmt: skip
def test_pages_of_operators_and_readers_never_come_here(path: str) -> None:
    world = World()
    for _ in range(2):
        world.get(path)
    assert len(world.asked) == 2 and len(world.answers) == 0


@pytest.mark.parametrize("path", ["/", "/alerts", "/alerts/1", "/alerts.atom", "/places/SYR", "/rules", "/about"])
def test_public_pages_do(path: str) -> None:
    world = World()
    for _ in range(2):
        world.get(path)
    assert len(world.asked) == 1


PUBLIC = (
    *(
        "/",
        "/alerts",
        "/alerts?event=attack&state=open",
        "/alerts/1",
        "/alerts.atom",
        "/alerts.json",
        "/alerts.geojson",
    ),
    *("/alerts.geojson", "/alerts.cap.atom", "/alerts.svg", "/places", "/places/BFA", "/rules", "/data", "/about"),
    *("/static/style.css", "/alerts/99", "/alerts?state=x", "/places/none", "/alerts/1/map.svg"),
)


def test_pages_from_here_are_those_that_the_public_gets_anyway(engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn)
    kept, made = (create_app(engine, replace(SETTINGS, keeps=keeps), now=lambda: NOW) for keeps in (60.0, 0.0))
    for path in PUBLIC:
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            first, again, without = (ask(app, path, headers=headers) for app in (kept, kept, made))
            assert first.status == again.status == without.status, path
            assert first.headers == again.headers, path
            assert _plain(first) == _plain(again) == _plain(without), path
            length = {"content-length"} if "content-encoding" in first.headers else set()
            assert set(first.headers) == set(without.headers), path
            assert all(first.headers[name] == without.headers[name] for name in set(first.headers) - length), path
    assert kept.state.answers.shown > len(PUBLIC)


def _plain(answer: client.Answer) -> bytes:
    return gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body


def test_nothing_is_kept_for_somebody_on_this_machine_itself_who_sees_more() -> None:
    world = World(replace(SETTINGS, base_url="http://127.0.0.1:8080"))
    for _ in range(2):
        world.get(host="127.0.0.1:8080")
    assert len(world.asked) == 2
    for _ in range(2):
        world.get(host="alerts.example")
    assert len(world.asked) == 3


def test_nothing_is_kept_where_everybody_sees_the_pages_of_operators_or_by_setting() -> None:
    for settings in (replace(SETTINGS, operations=True), replace(SETTINGS, keeps=0.0)):
        world = World(settings)
        for _ in range(2):
            world.get()
        assert len(world.asked) == 2


def test_refusals_and_faults_are_not_kept_and_a_mended_page_shows_at_once() -> None:
    world = World()
    for world.status in (404, 500, 503, 400):
        assert world.get()["status"] == world.status
    world.status = 200
    assert world.get()["status"] == 200


def test_an_answer_is_shown_while_a_newer_one_is_made_and_never_when_it_is_old(clock: list[float]) -> None:
    world = World(replace(SETTINGS, keeps=1.0), now=clock)
    world.get()
    world.said, world.stamp = LONG + "new", "b"
    clock[0] += 0.9
    assert world.get()["body"] == LONG.encode()
    clock[0] += 3.0
    assert world.get()["body"] == f"{LONG}new".encode()


def test_a_list_of_alerts_is_made_anew_when_an_alert_has_changed_or_after_five_minutes(clock: list[float]) -> None:
    world = World(replace(SETTINGS, keeps=1.0), now=clock)
    for _ in range(10):
        assert world.get("/alerts?a=1")["body"] == f"{LONG}a=1".encode()
        clock[0] += 2.9
    assert (len(world.asked), world.looks) == (1, 10)
    world.stamp = "b"
    clock[0] += 3.0
    world.get("/alerts?a=1")
    assert len(world.asked) == 2
    for _ in range(4):
        clock[0] += 99.0
        world.get("/alerts?a=1")
    assert len(world.asked) == 3


@pytest.mark.parametrize("path", ["/", "/alerts/1", "/places/SYR", "/rules/siege"])
def test_pages_that_show_more_than_alerts_are_made_anew_when_they_are_old(clock: list[float], path: str) -> None:
    world = World(replace(SETTINGS, keeps=1.0), now=clock)
    for _ in range(3):
        world.get(path)
        clock[0] += 3.1
    assert (len(world.asked), world.looks) == (3, 0)


def test_a_database_that_cannot_say_keeps_nothing_back(clock: list[float]) -> None:
    world = World(replace(SETTINGS, keeps=1.0), now=clock)

    def broken() -> str:
        raise StoreError("it is locked")

    world.get()
    world.stamp_of = broken
    clock[0] += 3.1
    assert world.get()["status"] == 200 and len(world.asked) == 2


async def test_the_newer_one_is_made_in_the_background(clock: list[float]) -> None:
    world = World(replace(SETTINGS, keeps=1.0), now=clock)
    async with Served(world.app) as session:
        assert await text(session) == LONG
        world.said, world.stamp = LONG + "new", "b"
        clock[0] += 2.0
        assert await text(session) == LONG
        await until(lambda: len(world.asked) == 2)
        await until(lambda: world.answers.made == 2)
        assert await text(session) == f"{LONG}new"
    assert len(world.asked) == 2


async def test_a_herd_that_asks_at_once_makes_a_page_once() -> None:
    world = World()
    world.gate = asyncio.Event()
    async with Served(world.app) as session:
        herd = [asyncio.create_task(text(session)) for _ in range(60)]
        await until(lambda: bool(world.asked))
        impatient = asyncio.create_task(text(session))
        await asyncio.sleep(0.1)
        impatient.cancel()
        world.gate.set()
        assert set(await asyncio.gather(*herd)) == {LONG}
    assert len(world.asked) == 1


async def test_who_asked_first_and_left_does_not_take_the_page_from_others() -> None:
    world = World()
    world.gate = asyncio.Event()
    async with Served(world.app) as session:
        first = asyncio.create_task(text(session))
        await until(lambda: bool(world.asked))
        second = asyncio.create_task(text(session))
        await asyncio.sleep(0.1)
        first.cancel()
        await asyncio.sleep(0.1)
        world.gate.set()
        assert await second == LONG
    assert len(world.asked) == 1


async def test_while_many_pages_are_made_an_older_answer_is_shown_rather_than_nothing(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BUSY", 3)
    world = World(replace(SETTINGS, keeps=1.0), now=clock)
    async with Served(world.app) as session:
        assert await text(session) == LONG
        world.stamp, world.said, world.gate = "b", LONG + "new", asyncio.Event()
        others = [asyncio.create_task(text(session, f"/alerts/{number}")) for number in (1, 2)]
        await until(lambda: len(world.asked) == 3)
        clock[0] += 10.0
        assert await text(session) == LONG  # this is the third that waits
        clock[0] += 10.0
        waiting = asyncio.create_task(text(session))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        world.gate.set()
        assert await waiting == f"{LONG}new"
        await asyncio.gather(*others)


async def test_when_too_many_pages_are_made_others_are_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_MADE", 2)
    world = World()
    world.gate = asyncio.Event()
    async with Served(world.app) as session:
        waiting = [asyncio.create_task(text(session, f"/alerts/{number}")) for number in (1, 2, 2)]
        await until(lambda: len(world.asked) == 2)
        async with session.get("/alerts/3") as answer:
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
            assert "content-security-policy" in answer.headers
        world.gate.set()
        assert set(await asyncio.gather(*waiting)) == {LONG}
        assert await text(session, "/alerts/3") == LONG


def test_a_fault_is_told_to_each_who_waits_and_forgotten() -> None:
    world = World()

    async def broken(request: Request) -> Response:
        raise ValueError("broken")

    world.app.router.routes[:] = [Route("/{path:path}", broken)]
    for _ in range(2):
        answer = ask(world.app, "/alerts")
        assert answer.status == 500 and isinstance(answer.raised, ValueError)


def test_however_many_questions_are_asked_memory_is_bounded_and_the_popular_stay() -> None:
    answers = Answers(most=200_000)

    def answer(size: int) -> Answer:
        start = {"status": 200, "headers": [(b"content-type", b"text/html")]}
        made = Answer.of(start, b"x" * size, begun=0.0, keeps=1.0)
        assert made is not None
        return made

    popular = ("/alerts", b"")
    answers.put(popular, answer(10_000))
    for number in range(500):
        answers.put(("/alerts", f"x={number}".encode()), answer(10_000))
        assert answers.get(popular) is not None
        assert answers.bytes <= 200_000
    assert 5 < len(answers) < 10
    answers.put(("/huge", b""), answer(kept.LARGEST + 1))
    assert answers.get(("/huge", b"")) is None
    for number in range(20):  # the same again counts once
        answers.put(popular, answer(10_000 + number))
    assert answers.bytes <= 200_000 and answers.get(popular) is not None


def test_what_says_how_long_it_lasts_is_kept_as_long(clock: list[float]) -> None:
    world = World(replace(SETTINGS, keeps=1.0), {"Cache-Control": "public, max-age=3600"}, now=clock)
    for _ in range(3):
        world.get("/static/style.css", cookie="a=b")
        clock[0] += 1_000
    assert len(world.asked) == 1
    clock[0] += 1_000
    world.get("/static/style.css")
    assert len(world.asked) == 2


@pytest.fixture
async def asking(engine: Engine) -> AsyncIterator[aiohttp.ClientSession]:
    app = create_app(engine, replace(SETTINGS, keeps=1.0), now=lambda: NOW)
    async with Served(app) as session:
        yield session


async def test_a_new_alert_is_seen_within_seconds_on_pages_and_in_feeds(
    asking: aiohttp.ClientSession, engine: Engine
) -> None:
    for path in ("/alerts", "/alerts.atom"):
        assert "Dam burst" not in await text(asking, path)
    with writing(engine) as conn:
        tell(conn, title="Dam burst above Derna")
    told = time.monotonic()
    unseen = {"/alerts", "/alerts.atom"}
    while unseen:
        assert time.monotonic() - told < 20, unseen  # 3 s, and what a busy machine adds
        unseen = {path for path in unseen if "Dam burst" not in await text(asking, path)}
        await asyncio.sleep(0.05)
