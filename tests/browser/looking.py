"""Looking at a page as it stands in a browser: axe-core, the width of a phone, its HTML for html-validate, a picture.

`ALERTS_SCREENSHOTS` names a folder for pictures of all that is looked at, at three widths: by day, and at night."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.browsing import DESK, PHONE, TABLET
from tests.notify.message.tools import NODE, need, node_module
from tests.web.sound import validating

if TYPE_CHECKING:
    from playwright.async_api import Page, Response

_AXE = """async () => {
  const result = await axe.run(document, {resultTypes: ["violations"], iframes: false, preload: false});
  const grave = result.violations.filter(one => ["serious", "critical"].includes(one.impact));
  return grave.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`);
}"""
_WIDE = """() => {
  const all = [...document.querySelectorAll("body *")];
  const out = all.filter(one => one.getBoundingClientRect().right > innerWidth + 1);
  return document.documentElement.scrollWidth <= innerWidth ? [] :
    [`${document.documentElement.scrollWidth} px wide: ${out.slice(-1).map(one => one.outerHTML.slice(0, 200))}`];
}"""


@dataclass
class Looker:
    """`faults`: by the name of what was looked at, what is wrong with it."""

    folder: Path
    axe: str
    faults: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    _documents: dict[int, Response] = field(default_factory=dict)

    @staticmethod
    def make(folder: Path) -> Looker:
        return Looker(folder, node_module("axe-core/axe.min.js").read_text(encoding="utf-8"))

    def watch(self, page: Page) -> None:
        """Keep what this window is answered: it is validated as it was sent, not as the browser understood it."""
        page.on("response", lambda answer: self._answered(page, answer))

    def _answered(self, page: Page, answer: Response) -> None:
        if answer.request.is_navigation_request() and answer.frame == page.main_frame:
            self._documents[id(page)] = answer

    async def look(self, page: Page, name: str = "") -> None:
        """Look at what a window shows now; `name` says in a fault what it was (else its address does)."""
        name = name or re.sub(r"^https?://[^/]+", "", page.url)
        answer = self._documents[id(page)]
        if answer.status == 300:  # which Playwright takes for a redirect without a text
            self.seen[name] = await (await page.request.get(page.url, max_redirects=0)).text()
        else:
            self.seen[name] = await answer.text()
        await page.evaluate(self.axe)
        found: list[Any] = [*await page.evaluate(_AXE), *await page.evaluate(_WIDE)]
        if found:
            self.faults[name] = found
        if folder := os.environ.get("ALERTS_SCREENSHOTS"):
            await _picture(page, Path(folder) / _file(name))

    def invalid(self) -> str:
        """What html-validate says of all that was seen; "" if nothing."""
        program = need("html-validate", others=[str(NODE / ".bin")])
        with validating(program, self.seen, self.folder) as running:
            said, _ = running.communicate(timeout=200)
        return said[:6000] if running.returncode else ""


def _file(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name, flags=re.IGNORECASE)[:60]


async def _picture(page: Page, file: Path) -> None:
    for width in (PHONE, TABLET, DESK):
        await page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark") if width == PHONE else ("light",):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await page.screenshot(path=f"{file}.{width}{'.dark' if scheme == 'dark' else ''}.png", full_page=True)
    await page.set_viewport_size({"width": PHONE, "height": 900})
