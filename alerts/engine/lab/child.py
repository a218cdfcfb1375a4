"""The workbench's own process: takes one request from its standard input, answers on its standard output, and ends.

Who writes a rule may write one that would take all memory, or never end. It meets the checker here, under limits of
processor time and memory, with little right to the processor beside the service, and without the service's
environment. Answers are lines of JSON: `progress`, and at the end `answer`, `refused` (what was asked for is wrong, in
words), `faults` (of a rule) or `fault` (ours).

The input stays open: "stop" ends a backtest with what was read, and when the service is gone the process goes too.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TextIO

from alerts.collect.child import limit_cpu, reserved
from alerts.engine.lab.bench import Workbench
from alerts.engine.lab.checking import check, rows
from alerts.engine.lab.drafting import drafted
from alerts.engine.lab.explaining import explained
from alerts.engine.lab.trying import tried
from alerts.errors import AlertsError, Faults


def answer(asked: Mapping[str, Any], told: TextIO, stop: threading.Event) -> dict[str, Any]:
    """The last line for a request."""
    try:
        return {"answer": _answer(asked, told, stop)}
    except Faults as error:
        return {"faults": rows(error.faults)}
    except AlertsError as error:
        return {"refused": str(error)}
    except RecursionError:
        return {"refused": "The text is nested too deeply."}
    except MemoryError:
        return {"refused": "It took too much memory and was ended."}
    except Exception:
        return {"fault": traceback.format_exc()}


def _answer(asked: Mapping[str, Any], told: TextIO, stop: threading.Event) -> dict[str, Any]:
    bench = Workbench.open(asked)
    if asked["task"] == "try":
        return tried(bench, asked, lambda progress: _say(told, {"progress": progress}), stop.is_set)
    return {"check": check, "explain": explained, "draft": drafted}[asked["task"]](bench, asked)


def limit(asked: Mapping[str, Any]) -> None:
    """Bound what this process may take from now on: `cpu` seconds (0: no limit) and `memory` bytes."""
    with suppress(OSError):
        os.nice(asked["nice"])
    limits = [("RLIMIT_CORE", 0), ("RLIMIT_AS", reserved() + asked["memory"])]
    if asked["task"] != "try":  # a backtest opens the database, which on SQLite is a file to lock
        limits.append(("RLIMIT_FSIZE", 0))
    for name, most in limits:
        with suppress(ValueError, OSError):  # a lower hard limit is there already, or the system has no such limit
            resource.setrlimit(getattr(resource, name), (most, most))
    limit_cpu(asked["cpu"])


def _say(told: TextIO, line: Mapping[str, Any]) -> None:
    told.write(json.dumps(line) + "\n")
    told.flush()


def _listen(orders: TextIO, stop: threading.Event) -> None:
    """Wait for "stop"; when nobody can say it any more, nobody waits for the answer either."""
    for line in orders:
        if line.strip() == "stop":
            stop.set()
    os._exit(1)


def main() -> None:
    """Entry point of the process."""
    # The service ends us by closing our input; signals meant for it must not cut an answer short.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.disable()
    asked = json.loads(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_listen, args=(sys.stdin, stop), daemon=True).start()
    limit(asked)
    _say(sys.stdout, answer(asked, sys.stdout, stop))
    sys.stdout.flush()
    os._exit(0)  # the thread that listens holds the input


if __name__ == "__main__":
    main()
