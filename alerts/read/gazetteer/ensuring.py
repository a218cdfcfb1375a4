"""Makes sure that there is an index of places, without the memory of making it staying in the daemon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer

from alerts.errors import GazetteerError
from alerts.read.gazetteer.building import fresh

_LONGEST = 900.0  # seconds; a slow machine with a slow disk is done in a tenth of that


def ensure(
    path: Path,
    progress: Callable[[str, float], None] = lambda stage, share: None,
    extra: Sequence[Path] = (),
    *,
    longest: float = _LONGEST,
) -> None:
    """Build the index at `path` in a process of its own if it is missing, broken or made from other sources.

    `extra` are further tables of places. Several processes may ask at once: one builds, the others wait for it.
    Raises GazetteerError when it cannot be made.
    """
    if fresh(path, extra):
        return
    command = [sys.executable, "-m", "alerts.read.gazetteer", str(path), *map(str, extra)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        try:
            with process:
                timer = Timer(longest, process.kill)
                timer.start()
                try:
                    for line in process.stdout or ():
                        stage, share = json.loads(line)
                        progress(str(stage), float(share))
                finally:
                    timer.cancel()
        except BaseException:
            process.kill()
            raise
        if process.returncode == 0:
            return
        said.seek(0)
        last = said.read()[-2000:].strip().rpartition("\n")[2]
    if process.returncode < 0 and not last:
        last = "it was stopped (out of memory, or too slow)"
    raise GazetteerError(
        f"{path}: the index of places could not be made: {last or 'no reason given'}; "
        f"check free disk space (30 MB) and memory (600 MB), then run it again"
    )
