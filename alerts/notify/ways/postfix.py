"""What became of mails that were perhaps handed over to our own Postfix: its queue and its log tell.

A mail that Postfix took is in its queue, or its queue manager has logged it as active. One that is in neither was not
taken, if the log goes back to before the attempt and is written to at this moment. That is tried: a short visit to the
server has to show up in the log first, so a log that is another server's, or no longer written, never counts as proof.
Mails are known by the digits of their Message-ID: in the envelope's sender (`bounce+DIGITS@`), where bounces are read,
else by what `cleanup` logs of the Message-ID.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import shlex
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from alerts.errors import MailError
from alerts.notify.ways.transport import Fate

_log = logging.getLogger(__name__)
SETTLES: Final = timedelta(seconds=5)
_SLACK: Final = timedelta(seconds=1)  # the log's times are whole seconds
_STILL_AT_WORK: Final = timedelta(seconds=30)
_BLOCK: Final = 1 << 20
_DIGITS: Final = re.compile(r"[0-9a-f]{28}")
_ACTIVE: Final = re.compile(
    rb"qmgr\[\d+\]: (\w+): from=<(?:[^>\n]*?([0-9a-f]{28})@)?[^>\n]*>, size=\d+, nrcpt=\d+ \(queue active\)"
)
_NAMED: Final = re.compile(rb"cleanup\[\d+\]: (\w+): message-id=<([0-9a-f]{28})@")
_VISIT: Final = re.compile(rb"smtpd\[\d+\]: (?:dis)?connect from ")
_OLD_TIME: Final = re.compile(r"([A-Z][a-z]{2}) +(\d+) (\d\d):(\d\d):(\d\d) ")
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_PACKED: Final = (".gz", ".xz", ".bz2", ".zst")


@dataclass(slots=True)
class Seen:
    """What a log says, by digits: the mails that were active, the queue ids of mails whose head was read (and when),
    and all queue ids that were active."""

    active: set[str] = field(default_factory=set)
    named: dict[str, dict[str, datetime | None]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One mail in Postfix's queue."""

    queue_id: str
    sender: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class PostfixTrail:
    """Looks at the log file `log` and asks the command `postqueue`. `clock` gives the time, `patience` bounds the wait
    for our visit to show up in the log (seconds)."""

    log: Path
    postqueue: str
    clock: Callable[[], datetime]
    settles: timedelta = SETTLES
    patience: float = 5.0
    _said: str = ""

    async def fates(self, sought: Mapping[str, datetime], greet: Callable[[], Awaitable[None]]) -> dict[str, Fate]:
        """What became of the mails with these Message-IDs; `sought` says since when each may have gone."""
        try:
            before = await asyncio.to_thread(_end, self.log)
            try:
                await greet()
            except MailError:
                return dict.fromkeys(sought, "later")  # who is away can take nothing either
            lives = await self._shows_visit(before)
            waiting = await self._queue()
            seen, begins = await asyncio.to_thread(self._read, sought)
        except (OSError, ValueError, TimeoutError) as error:
            self._say(f"{self.log}: what became of mails cannot be looked up: {error}")
            return dict.fromkeys(sought, "unknown")
        if not lives:
            self._say(f"{self.log}: our visit does not show up there: is it the log of this mail server?")
        else:
            self._said = ""
        now = self.clock()
        return {
            name: fate(_digits(name), seen, waiting, covered=lives and begins is not None and begins <= since, now=now)
            for name, since in sought.items()
        }

    async def _shows_visit(self, before: tuple[int, int]) -> bool:
        end = asyncio.get_running_loop().time() + self.patience
        while not await asyncio.to_thread(_has_visit, self.log, before):
            if asyncio.get_running_loop().time() > end:
                return False
            await asyncio.sleep(0.1)
        return True

    async def _queue(self) -> list[Waiting]:
        command = shlex.split(self.postqueue)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, "-j", stdout=pipe, stderr=pipe)
        try:
            async with asyncio.timeout(60):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise OSError(f"{command[0]} ends with {process.returncode}: {len(err)} bytes of complaint")
        return queued(out.decode("utf-8", "replace").splitlines())

    def _read(self, sought: Mapping[str, datetime]) -> tuple[Seen, datetime | None]:
        """What the log says of these mails, and when what we read of it begins."""
        since, now = min(sought.values()) - _SLACK, self.clock()
        seen, begins = Seen(), None
        for path in logs(self.log):
            begins = _first_time(path, now) or begins
            read_log(_blocks(path, since, now), {_digits(name) for name in sought}, seen, now)
            if begins is not None and begins < since:
                break
        return seen, None if begins is None else begins + _SLACK

    def _say(self, what: str) -> None:
        if what != self._said:
            _log.warning("%s", what)
        self._said = what


