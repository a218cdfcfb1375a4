"""Every page, in a browser: nobody kept out (axe-core), valid HTML, as wide as a phone, and no link that leads nowhere.

What is looked at is found by following links from the start page and from the operators' overview, so that a new page
needs no mention here; a route to which no link leads has to be named (`BESIDE`), or the test fails. Reading all of it
changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from alerts.web.access.visitor import COOKIE
from tests.browser.browsing import PHONE, Browsing
from tests.browser.crawling import Crawl, kind_of, routes_of
from tests.browser.filled import ADMIN, IN_MAILS, Filled
from tests.browser.looking import Looker

pytestmark = pytest.mark.asyncio(loop_scope="session")

PUBLIC = {"X-Forwarded-For": "192.0.2.7"}
"""Somebody who does not ask on this machine itself."""
OPERATOR = {"Cookie": f"{COOKIE}={ADMIN}"}
BESIDE = (
    "/login",
    "/healthz",
    "/readyz",
    "/metrics",
    "/feeds",
    "/feeds/1",
    "/mails",
    "/alerts.png",
    "/land/world.geojson",
)
"""Routes to which no link leads."""
AMISS = ("/nothing", "/alerts?severity=x", "/v/none", "/alerts?where=Xyzzyx", "/alerts?where=Goma")
"""What is mistyped, gone, or has two meanings."""
EMPTY = (
    "/alerts?country=FRA",
    "/alerts?q=attack",
    "/places?q=Xyzzyx",
    "/places?q=Idlib",
    "/operations/audit?subject=none",
)
SEVERAL = ("/alerts", "/places?", "/operations/audit?", "/operations/mails/", "/operations/lab/explain?article")
"""Pages that look otherwise from one to the next: all that were found are looked at by `./dev soak`."""
OTHERS = {"example.org", "news.example"}
"""Hosts of articles."""


def trial(filled: Filled) -> str:
    """The address of a backtest that is done."""
    workshop = filled.app.state.web.lab.workshop
    job = workshop.begin(rule="shelling", text=None, since=None, until=None, who="Adam")
    workshop.wait(100)
    return f"/operations/lab/backtests/{job.id}"


async def crawl(filled: Filled) -> tuple[Crawl, Crawl]:
    """All that readers find, and all that operators find."""
    readers, operators = (Crawl(filled.app, filled.site, IN_MAILS) for _ in range(2))
    alerts = [f"/alerts/{number}{more}" for number in filled.told for more in ("", ".json", ".cap")]
    await readers.run(["/", *alerts, *filled.links, *EMPTY[:-1]], PUBLIC)
    drawn = {one.partition("?")[0] for one in readers.answers if one.startswith(("/alerts/", "/places/"))}
    await readers.run([one.replace(".svg", ".png") for one in sorted(drawn) if one.endswith(".svg")], PUBLIC)
    await operators.run(["/operations", *BESIDE, await asyncio.to_thread(trial, filled), EMPTY[-1]], OPERATOR)
    mails = [one for one in operators.answers if one.startswith("/operations/mailbox/")]
    await operators.run([one.removeprefix("/operations").replace("mailbox", "mails") for one in mails], OPERATOR)
    return readers, operators


async def look(browsing: Browsing, looker: Looker, site: str, paths: list[str], headers: Mapping[str, str]) -> None:
    """At each of these pages, every other one at night."""
    for number, dark in enumerate((False, True)):
        page = await browsing.window(width=PHONE, dark=dark, headers=headers)
        looker.watch(page)
        for path in paths[number::2]:
            await page.goto(site + path)
            await looker.look(page)


def pages(one: Crawl, more: tuple[str, ...], *, but: Collection[str] = ()) -> list[str]:
    """Those that are shown in a browser: the first of each kind, and those of `more`. The HTML of a mail is
    a page by itself, and looked at with the mails."""
    shown = [path for path, (_, kind, _) in one.answers.items() if kind == "text/html" and path not in but]
    kinds = {kind_of(one.app, path): path for path in reversed(shown) if not path.endswith("/html")}
    return [path for path in shown if path in kinds.values() or path.startswith(more)]


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), pytest.param(SEVERAL, marks=pytest.mark.soak)])
async def test_every_page_is_valid_and_fits_and_keeps_nobody_out_and_no_link_is_dead(
    browsing: Browsing, filled: Filled, tmp_path: Path, more: tuple[str, ...]
) -> None:
    looker = Looker.make(tmp_path / "pages")
    await browsing.serve(filled.app, port=int(filled.site.rpartition(":")[2]))
    before = filled.dump()
    readers, operators = await crawl(filled)
    assert (readers.dead, operators.dead) == ([], [])
    others = {urlsplit(one).hostname for found in (readers, operators) for one in found.outside}
    assert others <= OTHERS, (readers.outside, operators.outside)
    reached = {kind_of(filled.app, path) for found in (readers, operators) for path in found.answers}
    assert routes_of(filled.app) - reached == set(), "no link leads there: name it in BESIDE, or link it"

    await look(browsing, looker, filled.site, [*pages(readers, more), *AMISS], PUBLIC)
    await look(browsing, looker, filled.site, pages(operators, more, but=readers.answers), OPERATOR)
    assert looker.faults == {}
    assert await asyncio.to_thread(looker.invalid) == ""
    assert filled.dump() == before
