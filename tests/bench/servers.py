"""PostgreSQL for benchmarks: a server of their own."""

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


@contextmanager
def server() -> Iterator[Server]:
    """It is stopped at the end, and its folder is gone."""
    folder = Path(tempfile.mkdtemp(prefix="alerts-pg-", dir="/tmp"))
    command = (_PROGRAM, "start", str(folder), str(free_port()))
    url = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    try:
        yield Server(url=url, process=int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    finally:
        subprocess.run((_PROGRAM, "stop", str(folder)), check=False)
