"""Editions on this machine's disk, where rules and templates are loaded from: a folder each, and `current`, a link to
the one in force here. A folder is there whole or not at all, and `current` goes from one to the next in one step.

In it the folders of rules are one: a later one's file takes the place of an earlier one's, as everywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Final

from alerts.engine.ownfolders import slot_of, usable
from alerts.errors import InputError
from alerts.store.editions import Edition, Files, Manifest

CURRENT: Final = "current"
EMPTY: Final = "none"
_STATE: Final = "folders.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the own folders are of: each file stands as in one of the editions `of`, unless somebody has changed it.
    More than one where bringing them to the next was broken off; none at first. `number` and `digest` are those of the
    last to which they were brought whole."""

    of: tuple[Manifest, ...] = ()
    number: int = 0
    digest: str | None = None


class EditionFiles:
    """The folder `home` ("data/editions"). Raises InputError where it cannot be written to."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def rules(self) -> Path:
        return self.home / CURRENT / "rules"

    @property
    def templates(self) -> Path:
        return self.home / CURRENT / "templates"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The service and commands wait for each other here."""
        with _told(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            flock(handle, LOCK_EX)
            yield
        finally:
            os.close(handle)

    def current(self) -> str:
        """The name of the folder in force; "" for none."""
        try:
            name = os.readlink(self.home / CURRENT)
        except OSError:
            return ""
        return name if (self.home / name).is_dir() else ""

    def number(self) -> int | None:
        """The number of the edition in force on this machine."""
        number = self.current().partition("-")[0]
        return int(number) if number.isdecimal() else None

    def take(self, edition: Edition | None, *, doubt: bool = False) -> bool:
        """Put an edition in force on this machine (None: there is none, and nothing is in it); returns whether another
        one was before. With `doubt` what is there already is read again: a disk may lose what it was given."""
        name = f"{edition.number}-{edition.digest[:12]}" if edition else EMPTY
        before = self.current()
        if before == name and not doubt:
            return False
        files = merged(edition.files) if edition else {}
        with _told(self.home):
            if not self._has(name, files):
                shutil.rmtree(self.home / name, ignore_errors=True)
                self._write(name, files)
            elif before == name:
                return False
            self._switch(name)
            self._tidy({name, before})
        return True

    def known(self) -> Known:
        """What the own folders are of."""
        try:
            found = json.loads((self.home / _STATE).read_text(encoding="utf-8"))
            return Known(of=tuple(map(dict, found["of"])), number=found["number"], digest=found["digest"])
        except (OSError, ValueError, KeyError, TypeError):  # as at the first start: nothing is lost by that
            return Known()

    def remember(self, known: Known) -> None:
        """Keep it."""
        if known != self.known():
            with _told(self.home):
                _put(self.home / f".{_STATE}", json.dumps(asdict(known)).encode())
                os.replace(self.home / f".{_STATE}", self.home / _STATE)
                _sync(self.home)

    def _has(self, name: str, files: Files) -> bool:
        folder = self.home / name
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        return (
            (folder / "rules").is_dir()
            and (folder / "templates").is_dir()
            and there == files.keys()
            and all((folder / path).read_bytes() == content for path, content in files.items())
        )

    def _write(self, name: str, files: Files) -> None:
        made = Path(tempfile.mkdtemp(dir=self.home, prefix=".new-"))
        for folder in {made / "rules", made / "templates", *((made / path).parent for path in files)}:
            folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            same = self.home / CURRENT / path
            if _stands_in(same, content):
                os.link(same, made / path)  # what is as it was need not be written, nor loaded, again
            else:
                _put(made / path, content)
        for each, _, _ in os.walk(made):
            _sync(Path(each))
        os.rename(made, self.home / name)

    def _switch(self, name: str) -> None:
        link = self.home / f".{CURRENT}"
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        os.replace(link, self.home / CURRENT)
        _sync(self.home)

    def _tidy(self, keep: set[str]) -> None:
        """Delete editions of before, and what was left half-written."""
        for one in self.home.iterdir():
            if one.is_dir() and not one.is_symlink() and one.name not in keep:
                shutil.rmtree(one, ignore_errors=True)


def merged(files: Files) -> Files:
    """As the loader is to find them: "rules/siege.toml", "rules/lexicon/town.toml", "templates/mail/alert.txt". Raises
    InputError for names that lead out of the folder."""
    if wrong := [path for path in files if not usable(path)]:
        raise InputError(f"its file {wrong[0]!r} cannot be written: this is no name of a rule or template")
    rules = sorted((path for path in files if path.startswith("rules/")), key=_order)
    found = {f"rules/{path[len(slot_of(path)) + 1 :]}": files[path] for path in rules}
    return found | {path: content for path, content in files.items() if path.startswith("templates/")}


def _order(path: str) -> int:
    return int(path.split("/")[1])


def _stands_in(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _put(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename or home} cannot be written: {error.strerror}") from None
