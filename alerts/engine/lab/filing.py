"""A rule's file in a folder of the user's own: found by its name alone, written all or not at all, and never over a
text that who writes has not seen."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts.errors import Faults, InputError
from alerts.match.files import rule_paths
from alerts.toml_lines import read_text

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The file of a rule as it is: `text` is empty for one that cannot be read. `own`: it lies in a folder that may be
    written to; else it is shipped, and a file of its name in such a folder takes its place."""

    path: Path
    text: str
    own: bool

    @property
    def digest(self) -> str:
        return digest(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The folders of rules, later ones before earlier ones; `own` are those of the user. Not `editable`: rules are
    changed by hand alone. `barred` says why nothing should be written at the moment, "" where it may."""

    folders: tuple[Path, ...]
    own: tuple[Path, ...]
    editable: bool = True
    barred: Callable[[], str] = lambda: ""

    def find(self, name: str) -> Filed | None:
        """The file that a rule of this name has."""
        if not NAME.fullmatch(name) or (path := rule_paths(self.folders).get(name)) is None:
            return None
        try:
            text = read_text(path, path.name)
        except Faults:
            text = ""
        return Filed(path=path, text=text, own=path.parent in self.own)

    def target(self, name: str) -> Path:
        """Where a file of this name is to be written. Raises InputError that says why it cannot, and what to do."""
        if not NAME.fullmatch(name):
            raise InputError(f"“{name[:60]}” is no name of a rule: write small letters, digits and _, as in water_cut")
        if not self.editable:
            raise InputError("here rules are not written by pages ([rules] editable): put the file into place by hand")
        if why := self.barred():
            raise InputError(why)
        there = self.find(name)
        folders: Sequence[Path] = (there.path.parent,) if there and there.own else self.own
        if not folders:
            raise InputError('there is no folder for rules of your own: name one in [rules] folders = ["my-rules"]')
        folder = next((one for one in folders if one.is_dir() and os.access(one, os.W_OK | os.X_OK)), None)
        if folder is None:
            raise InputError(f"the service may not write to {folders[0]}: put the file there by hand, or let it")
        path = folder / f"{name}.toml"
        if path.is_symlink():
            raise InputError(f"{path} is a link to another file: change it where it lies")
        return path

    def write(self, name: str, text: str, *, over: str) -> Path:
        """Write the rule's file. `over` is the digest of the text that it has now, "" for a rule without a file.
        Raises InputError when another text is there by now, or when it cannot be written."""
        path = self.target(name)
        there = self.find(name)
        if (there.digest if there else "") != over:
            raise InputError("the file has changed since you looked: see what differs now")
        try:
            put_whole(path, text.encode("utf-8"))
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from None
        return path


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def put_whole(path: Path, content: bytes, *, sure: Callable[[], None] = lambda: None) -> None:
    """Write a file all or not at all, also when the power fails. One that is new must still be so at the last moment,
    at which `sure` may raise what stops it. Raises OSError."""
    new = not path.exists()
    mode = 0o644 if new else path.stat().st_mode & 0o777
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(made, mode)
        sure()
        if new:
            os.link(made, path)  # fails where somebody was quicker
            os.unlink(made)
        else:
            os.replace(made, path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
