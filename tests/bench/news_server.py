"""The server of `cluster.py`: many web servers on loopback, each with one feed, empty until all of them have news."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from types import TracebackType

from aiohttp import web

from tests.bench.feed_server import ROOT
from tests.bench.made_news import Mix, stream
from tests.fakes.ports import free_port

_SPAN = timedelta(hours=3)


@dataclass(slots=True)
class Newsroom:
    """`with Newsroom(articles=..., hosts=...) as room`: in a process of its own; `publish` brings the news."""

    articles: int
    hosts_: int
    port: int
    _process: subprocess.Popen[str] | None = None

    def __init__(self, *, articles: int, hosts: int) -> None:
        self.articles, self.hosts_, self.port = articles, hosts, free_port()

    def __enter__(self) -> Newsroom:
        command = (sys.executable, "-m", "tests.bench.news_server", *map(str, (self.articles, self.hosts_, self.port)))
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._told()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def hosts(self) -> list[str]:
        return [f"{_host(number)}:{self.port}" for number in range(self.hosts_)]

    @property
    def urls(self) -> list[str]:
        return [f"http://{host}/feed" for host in self.hosts]

    def publish(self) -> None:
        """From now on every feed has its share of the news."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write("publish\n")
        self._process.stdin.flush()
        self._told()

    def _told(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.stdout.readline()


def _host(number: int) -> str:
    return f"127.2.{number // 250}.{number % 250 + 1}"


def _documents(articles: int, hosts: int) -> dict[str, bytes]:
    """The feed of each host with its share, by address; the newest first."""
    begins = datetime.now(UTC) - _SPAN
    items: dict[str, list[str]] = {_host(number): [] for number in range(hosts)}
    first = None
    for number, made in enumerate(stream(articles, 7, _SPAN, Mix())):
        first = first or made.published
        at = min(begins + (made.published - first), datetime.now(UTC))
        article = replace(made, published=at)
        items[_host(number % hosts)].append(
            f"<item><title>{escape(article.title)}</title><guid>urn:news:{number}</guid>"
            f"<link>https://news.example/{number}</link><description>{escape(article.text)}</description>"
            f"<pubDate>{format_datetime(at, usegmt=True)}</pubDate></item>"
        )
    return {host: _document(reversed(own)) for host, own in items.items()}


def _document(items: Iterable[str]) -> bytes:
    body = "\n".join(items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{body}</channel></rss>'.encode()


async def _serve(articles: int, hosts: int, port: int) -> None:
    empty = dict.fromkeys((_host(number) for number in range(hosts)), _document(()))
    now = empty

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=now[request.host.partition(":")[0]], content_type="application/rss+xml")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    for host in empty:
        await web.TCPSite(runner, host, port, reuse_address=True).start()
    full = _documents(articles, hosts)
    print("ready", flush=True)  # noqa: T201
    while await asyncio.to_thread(sys.stdin.readline):
        now = full
        print("published", flush=True)  # noqa: T201


def main(arguments: Sequence[str]) -> None:
    articles, hosts, port = map(int, arguments)
    asyncio.run(_serve(articles, hosts, port))


if __name__ == "__main__":
    main(sys.argv[1:])
