"""Ten thousand feeds on one machine: `./dev bench herd [--minutes N] [--feeds N]`.

The whole service runs in a process of its own, on a database whose feeds have all been polled before and are due evenly
over the next 15 minutes: so it is in its steady state from the first minute. The server answers one request in twenty
with two new items, all others with "not modified". Measured are the processor time of the service and its parser, how
late its event loop comes to what is due, memory, late polls, and how the database grows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from alerts.cli.common import places_cache
from tests.bench.feed_server import ROOT, Plan, Served, many_files

_DAY: Final = 86_400
_CONFIG: Final = """\
[service]
data = "data"
[collect]
interval = "15 minutes"
min_interval = "15 minutes"
max_staleness = "15 minutes"
allow_hosts = {hosts}
[read]
gazetteer = {gazetteer}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    many_files()
    plan = Plan(
        feeds=options.feeds,
        hosts=max(1, options.feeds // 5),
        size=24 * 1024,
        least=10,
        most=20,
        restless=options.changed,
        now=datetime.now(UTC).isoformat(),
    )
    with tempfile.TemporaryDirectory(prefix="alerts-bench-") as name, Served(plan, ready=False) as served:
        path = Path(name) / "config.toml"
        text = _CONFIG.format(hosts=json.dumps(served.hosts), gazetteer=json.dumps(str(places_cache())))
        path.write_text(text, encoding="utf-8")
        _run("tests.bench.herd_filling", str(path), json.dumps({"plan": asdict(plan), "port": served.port}))
        served.counts()
        with Idle() as idle:
            told = json.loads(_run("tests.bench.herd_service", str(path), f"{options.minutes * 60}"))
        Console(width=120, highlight=False).print(_table(told, dict(served.counts()), idle, plan))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench herd", description=__doc__)
    parser.add_argument("--feeds", type=int, default=10_000, help="how many feeds, five a host")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long to measure; 16 is more than a whole round")
    parser.add_argument("--changed", type=float, default=0.05, help="the share of polls that bring something new")
    return parser.parse_args(arguments)


def _run(module: str, *arguments: str) -> str:
    run = [sys.executable, "-m", module, *arguments]
    return subprocess.run(run, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout


class Idle:
    """How late a process comes that does nothing but sleep for 10 ms at a time: what is the machine's and not ours."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sleep, daemon=True)

    def __enter__(self) -> Idle:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _sleep(self) -> None:
        while not self._end.is_set():
            begun = time.perf_counter()
            time.sleep(0.01)
            self.late.append(time.perf_counter() - begun - 0.01)


def share(values: Sequence[float], part: float) -> float:
    """The value that `part` of all do not pass; 0 without any."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


@dataclass(frozen=True, slots=True)
class _Row:
    what: str
    measured: str
    bar: str = ""
    met: bool | None = None

    def put(self, table: Table) -> None:
        table.add_row(self.what, self.measured, self.bar, "" if self.met is None else "met" if self.met else "NOT MET")


def _table(told: dict[str, Any], answers: dict[str, int], idle: Idle, plan: Plan) -> Table:
    seconds = float(told["seconds"])
    core = (told["cpu"] + told["parser_cpu"]) / seconds
    lag, memory = share(told["lag"], 0.99), told["memory"] + told["parser_memory"]
    due = plan.feeds * min(1.0, seconds / 900)
    whole = max(told["peak"] + told["parser_peak"], memory)
    rows = (
        _Row("processor, share of one core", f"{core:.1%}", "< 15 %", core < 0.15),
        _Row("  the service, the parser", f"{told['cpu'] / seconds:.1%}, {told['parser_cpu'] / seconds:.1%}"),
        _Row("event loop late, p99", f"{lag * 1000:.1f} ms", "< 50 ms", lag < 0.05),
        _Row("  p50, most", f"{share(told['lag'], 0.5) * 1000:.1f} ms, {max(told['lag'], default=0) * 1000:.0f} ms"),
        _Row(
            "  a process that sleeps, p99, most",
            f"{share(idle.late, 0.99) * 1000:.1f} ms, {max(idle.late) * 1000:.0f} ms",
        ),
        _Row("memory, most", f"{whole / 2**20:.0f} MiB", "< 400 MB", whole < 400e6),
        _Row("  at the end: the service, the parser", _mib(told["memory"], told["parser_memory"])),
        _Row("polls", f"{told['polls']:,}", f">= {due:,.0f}", told["polls"] >= due * 0.98),
        _Row("  answers", ", ".join(f"{number:,} of {status}" for status, number in sorted(answers.items()))),
        _Row("  new articles, read", f"{told['new']:,}, {told['read']:,}"),
        _Row("polls late, p99", f"{share(told['late'], 0.99):.1f} s", "< 30 s", share(told["late"], 0.99) < 30),
        _Row("the database grows, a day", f"{told['grown'] / seconds * _DAY / 2**20:,.0f} MiB", ""),
        _Row("  the log of polls, rows a day", f"{told['polls'] / seconds * _DAY:,.0f}"),
    )
    title = f"{plan.feeds:,} feeds on {plan.hosts:,} hosts, each every 15 minutes, for {seconds / 60:.1f} minutes"
    table = Table("what", "measured", "bar", "", title=title)
    for row in rows:
        row.put(table)
    return table


def _mib(*sizes: float) -> str:
    return ", ".join(f"{size / 2**20:.0f} MiB" for size in sizes)


if __name__ == "__main__":
    main()
