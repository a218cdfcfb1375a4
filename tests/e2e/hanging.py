"""`alerts run`, whose stage of reading hangs for ever as soon as there is a file named `hang` in the folder where it
was started; and whose watchdog loses patience within seconds. For `test_watchdog`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from alerts.cli import main
from alerts.engine import pulse
from alerts.engine.analysis import Analyst, Report

PATIENCE_S = 6.0


def hang() -> None:
    threading.Event().wait()


def wire() -> None:
    pulse.PATIENCE_S.update(dict.fromkeys(pulse.PATIENCE_S, PATIENCE_S))
    real = Analyst.run

    def run(analyst: Analyst, clock: Callable[[], datetime]) -> Report:
        if Path("hang").exists():
            hang()
        return real(analyst, clock)

    setattr(Analyst, "run", run)  # noqa: B010  mypy knows that a method is no attribute to set


if __name__ == "__main__":
    wire()
    sys.argv = ["alerts", "run", *sys.argv[1:]]
    main()
