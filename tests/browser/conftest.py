"""One browser for all tests of a process, and real servers for it on loopback.

Playwright and all that talks to it live in one event loop, which lasts as long as the tests do: a browser cannot move
from loop to loop, and its blocking interface would leave a loop running where other tests start theirs. So each module
here says `pytestmark = pytest.mark.asyncio(loop_scope="session")`, and so do the fixtures that wait for something.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.browser.browsing import Browsing
from tests.browser.filled import Filled, furnish, opened
from tests.engines import installed_on
from tests.fakes.ports import free_port
from tests.notify.message.tools import missing, need
from tests.once import once
from tests.store.conftest import own_postgres, postgres_template

if TYPE_CHECKING:
    from playwright.async_api import Browser

__all__ = ["installed_on", "own_postgres", "postgres_template"]

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


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    """A service with something of everything, made once a run: nobody may change it."""
    return once(tmp_path_factory, "furnished", partial(furnish, gazetteer_path))


@pytest.fixture
def filled(furnished: Path, tmp_path: Path) -> Iterator[Filled]:
    """A copy of it, which a test may serve at its address and change."""
    shutil.copytree(furnished, tmp_path / "filled")
    made = opened(tmp_path / "filled", f"http://127.0.0.1:{free_port()}")
    yield made
    made.service.engine.dispose()
