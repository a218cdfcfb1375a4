"""A PostgreSQL server of one's own."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fakes.ports import free_port

_PROGRAM: Final = str(Path(__file__).parents[1] / "postgres-server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`url`: of a database in which others may be made; `process`: the id of the first process."""

    url: str
    process: int
    folder: Path

    def restart(self) -> None:
        """As after a crash."""
        _run("restart", str(self.folder))


def _run(*what: str) -> str:
    return subprocess.run((_PROGRAM, *what), stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@contextmanager
def server(*, safe: bool = False) -> Iterator[Server]:
    """It is stopped at the end, and its folder is gone. `safe`: what is committed is there after a crash."""
    folder = Path(tempfile.mkdtemp(prefix="alerts-pg-", dir="/tmp"))
    url = _run("start", str(folder), str(free_port()), *(("safe",) if safe else ()))
    try:
        process = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        yield Server(url=url, process=process, folder=folder)
    finally:
        _run("stop", str(folder))
