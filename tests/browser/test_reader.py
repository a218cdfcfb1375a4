"""A reader's whole way, from the form to the last mail, in a browser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.browsing import Browsing
from tests.browser.station import Station, station

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

READER = "amal@readers.example"


async def subscribe(page: Page, there: Station) -> None:
    """Alerts near Taiz, asked for by the form, with a first try that names no place there is."""
    await page.goto(there.site)
    await page.click("nav >> text=By mail")
    await page.fill("#address", READER)
    await page.fill("#place-0", "Taizzzzz")
    await page.click("text=Subscribe")
    await page.wait_for_selector("[role=alert]")
    assert await page.input_value("#address") == READER
    await page.fill("#place-0", "Taiz")
    await page.fill("#km-0", "40")
    await page.click("text=Subscribe")
    await page.wait_for_selector("text=Now look into your mail")
    assert "within 40 km of Taiz" in await page.inner_text("main")
    await there.go_on()


async def confirm(page: Page, there: Station) -> None:
    """The link of the letter, and the button behind it. Before it is pressed nothing comes."""
    await there.hear("Taiz", 1, killed=13)
    assert len(there.letters(READER)) == 1
    await page.goto(there.link(READER, "confirm"))
    await page.click("text=Yes, send them to me")
    await page.wait_for_selector("text=You get alerts by mail now")


async def read_an_alert(page: Page, there: Station) -> None:
    """One near comes, one from far away does not; the mail leads to its page."""
    await there.hear("Aleppo", 2)
    await there.hear("Taiz", 3, killed=45)
    subjects = [str(mail["Subject"]) for mail in there.letters(READER)]
    assert subjects[1:] == ["Confirmed: your mails from Duty desk", "Shelling in Taiz: 45 people killed"]
    await page.goto(there.link(READER, "alerts/"))
    assert await page.inner_text("h1") == "Shelling in Taiz: 45 people killed"
    assert "Government forces shelled Taiz, killing 45 people." in await page.inner_text("main")


async def change(page: Page, there: Station) -> None:
    """Fewer mails, and none for some days; what was kept of it all can be taken along."""
    await page.goto(there.link(READER, "preferences"))
    await page.select_option("#severity", "severe")
    await page.check("#discreet")
    await page.fill("#pause", (datetime.now(UTC) + timedelta(days=3)).date().isoformat())
    await page.click("text=Save")
    await page.wait_for_selector("text=What is different now")
    await page.click("text=Back to your choices")
    assert await page.is_checked("#discreet") and await page.input_value("#severity") == "severe"
    async with page.expect_download() as download:
        await page.click("text=Get a copy of all that is kept about you")
    assert READER in read(await (await download.value).path())
    before = len(there.letters(READER))
    await there.hear("Taiz", 4, killed=150)
    assert len(there.letters(READER)) == before


def read(path: Path) -> str:
    """A JSON document, as text with all its letters."""
    return json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False)


async def leave(page: Page, there: Station) -> None:
    await page.click("text=End all alerts")
    await page.click("text=Yes, end all alerts to me")
    await page.wait_for_selector("text=You get no more alerts")
    await there.go_on()
    last = len(there.letters(READER))
    await there.hear("Mokha", 5, killed=300)
    await there.hear("Taiz", 6, killed=400)
    assert len(there.letters(READER)) == last


@pytest.mark.parametrize("script", [True, pytest.param(False, marks=pytest.mark.soak)])
async def test_a_reader_subscribes_reads_changes_pauses_takes_a_copy_and_leaves(
    browsing: Browsing, tmp_path: Path, gazetteer_path: Path, installed_on: str, script: bool
) -> None:
    async with station(tmp_path, gazetteer_path, browsing, service=installed_on) as there:
        page = await browsing.window(script=script)
        for walk in (subscribe, confirm, read_an_alert, change, leave):
            await walk(page, there)
        assert await page.context.cookies() == []
