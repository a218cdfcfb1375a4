"""The stage that fetches what articles link to: pages for feeds with full text, and CAP messages.

Nobody waits for it. What it brings is a revision of an article that was read before; what it cannot bring leaves the
article as the feed gave it, and is tried again for a day, ever more rarely.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import Connection, Engine

from alerts.collect.asking.allowance import Allowance
from alerts.collect.asking.fetch import Fetcher, Response
from alerts.collect.links import fulltext
from alerts.collect.links.extracted import KINDS, Extracted, Kind
from alerts.collect.politeness import THROTTLED_AT_LEAST, parse_retry_after
from alerts.collect.settings import MIB
from alerts.engine.hosts import Hosts
from alerts.engine.recording import Threads
from alerts.errors import AlertsError, FetchError, ParseError, StoreError
from alerts.store import linked
from alerts.store.codec import clean, clean_or_none
from alerts.store.database import reading, writing
from alerts.store.linked import Link

_log = logging.getLogger(__name__)
_MOST_BODY: Final = 2 * MIB
_ACCEPT: Final[Mapping[Kind, str]] = {
    "page": "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
    "cap": "application/cap+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
}
_PAGES: Final[tuple[Kind, ...]] = ("page",)
_WITHOUT_PAGES: Final[tuple[Kind, ...]] = ("cap",)
_NO_EVENT: Final = "No event"
_LANGUAGE: Final = "en"  # the rules that are shipped read English, so messages in several languages are taken in it
_WORTH: Final = timedelta(days=1)  # nobody is alerted of older news
_FIRST_WAIT: Final = timedelta(minutes=1)
# How often to try, by why it failed; others until the article is a day old. A 404 may be ahead of its document.
_TRIES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("bad_url", "forbidden_address", "redirects", "gone", "denied", "hostile", "parser_killed"), 1),
    **dict.fromkeys(("not_a_page", "elsewhere"), 1),
    **dict.fromkeys(("http_client", "not_cap"), 2),
}
_MOST_TRIES: Final = 8  # also when each of them ended this process


class Extractor(Protocol):
    """Reads documents as `extracted.extract` does; the service's is a `worker.ParserPool`."""

    async def extract(
        self, kind: Kind, body: bytes, headers: Mapping[str, str], url: str = "", languages: Sequence[str] = ()
    ) -> Extracted:
        """Raises ParseError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How an article reads after its document: `found` is the document's part of the text, None when there is none."""

    title: str
    text: str
    found: str | None = None
    language: str | None = None


def reading_of(link: Link, found: Extracted) -> Reading:
    """What an article says by what it links to."""
    text = clean(found.text)
    if found.nothing:
        # Not a word of the message, its headline least of all: the rules would take it for the event.
        said = f"By its own fields this CAP message tells of no event: {found.nothing}."
        return Reading(title=f"{_NO_EVENT}: {found.nothing}", text=said, found="")
    if link.kind == "cap":
        title = text.partition("\n")[0] if link.title.startswith(_NO_EVENT) else link.title
        return Reading(title=title, text=text, found=text, language=clean_or_none(found.language, 20))
    fuller = fulltext.fuller(link.title, link.given, text)
    if fuller is None:
        return as_given(link)
    return Reading(title=link.title, text=fuller, found=fuller.removeprefix(f"{link.given}\n\n"))


def as_given(link: Link) -> Reading:
    """The feed's own words."""
    return Reading(title=link.title, text=link.given)


def next_try(link: Link, error: AlertsError, now: datetime, longest: timedelta) -> datetime | None:
    """When to try again after `error`; None: never. `longest` bounds what a server may ask for."""
    reason = str(getattr(error, "reason", ""))
    if link.tries >= _TRIES.get(reason, _MOST_TRIES):
        return None
    at = now + _FIRST_WAIT * 4 ** (link.tries - 1)
    if (rest := resting(error, now, longest)) is not None:
        at = max(at, rest)
    return at if at < link.wanted + _WORTH else None


def resting(error: AlertsError, now: datetime, longest: timedelta) -> datetime | None:
    """Until when the server wants no more requests, if it said so."""
    if not isinstance(error, FetchError):
        return None
    asked = parse_retry_after(error.retry_after, now)
    if asked is None:
        return now + THROTTLED_AT_LEAST if error.reason == "throttled" else None
    return now + min(asked, longest)


