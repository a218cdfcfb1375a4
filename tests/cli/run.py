"""Commands as a user gives them: quickly within this process, or as a program of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from alerts.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: exit status, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def alerts(*args: str | Path, stdin: str | bytes = "") -> Ran:
    """`alerts ARGS` in this process; what it should have caught is raised."""
    with CliRunner().isolation(input=stdin) as (out, err, _):
        try:
            main([str(arg) for arg in args])
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    return Ran(code, out.getvalue().decode(), err.getvalue().decode())


def program(
    *args: str | Path,
    stdin: str = "",
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int | None = None,
    seconds: float = 200,
) -> Ran:
    """`python -m alerts ARGS` as a process of its own, which has so many seconds."""
    done = subprocess.run(
        [sys.executable, "-m", "alerts", *map(str, args)],
        input=stdin.encode(),
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(env),
        timeout=seconds,
        check=False,
    )
    return Ran(done.returncode, (done.stdout or b"").decode("utf-8", "replace"), done.stderr.decode())


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with the package under test importable from every folder, and its compiled
    form kept between programs whatever the environment says: most of a short command's time is that."""
    package = Path(__file__).parents[2]
    paths = [str(package), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = Path(tempfile.gettempdir()) / f"alerts-pycache-{os.getuid()}"
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONPYCACHEPREFIX": str(compiled), **(more or {})}
