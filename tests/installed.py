"""The project as a user installs it, and the demo that it played: made once for all tests that look at them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.cli.run import Ran
from tests.once import once

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that ran: its folder, what it said, and how many seconds a processor was busy with it: on a machine that
    runs other tests besides, the clock on the wall says little."""

    folder: Path
    ran: Ran
    seconds: float

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"


def run(*command: str | Path, folder: Path, **env: str) -> Ran:
    """A command, without what this process's environment says of Python and of alerts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ALERTS_"))}
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env={**kept, **env}, capture_output=True, text=True, timeout=240
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def output(*command: str | Path, folder: Path, **env: str) -> str:
    """Standard output of a command that succeeds."""
    ran = run(*command, folder=folder, **env)
    assert ran.code == 0, f"{ran.out}\n{ran.err}"
    return ran.out


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    [built] = once(tmp_path_factory, "wheel", _build).glob("*.whl")
    return built


@pytest.fixture(scope="session")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment that has the wheel, and of the present one only the libraries."""
    return once(tmp_path_factory, "installed", partial(_install, wheel)) / "env" / "bin"


@pytest.fixture(scope="session")
def demo(programs: Path, gazetteer_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo, played to its end by the installed program, from another folder."""
    folder = once(tmp_path_factory, "demo", partial(_play, programs / "alerts", gazetteer_path))
    code, out, err, seconds = json.loads((folder / "ran.json").read_text())
    return Played(folder / "world", Ran(code, out, err), seconds)


def _build(folder: Path) -> None:
    output(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, folder=folder)


def _install(wheel: Path, folder: Path) -> None:
    place = folder / "env"
    output(sys.executable, "-m", "venv", "--without-pip", place, folder=folder)
    python = place / "bin" / "python"
    pip: list[str | Path] = [_pip(), "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python]
    output(*pip, "install", "--no-index", "--no-deps", wheel, folder=folder)
    own = Path(output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=place).strip())
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    # A path in a .pth file is searched after the environment's own, and its .pth files are not read: so the
    # editable installation of the checkout, if there is one, does not come with the libraries.
    (own / "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n")


def _pip() -> Path:
    """A Python that has pip: the environment of the tests may be without."""
    for python in (sys.executable, str(Path(sys.base_prefix) / "bin" / "python3")):
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return Path(python)
    pytest.fail("the wheel is installed by pip, and no Python here has it")


def _play(program: Path, places: Path, folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (program, "demo", "--once", "--port", "0", "--folder", folder / "world")
    ran = run(*command, folder=folder, ALERTS_GAZETTEER=str(places))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    (folder / "ran.json").write_text(json.dumps([ran.code, ran.out, ran.err, seconds]))
