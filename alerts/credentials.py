"""Secrets that lie in files of their own: where systemd puts its credentials, and how a password is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from alerts.errors import AlertsError

MARK: Final = "credential:"
"""A file is written so that systemd is to bring: "credential:alerts-smtp" is what LoadCredential= calls alerts-smtp."""
_OF_THE_UNIT: Final = Path("/run/credentials/alerts.service")


def folder() -> Path:
    """Where credentials lie: as systemd told this process, or else, for commands that are given by hand while the
    service runs, where it puts those of the unit that comes along."""
    told = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(told) if told else _OF_THE_UNIT


def path_of(written: str) -> str:
    """The path of a file that may be written as a credential. Raises ValueError for a name that is none."""
    if not written.startswith(MARK):
        return written
    name = written.removeprefix(MARK)
    if not name or "/" in name or name.startswith("."):
        raise ValueError(f'"{name}" is no name of a credential, such as "{MARK}alerts-smtp"')
    return str(folder() / name)


def read_password(path: Path, whose: str) -> str:
    """The password in the first line of a file. Raises AlertsError that names the file and whose it is."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise AlertsError(f"{path}: {whose} password cannot be read: {why}") from error
    if not lines or not lines[0].strip():
        raise AlertsError(f"{path}: the first line should hold {whose} password")
    return lines[0].strip()
