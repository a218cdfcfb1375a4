"""A scanner that opens every link of every mail and page changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from alerts.engine.rulebook import Rulebook
from alerts.engine.verdicts import Hearing
from alerts.notify.joining import signup
from alerts.notify.joining.desk import Desk
from alerts.notify.joining.entering import mark_of
from alerts.notify.message import links, passes
from alerts.read.places import Gazetteer
from alerts.readers import ALL
from alerts.store import people, sessions
from alerts.store.database import reading, writing
from alerts.web.app import WebSettings, create_app
from alerts.web.readers.joining import Joining
from tests.engine.conftest import rulebook
from tests.engine.world import World
from tests.store.dumped import dump
from tests.web.client import Answer, asked
from tests.web.html import Page

__all__ = ["rulebook"]

SECRET = b"s" * 32
LOGIN = "0" * 40
QUERIES = ("", "?say=false_alarm", "?say=mute&other=1", "?List-Unsubscribe=One-Click", "?leave=yes", "?never=yes")


@pytest.fixture
def world(rulebook: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    """A reader who was told of an alert, and a stranger who was asked for a yes."""
    made = World(rulebook, gazetteer)
    made.reader("ana@example.org")
    made.hear("Shells fell on Djibo, killing 12 civilians.")
    made.send_all()
    desk = Desk(secret=SECRET, domain="alerts.example", base_url="https://alerts.example")
    with writing(made.engine) as conn:
        signup.ask(desk, conn, "zoe@example.org", ALL, how="web", now=made.now)
        ana = people.find_person(conn, "ana@example.org")
        assert ana is not None
        sessions.put_link(conn, mark_of(LOGIN), person_id=ana.id, series=ana.series, goal="/", now=made.now)
    yield made
    made.engine.dispose()


@pytest.fixture
def app(world: World, gazetteer: Gazetteer) -> Starlette:
    hearing = Hearing(
        rulebook=lambda: world.rulebook,
        outbox=world.tracker.outbox,
        domain="alerts.example",
        secret=SECRET,
        second_look=50,
    )
    desk = Desk(secret=SECRET, domain="alerts.example", base_url="https://alerts.example")
    joining = Joining(desk=desk, places=gazetteer, events=lambda: ("attack",), answer_s=0)
    settings = WebSettings(base_url="https://alerts.example", operations=True)
    return create_app(world.engine, settings, now=lambda: world.now, hearing=hearing, joining=joining)


def addresses(app: Starlette, world: World) -> list[str]:
    """Every route with the pass that makes it do something."""
    with reading(world.engine) as conn:
        ana, zoe = (people.find_person(conn, f"{name}@example.org") for name in ("ana", "zoe"))
    assert ana is not None and zoe is not None
    tokens = {
        "/v": links.sign(SECRET, alert_id="1", version=1, person_id=ana.id, now=world.now),
        "/confirm": passes.make(SECRET, "confirm", zoe.id, series=zoe.series, now=world.now),
        "/unsubscribe": passes.make(SECRET, "unsubscribe", ana.id),
        "/preferences": passes.make(SECRET, "preferences", ana.id, now=world.now),
        "/login": LOGIN,
        "/forget": passes.make(SECRET, "preferences", ana.id, now=world.now),
    }
    paths = {route.path: f"/{route.path.split('/')[1]}" for route in app.routes}  # type: ignore[attr-defined]
    assert {first for path, first in paths.items() if "{token}" in path} == set(tokens)
    ids, names = {"/places": "BFA"}, {"/rules": "shelling", "/land": "world"}
    return [
        path.format(
            token=tokens.get(first, ""),
            id=ids.get(first, "1"),
            version="1",
            number="1",
            name=names.get(first, "style.css"),
        )
        for path, first in paths.items()
    ]


async def look(app: Starlette, address: str, method: str = "GET") -> Answer:
    """All looks of a test are in one event loop: a loop for each takes as long as most pages."""
    return await asked(app, address, method, {}, b"", "127.0.0.1")


async def test_no_get_changes_anything_anywhere(app: Starlette, world: World) -> None:
    before = dump(world.engine)
    for address in addresses(app, world):
        for query in QUERIES:
            for method in ("GET", "HEAD"):
                status = (await look(app, address + query, method)).status
                none_here = "/mail" in address or "/chart-" in address
                none_here |= address == "/readyz"  # a scratch database does not say its version
                assert status in (200, 303, 308, 405) or none_here, address
    assert dump(world.engine) == before


async def test_a_scanner_that_follows_every_link_changes_nothing(app: Starlette, world: World) -> None:
    before = dump(world.engine)
    seen, todo = set(), addresses(app, world)
    while todo:
        address = todo.pop()
        seen.add(address)
        answer = await look(app, address)
        if answer.status == 200 and answer.headers["content-type"].startswith("text/html"):
            page = Page(answer.text)
            found = [one["href"] for one in page.all("a")] + [one["action"] for one in page.all("form")]
            todo += {one for one in found if one.startswith("/")} - seen - set(todo)
    assert len(seen) > 20 and dump(world.engine) == before
