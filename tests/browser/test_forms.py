"""What readers' forms answer, rightly and wrongly filled in: as every page, valid, as wide as a phone, open to all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.browsing import PHONE, Browsing
from tests.browser.filled import Filled
from tests.browser.looking import Looker

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def press(page: Page, looker: Looker, button: str, says: str) -> None:
    """Press it, and look at what comes."""
    await page.click(f"button:has-text('{button}')")
    await page.wait_for_selector(f"h1:has-text('{says}'), h2:has-text('{says}')")
    await looker.look(page, f"{button}: {says}")


async def test_what_forms_answer_is_valid_and_fits_and_keeps_nobody_out(
    browsing: Browsing, filled: Filled, tmp_path: Path
) -> None:
    looker = Looker.make(tmp_path / "pages")
    await browsing.serve(filled.app, port=int(filled.site.rpartition(":")[2]))
    page = await browsing.window(width=PHONE)
    looker.watch(page)

    async def go(path: str) -> None:
        await page.goto(filled.site + path.format(token=filled.tokens.get(path)))

    await go("/subscribe")
    await page.fill("#address", "nobody")
    await page.fill("#place-0", "Djib")
    await press(page, looker, "Subscribe", "Please look at these once more")
    await page.fill("#address", "mona@readers.example")
    await page.fill("#place-0", "")
    await press(page, looker, "Subscribe", "Now look into your mail")
    await go("/login")
    await page.fill("#address", "mona@readers.example")
    await press(page, looker, "Send me the link", "Look into your mail")
    await go("/confirm/{token}")
    await press(page, looker, "Yes, send them to me", "You get alerts by mail now")
    await go("/v/{token}")
    await press(page, looker, "False alarm", "")
    await go("/preferences/{token}")
    await page.fill("#zone", "Nowhere")
    await press(page, looker, "Save", "Please look at this once more")
    await page.fill("#zone", "Europe/Kyiv")
    await press(page, looker, "Save", "Saved")
    await go("/unsubscribe/{token}")
    await press(page, looker, "Yes, end all alerts to me", "You get no more alerts")
    await go("/forget/{token}")
    await press(page, looker, "Erase everything", "Erased")
    assert looker.faults == {}
    assert await asyncio.to_thread(looker.invalid) == ""
