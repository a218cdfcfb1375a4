"""The browser of these tests sees what they serve, and tells what it must not see."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.browser.browsing import PHONE, Browsing

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _app(page: str) -> Starlette:
    def endpoint(request: Request) -> HTMLResponse:
        return HTMLResponse(f"<!DOCTYPE html><title>T</title>{page}")

    return Starlette(routes=[Route("/", endpoint)])


async def test_a_page_is_shown_as_wide_as_was_asked_and_to_each_person_anew(browsing: Browsing) -> None:
    site = await browsing.serve(_app("<p>Shelling in Taiz"))
    page = await browsing.window(site, width=PHONE, dark=True)
    assert await page.inner_text("p") == "Shelling in Taiz"
    assert await page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [PHONE, True]


async def test_what_a_page_asks_of_another_host_is_refused_and_told(browser: Browser) -> None:
    browsing = Browsing(browser)
    try:
        site = await browsing.serve(_app('<img src="https://evil.example/x.png"><script>nothing.at.all()</script>'))
        page = await browsing.window(site)
        with suppress(Exception):
            await page.wait_for_load_state("networkidle")
    finally:
        await browsing.close()
    assert "asked another host: https://evil.example/x.png" in browsing.faults
    assert any("nothing is not defined" in one for one in browsing.faults)
