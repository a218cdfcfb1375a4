"""The service of `herd.py`, as a process of its own: runs for so many seconds, then tells in JSON what it took."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text

from alerts.config import load
from alerts.engine.collecting import Polled
from alerts.reports import Watch
from alerts.service import Service
from alerts.store.database import reading
from alerts.web.running import pages_of
from alerts.web.serve import WebServer
from tests.bench.feed_server import many_files

_SETTLES: Final = 20.0  # seconds before measuring begins: connections are made, caches filled
_LAG: Final = 0.01
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class _Seen:
    """What happened while it was measured."""

    polls: int = 0
    new: int = 0
    late: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)

    def polled(self, polled: Polled) -> None:
        self.polls += 1
        self.new += polled.result.new
        self.late.append((datetime.now(UTC) - polled.feed.next_due).total_seconds())


async def _watch_lag(seen: _Seen) -> None:
    """How late this task comes, again and again."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(_LAG)
        seen.lag.append(time.perf_counter() - begun - _LAG)


def _status(pid: int | str, name: str) -> int:
    """Bytes in a process's account of its memory; 0 if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0


def _cpu_of(pids: list[int]) -> float:
    """Processor seconds of the parsers that run, and of those that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = ended.ru_utime + ended.ru_stime
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def _size(engine: Engine) -> int:
    with reading(engine) as conn:
        pages = conn.execute(text("PRAGMA page_count")).scalar_one()
        return int(pages * conn.execute(text("PRAGMA page_size")).scalar_one())


async def _measure(service: Service, seen: _Seen, seconds: float) -> dict[str, Any]:
    pages = WebServer(pages_of(service), host="127.0.0.1", port=0)
    await pages.start()
    await service.start()
    await asyncio.sleep(_SETTLES)
    lag = asyncio.create_task(_watch_lag(seen))
    size, read = _size(service.engine), service.watch.counts.articles
    begun, cpu, parser_cpu = time.monotonic(), time.process_time(), _cpu_of(_parsers(service))
    service.watch.polled = seen.polled
    await asyncio.sleep(seconds)
    service.watch.polled = lambda polled: None
    parsers = _parsers(service)
    told = {
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - cpu,
        "parser_cpu": _cpu_of(parsers) - parser_cpu,
        "memory": _status("self", "VmRSS"),
        "peak": _status("self", "VmHWM"),
        "parser_memory": sum(_status(pid, "VmRSS") for pid in parsers),
        "parser_peak": sum(_status(pid, "VmHWM") for pid in parsers),
        "grown": _size(service.engine) - size,
        "polls": seen.polls,
        "new": seen.new,
        "read": service.watch.counts.articles - read,
        "late": seen.late,
        "lag": seen.lag,
    }
    lag.cancel()
    await service.stop()
    await pages.stop()
    return told


def _parsers(service: Service) -> list[int]:
    running = (*service.pool.status(), *service.linked_pool.status())
    return [status.pid for status in running if status.pid is not None]


def main() -> None:
    many_files()
    logging.basicConfig(level=logging.ERROR)
    service = Service(load(Path(sys.argv[1])), watch=Watch())
    service.prepare()
    gc.collect()
    gc.freeze()  # as `alerts run` does
    sys.stdout.write(json.dumps(asyncio.run(_measure(service, _Seen(), float(sys.argv[2])))))


if __name__ == "__main__":
    main()
