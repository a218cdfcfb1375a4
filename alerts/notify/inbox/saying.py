"""What the log may say of an error while a mail is taken: not its text, which may hold an address, unless the error is
one of ours, which never does."""

from __future__ import annotations

import traceback
from pathlib import Path

from alerts.errors import AlertsError


def said(error: BaseException) -> str:
    """The error in words, or what kind it is and where it came from: "ValueError in taking.py:88"."""
    if isinstance(error, AlertsError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
