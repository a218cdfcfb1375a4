"""The daemon on a clock that goes faster than time: the child of `test_longrun`.

    python -m tests.e2e.speeding -c CONFIG BEGINS SINCE SPEED

The clock showed BEGINS (ISO 8601) at SINCE (Unix time), and goes SPEED times as fast as time. SIGUSR1 makes it append a
line to the file `counts` beside the configuration: how many tasks and threads there are, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alerts import log
from alerts.cli.run import run
from alerts.config import load
from alerts.interpreter import settle
from alerts.service import Service


@dataclass(slots=True)
class FastClock:
    """A clock that goes `speed` times as fast as time does; it showed `begins` at `since` (Unix time)."""

    begins: datetime
    since: float
    speed: float

    def __call__(self) -> datetime:
        return self.begins + timedelta(seconds=self.speed * (time.time() - self.since))


async def _told(service: Service, counts: Path) -> None:
    def tell() -> None:
        gc.collect()
        told = {"tasks": len(asyncio.all_tasks()), "threads": threading.active_count(), "at": str(service.clock())}
        with counts.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    await run(service, web=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", dest="config", type=Path)
    parser.add_argument("begins", type=datetime.fromisoformat)
    parser.add_argument("since", type=float)
    parser.add_argument("speed", type=float)
    options = parser.parse_args()
    config = load(options.config)
    log.configure(config.service.log)
    logging.getLogger("alerts").setLevel(logging.WARNING)
    service = Service(config, clock=FastClock(options.begins, options.since, options.speed))
    service.prepare()
    settle()
    logging.getLogger("alerts.cli.run").setLevel(logging.INFO)  # it says when it runs
    asyncio.run(_told(service, options.config.parent / "counts"))


if __name__ == "__main__":
    main()
