"""One browser for all tests of a process, and real servers for it on loopback.

Playwright and all that talks to it live in one event loop, which lasts as long as the tests do: a browser cannot move
from loop to loop, and its blocking interface would leave a loop running where other tests start theirs. So each module
here says `pytestmark = pytest.mark.asyncio(loop_scope="session")`, and so do the fixtures that wait for something.
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest_asyncio

from tests.browser.browsing import Browsing
from tests.notify.message.tools import missing, need

if TYPE_CHECKING:
    from playwright.async_api import Browser

REQUIRE = "ALERTS_REQUIRE_BROWSER"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, which knows no host but this machine."""
    program = need("chromium", require=REQUIRE)
    if importlib.util.find_spec("playwright") is None:
        missing("playwright", REQUIRE)
    from playwright.async_api import async_playwright

    options = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=options)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browsing(browser: Browser) -> AsyncIterator[Browsing]:
    """Windows for one test. It fails if a page asked another host for something, or made its browser complain."""
    made = Browsing(browser)
    yield made
    await made.close()
    assert made.faults == []
