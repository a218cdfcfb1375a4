"""How fast the pages are with 100,000 alerts stored: `./dev bench web [--seconds N] [--rounds N] [--alerts N]`.

The service's pages run in a process of their own, bound to one core; wrk (Debian's package) asks from another. Asked is
for one page, for the archive with a thousand different filters (the popular ones more often: Zipf), for feeds by who
has them already (ETag), and at 200 a second on a clock of its own for what a reader waits, counted from the moment at
which a request was due; while no alert changes, and while one does every five seconds. Answers are kept until
an alert changes, so each line says how many were made meanwhile; all filters were asked for once before. The last lines
are measured without keeping any. Beside it, in turn, Starlette and uvicorn that answer with the same bytes and do
nothing else, and nginx with the page as a file where it is installed: on a machine that others use, too, the shares say
more than the rates. `a core-second` is by the processor time that the server took.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import html
import http.client
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table

from alerts.cli.common import places_cache
from alerts.store import stamp
from alerts.store.database import open_database, writing
from tests.bench import web_archive
from tests.bench.feed_server import ROOT
from tests.bench.web_nginx import nginx
from tests.bench.web_nginx import program as nginx_program
from tests.bench.web_pace import paced
from tests.sealed import SECRET

RATE, FEED_RATE, P99_S, PER_SECOND = 1_500, 3_000, 0.05, 200
BUDGET, BUDGET_WITH_MAP = 100_000, 300_000
_QUESTIONS: Final = 1_000
_LOADED: Final = re.compile(
    r'(?:src|href|data-[a-z]+)="(/(?:static|land|alerts)[^"]*\.(?:css|js|svg|png|geojson)[^"]*)"'
)
_CONFIG: Final = """\
[service]
data = "data"
[web]
base_url = "https://alerts.example"
[read]
gazetteer = {gazetteer}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of wrk came to. `cpu`: processor seconds of the server; `made`: answers it had to make."""

    requests: int
    seconds: float
    bad: int
    cpu: float
    made: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def by_core(self) -> float:
        return self.requests / self.cpu if self.cpu else 0.0


class Served:
    """A server of `web_service` on one core."""

    def __init__(self, kind: str, path: Path, core: int) -> None:
        run = ["taskset", "-c", str(core), sys.executable, "-m", "tests.bench.web_service", kind, str(path)]
        self._process = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.port = int(self._line())

    def told(self) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        found: dict[str, float] = json.loads(self._line())
        return found

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("./dev bench web: the server did not start")
        return line

    def close(self) -> None:
        self._process.communicate(timeout=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where things are, and for how long is measured."""

    folder: Path
    seconds: int
    rounds: int
    core: int
    asking: int

    def wrk(self, port: int, addresses: Sequence[str], *, tag: str = "", served: Served | None = None) -> Run:
        """One run of wrk over these addresses, again and again."""
        listed = self.folder / "addresses.txt"
        listed.write_text("\n".join(addresses) + "\n", encoding="utf-8")
        env = {**os.environ, "BENCH_ADDRESSES": str(listed)} | ({"BENCH_TAG": tag} if tag else {})
        run = ("taskset", "-c", str(self.asking), "wrk", "-t1", "-c32", f"-d{self.seconds}s", "--timeout", "30s")
        script = ("-s", str(ROOT / "tests" / "bench" / "web.lua"), f"http://127.0.0.1:{port}")
        before = served.told() if served else {}
        said = subprocess.run((*run, *script), env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
        after = served.told() if served else {}
        found = json.loads(said.strip().splitlines()[-1])
        change = {name: after[name] - before[name] for name in after}
        return Run(requests=found["requests"], seconds=found["seconds"], bad=found["bad"],
                   cpu=change.get("cpu", 0.0), made=int(change.get("made", 0)))  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    if not (shutil.which("wrk") and shutil.which("taskset")):
        raise SystemExit("./dev bench web: needs wrk (Debian: apt-get install wrk) and taskset (util-linux)")
    config = _filled(options.alerts)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="alerts-bench-") as name, ExitStack() as stack:
        bench = Bench(folder=Path(name), seconds=options.seconds, rounds=options.rounds,
                      core=cores[0], asking=cores[-1])  # fmt: skip
        table = Table("asked for", "a second", "a core-second", "made", "bar", "", title=f"{options.alerts:,} alerts")
        pages = _served(stack, "pages", config, bench.core)
        page = _get(pages.port, "/alerts")
        (bench.folder / "page.html").write_bytes(page.body)
        peer = _served(stack, "bytes", bench.folder / "page.html", bench.core)
        _warm(pages.port)
        _kept(bench, table, pages, peer, page)
        if nginx_program():
            with nginx(bench.folder / "nginx", page.body, bench.core) as port:
                found = [bench.wrk(port, ["/page.html"]) for _ in range(bench.rounds)]
            table.add_row("  nginx, the page as a file", f"{median(run.rate for run in found):,.0f}", "", "", "", "")
        _waits(bench, table, pages, peer, config)
        _unkept(bench, table, _served(stack, "unkept", config, bench.core))
        _sizes(table, pages.port)
        Console(width=120, highlight=False).print(table)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench web", description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000, help="how many alerts are stored")
    parser.add_argument("--seconds", type=int, default=8, help="how long each run takes")
    parser.add_argument("--rounds", type=int, default=3, help="how many runs of each; told is the median")
    return parser.parse_args(arguments)


