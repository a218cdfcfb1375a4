"""Pictures of mails, drawn once: a map takes longer than most tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from alerts.render.drawing import svg
from alerts.render.pictures import Pictures

PICTURES = Pictures(keep=1000)  # for all tests of a process
FOLDER: Final = "ALERTS_TEST_PICTURES"  # in the environment: where PNGs are kept for all processes of a run


def kept(folder: Path, draw: Callable[[str], bytes] = svg.png) -> Callable[[str], bytes]:
    """Draws what no process has drawn into `folder` yet. For tests in which mails only come and go."""

    def png(drawing: str) -> bytes:
        file = folder / f"{sha256(drawing.encode()).hexdigest()}.png"
        if not file.exists():
            new = file.with_suffix(f".{os.getpid()}")
            new.write_bytes(draw(drawing))
            new.rename(file)
        return file.read_bytes()

    return png


def share_pictures() -> None:
    """From now on, in this process and those forked from it."""
    if folder := os.environ.get(FOLDER):
        setattr(svg, "png", kept(Path(folder)))  # noqa: B010  mypy knows that a function is no variable
