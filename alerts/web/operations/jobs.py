"""The processes of the workbench: short ones that a person waits for, and one long one at a time that goes on when the
browser is closed. The service starts them, hears their progress, and ends them when they take too long.

What came of a long one is kept for an hour, or until the service is started anew: it can be made again. Of machines
that share the work each has its own; the name of a backtest tells which one began it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import alerts
from alerts.collect.worker import ENVIRONMENT
from alerts.engine.lab.request import LONG, SHORT, Limits, Material, request
from alerts.engine.rulebook import Rulebook

_KEPT_FOR: Final = timedelta(hours=1)
_MOST_KEPT: Final = 10
_AT_ONCE: Final = 2
_PATIENCE_S: Final = 15.0
_GRACE_S: Final = 45.0  # to report what was read until the end
_TOO_LONG: Final = (signal.SIGPROF, signal.SIGXCPU)
# -P and append: the current folder must not shadow a library, and the checkout must be found in either case.
_PROGRAM: Final = "import sys; sys.path.append(sys.argv[1]); from alerts.engine.lab.child import main; main()"
_log = logging.getLogger("alerts.web")


class Busy(Exception):
    """Others are at it."""


@dataclass(slots=True)
class Job:
    """A backtest. `text` is that of a draft, None for the rule as it is. While it runs, `progress` says how far it is;
    then `answer` is there, or `problem` says why not."""

    id: str
    rule: str
    text: str | None
    who: str
    since: datetime | None
    until: datetime | None
    started: datetime
    progress: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] | None = None
    problem: str = ""
    faults: list[dict[str, Any]] = field(default_factory=list)
    stopped_by: str = ""
    ended: datetime | None = None

    @property
    def runs(self) -> bool:
        return self.ended is None


class Workshop:
    """Starts processes over `material`. `book` gives the rules in force at the moment; `machine` is what this one is
    called."""

    def __init__(
        self,
        material: Material,
        book: Callable[[], Rulebook],
        *,
        now: Callable[[], datetime],
        short: Limits = SHORT,
        long: Limits = LONG,
        machine: str = "",
    ) -> None:
        self._material, self._book, self._now = material, book, now
        self._short, self._long, self._machine = short, long, machine
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._running: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a short question, or `faults` of a rule, or `refused` in words. `asked["cpu"]`: fewer seconds
        of the processor than usual. Raises Busy when too many ask at once."""
        limits = replace(self._short, cpu=float(asked.get("cpu", self._short.cpu)))
        if not self._free.acquire(timeout=_PATIENCE_S):
            raise Busy
        try:
            process = self._start(asked, limits)
            with process:
                timer = threading.Timer(limits.wall, process.kill)
                timer.start()
                try:
                    lines = list(process.stdout or ())
                finally:
                    timer.cancel()
                    _close(process)
            return _last(lines[-1] if lines else "", process.returncode, limits)
        finally:
            self._free.release()

    def _start(self, asked: Mapping[str, Any], limits: Limits) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-c", _PROGRAM, str(Path(alerts.__file__).parent.parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            encoding="utf-8",
            errors="replace",
        )
        _order(process, json.dumps(request(self._material, self._book(), limits, asked)))
        return process

    def begin(self, *, rule: str, text: str | None, since: datetime | None, until: datetime | None, who: str) -> Job:
        """Start a backtest. Raises Busy while another one runs."""
        asked = {
            "task": "try",
            "rule": rule,
            "text": text,
            "since": since and since.isoformat(),
            "until": until and until.isoformat(),
        }
        with self._lock:
            if self.running() is not None:
                raise Busy
            now = self._now()
            job = Job(f"{secrets.token_hex(5)}{_mark(self._machine)}", rule, text, who, since, until, now)
            self._running = self._start(asked, self._long)
            self._jobs[job.id] = job
            self._forget(now)
            self._thread = threading.Thread(target=self._follow, args=(job, self._running), daemon=True)
            self._thread.start()
        return job

    def _follow(self, job: Job, process: subprocess.Popen[str]) -> None:
        """Hear a backtest out."""
        ends = threading.Timer(self._long.wall, self._too_long, (job, process))
        killed = threading.Timer(self._long.wall + _GRACE_S, process.kill)
        for timer in (ends, killed):
            timer.daemon = True
            timer.start()
        last = ""
        try:
            with process:
                for line in process.stdout or ():
                    last = line
                    if line.startswith('{"progress"'):
                        job.progress = json.loads(line)["progress"]
                _close(process)
        except (OSError, ValueError) as error:
            _log.error("the backtest of %s was not heard out: %s", job.rule, error)
        finally:
            ends.cancel()
            killed.cancel()
        found = _last(last, process.returncode, self._long)
        job.answer, job.faults = found.get("answer"), found.get("faults", [])
        job.problem = found.get("refused", "") or ("The rule has faults." if job.faults else "")
        job.ended = self._now()

    def _too_long(self, job: Job, process: subprocess.Popen[str]) -> None:
        job.stopped_by = f"the clock, after {self._long.wall / 60:g} minutes"
        _order(process, "stop")

    def _forget(self, now: datetime) -> None:
        done = [one for one in self._jobs.values() if one.ended is not None]
        late = [one.id for one in done if one.ended is not None and now - one.ended > _KEPT_FOR]
        for name in {*late, *(one.id for one in done[: max(0, len(self._jobs) - _MOST_KEPT)])}:
            del self._jobs[name]

    def running(self) -> Job | None:
        """The backtest that runs now."""
        return next((one for one in self._jobs.values() if one.runs), None)

    def jobs(self) -> list[Job]:
        """All that are known, the latest first."""
        with self._lock:
            self._forget(self._now())
            return list(reversed(self._jobs.values()))

    def job(self, name: str) -> Job | None:
        return next((one for one in self.jobs() if one.id == name), None)

    def stop(self, job: Job, who: str) -> None:
        """End a backtest with what was read until now."""
        if job.runs and self._running is not None:
            job.stopped_by = job.stopped_by or who
            _order(self._running, "stop")

    def wait(self, seconds: float) -> None:
        """Until the backtest is over."""
        if self._thread is not None:
            self._thread.join(seconds)

    def close(self) -> None:
        """End what runs, at once."""
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
        self.wait(_PATIENCE_S)


def begun_on(name: str, machine: str) -> bool:
    """Whether this machine began the backtest of this name."""
    return name.endswith(_mark(machine))


def _mark(machine: str) -> str:
    return f"-{hashlib.sha256(machine.encode()).hexdigest()[:10]}"


def _order(process: subprocess.Popen[str], line: str) -> None:
    """Say a line to a process, which may be gone."""
    try:
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.write(line + "\n")
            process.stdin.flush()
    except (OSError, ValueError):
        pass


def _close(process: subprocess.Popen[str]) -> None:
    try:
        if process.stdin is not None:
            process.stdin.close()
    except OSError:
        pass


def _last(line: str, code: int | None, limits: Limits) -> dict[str, Any]:
    """What the last line of a process says; in words where it said none."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        found = {}
    if "fault" in found:
        _log.error("the workbench failed: %s", found["fault"])
        return {"refused": "The fault is ours, and it is in the log of the service."}
    if found.keys() & {"answer", "faults", "refused"}:
        return found
    if code is not None and -code in _TOO_LONG:
        return {"refused": f"It took more than {limits.cpu:g} seconds of the processor, and was ended."}
    if code is not None and code < 0:
        return {"refused": f"It took too long (more than {limits.wall:g} seconds), and was ended."}
    return {"refused": "It took more memory than a rule may, and was ended."}
