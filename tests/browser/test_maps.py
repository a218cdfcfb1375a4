"""Maps in a browser: marks that a keyboard reaches and that lead to alerts, a picture where that fails, few bytes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette

from alerts.store.database import open_database, writing
from alerts.types import Place
from alerts.web.app import WebSettings, create_app
from tests.browser.browsing import DESK, PHONE, Browsing
from tests.notify.message.tools import node_module
from tests.sealed import VAULT
from tests.store.conftest import migrated_sqlite
from tests.web.archive import DJIBO, GOMA, NOW, tell

if TYPE_CHECKING:
    from playwright.async_api import Page, Response

__all__ = ["migrated_sqlite"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOUM = Place(id="BF-SOM", name="Soum", country="BFA", precision="admin1", admin1="BF-SOM", lat=14.3, lon=-1.3)
WITHOUT_SCRIPT, WITH_SCRIPT = 100_000, 300_000
"""Bytes of a start page, as they are sent."""


@pytest.fixture(scope="module")
def app(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    """An archive with two towns, a region, an alert without a place and one that was wrong. One for all tests here:
    none changes it, and the land is made once."""
    file = shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("maps"))
    engine = open_database(f"sqlite:///{file}", vault=VAULT)
    with writing(engine) as conn:
        tell(conn, title="Shells fall on Djibo", severity="severe", state="active")
        tell(conn, title="Djibo cut off", event="siege", severity="moderate", state="active")
        tell(conn, title="<b>Camp</b> attacked", place=GOMA, severity="extreme", state="active")
        tell(conn, title="People flee", place=SOUM, state="active")
        tell(conn, title="Somewhere", place=None)
        tell(conn, title="It was a film set", place=GOMA, state="cancelled")
    settings = WebSettings(base_url="http://alerts.example", operations=False)
    yield create_app(engine, settings, now=lambda: NOW)
    engine.dispose()


async def with_map(browsing: Browsing, address: str, **how: Any) -> Page:
    """A window whose map can be moved."""
    page = await browsing.window(address, **how)
    for folded in await page.locator("details.on-map:not([open]) > summary").all():
        await folded.click()
    await page.locator("figure[data-map]").scroll_into_view_if_needed()
    await page.wait_for_selector(".map .mark")
    return page


async def focused(page: Page, what: str = "el.getAttribute('aria-label') || el.textContent") -> str:
    return str(await page.evaluate(f"(el => {what})(document.activeElement)"))


async def test_a_keyboard_goes_from_mark_to_alert_and_back(browsing: Browsing, app: Starlette) -> None:
    page = await with_map(browsing, await browsing.serve(app) + "/alerts")
    mark = page.locator(".mark-icon[aria-label^='2 alerts, Djibo']")
    await mark.focus()
    for key in ("Enter", " "):
        await page.keyboard.press(key)
        await page.wait_for_selector(".popup")
        assert await focused(page, "el.className") == "popup"
        await page.keyboard.press("Tab")
        assert await focused(page) == "Shells fall on Djibo"
        await page.keyboard.press("Escape")
        assert (await focused(page)).startswith("2 alerts, Djibo, Soum, Burkina Faso: the worst severe")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".popup")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/alerts/1")


async def test_a_map_can_be_skipped(browsing: Browsing, app: Starlette) -> None:
    page = await with_map(browsing, await browsing.serve(app) + "/alerts")
    await page.locator(".skip-map").focus()
    await page.keyboard.press("Enter")
    assert (await focused(page)).startswith("On the map: 4 of 6 alerts.")


async def test_a_region_is_no_point_what_was_wrong_is_not_there_and_words_are_words(
    browsing: Browsing, app: Starlette
) -> None:
    page = await with_map(browsing, await browsing.serve(app) + "/alerts")
    marks = page.locator(".mark-icon")
    said = [await marks.nth(at).get_attribute("aria-label") or "" for at in range(await marks.count())]
    assert len(said) == 3 and said[0].startswith("1 alert, Goma") and said[0].endswith(": extreme")
    region = page.locator(".mark-icon[aria-label^='1 alert, somewhere in Soum'] .mark")
    assert await region.evaluate("el => getComputedStyle(el).borderStyle") == "dashed"
    assert "without a known place" in await page.inner_text(".tally")
    await marks.first.click()
    assert await page.inner_text(".popup a") == "<b>Camp</b> attacked"
    assert "not certain" not in await page.inner_text(".popup")
    await page.keyboard.press("Escape")
    await page.wait_for_selector(".popup", state="detached")
    await page.locator(".mark-icon[aria-label^='2 alerts, Djibo']").click()
    assert "Djibo, Soum, Burkina Faso (the place is not certain)" in await page.inner_text(".popup")


async def test_where_the_land_does_not_come_the_picture_stays(browsing: Browsing, app: Starlette) -> None:
    page = await browsing.window()
    await page.route("**/land/*", lambda route: route.fulfill(status=503))
    async with page.expect_response("**/land/*"):
        await page.goto(await browsing.serve(app) + "/alerts/1")
        await page.locator("figure[data-map]").scroll_into_view_if_needed()
    browsing.faults.clear()  # the browser tells of the answer that we made
    await page.wait_for_function("document.querySelector('figure.still[data-map] img').naturalWidth > 0")
    assert await page.locator(".map").count() == 0


@pytest.mark.parametrize(("address", "width", "dark"), [("/alerts", PHONE, True), ("/places/BFA", DESK, False)])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browsing: Browsing, app: Starlette, address: str, width: int, dark: bool
) -> None:
    axe = node_module("axe-core/axe.min.js").read_text(encoding="utf-8")
    page = await with_map(browsing, await browsing.serve(app) + address, width=width, dark=dark)
    await page.locator(".mark-icon").first.click()
    await page.wait_for_selector(".popup")
    await page.wait_for_timeout(400)  # what fades in has its colours only then
    await page.wait_for_function("document.getAnimations().length === 0")  # later on a busy machine
    await page.evaluate(axe)
    found = await page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
    assert found == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_the_map_of_a_town_shows_its_country_finely_and_in_the_dark(browsing: Browsing, app: Starlette) -> None:
    address = await browsing.serve(app)
    page = await browsing.window(dark=True)
    async with page.expect_response("**/land/BFA.geojson*"):
        await page.goto(address + "/alerts/1")
        await page.locator("figure[data-map]").scroll_into_view_if_needed()
    await page.wait_for_selector(".spot.main.exact")
    assert (await page.inner_text(".spot.main")).startswith(DJIBO.name)
    sea = await page.locator(".map").evaluate("el => getComputedStyle(el).backgroundColor")
    assert sea == "rgb(16, 32, 43)"


@pytest.mark.parametrize(("script", "most"), [(False, WITHOUT_SCRIPT), (True, WITH_SCRIPT)])
async def test_a_start_page_is_small(browsing: Browsing, app: Starlette, script: bool, most: int) -> None:
    """All that is asked for; `browsing` sees to it that no other host is."""
    answers: list[Response] = []
    page = await browsing.window(script=script)
    page.on("response", lambda answer: answers.append(answer))
    await page.goto(await browsing.serve(app) + "/")
    for folded in await page.locator("details.on-map > summary").all():
        await folded.click()
    await page.locator("figure[data-map]").scroll_into_view_if_needed()
    await page.wait_for_selector(".map .mark" if script else "figure[data-map] img")
    await page.wait_for_load_state("networkidle")
    sizes = await asyncio.gather(*(answer.request.sizes() for answer in answers))
    assert len(answers) >= (8 if script else 3)
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes) < most
