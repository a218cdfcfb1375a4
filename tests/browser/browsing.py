"""A browser as a reader has one: windows of any width, by day and at night, with script and without.

It reaches the pages that a test serves and nothing else. What a page asks of another host is refused, and fails the
test, as does an error of a page's script or something that its own policy forbids it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from alerts.web.serve import WebServer

if TYPE_CHECKING:  # where it is not installed, tests with a browser are skipped
    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Route

PHONE, TABLET, DESK = 360, 768, 1280
"""Widths of windows in CSS pixels."""
PATIENCE_MS = 60_000
"""How long the browser waits for what should come at once: other tests run beside this one."""


@dataclass  # no slots: Playwright keeps its own beside methods that it calls
class Browsing:
    """The windows of one test. `ours`: the addresses that it serves. `faults`: what pages did that they must not."""

    browser: Browser
    ours: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    _people: list[BrowserContext] = field(default_factory=list)
    _servers: list[WebServer] = field(default_factory=list)

    async def serve(self, app: ASGIApp, *, port: int = 0) -> str:
        """Serve an application until the test ends; its address, with no slash at the end."""
        server = WebServer(app, host="127.0.0.1", port=port)
        address = f"http://127.0.0.1:{await server.start()}"
        self._servers.append(server)
        self.ours.add(address)
        return address

    async def somebody(
        self,
        *,
        width: int = DESK,
        height: int = 900,
        script: bool = True,
        dark: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> BrowserContext:
        """Somebody at a browser of their own, with no cookie yet; each of their windows is as wide."""
        found = await self.browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            extra_http_headers=dict(headers or {}),
        )
        found.set_default_timeout(PATIENCE_MS)
        await found.route("**/*", self._ours_only)
        found.on("page", self._watch)
        self._people.append(found)
        return found

    async def window(self, address: str = "", **how: Any) -> Page:
        """A window of somebody new (`somebody` says what may be given), which shows `address`."""
        page = await (await self.somebody(**how)).new_page()
        if address:
            await page.goto(address)
        return page

    async def close(self) -> None:
        for one in self._people:
            await one.close()
        for server in self._servers:
            await server.stop()

    async def _ours_only(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        if f"{parts.scheme}://{parts.netloc}" in self.ours or parts.scheme in ("data", "blob"):
            await route.continue_()
        else:
            self.faults.append(f"asked another host: {route.request.url}")
            await route.abort()

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._failed(page, error))
        page.on("console", lambda said: self._said(page, said))

    def _failed(self, page: Page, error: Error) -> None:
        self.faults.append(f"{page.url}: {error.message}")

    def _said(self, page: Page, said: ConsoleMessage) -> None:
        # That a page itself was answered with an error is told here too, and is no fault of it.
        if said.type == "error" and said.location.get("url") != page.url:
            self.faults.append(f"{page.url}: {said.text} ({said.location.get('url')})")
