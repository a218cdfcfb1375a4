"""The feed server of benchmarks, in a process of its own so that its work is not counted as a client's: documents
lie ready, validators are honoured, and every answer is counted, so that clients can be shown to have done the same.

Run as a program it reads one line of JSON (what to serve), writes one line of JSON (its port), and ends when its
standard input does. `/-/counts` tells and forgets what was answered; `/-/change/20` gives so many feeds new items, and
every awkward one.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from tests.bench.made_feeds import AWKWARD, Feed, Maker, rendered

_NEW = 2  # items that come on top at a time
_PHRASES = {200: "OK", 304: "Not Modified", 404: "Not Found"}
_FILES: Final = 16_384
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is served: `feeds` documents of about `size` bytes with a number of items from `least` to `most`, spread
    over `hosts` loopback addresses; besides `awkward` ones, and last one with hardly anything in it. `restless`: the
    share of conditional requests that find new items."""

    feeds: int
    hosts: int
    size: int = 94 * 1024
    least: int = 20
    most: int = 50
    awkward: int = 0
    restless: float = 0.0
    seed: int = 1
    now: str = ""

    @property
    def maker(self) -> Maker:
        return Maker(self.seed, datetime.fromisoformat(self.now) if self.now else datetime.now(UTC))

    def address(self, number: int) -> str:
        """The loopback address that serves the feed of this number."""
        host = number % self.hosts
        return f"127.{1 + host // 62_500}.{host // 250 % 250}.{1 + host % 250}"

    @property
    def addresses(self) -> list[str]:
        return [self.address(number) for number in range(self.hosts)]

    def made(self, maker: Maker, number: int) -> Feed:
        """The feed of this number as it is at first."""
        if number == self.last:
            return maker.feed(number, size=600, items=(1, 1))
        awkward = AWKWARD[number % len(AWKWARD)] if number >= self.feeds else None
        return maker.feed(number, size=self.size, items=(self.least, self.most), awkward=awkward)

    @property
    def last(self) -> int:
        """The number of the feed with hardly anything in it."""
        return self.feeds + self.awkward


