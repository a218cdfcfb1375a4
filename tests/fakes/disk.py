"""Disks that fill up and get room again: a small file system in memory where this machine lets us mount one; else no
write of this process to any file works for a while, which can be had everywhere."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pytest

_SIZE: Final = "12m"


class Disk(Protocol):
    """What lies in `folder` lies on it. It is full from `fill` to `free`, but for room for so many bytes in one new
    file."""

    @property
    def folder(self) -> Path: ...

    def fill(self, but: int = 0) -> None: ...

    def free(self) -> None: ...


@dataclass(slots=True)
class Small:
    """A file system of a few megabytes."""

    folder: Path

    def fill(self, but: int = 0) -> None:
        with (self.folder / "filler").open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue
            file.truncate(file.tell() - but)

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)


@dataclass(slots=True)
class Barred:
    """No file of this process may grow, or be written to, past so many bytes. What other processes write, and what goes
    to pipes and sockets, is not touched."""

    folder: Path

    def fill(self, but: int = 0) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (but, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def free(self) -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def small_disk(folder: Path) -> Iterator[Small]:
    """A Small; skips the test where nothing can be mounted."""
    folder.mkdir()
    said = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=700", "none", str(folder)), capture_output=True, text=True
    )
    if said.returncode:
        pytest.skip(f"no file system can be mounted here: {said.stderr.strip()}")
    try:
        yield Small(folder)
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


@contextmanager
def barred_disk(folder: Path) -> Iterator[Barred]:
    """A Barred."""
    folder.mkdir()
    made = Barred(folder)
    try:
        yield made
    finally:
        made.free()
