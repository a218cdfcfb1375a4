"""Rules and templates reach all machines: what is changed in one machine's own folders becomes a new edition in the
database; every machine takes it from there, goes by it, and brings its own folders to it.

Nothing of an operator's is lost on the way: folders that were changed while another edition came are left as they are,
and the machine says so until somebody decides (`pull` or `publish`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine

from alerts.engine.edition_files import EditionFiles, Known
from alerts.engine.ownfolders import OwnFolders, Stamp, differing, slot_of, within
from alerts.errors import Fault, Faults, InputError
from alerts.render.mail import check_mail_templates
from alerts.store import editions
from alerts.store.database import reading, writing
from alerts.store.editions import Edition, Files, Manifest, Standing, digest_of, manifest_of

_log = logging.getLogger(__name__)

_LONGEST: Final = 4_000
WHAT_TO_DO: Final = (
    "'alerts rules pull' brings them to the edition in force, and keeps what stands here beside it;"
    " 'alerts rules publish' puts what stands here in force on all machines"
)
_IN_BETWEEN: Final = "another edition came at this moment: see what is in it, then publish again"
_EMPTIED: Final = (
    f"no file is left in one of the folders on this machine, which may be a disk that is not there; {WHAT_TO_DO}"
)

Doing = Literal["nothing", "same", "publish", "bring", "apart", "emptied"]


def decide(mine: Manifest, of: Sequence[Manifest], force: Manifest | None, slots: Collection[str]) -> Doing:
    """What to do with own folders in which `mine` stands, that were `of` these editions, while `force` is in force:
    `publish` them, `bring` them to what is in force, or leave them `apart` for a person to decide. `emptied`: all files
    of a folder are gone, which may be a disk that is not there."""
    if force is None:
        return "publish" if mine else "nothing"
    theirs, were = within(force, slots), [within(one, slots) for one in of]
    if mine == theirs:
        return "same"
    if not were:
        return "apart" if mine else "bring"
    if were == [theirs]:
        emptied = {slot_of(path) for path in theirs} - {slot_of(path) for path in mine}
        return "emptied" if emptied else "publish"
    untouched = all(
        mine.get(path) in {theirs.get(path), *(one.get(path) for one in were)}
        for path in {*mine, *theirs, *(path for one in were for path in one)}
    )
    return "bring" if untouched else "apart"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionSettings:
    """`home` is where editions are kept on this machine; `rules` and `templates` are the operator's own folders,
    `machine` is what this machine is called."""

    home: Path
    rules: tuple[Path, ...]
    templates: Path | None
    machine: str


class Editions:
    """The editions of one database, seen from one machine. `prepare` before rules are loaded, then `look` every two
    seconds; rules and templates are loaded from `files`."""

    def __init__(self, engine: Engine, settings: EditionSettings, *, clock: Callable[[], datetime]) -> None:
        self.engine, self.machine, self._clock = engine, settings.machine, clock
        self.files = EditionFiles(settings.home)
        self.own = OwnFolders(settings.rules, settings.templates)
        self._edition: Edition | None = None
        self._theirs: Manifest = {}  # of the files of the edition in force
        self._stamp: Stamp | None = None
        self._mine: Manifest | None = None
        self._troubles = {"folders": "", "edition": "", "templates": "", "rules": ""}
        self._told, self._trusted = "", False

    @property
    def trouble(self) -> str:
        """All that is wrong with rules and templates on this machine; "" where nothing is."""
        return "\n".join(text for text in self._troubles.values() if text)

    def prepare(self) -> None:
        """Publish what stands in the own folders, or take what is in force. Raises AlertsError where there is nothing
        to go by."""
        self._look(at_once=True)
        if not self.files.current():
            raise InputError(self.trouble)

    async def look(self) -> bool:
        """Publish and take what is new; returns whether another edition is in force on this machine now, so that rules
        have to be loaded again. Raises StoreError."""
        return await asyncio.to_thread(self._look)

    def at_home(self, fault: Fault) -> Fault:
        """The fault as one of the operator's own file, where it is of what was made of that."""
        with suppress(ValueError):
            path = f"templates/{Path(fault.file).relative_to(self.files.templates)}"
            if slot_of(path) in self.own.slots:
                return replace(fault, file=str(self.own.where(path)))
        return fault

    def say(self, trouble: str) -> None:
        """What is wrong with the rules that were loaded ("" for nothing), for the others to see. Raises StoreError."""
        self._troubles["rules"] = trouble
        self._note()

    def barred(self) -> str:
        """Why the own folders should not be written to at the moment; "" where they may. Raises StoreError."""
        if self._troubles["folders"]:
            return self._troubles["folders"]
        with reading(self.engine) as conn:
            head = editions.head(conn)
        if head is not None and head.digest != self.files.known().digest:
            return f"edition {head.number} by {head.by} is on its way to this machine: try again in some seconds"
        return ""

    def pull(self) -> tuple[Edition, list[Path]]:
        """Bring the own folders to the edition in force; returns it, and the files in which what stood here and in no
        edition is kept. Raises AlertsError."""
        with self.files.alone():
            force = self._in_force()
            if force is None:
                raise InputError("no edition is in force yet: 'alerts rules publish' makes the first")
            mine = manifest_of(self.own.read())
            of, wanted = self.files.known().of, within(self._theirs, self.own.slots)
            changed = [path for path in differing(mine, wanted) if path in mine]
            keep = [path for path in changed if all(one.get(path) != mine[path] for one in of)]
            return force, self._bring(force, mine, keep=keep)

    def publish(self, by: str) -> tuple[int, bool]:
        """Put what stands in the own folders in force on all machines; returns the edition's number, and whether it
        is a new one. Raises AlertsError."""
        with self.files.alone():
            force, files = self._in_force(), self.own.read()
            if not self.own.slots:
                raise InputError("the configuration names no folder of your own: [rules] folders, [templates] folder")
            number = self._publish(force, files, by)
            if number is None:
                raise InputError(_IN_BETWEEN)
            return number, force is None or number != force.number

    def publish_again(self, number: int, by: str) -> tuple[int, bool]:
        """Put an earlier edition in force on all machines once more; returns the number it has now, and whether it is a
        new one. The own folders follow, as everywhere. Raises AlertsError."""
        with writing(self.engine) as conn:
            force, wanted = editions.head(conn), editions.get(conn, number)
            if force is None or wanted is None:
                raise InputError(f"edition {number} is not kept: see 'alerts rules editions'")
            again = editions.put(
                conn, wanted.files, by=f"{by}: as edition {number}", now=self._clock(), over=force.number
            )
        if again is None:
            raise InputError(_IN_BETWEEN)
        return again, again != force.number

    def compare(self) -> tuple[Edition | None, list[str]]:
        """The edition in force, and the files in which the own folders differ from it. Raises AlertsError."""
        force, mine = self._in_force(), manifest_of(self.own.read())
        wanted = within(self._theirs, self.own.slots)
        return force, differing(mine, wanted)

    def _look(self, *, at_once: bool = False) -> bool:
        with self.files.alone():
            mine = self._find(at_once)
            for _ in range(3):  # where another machine publishes at the same moment, look again
                force = self._in_force()
                if mine is None or not self._settle(force, mine):
                    break
            taken = self._take(force)
        if taken or (at_once and self.files.current()):
            self._check_templates()
        self._note()
        return taken

    def _find(self, at_once: bool) -> Manifest | None:
        """What stands in the own folders; None while it cannot be read, or is being written."""
        stamp = self.own.stamp()
        settled, same = at_once or stamp == self._stamp, stamp == self._stamp and self._mine is not None
        self._stamp = stamp
        if not settled:
            self._mine = None
        elif not same:
            try:
                self._mine = manifest_of(self.own.read())
            except Faults as error:
                self._mine = None
                self._troubles["folders"] = (
                    f"what lies on this machine is left as it is, for not all of it can be read: {error}"
                )
        return self._mine

    def _in_force(self) -> Edition | None:
        with reading(self.engine) as conn:
            head = editions.head(conn)
            known = self._edition
            if head is None or known is None or (head.number, head.digest) != (known.number, known.digest):
                self._edition = editions.get(conn, head.number) if head else None
                self._theirs = manifest_of(self._edition.files) if self._edition else {}
        return self._edition

    def _settle(self, force: Edition | None, mine: Manifest) -> bool:
        """Do with the own folders what is to be done; returns whether another edition is in force for it."""
        known = self.files.known()
        doing = self._what_to_do(force, mine, known)
        try:
            trouble = self._do(doing, force, mine, known)
        except Faults as error:
            trouble = f"what lies on this machine cannot be read: {error}"
        except InputError as error:
            trouble = f"the folders on this machine are not brought to the edition in force: {error}"
        self._troubles["folders"] = trouble
        return doing == "publish" and not trouble

    def _what_to_do(self, force: Edition | None, mine: Manifest, known: Known) -> Doing:
        doing = decide(mine, known.of, self._theirs if force else None, self.own.slots)
        if doing == "bring" and force is not None and not self._follows(known, force):
            return "apart"
        if doing == "apart" and not known.of and self._once_in_force(mine):
            return "bring"
        return doing

    def _do(self, doing: Doing, force: Edition | None, mine: Manifest, known: Known) -> str:
        """Returns what is wrong, "" for nothing."""
        if doing == "publish":
            self._publish(force, self.own.read(), self.machine)
        elif doing == "bring" and force is not None:
            self._bring(force, mine)
            self._mine, self._stamp = None, None
        elif doing == "same" and force is not None:
            if (known.of, known.digest) != ((mine,), force.digest):
                self._know(self._theirs, force.number)
        elif doing == "apart" and force is not None:
            return self._apart(force, mine, known)
        return _EMPTIED if doing == "emptied" else ""

    def _follows(self, known: Known, force: Edition) -> bool:
        """Whether what is in force came after what the folders are of. A database brought back from a backup knows
        nothing of what came since."""
        if not known.number:
            return True
        with reading(self.engine) as conn:
            before = editions.digest_at(conn, known.number)
        return known.number < force.number and before in (None, known.digest)

    def _once_in_force(self, mine: Manifest) -> bool:
        """Whether an edition had the same files: nothing is lost when they are written over."""
        with reading(self.engine) as conn:
            return any(within(manifest_of(one.files), self.own.slots) == mine for one in editions.kept(conn))

    def _apart(self, force: Edition, mine: Manifest, known: Known) -> str:
        wanted = within(self._theirs, self.own.slots)
        paths = differing(mine, wanted)
        touched = [path for path in paths if known.of and all(one.get(path) != mine.get(path) for one in known.of)]
        named = [str(self.own.where(path)) for path in touched or paths]
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        return (
            f"the rules and templates that lie on this machine are not those of edition {force.number} by {force.by},"
            f" which is in force, nor as they were before it ({', '.join(named[:5])}{more}): they are not in force;"
            f" {WHAT_TO_DO}"
        )

    def _publish(self, force: Edition | None, files: Files, by: str) -> int | None:
        others = (
            {path: one for path, one in force.files.items() if slot_of(path) not in self.own.slots} if force else {}
        )
        with writing(self.engine) as conn:
            number = editions.put(
                conn, {**others, **files}, by=by, now=self._clock(), over=force.number if force else None
            )
        if number is not None:
            manifest = manifest_of({**others, **files})
            self._know(manifest, number)
            _log.info("edition %d of rules and templates is published from %s", number, by)
        return number

    def _bring(self, force: Edition, mine: Manifest, *, keep: Collection[str] = ()) -> list[Path]:
        """Bring the own folders to what is in force. Where this is broken off, each file is as it was or is to be, and
        it is gone on with."""
        wanted = {path: one for path, one in force.files.items() if slot_of(path) in self.own.slots}
        manifest, known = manifest_of(wanted), self.files.known()
        self.own.may_bring(manifest, mine)
        of = [*known.of, mine, manifest]
        self.files.remember(
            Known(
                of=tuple(one for at, one in enumerate(of) if one not in of[:at]),
                number=known.number,
                digest=known.digest,
            )
        )
        kept = self.own.bring(wanted, mine, keep=keep)
        self._know(manifest_of(force.files), force.number)
        _log.info("the folders on this machine are as edition %d by %s now", force.number, force.by)
        return kept

    def _know(self, manifest: Manifest, number: int) -> None:
        digest = digest_of(manifest)
        self.files.remember(Known(of=(within(manifest, self.own.slots),), number=number, digest=digest))

    def _take(self, force: Edition | None) -> bool:
        """Go by what is in force; what cannot be written leaves the earlier one in force here."""
        if force is None and self.files.current():
            return False
        try:
            taken = self.files.take(force, doubt=not self._trusted)
        except InputError as error:
            self._troubles["edition"] = f"edition {force.number if force else 0} cannot be taken: {error}"
            return False
        self._troubles["edition"], self._trusted = "", True
        if taken and force is not None:
            _log.info("edition %d of rules and templates by %s is taken", force.number, force.by)
        return taken

    def _check_templates(self) -> None:
        folder = self.files.templates
        faults = check_mail_templates(folder) if any(folder.iterdir()) else []
        told = (str(fault).replace(f"{folder}/", "templates/") for fault in faults if fault.level == "error")
        self._troubles["templates"] = "\n".join(told)

    def _note(self) -> None:
        """Tell the log and the others where this machine stands."""
        trouble = self.trouble
        news = "\n".join(
            text for of, text in self._troubles.items() if text and of != "rules"
        )  # those are told already
        if news != self._told:
            self._told = news
            _log.log(logging.ERROR if news else logging.INFO, "rules and templates: %s", news or "all is well again")
        number, base = self.files.number(), self.files.known().digest
        now = Standing(edition=number, base=base, trouble=trouble[:_LONGEST])
        with reading(self.engine) as conn:
            said = editions.standing(conn, self.machine)
        if said is not None and said != now:
            with writing(self.engine) as conn:
                editions.put_standing(conn, self.machine, now)