class Pages:
    """The documents, and what was asked of them."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.maker, self.random = plan, plan.maker, random.Random(plan.seed)
        self.made: dict[int, Feed] = {}
        self.serials: dict[int, int] = {}
        self.ready: dict[int, tuple[str, bytes, bytes]] = {}
        self.counts: Counter[str] = Counter()

    def answer(self, target: str, etag: str) -> bytes:
        """The whole answer to a GET of `target` with this If-None-Match."""
        if target.startswith("/-/"):
            return _answer(200, json.dumps(self._told(target[3:])).encode(), "Content-Type: application/json")
        number = int(target.rpartition("/")[2] or "-1")
        if not 0 <= number <= self.plan.last:
            return _answer(404, b"")
        if self.plan.restless and etag and self.random.random() < self.plan.restless:
            self.change(number, datetime.now(UTC))
        current, whole, unchanged = self._ready(number)
        same = etag == current
        self.counts["304" if same else "200"] += 1
        return unchanged if same else whole

    def change(self, number: int, at: datetime) -> None:
        """New items on top."""
        feed = self._feed(number)
        serial = self.serials.get(number, len(feed.items))
        length = self.plan.size // len(feed.items)
        self.made[number] = self.maker.later(feed, _NEW, serial=serial, at=at, length=length)
        self.serials[number] = serial + _NEW
        self.ready.pop(number, None)

    def _told(self, command: str) -> dict[str, Any]:
        name, _, argument = command.partition("/")
        if name == "change":
            for number in self.random.sample(range(self.plan.feeds), int(argument)):
                self.change(number, self.maker.now)
            for number in range(self.plan.feeds, self.plan.last):
                self.change(number, self.maker.now)
        if name == "titles":
            return {str(number): [item.title for item in self._feed(number).items] for number in range(self.plan.last)}
        told, self.counts = dict(self.counts), Counter()
        return told

    def _feed(self, number: int) -> Feed:
        if number not in self.made:
            self.made[number] = self.plan.made(self.maker, number)
        return self.made[number]

    def _ready(self, number: int) -> tuple[str, bytes, bytes]:
        if number not in self.ready:
            feed = self._feed(number)
            etag = etag_of(number, self.serials.get(number, len(feed.items)))
            body = rendered(feed)
            named = f"ETag: {etag}\r\nCache-Control: max-age=0"
            whole = _answer(200, body, f"Content-Type: {feed.content_type}\r\n{named}")
            self.ready[number] = etag, whole, _answer(304, b"", named)
        return self.ready[number]


def etag_of(number: int, serial: int) -> str:
    return f'"{number:x}-{serial:x}"'


def _answer(status: int, body: bytes, headers: str = "Content-Type: text/plain") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if status != 304 else ""
    head = f"HTTP/1.1 {status} {_PHRASES[status]}\r\nServer: bench\r\n{headers}\r\n{length}\r\n"
    return head.encode() + body


class _Connection(asyncio.Protocol):
    def __init__(self, pages: Pages) -> None:
        self._pages, self._buffer = pages, bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(1 << 20)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            del self._buffer[: end + 4]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            assert self._transport is not None
            self._transport.write(self._pages.answer(first.split()[1], headers.get("if-none-match", "")))
            if headers.get("connection", "").lower() == "close":
                self._transport.close()


async def _serve(plan: Plan, ready: bool) -> None:
    loop, pages = asyncio.get_running_loop(), Pages(plan)
    if ready:
        for number in range(plan.last):
            pages.answer(f"/{number}", "")
        pages.counts.clear()
    first = await loop.create_server(lambda: _Connection(pages), plan.addresses[0], 0, backlog=1_000)
    port = first.sockets[0].getsockname()[1]
    others = [await loop.create_server(lambda: _Connection(pages), name, port) for name in plan.addresses[1:]]
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    for server in (first, *others):
        server.close()


class Served:
    """`with Served(plan) as served`: the server runs, and its port is known. `ready`: all documents are made before,
    else each when it is first asked for."""

    def __init__(self, plan: Plan, *, ready: bool = True) -> None:
        self.plan, self._ready = plan, ready
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Served:
        run = [sys.executable, "-m", "tests.bench.feed_server"]
        self._process = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        stdin, stdout = _pipes(self._process)
        stdin.write(json.dumps({"plan": asdict(self.plan), "ready": self._ready}) + "\n")
        stdin.flush()
        self.port = json.loads(stdout.readline())["port"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        for pipe in _pipes(self._process):
            pipe.close()
        self._process.wait(10)

    @property
    def urls(self) -> list[str]:
        """The addresses of all feeds, the awkward ones and the last among them."""
        numbers = range(self.plan.last + 1)
        return [f"http://{self.plan.address(number)}:{self.port}/feed/{number}" for number in numbers]

    @property
    def hosts(self) -> list[str]:
        """What the service must be allowed to ask."""
        return [f"{address}:{self.port}" for address in self.plan.addresses]

    def counts(self) -> Counter[str]:
        """How often each status was answered since it was last asked."""
        return Counter(self._ask("counts"))

    def change(self, feeds: int) -> None:
        """New items in so many feeds."""
        self._ask(f"change/{feeds}")

    def titles(self) -> dict[int, list[str]]:
        """What each feed's document holds now."""
        return {int(number): titles for number, titles in self._ask("titles").items()}

    def _ask(self, what: str) -> dict[str, Any]:
        with closing(HTTPConnection(self.plan.address(0), self.port, timeout=60)) as connection:
            connection.request("GET", f"/-/{what}")
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer


def _pipes(process: subprocess.Popen[str]) -> Sequence[IO[str]]:
    assert process.stdin is not None and process.stdout is not None
    return process.stdin, process.stdout


def many_files() -> None:
    """Let this process have as many connections open as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def main() -> None:
    many_files()
    asked = json.loads(sys.stdin.readline())
    asyncio.run(_serve(Plan(**asked["plan"]), asked["ready"]))


if __name__ == "__main__":
    main()
