"""The operator's own folders of rules and templates on this machine: what stands in them, and how they are brought to
what is in force.

A file of the first folder of rules is called "rules/0/siege.toml" on all machines, wherever that folder lies; templates
are "templates/mail/alert.txt". Editors' and hidden files are nobody's. Nothing is read from outside a folder.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from alerts.engine.lab.filing import put_whole
from alerts.errors import Fault, Faults, InputError
from alerts.sizes import about
from alerts.store.editions import Files, Manifest, manifest_of

LARGEST: Final = 1024 * 1024
LARGEST_ALL: Final = 128 * 1024 * 1024

_NOBODYS: Final = re.compile(r"^\.|^#.*#$|~$|\.before(-\d+)?$")
_PATH: Final = re.compile(r"rules/\d{1,3}/(lexicon/)?[^/]+\.toml|templates/.+")

Stamp = tuple[tuple[str, int, int, int, int], ...]


def slot_of(path: str) -> str:
    """The folder that a file belongs to: "rules/0", "templates"."""
    first, _, rest = path.partition("/")
    return f"{first}/{rest.partition('/')[0]}" if first == "rules" else first


def within(files: Mapping[str, str], slots: Collection[str]) -> Manifest:
    """Those of some folders."""
    return {path: digest for path, digest in files.items() if slot_of(path) in slots}


def differing(one: Manifest, other: Manifest) -> list[str]:
    """The files that are not the same in both."""
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))


def usable(path: str) -> bool:
    """Whether a file may be called so: it stays in its folder, and is not hidden."""
    parts = path.split("/")
    return (
        bool(_PATH.fullmatch(path)) and path.isprintable() and not any(not one or _NOBODYS.search(one) for one in parts)
    )


class OwnFolders:
    """Those that the configuration names: folders of rules in their order, and one of templates."""

    def __init__(self, rules: Sequence[Path], templates: Path | None) -> None:
        self.slots = {f"rules/{number}": folder for number, folder in enumerate(rules)}
        if templates is not None:
            self.slots["templates"] = templates

    def where(self, path: str) -> Path:
        """The file on this machine."""
        slot = slot_of(path)
        return self.slots[slot] / path[len(slot) + 1 :]

    def stamp(self) -> Stamp:
        """Changes when any file does, and when one can be read that could not."""
        found = []
        for slot, folder in self.slots.items():
            for path, entry in _Look(folder, []).files(slot):
                with suppress(OSError):  # it has just gone: the next stamp differs
                    info = entry.stat()
                    found.append((f"{slot}/{path}", info.st_mtime_ns, info.st_ctime_ns, info.st_size, info.st_ino))
        return tuple(sorted(found))

    def read(self) -> Files:
        """All files. Raises Faults where not everything can be read: what is missing must not look as if it had been
        taken away."""
        faults: list[Fault] = []
        found: dict[str, bytes] = {}
        for slot, folder in self.slots.items():
            look = _Look(folder, faults)
            for path, entry in look.files(slot):
                try:
                    found[f"{slot}/{path}"] = _read(f"{slot}/{path}", entry)
                except InputError as error:
                    look.fault(entry.path, str(error))
        if not faults and (size := sum(map(len, found.values()))) > LARGEST_ALL:
            why = f"all rules and templates together have {about(size)}; more than {about(LARGEST_ALL)} are too many"
            faults.append(Fault(str(next(iter(self.slots.values()))), 0, why))
        if faults:
            raise Faults(faults)
        return found

    def may_bring(self, wanted: Manifest, found: Manifest) -> None:
        """See whether `bring` may write what it would. Raises InputError."""
        for path in differing(wanted, found):
            file = self.where(path)
            if file.is_symlink():
                raise InputError(f"{file} is a link to another file: it is not written over")
            folder = next(one for one in file.parents if one.is_dir())
            if not os.access(folder, os.W_OK | os.X_OK):
                raise InputError(f"{folder} may not be written to by this user")

    def bring(self, wanted: Files, found: Manifest, *, keep: Collection[str] = ()) -> list[Path]:
        """Write what is `wanted` in these folders over what was `found` in them, and delete the rest. What stood in the
        files of `keep` is kept beside, with ".before" at the end of the name; returns these files.

        Raises InputError: a folder may not be written to, or a file has changed since it was found.
        """
        new, kept = manifest_of(wanted), []
        for path in differing(new, found):
            file = self.where(path)
            unchanged = partial(self._unchanged, path, file, found.get(path))
            unchanged()
            try:
                if path in keep and path in found:
                    kept.append(_keep_beside(file))
                if path in new:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    put_whole(file, wanted[path], sure=unchanged)
                else:
                    file.unlink(missing_ok=True)
                    self._without_empty(path, file.parent)
            except OSError as error:
                raise InputError(f"{file} cannot be written: {error.strerror}") from None
        return kept

    @staticmethod
    def _unchanged(path: str, file: Path, found: str | None) -> None:
        now: str | None = None
        try:
            now = manifest_of({path: file.read_bytes()})[path]
        except FileNotFoundError:
            pass
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror}") from None
        if now != found:
            raise InputError(f"{file} was changed at this moment: it is left as it is")

    def _without_empty(self, path: str, folder: Path) -> None:
        """Take away folders in which nothing is left: a language is offered because there is a folder of it."""
        root = self.slots[slot_of(path)]
        with suppress(OSError):
            while folder != root:
                folder.rmdir()
                folder = folder.parent


class _Look:
    """A look through one folder. What cannot be looked at is a fault."""

    def __init__(self, folder: Path, faults: list[Fault]) -> None:
        self._folder, self._faults = folder, faults

    def fault(self, where: str, why: str) -> None:
        self._faults.append(Fault(where.encode("utf-8", "backslashreplace").decode(), 0, why))

    def files(self, slot: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Every file with its path in the folder, as the loaders of rules and of templates find them."""
        return self._templates(str(self._folder)) if slot == "templates" else self._rules()

    def _rules(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        for one in self._entries(str(self._folder)):
            if one.name.endswith(".toml"):
                yield one.name, one
            elif one.name == "lexicon" and one.is_dir():
                lists = self._entries(one.path)
                yield from ((f"lexicon/{each.name}", each) for each in lists if each.name.endswith(".toml"))

    def _templates(
        self, folder: str, inside: str = "", above: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, os.DirEntry[str]]]:
        here = os.path.realpath(folder)
        for one in self._entries(folder) if here not in above else ():  # a link round itself has no end
            path = f"{inside}{one.name}"
            if one.is_dir():
                yield from self._templates(one.path, f"{path}/", (*above, here))
            else:
                yield path, one

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                in_order = sorted(entries, key=lambda one: one.name)
            return [one for one in in_order if not _NOBODYS.search(one.name) and self._stays(one)]
        except FileNotFoundError:
            self.fault(folder, "there is no such folder; make it, or take it out of the configuration")
        except OSError as error:
            self.fault(folder, f"this folder cannot be read: {error.strerror}")
        return []

    def _stays(self, entry: os.DirEntry[str]) -> bool:
        if not entry.is_symlink():
            return True
        try:
            entry.stat()
        except FileNotFoundError:
            pass  # whoever reads it tells
        except OSError as error:  # such as one that leads to itself
            self.fault(entry.path, f"this link cannot be followed: {error.strerror}")
            return False
        if Path(entry).resolve().is_relative_to(self._folder.resolve()):
            return True
        self.fault(entry.path, "this is a link to something outside its folder: put the file itself there")
        return False


def _read(path: str, entry: os.DirEntry[str]) -> bytes:
    """Raises InputError."""
    if not usable(path):
        raise InputError("this name cannot be had on all machines: write letters, digits, - and _")
    try:
        with open(os.open(entry, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise InputError("this is no file")
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}") from None
    if len(content) > LARGEST:
        raise InputError(f"the file is larger than {about(LARGEST)}")
    return content


def _keep_beside(file: Path) -> Path:
    """What stands here under another name, beside those that were kept before."""
    number = 1
    while True:
        beside = file.with_name(f"{file.name}.before{f'-{number}' if number > 1 else ''}")
        try:
            os.link(file, beside)
            return beside
        except FileExistsError:
            number += 1