class Linker:
    """Fetches for up to `at_once` hosts side by side, one document a host at a time. `pages`: full text can be read
    (`fulltext.missing`). `on_news` is called in the transaction after which an article may be read (anew). `on_read` is
    told of each article that reads otherwise now, `on_error` of what failed."""

    def __init__(
        self,
        engine: Engine,
        fetcher: Fetcher,
        extractor: Extractor,
        *,
        clock: Callable[[], datetime],
        at_once: int = 8,
        pages: bool = True,
        allowance: Allowance | None = None,
        lease: timedelta = timedelta(minutes=3),
        on_news: Callable[[Connection, int], None] = lambda conn, article_id: None,
        on_read: Callable[[Link, Reading], None] = lambda link, reading: None,
        on_error: Callable[[Link, Exception], None] = lambda link, error: None,
    ) -> None:
        self.engine, self.fetcher, self.extractor, self.clock = engine, fetcher, extractor, clock
        self.pages, self.lease = pages, lease
        self.allowance = allowance or Allowance()
        self.on_news, self.on_read, self.on_error = on_news, on_read, on_error
        self.hosts = Hosts(at_once)
        self._rests: dict[str, datetime] = {}  # hosts that want no requests until then: news of theirs waits as well
        self._threads = Threads()
        self._said = False

    async def run(self) -> int:
        """Begin to fetch what is due, as far as places are free; returns for how many hosts. Raises StoreError."""
        if not (free := self.hosts.free):
            return 0
        taken = await self._claim(free)
        for links in taken:
            self.hosts.begin(links[0].host, self._host(links))
        return len(taken)

    async def fetch_host(self, host: str) -> bool:
        """Fetch what is due of a host, some of it: for who sees to it that nobody else asks this host. Returns whether
        it was asked. Raises StoreError."""
        if not await self._threads.do(lambda: self._wanted(host)):
            return False
        await self._threads.do(lambda: self._write(lambda conn: self._take_over(conn, host)))
        asked = await self._claim(1, only=host)
        for links in asked:
            await self.hosts.run(host, self._host(links))
        spent = self.allowance.spent(asyncio.get_running_loop().time())
        if host in spent:  # whoever asks next does not know how much was asked for here
            rest = self.clock() + timedelta(seconds=self.allowance.at_once * self.allowance.every)
            await self._threads.do(lambda: self._write(lambda conn: linked.put_off(conn, host, rest, _PAGES)))
        return bool(asked)

    def _wanted(self, host: str) -> bool:
        with reading(self.engine) as conn:
            return linked.is_wanted(conn, host)

    def _take_over(self, conn: Connection, host: str) -> None:
        linked.forget_claims(conn, self.clock(), host=host)

    async def run_due(self) -> int:
        """Fetch all that is due now and may be, to the last; returns how many hosts were asked. Raises StoreError."""
        return await self.hosts.all_due(self.run)

    async def stop(self) -> None:
        """Break off what runs, and give it back; what is being stored is stored."""
        await self.hosts.stop()
        await self._threads.ended()

    async def _claim(self, hosts: int, only: str | None = None) -> list[list[Link]]:
        """The next documents of hosts that are not being asked, or of `only` one."""
        now = self.clock()
        self._rests = {host: until for host, until in self._rests.items() if until > now}
        busy = (*self._rests, *(self.hosts.busy if only is None else ()))
        spent = self.allowance.spent(asyncio.get_running_loop().time())
        return await self._threads.do(lambda: self._claimed(hosts, only, busy, spent))

    def _claimed(self, hosts: int, only: str | None, busy: Sequence[str], spent: frozenset[str]) -> list[list[Link]]:
        now = self.clock()
        kinds: tuple[Kind, ...] = KINDS if self.pages else _WITHOUT_PAGES
        with reading(self.engine) as conn:  # mostly there is nothing, and nobody has to wait for a writer
            if not self.pages and not self._said and linked.is_due(conn, now, _PAGES):
                self._said = True
                _log.warning("feeds ask for full text; %s", fulltext.INSTALL)
            if not linked.is_due(conn, now, kinds):
                return []
        with writing(self.engine) as conn:
            return linked.claim(
                conn,
                now,
                hosts=hosts,
                lease=self.lease,
                kinds=kinds,
                only=only,
                but=busy,
                no_pages_of=spent,
            )

    async def _host(self, links: list[Link]) -> None:
        """Fetch what is due of a host, one after the other, beginning with what `links` link to."""
        host, waiting = links[0].host, [links]
        try:
            while waiting:
                [links] = waiting
                await self._document(links)
                waiting = await self._claim(1, only=host)
        except StoreError:
            pass  # due again when the lease ends; until then the next run meets it too, and says so
        except asyncio.CancelledError:
            with suppress(StoreError):
                await self._threads.do(lambda: self._write(lambda conn: self._give_back(conn, links)))
            raise
        except Exception as error:  # a fault of ours: due again when the lease ends, and not for ever
            for link in links:
                self.on_error(link, error)

    async def _document(self, links: list[Link]) -> None:
        """Fetch one document, and store what it means for each article that links to it."""
        idle = [link for link in links if link.off or link.wanted + _WORTH <= self.clock()]
        wanted = [link for link in links if link not in idle]
        if idle:
            error = FetchError(links[0].url, "late", "nobody wants it any more")
            await self._threads.do(lambda: self._write(lambda conn: self._failed(conn, idle, error)))
        if not wanted:
            return
        try:
            found = await self._fetch(wanted[0])
        except (FetchError, ParseError) as caught:
            fault = caught
            await self._threads.do(lambda: self._write(lambda conn: self._failed(conn, wanted, fault)))
            for link in wanted:
                self.on_error(link, fault)
            return
        for link, reads in await self._threads.do(lambda: self._read(wanted, found)):
            self.on_read(link, reads)

    async def _fetch(self, link: Link) -> Extracted:
        """Raises FetchError, ParseError."""
        if link.kind == "page":
            self.allowance.use(link.host, asyncio.get_running_loop().time())
        answer = await self.fetcher.get(link.url, max_body=_MOST_BODY, accept=_ACCEPT[link.kind])
        if answer.broken:
            raise FetchError(link.url, "protocol", "the answer broke off")
        if link.kind == "page" and fulltext.elsewhere(link.url, answer.url):
            raise FetchError(link.url, "elsewhere", "redirected to the front page")
        return await self._extract(link, answer)

    async def _extract(self, link: Link, answer: Response) -> Extracted:
        languages = (_LANGUAGE, *link.languages)
        return await self.extractor.extract(link.kind, answer.body, answer.headers, answer.url, languages)

    def _read(self, links: Sequence[Link], found: Extracted) -> list[tuple[Link, Reading]]:
        reads = [(link, reading_of(link, found)) for link in links]
        now = self.clock()
        with writing(self.engine) as conn:
            return [(link, one) for link, one in reads if self._settle(conn, link, one, now)]

    def _failed(self, conn: Connection, links: Sequence[Link], error: FetchError | ParseError) -> None:
        now, longest = self.clock(), timedelta(seconds=self.fetcher.settings.max_retry_after)
        said = str(error).removeprefix(f"{error.url}: ")
        for link in links:
            again = None if error.reason == "late" else next_try(link, error, now, longest)
            if again is None:
                self._settle(conn, link, as_given(link), now, said)
            else:
                linked.postpone(conn, link, again, said)
        if (rest := resting(error, now, longest)) is not None:
            linked.put_off(conn, links[0].host, rest)
            self._rests[links[0].host] = rest

    def _settle(self, conn: Connection, link: Link, reads: Reading, now: datetime, error: str | None = None) -> bool:
        changed = linked.settle(
            conn,
            link,
            now=now,
            title=reads.title,
            text=reads.text,
            found=reads.found,
            language=reads.language,
            error=error,
        )
        if changed or link.kind == "cap":  # it was held back until now
            self.on_news(conn, link.article_id)
        return changed

    def _give_back(self, conn: Connection, links: Sequence[Link]) -> None:
        for link in links:
            linked.give_back(conn, link, self.clock())

    def _write(self, work: Callable[[Connection], None]) -> None:
        with writing(self.engine) as conn:
            work(conn)
