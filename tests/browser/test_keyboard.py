"""Without a mouse: everything is reached by Tab and pressed by Enter, and one always sees where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.browsing import Browsing
from tests.browser.filled import Filled

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

_WHERE = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return {
    says: (one.labels?.[0]?.innerText || one.innerText || "").trim(),
    seen: one.type === "date" ||
      one.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""
"""What has the focus. (In a field for a day the browser marks the part of it that has.)"""


async def tab_to(page: Page, words: str, *, most: int = 80) -> None:
    """Press Tab until what says these words has the focus; wherever it comes to on the way is seen."""
    passed = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        here = await page.evaluate(_WHERE)
        passed.append(here["says"])
        assert here["seen"], f"nobody sees that the focus is on {here['says']!r}"
        if here["says"].startswith(words):
            return
    raise AssertionError(f"never came to {words!r}: {passed}")


async def enter(page: Page) -> None:
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def test_alerts_are_filtered_opened_and_asked_for_without_a_mouse(browsing: Browsing, filled: Filled) -> None:
    site = await browsing.serve(filled.app, port=int(filled.site.rpartition(":")[2]))
    page = await browsing.window(f"{site}/alerts")
    await tab_to(page, "Skip to the content", most=1)
    await page.wait_for_function("document.querySelector('.skip').getBoundingClientRect().top >= 0")  # it slides in
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
    await tab_to(page, "At least")
    await page.keyboard.type("Extreme")
    await tab_to(page, "Show")
    await enter(page)
    assert "severity=extreme" in page.url
    await tab_to(page, "Attack in Djibo")
    await enter(page)
    assert await page.inner_text("h1") == "Attack in Djibo: 12 people reported killed"
    await tab_to(page, "By mail")
    await enter(page)
    await tab_to(page, "Your mail address")
    await page.keyboard.type("mona@readers.example")
    await tab_to(page, "Attack")
    await page.keyboard.press("Space")
    await tab_to(page, "Subscribe")
    await enter(page)
    assert await page.inner_text("h1") == "Now look into your mail"
    assert "attack" in await page.inner_text("main")


async def test_without_script_alerts_are_found_read_and_asked_for(browsing: Browsing, filled: Filled) -> None:
    site = await browsing.serve(filled.app, port=int(filled.site.rpartition(":")[2]))
    page = await browsing.window(site, script=False)
    await page.click("nav >> text=Alerts")
    await page.select_option("select[name=severity]", "extreme")
    await page.click("button:has-text('Show')")
    await page.click("text=Attack in Djibo")
    await page.wait_for_load_state("networkidle")
    assert await page.locator("main img").first.evaluate("one => one.naturalWidth > 0"), "the map is a picture"
    await page.click("nav >> text=Places")
    await page.click("text=Burkina Faso")
    assert "Truce" in await page.inner_text("main")
    await page.click("nav >> text=By mail")
    await page.fill("#address", "mona@readers.example")
    await page.click("text=Subscribe")
    await page.wait_for_selector("h1:has-text('Now look into your mail')")