def _filled(alerts: int) -> Path:
    """The configuration of an archive, made once for what fills it; the service brings its tables up to date."""
    digest = hashlib.sha256(Path(web_archive.__file__).read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"alerts-bench-web-{os.getuid()}" / f"{alerts}-{digest}"
    config, data = folder / "config.toml", folder / "data"
    if not config.exists():
        shutil.rmtree(folder, ignore_errors=True)
        data.mkdir(parents=True, mode=0o700)
        (data / "secret").write_bytes(SECRET)
        (data / "secret").chmod(0o600)
        Console(stderr=True).print(f"storing {alerts:,} alerts (once)")
        web_archive.fill(data / "alerts.db", alerts)
        config.write_text(_CONFIG.format(gazetteer=json.dumps(str(places_cache()))), encoding="utf-8")
    return config


def _served(stack: ExitStack, kind: str, path: Path, core: int) -> Served:
    served = Served(kind, path, core)
    stack.callback(served.close)
    return served


def questions(seed: int = 3) -> list[str]:
    """Addresses of the archive, the popular ones more often: the n-th of a thousand filters with the weight 1/n."""
    rng = random.Random(seed)
    events = ("", "attack", "displacement", "disaster", "siege", "territory", "abduction", "ceasefire")
    countries = ("", "", *(country for country in "UKR SDN SYR COD MMR YEM BFA MLI NER NGA ETH SSD SOM".split()))
    levels, states = ("", "", "moderate", "severe", "extreme"), ("", "", "open", "ended")
    every = list(itertools.product(events, countries, levels, states))
    asked = [""] + ["?" + urlencode({name: value for name, value in
                                     zip(("event", "country", "severity", "state"), one, strict=True) if value})
                    for one in rng.sample(every, _QUESTIONS - 1)]  # fmt: skip
    weights = [1 / (rank + 1) for rank in range(len(asked))]
    return [f"/alerts{one}" for one in rng.choices(asked, weights, k=20_000)]


def _warm(port: int) -> None:
    for address in sorted(set(questions()) | set(questions(5))):
        _get(port, address, "gzip")


@contextmanager
def _changing(config: Path, every: float) -> Iterator[None]:
    """As if an alert changed again and again; 0 for never."""
    end = threading.Event()

    def change() -> None:
        engine = open_database(f"sqlite:///{config.parent / 'data' / 'alerts.db'}")
        while every and not end.wait(every):
            with writing(engine) as conn:
                stamp.renew(conn)
        engine.dispose()

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _kept(bench: Bench, table: Table, pages: Served, peer: Served, page: Got) -> None:
    """The service and its peer in turn."""
    feeds = ["/alerts.atom", "/alerts.json", "/alerts.atom?country=SYR", "/alerts.atom?severity=severe"]
    tags = {address: _get(pages.port, address).tag for address in feeds}
    found: dict[str, list[Run]] = {}
    for _ in range(bench.rounds):
        for what, addresses, tag in (
            ("the archive's page", ["/alerts"], ""),
            ("the archive by 1,000 filters (Zipf)", questions(), ""),
            ("the archive's page, by who has it (304)", ["/alerts"], page.tag),
            ("a feed, by who has it (304)", feeds[:1], tags[feeds[0]]),
            ("four feeds, by who has one (304)", feeds, ", ".join(tags.values())),
        ):
            found.setdefault(what, []).append(bench.wrk(pages.port, addresses, tag=tag, served=pages))
        found.setdefault("  Starlette, the same bytes", []).append(bench.wrk(peer.port, ["/"], served=peer))
        found.setdefault("  Starlette, 304", []).append(bench.wrk(peer.port, ["/"], tag='"one"', served=peer))
    for what, runs in found.items():
        bar = 0 if what.startswith(" ") else FEED_RATE if "feed" in what else RATE
        _row(table, what, runs, bar)
    for what, ours, theirs in (
        ("the archive's page : Starlette", "the archive's page", "  Starlette, the same bytes"),
        ("a feed by who has it : Starlette", "a feed, by who has it (304)", "  Starlette, 304"),
    ):
        shares = [one.by_core / other.by_core for one, other in zip(found[ours], found[theirs], strict=True)]
        table.add_row(f"  {what}", "", f"{median(shares):.0%}", "", "", "")


def _unkept(bench: Bench, table: Table, pages: Served) -> None:
    _get(pages.port, "/alerts")  # templates are read
    for what, addresses in (
        ("every page made: one page", ["/alerts"]),
        ("every page made: 1,000 filters", questions()),
    ):
        _row(table, what, [bench.wrk(pages.port, addresses, served=pages) for _ in range(bench.rounds)], 0)


def _row(table: Table, what: str, runs: Sequence[Run], bar: int) -> None:
    by_core = median(run.by_core for run in runs)
    bad = sum(run.bad for run in runs)
    made = f"{sum(run.made for run in runs) / max(1, sum(run.requests for run in runs)):.1%}"
    rates = f"{median(run.rate for run in runs):,.0f}" + (f", {bad} FAILED" if bad else "")
    # By the clock: by processor time a server that waits for nothing it should wait for would pass.
    ends = (f">= {bar:,} a second", _met(median(run.rate for run in runs) >= bar)) if bar else ("", "")
    table.add_row(what, rates, f"{by_core:,.0f}", made if not what.startswith("  ") else "", *ends)


def _waits(bench: Bench, table: Table, pages: Served, peer: Served, config: Path) -> None:
    """What a reader waits while 200 a second ask; the peer shows what is the machine's."""
    asked = (questions(5) * 2)[: PER_SECOND * bench.seconds * 2]
    for what, served, addresses, every in (
        ("200 a second, 1,000 filters", pages, asked, 0.0),
        ("200 a second, an alert every 5 s", pages, asked, 5.0),
        ("200 a second, the archive's page", pages, ["/alerts"] * len(asked), 0.0),
        ("  Starlette, 200 a second", peer, asked, 0.0),
    ):
        before, ends, refused = served.told()["made"], [], 0
        for _ in range(bench.rounds):
            with _changing(config, every):
                took, sent_away = asyncio.run(paced(served.port, addresses, per_second=PER_SECOND))
            refused += sent_away
            ends.append(quantiles(took, n=100, method="inclusive"))
        p50, p99 = median(one[49] for one in ends), median(one[98] for one in ends)
        made = (served.told()["made"] - before) / len(addresses) / bench.rounds
        bar = (f"p99 < {P99_S * 1000:.0f} ms", _met(p99 < P99_S)) if served is pages else ("", "")
        words = f"p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms" + (f", {refused} SENT AWAY" if refused else "")
        table.add_row(what, words, "", f"{made:.1%}" if served is pages else "", *bar)


@dataclass(frozen=True, slots=True)
class Got:
    body: bytes
    tag: str


def _get(port: int, address: str, encoding: str = "") -> Got:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Host": "alerts.example"} | ({"Accept-Encoding": encoding} if encoding else {})
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    found = Got(answer.read(), answer.headers.get("ETag", ""))
    connection.close()
    return found


def _sizes(table: Table, port: int) -> None:
    """What a first visit to the start page costs, with all that it loads; and with the map's script."""
    page = _get(port, "/").body.decode()
    loaded = set(_LOADED.findall(page))
    for encoding in ("gzip", "br"):
        sizes = {one: len(_get(port, html.unescape(one), encoding).body) for one in loaded}
        scripts = sum(size for one, size in sizes.items() if ".js" in one or ".geojson" in one or "leaflet" in one)
        whole = len(_get(port, "/", encoding).body) + sum(sizes.values())
        words = f"{whole - scripts:,} bytes", f"{whole:,} with the map's"
        met = _met(whole - scripts < BUDGET and whole < BUDGET_WITH_MAP)
        table.add_row(
            f"the start page and all it loads, {encoding}", words[0], words[1], "", "< 100,000, < 300,000", met
        )


def _met(met: bool) -> str:
    return "met" if met else "NOT MET"


if __name__ == "__main__":
    main()