def fate(digits: str, seen: Seen, waiting: Iterable[Waiting], *, covered: bool, now: datetime) -> Fate:
    """What became of a mail. `covered`: what is not in the log did not happen."""
    named = seen.named.get(digits, {})
    ids = {one.queue_id for one in waiting if one.queue_id in named or digits in one.sender}
    if ids or digits in seen.active or seen.ids & named.keys():
        return "taken"
    if not covered:
        return "unknown"
    lately = [at for at in named.values() if at is None or now - at < _STILL_AT_WORK]
    return "later" if lately else "absent"


def queued(lines: Iterable[str]) -> list[Waiting]:
    """The mails in what `postqueue -j` says. Raises ValueError for what is none of its output."""
    found = []
    for line in lines:
        one = json.loads(line)
        if not isinstance(one, dict) or "queue_id" not in one:
            raise ValueError("this is no list of a queue")
        found.append(Waiting(queue_id=str(one["queue_id"]), sender=str(one.get("sender", ""))))
    return found


def read_log(blocks: Iterable[bytes], digits: set[str], seen: Seen, now: datetime) -> None:
    """Add to `seen` what whole lines of a log say."""
    for block in blocks:
        for match in _ACTIVE.finditer(block):
            seen.ids.add(match[1].decode())
            if match[2] and (found := match[2].decode()) in digits:
                seen.active.add(found)
        for match in _NAMED.finditer(block):
            if (found := match[2].decode()) in digits:
                begin = block.rfind(b"\n", 0, match.start()) + 1
                seen.named.setdefault(found, {})[match[1].decode()] = time_of(block[begin : begin + 40], now)


def time_of(line: bytes, now: datetime) -> datetime | None:
    """When a line was logged: "2026-03-02T07:00:00.123456+01:00 ..." or, in local time and without a year,
    "Mar  2 07:00:00 ...". An hour that comes twice counts as its second time."""
    text = line.decode("ascii", "replace")
    try:
        if (old := _OLD_TIME.match(text)) is None:
            found = datetime.fromisoformat(text.split(" ", 1)[0])
            return found.astimezone(UTC)
        month, (day, hour, minute, second) = _MONTHS.index(old[1]) + 1, map(int, old.groups()[1:])
        found = datetime(now.year, month, day, hour, minute, second, fold=1).astimezone(UTC)
        if found <= now + timedelta(days=2):
            return found
        return datetime(now.year - 1, month, day, hour, minute, second, fold=1).astimezone(UTC)
    except ValueError:
        return None


def logs(path: Path) -> list[Path]:
    """The log and what was rotated away of it and is not packed, the newest first."""
    others = [one for one in path.parent.glob(f"{path.name}[.-]*") if one.suffix not in _PACKED]
    return [path, *sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)]


def _digits(message_id: str) -> str:
    found = _DIGITS.search(message_id)
    if found is None:
        raise ValueError("a Message-ID that is not ours")
    return found[0]


def _end(path: Path) -> tuple[int, int]:
    """Which file it is, and where it ends."""
    stat = path.stat()
    return stat.st_ino, stat.st_size


def _has_visit(path: Path, before: tuple[int, int]) -> bool:
    """Whether a visit was logged after `before`."""
    with path.open("rb") as file:
        inode, size = os.fstat(file.fileno()).st_ino, os.fstat(file.fileno()).st_size
        file.seek(before[1] if inode == before[0] and size >= before[1] else 0)
        return _VISIT.search(file.read()) is not None


def _first_time(path: Path, now: datetime) -> datetime | None:
    with path.open("rb") as file:
        return next((at for line in (file.readline() for _ in range(20)) if (at := time_of(line, now))), None)


def _blocks(path: Path, since: datetime, now: datetime) -> Iterator[bytes]:
    """Whole lines of a log from `since` on, about a megabyte at a time."""
    with path.open("rb") as file:
        at = os.fstat(file.fileno()).st_size
        while at > 0:  # back until a block begins before `since`
            at = max(0, at - _BLOCK)
            file.seek(at)
            if at:
                file.readline()
            begin = time_of(file.readline(), now)
            if begin is not None and begin < since:
                break
        file.seek(at)
        rest = b""
        while block := file.read(_BLOCK):
            whole, _, rest = (rest + block).rpartition(b"\n")
            yield whole
        yield rest
