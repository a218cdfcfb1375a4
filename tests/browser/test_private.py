"""A service that is private, as its reader meets it: at the door, in by a mailed link, and out; and their program."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from alerts.store import operators
from alerts.store.database import writing
from alerts.web.access import keys
from tests.browser.browsing import PHONE, Browsing
from tests.browser.station import Station, station

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

READER = "amal@readers.example"
FORGED = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}


async def come_in(page: Page, there: Station) -> None:
    """Whoever wants the alerts is asked for their address, and led back to them."""
    await page.goto(f"{there.site}/alerts")
    assert page.url == f"{there.site}/login?next=/alerts" and "Taiz" not in await page.content()
    assert "for its readers and for operators" in await page.inner_text("main")
    await there.log_in(page, READER, "/alerts")


async def statuses(there: Station, key: str) -> list[int]:
    """What a program gets: without a key, with forged headers, with a wrong key and with the right one."""
    found = []
    async with aiohttp.ClientSession() as session:
        for headers in ({}, FORGED, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {key}"}):
            async with session.get(f"{there.site}/alerts.atom", headers=headers) as answer:
                found.append(answer.status)
                assert ("Taiz" in await answer.text()) == (answer.status == 200)
    return found


async def test_a_reader_comes_in_by_a_mailed_link_and_nobody_else_does(
    browsing: Browsing, tmp_path: Path, gazetteer_path: Path, installed_on: str
) -> None:
    web = 'private = ["all"]\noperations = false'
    async with station(tmp_path, gazetteer_path, browsing, service=installed_on, readers=[READER], web=web) as there:
        await there.hear("Taiz")
        page = await browsing.window(width=PHONE)
        await come_in(page, there)
        await page.click("text=Shelling in Taiz")
        assert "Taiz" in await page.inner_text("h1")
        with writing(there.service.engine) as conn:
            ana = operators.add(conn, "ana@desk.example", "viewer", "Ana", datetime.now(UTC)).person_id
            key, _ = keys.make(conn, ana, "a map", datetime.now(UTC))
        assert await statuses(there, key) == [401, 401, 401, 200]
        await page.goto(f"{there.site}/login")
        await page.click("button:has-text('Log out')")
        await page.wait_for_url(f"{there.site}/login?next=/")
        assert await page.is_visible("text=Send me the link") and await page.context.cookies() == []
