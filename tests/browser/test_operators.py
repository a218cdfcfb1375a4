"""People who run the service, at their browsers: in by a mailed link, what they do, and out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.browsing import Browsing
from tests.browser.station import Station, station

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

READER, ANALYST, ADMIN = "amal@readers.example", "ana@desk.example", "adam@desk.example"
TRIAGE = '[triage]\nfrom = "extreme"\nlet_go = "1 hour"'


async def said(page: Page) -> str:
    """What the page says came of the last button."""
    return await page.inner_text(".notice.done")


async def approve(page: Page, there: Station) -> None:
    """The reader hears of the one that waits, under the title that the analyst gave it."""
    await page.click("nav[aria-label=Operations] >> text=Triage")
    assert await page.inner_text("h2.big") == "Shelling in Marib: 150 people killed"
    await page.fill("#title", "Market of Marib shelled")
    await page.click("text=Tell readers")
    assert "Market of Marib shelled" in await said(page)
    await there.go_on()
    assert str(there.letters(READER)[-1]["Subject"]) == "Market of Marib shelled"


async def take_back(page: Page, there: Station) -> None:
    """A false alarm: exactly those who were told of it are told so."""
    await page.goto(f"{there.site}/alerts")
    await page.click("text=Shelling in Taiz")
    number = re.search(r"\d+$", page.url)
    assert number is not None
    await page.goto(f"{there.site}/operations/alerts/{number[0]}")
    await page.click("summary:has-text('It was wrong')")
    await page.fill("#why-cancel", "a film")
    await page.click("text=Take it back")
    assert await said(page)
    await there.go_on()
    assert str(there.letters(READER)[-1]["Subject"]) == "[Cancelled] Shelling in Taiz: 12 people killed"
    history = await page.inner_text("section[aria-labelledby=audited]")
    assert "Ana" in history and "a film" not in await page.inner_text("nav")


async def log_out(page: Page, there: Station) -> None:
    """The cookie that was does nothing any more."""
    cookies = await page.context.cookies()
    await page.goto(f"{there.site}/login")
    async with page.expect_navigation():
        await page.click("button:has-text('Log out')")
    assert await page.context.cookies() == []
    await page.context.add_cookies([{"name": one["name"], "value": one["value"], "url": there.site} for one in cookies])
    await page.goto(f"{there.site}/login")
    assert await page.is_visible("text=Send me the link")


async def test_an_analyst_lets_one_out_takes_another_back_and_an_admin_reads_who_did_it(
    browsing: Browsing, tmp_path: Path, gazetteer_path: Path, installed_on: str
) -> None:
    async with station(
        tmp_path, gazetteer_path, browsing, service=installed_on, readers=[READER], more=TRIAGE
    ) as there:
        there.operator(ANALYST, "analyst", "Ana")
        there.operator(ADMIN, "admin", "Adam")
        await there.hear("Taiz")
        await there.hear("Marib", 1, killed=150)
        assert [str(mail["Subject"]) for mail in there.letters(READER)] == ["Shelling in Taiz: 12 people killed"]
        page = await browsing.window()
        await there.enter(page, ANALYST)
        for walk in (approve, take_back, log_out):
            await walk(page, there)
        other = await browsing.window()
        await there.enter(other, ADMIN)
        await other.click("text=Audit log")
        log = await other.inner_text("table")
        assert "Ana" in log and ANALYST not in await other.content()
        for done in ("approve", "cancel", "log"):
            assert done in log.lower(), log
