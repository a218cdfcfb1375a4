"""Other readers of feeds, to be measured beside ours: installed from the package index into a folder of their own
under the system's temporary one, once."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LIKES: Final = (3, 12)  # reader 3.27 asks for it
_TAKES: Final = (3, 11)
_NAMES: Final = ("python3.14", "python3.13", "python3.12", "python3", "python3.11")
_WANTED: Final = ("reader<=3.27", "rss2email==3.14")
_VERSIONS = (
    "import importlib.metadata as m, platform; "
    "print(*(m.version(name) for name in ('reader', 'rss2email')), platform.python_version())"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Where they are: the Python that has both, and which they are."""

    python: Path
    reader: str
    rss2email: str
    version: str

    @property
    def r2e(self) -> list[str]:
        """The command of rss2email."""
        return [str(self.python), "-c", "import rss2email.main; rss2email.main.run()"]

    @property
    def about(self) -> str:
        short = "" if self.reader == "3.27" else " (the newest that this Python takes: 3.27 asks for 3.12)"
        own = platform.python_version()
        return f"reader {self.reader}{short} and rss2email {self.rss2email} on Python {self.version}, alerts on {own}"


def installed(python: Path | None = None) -> Peers:
    """Both, installed if need be; for `python` if one is given, else for the first suitable one found here."""
    folder = Path(tempfile.gettempdir()) / f"alerts-bench-peers-{os.getuid()}"
    own, stamp = folder / "bin" / "python", folder / ".installed"
    wanted = " ".join((str(python or ""), *_WANTED))
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        _install(folder, own, python)
        stamp.write_text(wanted)
    reader, rss2email, version = _run(own, "-c", _VERSIONS).split()
    return Peers(python=own, reader=reader, rss2email=rss2email, version=version)


def _install(folder: Path, own: Path, python: Path | None) -> None:
    found = {one: version for one in _pythons() if (version := _version(one)) is not None}
    # the nearest to ours, so that what is compared is not the speed of Pythons
    suitable = sorted((one for one in found if found[one] >= _LIKES), key=lambda one: found[one])
    suitable += [one for one in found if found[one] >= _TAKES]
    with_pip = [one for one in found if _can(one, "import pip, sys; sys.exit(int(pip.__version__.split('.')[0]) < 23)")]
    if not (suitable and with_pip):
        raise SystemExit("no Python with venv, or none with pip, is found here: name one with --python")
    _run(python or suitable[0], "-m", "venv", "--without-pip", str(folder))
    quiet = ("--quiet", "--disable-pip-version-check")
    _run(with_pip[0], "-m", "pip", *quiet, "--python", str(own), "install", *_WANTED)


def _version(python: Path) -> tuple[int, ...] | None:
    """Of one that can make an environment."""
    told = subprocess.run([python, "-c", "import venv, sys; print(*sys.version_info[:2])"], capture_output=True)
    return None if told.returncode else tuple(map(int, told.stdout.split()))


def _pythons() -> Iterator[Path]:
    """What is called Python on the path, and beside the one that runs this."""
    for name in _NAMES:
        if found := shutil.which(name):
            yield Path(found)
    yield from sorted(Path(sys.base_prefix).parent.glob("*/bin/python3"), reverse=True)
    yield from sorted((Path.home() / ".local/share/uv/python").glob("*/bin/python3"), reverse=True)


def _can(python: Path, program: str) -> bool:
    return subprocess.run([python, "-c", program], capture_output=True).returncode == 0


def _run(python: Path, *arguments: str) -> str:
    command: Sequence[str] = (str(python), *arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout
