"""The whole service with its pages, as readers and operators meet it: feeds and a mail server on loopback, a browser,
and the letters that people got. Its clock is moved by the test (`go_on`)."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.roles import OperatorRole
from alerts.service import Service
from alerts.store import operators
from alerts.store.database import writing
from alerts.web.running import pages_of
from tests.browser.browsing import Browsing
from tests.e2e.newsdesk import AT_ONCE, Newsdesk, report
from tests.fakes.feeds import FeedServer
from tests.fakes.ports import free_port
from tests.fakes.smtp import FakeSmtp

if TYPE_CHECKING:
    from playwright.async_api import Page

SENDER = "desk@alerts.example"


@dataclass(slots=True)
class Station:
    """`site`: the address of its pages."""

    desk: Newsdesk
    service: Service
    smtp: FakeSmtp
    browsing: Browsing
    site: str

    async def go_on(self) -> None:
        """Everything once: feeds are polled, articles read, mails sent."""
        with writing(self.service.engine) as conn:
            conn.exec_driver_sql("UPDATE feed SET next_due = added")
        await self.service.step()

    async def hear(self, town: str, number: int = 0, *, killed: int = 12) -> None:
        """A shelling of `town` is reported, and told to whom it concerns."""
        self.desk.publish("daily", report(town, number, killed=killed))
        await self.go_on()

    def letters(self, to: str) -> list[EmailMessage]:
        """What came to an address, in order."""
        return [
            email.message_from_bytes(one.message, policy=email.policy.default)
            for one in self.smtp.received
            if one.recipients == (to,)
        ]

    def link(self, to: str, page: str) -> str:
        """The link to a page of ours in the text of the last letter to somebody."""
        body = self.letters(to)[-1].get_body(("plain",))
        assert body is not None
        text = str(body.get_content())
        found = re.search(rf"{re.escape(self.site)}/{page}\S*", text)
        assert found is not None, text
        return found[0]

    async def enter(self, page: Page, address: str) -> None:
        """Log in as an operator."""
        await page.goto(f"{self.site}/login?next=/operations")
        await self.log_in(page, address, "/operations")

    async def log_in(self, page: Page, address: str, goal: str) -> None:
        """From the form on the page, by the mailed link, to `goal`."""
        await page.fill("#address", address)
        await page.click("text=Send me the link")
        await page.wait_for_selector("text=Look into your mail")
        await self.go_on()
        await page.goto(self.link(address, "login"))
        await page.click("button:has-text('Log in')")
        await page.wait_for_url(f"{self.site}{goal}")

    def operator(self, address: str, role: OperatorRole, name: str) -> None:
        with writing(self.service.engine) as conn:
            operators.add(conn, address, role, name, datetime.now(UTC))


@asynccontextmanager
async def station(
    folder: Path,
    gazetteer: Path,
    browsing: Browsing,
    *,
    service: str,
    readers: Iterable[str] = (),
    web: str = "",
    more: str = "",
) -> AsyncIterator[Station]:
    """A service with one feed and these readers; `service` goes into [service] of its configuration, `web` into [web],
    `more` behind that."""
    port = free_port()
    async with FeedServer() as feeds, FakeSmtp() as smtp:
        desk = Newsdesk(folder / "desk", feeds, gazetteer, service_lines=service)
        site = f"http://127.0.0.1:{port}"
        rest = f'base_url = {json.dumps(site)}\n{web}\n[smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\n{more}'
        desk.set_up(readers=readers, port=port, notify=f'from = "{SENDER}"\n{AT_ONCE}', more=rest)
        made = desk.service()
        await made.open()
        try:
            assert await browsing.serve(pages_of(made), port=port) == site
            yield Station(desk, made, smtp, browsing, site)
            await browsing.close()
        finally:
            await made.close()
            desk.close()
