"""Daemons without the time it takes to import them: the child of `test_kills`.

Each line of input is a command. `start CONFIG LOG POINT NTH` (separated by tabs) forks a process that does what
`alerts run -c CONFIG` does, and kills itself when it reaches POINT for the NTH time (POINT may be empty); the
answer is its process id. `wait PID` answers with the number of the signal that ended it, or minus its exit status.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from alerts.cli import main
from alerts.cli import run as run_command
from alerts.engine.analysis import _Batch
from alerts.engine.collecting import Collector
from alerts.engine.linked import Linker
from alerts.engine.recording import Recorder
from alerts.notify.ways.maildir import Maildir
from alerts.render.samples import sample_notices
from alerts.service import Service
from alerts.web import app, serve
from tests.drawn import share_pictures
from tests.notify.world import renderer

# What `alerts run` imports when it is called; here it is there before the fork.
IMPORTED = (run_command, app, serve)


def killer(point: str, nth: int) -> Callable[[str], None]:
    """Ends this process, as the kernel would, when `point` is reached for the nth time."""
    reached = [0]

    def crash(here: str) -> None:
        if here == point:
            reached[0] += 1
            if reached[0] == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    return crash


def around(kind: type, name: str, crash: Callable[[str], None], before: str, after: str) -> None:
    """Points before and after a step that is one transaction."""
    real = getattr(kind, name)

    @functools.wraps(real)
    def step(*arguments: Any, **more: Any) -> Any:
        crash(before)
        done = real(*arguments, **more)
        crash(after)
        return done

    setattr(kind, name, step)


def wire(crash: Callable[[str], None]) -> None:
    """Put the points between the transactions of the service."""
    for claim in ("_claim", "_claim_host"):
        around(Collector, claim, crash, "ticked", "claimed")
    around(Recorder, "_store", crash, "polled", "poll-stored")
    around(Linker, "_read", crash, "fetched", "fetched-stored")
    around(_Batch, "_store", crash, "read", "tracked")
    around(Service, "_take_over", crash, "opened", "taken-over")
    open_ = Service.open

    async def opened(service: Service) -> None:
        await open_(service)
        service.courier.crash = crash
        assert isinstance(service.courier.transport, Maildir)
        service.courier.transport._crash = crash

    setattr(Service, "open", opened)  # noqa: B010  mypy knows that a method is no attribute to set


def start(config: str, log: str, point: str, nth: str) -> int:
    """Fork a daemon; its process id."""
    child = os.fork()
    if child:
        return child
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(handle, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["alerts", "run", "-c", config, "--no-web"]
    wire(killer(point, int(nth)))
    try:
        main()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))
    os._exit(99)


def serve_commands() -> None:
    """Until the input ends; then whoever still lives is killed."""
    living: set[int] = set()
    for line in sys.stdin:
        command, *words = line.rstrip("\n").split("\t")
        if command == "start":
            answer = start(*words)
            living.add(answer)
        else:
            answer = -os.waitstatus_to_exitcode(os.waitpid(int(words[0]), 0)[1])
            living.remove(int(words[0]))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for daemon in living:
        os.kill(daemon, signal.SIGKILL)


if __name__ == "__main__":
    share_pictures()
    made = renderer()
    for notice in sample_notices():  # for the templates, which are compiled once then
        made.render(notice)
    serve_commands()
