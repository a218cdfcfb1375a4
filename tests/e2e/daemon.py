"""The service as a process of its own: `python -m alerts run`, watched from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol

from tests.fakes import waiting

ROOT = Path(__file__).parents[2]


class Installed(Protocol):
    """A folder with a configuration."""

    @property
    def folder(self) -> Path: ...

    @property
    def config_path(self) -> Path: ...


class Daemon:
    """`async with Daemon(desk) as daemon`: started and running; killed at the end if it still lives."""

    def __init__(
        self,
        desk: Installed,
        *arguments: str,
        program: tuple[str, ...] = ("-m", "alerts", "run"),
        folder: Path = ROOT,
    ) -> None:
        self.desk, self.arguments = desk, arguments or ("--no-web",)
        self.program, self.folder = program, folder
        self.log_path = desk.folder / "log"
        self._process: Process | None = None

    async def __aenter__(self) -> Daemon:
        await self.start()
        await self.running()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start it; it may end by itself at once."""
        with self.log_path.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self.program, "-c", str(self.desk.config_path), *self.arguments),
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def running(self) -> None:
        """Return when it says that it runs."""
        await waiting.until(lambda: "running: " in self.log or self.process.returncode is not None)
        assert self.process.returncode is None, self.log

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    async def end(self, number: int = signal.SIGTERM, *, seconds: float = 40.0) -> int:
        """Send it a signal; its exit status, which must come in time."""
        self.process.send_signal(number)
        return await self.ended(seconds=seconds)

    async def ended(self, *, seconds: float = 60.0) -> int:
        """Its exit status."""
        async with asyncio.timeout(seconds):
            return await self.process.wait()

    async def kill(self) -> None:
        """As a power cut would."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    def children(self) -> list[int]:
        """Its child processes."""
        return children(self.process.pid)


def children(parent: int) -> list[int]:
    """The processes that `parent` started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # pid (name) state parent: the name may hold anything, also brackets
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    """Whether there is such a process (of ours)."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
