"""What readers must know of the service, and how they find their way on every page."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.engine.rulebook import Rulebook
from alerts.store.database import writing
from alerts.web.app import WebSettings, create_app
from tests.store.values import add_feed
from tests.web.archive import NOW, tell
from tests.web.public.reading import links, page


def test_it_says_what_the_service_cannot_do_how_sure_is_sure_and_what_it_keeps_of_readers(app: Starlette) -> None:
    text = page(app, "/about").text
    for words in (
        "It knows only what is reported", "It can be lied to", "Two independent sources", "Natural Earth",
        "There is no cookie", "Ask the organisation that runs this service",
    ):  # fmt: skip
        assert words in text


def test_it_counts_what_this_service_reads_and_watches(engine: Engine, rulebook: Rulebook) -> None:
    with writing(engine) as conn:
        for number in range(3):
            add_feed(conn, f"https://news.example/{number}")
    settings = WebSettings(contact="desk@alerts.example")
    text = page(create_app(engine, settings, now=lambda: NOW, rulebook=lambda: rulebook), "/about").text
    assert "3 feeds of news" in text and "4 rules" in text and "taken down: desk@alerts.example" in text


def test_every_page_leads_to_it(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn)
    for address in ("/", "/alerts/1", "/places", "/rules", "/about"):
        assert "/desk/about" in links(page(app, address))


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/places", {"/desk/places": "page"}),
        ("/places/BFA", {"/desk/places": "true"}),
        ("/rules", {"/desk/rules": "page"}),
        ("/rules/shelling", {"/desk/rules": "true"}),
        ("/alerts/1", {"/desk/alerts": "true"}),
        ("/about", {}),
    ],
)
def test_the_navigation_says_where_one_is(
    app: Starlette, engine: Engine, address: str, current: dict[str, str]
) -> None:
    with writing(engine) as conn:
        tell(conn)
    links = [one for one in page(app, address).all("a") if "aria-current" in one]
    assert {one["href"]: one["aria-current"] for one in links} == current
