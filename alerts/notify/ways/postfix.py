"""What became of mails that were perhaps handed over to our own Postfix: its queue and its log tell.

A mail that Postfix took is in its queue, or its queue manager has logged it as active. One that is in neither was not
taken, if the log goes back to before the attempt and is written to at this moment. That is tried: a short visit to the
server has to show up in the log first, so a log that is another server's, or no longer written, never counts as proof.
Mails are known by the digits of their Message-ID: where bounces are read, the envelope's sender ends with them
(`bounce+SIGNATURE-DIGITS@`), else by what `cleanup` logs of the Message-ID.

The log is a file, whoever writes it: syslog, or Postfix itself (`maillog_file`). It may be rotated at any moment, by
being moved or copied, and what was rotated away may be packed. What only the journal holds is not read.
"""

from __future__ import annotations

import asyncio
import bz2
import gzip
import json
import logging
import lzma
import os
import re
import shlex
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import IO, Any, Final

from alerts.errors import MailError
from alerts.notify.ways.transport import Fate

_log = logging.getLogger(__name__)
SETTLES: Final = timedelta(seconds=5)
_SLACK: Final = timedelta(seconds=1)  # the log's times are whole seconds
_STILL_AT_WORK: Final = timedelta(seconds=30)
_APART: Final = timedelta(seconds=30)
_PUNCTUAL: Final = timedelta(seconds=15)
_BLOCK: Final = 1 << 20
_DIGITS: Final = re.compile(r"[0-9a-f]{28}")
_ACTIVE: Final = re.compile(
    rb"qmgr\[\d+\]: (\w+): from=<(?:[^>\n]*?([0-9a-f]{28})@)?[^>\n]*>, size=\d+, nrcpt=\d+ \(queue active\)"
)
_NAMED: Final = re.compile(rb"cleanup\[\d+\]: (\w+): message-id=<([0-9a-f]{28})@")
_VISIT: Final = re.compile(rb"smtpd\[\d+\]: (?:dis)?connect from ")
_OLD_TIME: Final = re.compile(r"([A-Z][a-z]{2}) +(\d+) (\d\d):(\d\d):(\d\d) ")
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_UNPACKED_BY: Final[Mapping[str, Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_PACKED: Final = (*_UNPACKED_BY, ".zst", ".lz4", ".lzo", ".zip", ".Z")
_BROKEN: Final = (EOFError, lzma.LZMAError, zlib.error)


@dataclass(slots=True)
class Seen:
    """What a log says, by digits: when the mails were active, and the queue ids of mails whose head was read, and when;
    and the last lines' beginnings of all queue ids that were active."""

    active: dict[str, datetime | None] = field(default_factory=dict)
    named: dict[str, dict[str, datetime | None]] = field(default_factory=dict)
    ids: dict[str, bytes] = field(default_factory=dict)

    def add_older(self, other: Seen) -> None:
        """Add what an older log says."""
        self.active, self.ids = other.active | self.active, other.ids | self.ids
        for digits, named in other.named.items():
            self.named[digits] = named | self.named.get(digits, {})


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
            before = await asyncio.to_thread(end_of, self.log)
            try:
                await greet()
            except MailError:
                return dict.fromkeys(sought, "later")  # who is away can take nothing either
            visit, now = await self._visit(before), self.clock()
            waiting = await self.queue()
            seen, begins = await asyncio.to_thread(self._read, sought)
        except (OSError, ValueError, *_BROKEN) as error:
            self._say(f"{self.log}: what became of mails cannot be looked up: {error}")
            return dict.fromkeys(sought, "unknown")
        if visit is None:
            self._say(f"{self.log}: our visit does not show up there: is it the log of this mail server?")
        else:
            self._said = ""
        logged = None if visit is None else time_of(visit, now)
        punctual = logged is not None and abs(now - logged) < _PUNCTUAL  # else it is of another time zone, perhaps
        return {
            name: fate(
                _digits(name),
                seen,
                waiting,
                covered=visit is not None and begins is not None and begins <= since,
                now=now,
                since=since if punctual else None,
            )
            for name, since in sought.items()
        }

    async def shows_visit(self, before: tuple[int, int]) -> bool:
        """Whether a visit to the server was logged after `before` (`end_of`), or is within some seconds."""
        return await self._visit(before) is not None

    async def _visit(self, before: tuple[int, int]) -> bytes | None:
        """How the line begins that tells of it."""
        end = asyncio.get_running_loop().time() + self.patience
        while (line := await asyncio.to_thread(_visit_after, self.log, before)) is None:
            if asyncio.get_running_loop().time() > end:
                return None
            await asyncio.sleep(0.1)
        return line

    async def queue(self) -> list[Waiting]:
        """What waits in Postfix's queue. Raises OSError and ValueError, with what the command complained of."""
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
            said = err.decode("utf-8", "replace").strip().partition("\n")[0][:200]
            raise OSError(f"{command[0]} ends with {process.returncode}: {'' if '@' in said else said}")
        return queued(out.decode("utf-8", "replace").splitlines())

    def _read(self, sought: Mapping[str, datetime]) -> tuple[Seen, datetime | None]:
        """What the log says of these mails, and when what we read of it begins."""
        since, now = min(sought.values()) - _SLACK, self.clock()
        seen, begins = Seen(), None
        for path in logs(self.log):
            begins = first_time(path, now) or begins
            older = Seen()
            read_log(_blocks(path, since, now), {_digits(name) for name in sought}, older, now)
            seen.add_older(older)
            if begins is not None and begins < since:
                break
        return seen, None if begins is None else begins + _SLACK

    def _say(self, what: str) -> None:
        if what != self._said:
            _log.warning("%s", what)
        self._said = what


def fate(
    digits: str,
    seen: Seen,
    waiting: Iterable[Waiting],
    *,
    covered: bool,
    now: datetime,
    since: datetime | None = None,
) -> Fate:
    """What became of a mail. `covered`: what is not in the log did not happen. `since`: an earlier attempt, such as one
    that came back and was let go again by a person, says nothing of this one; None where the log's times are not ours.
    """
    named = seen.named.get(digits, {})
    ids = {one.queue_id for one in waiting if one.queue_id in named or digits in one.sender}
    went = [seen.active[digits]] if digits in seen.active else []
    went += [time_of(seen.ids[one], now) for one in seen.ids.keys() & named.keys()]
    if ids or any(since is None or at is None or at > since - _APART for at in went):
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
            head = seen.ids[match[1].decode()] = _head(block, match.start())
            if match[2] and (found := match[2].decode()) in digits:
                seen.active[found] = time_of(head, now)
        for match in _NAMED.finditer(block):
            if (found := match[2].decode()) in digits:
                seen.named.setdefault(found, {})[match[1].decode()] = time_of(_head(block, match.start()), now)


def _head(block: bytes, at: int) -> bytes:
    """How the line begins that has this place: with its time."""
    begin = block.rfind(b"\n", 0, at) + 1
    return block[begin : begin + 40]


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
    """The log and what was rotated away of it, the newest first, without a gap: up to what cannot be unpacked here."""
    found = set(path.parent.glob(f"{path.name}[.-]*"))
    # While one is packed, it is there twice.
    others = [one for one in found if not (one.suffix in _PACKED and one.with_suffix("") in found)]
    others.sort(key=lambda one: one.stat().st_mtime, reverse=True)
    readable = takewhile(lambda one: one.suffix not in _PACKED or one.suffix in _UNPACKED_BY, others)
    return [*([path] if path.exists() else []), *readable]


def _digits(message_id: str) -> str:
    found = _DIGITS.search(message_id)
    if found is None:
        raise ValueError("a Message-ID that is not ours")
    return found[0]


def end_of(path: Path) -> tuple[int, int]:
    """Which file it is, and where it ends. Just rotated away, it is not there until something is logged."""
    if not path.exists() and len(logs(path)):
        return 0, 0
    stat = path.stat()
    return stat.st_ino, stat.st_size


def _visit_after(path: Path, before: tuple[int, int]) -> bytes | None:
    """How the line begins that tells of a visit after `before`; None without one."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        inode, size = os.fstat(file.fileno()).st_ino, os.fstat(file.fileno()).st_size
        file.seek(before[1] if inode == before[0] and size >= before[1] else 0)
        said = file.read()
        found = _VISIT.search(said)
        return None if found is None else _head(said, found.start())
    return None


def first_time(path: Path, now: datetime) -> datetime | None:
    """When a log begins; None where its lines do not begin with a time."""
    with _opened(path) as file:
        return next((at for line in (file.readline() for _ in range(20)) if (at := time_of(line, now))), None)


def _opened(path: Path) -> IO[bytes]:
    found: IO[bytes] = _UNPACKED_BY.get(path.suffix, open)(path, "rb")
    return found


def _blocks(path: Path, since: datetime, now: datetime) -> Iterator[bytes]:
    """Whole lines of a log from `since` on, about a megabyte at a time; of a packed one, which nobody can read
    backwards, all."""
    with _opened(path) as file:
        if path.suffix not in _UNPACKED_BY:
            file.seek(_begin(file, since, now))
        rest = b""
        while block := file.read(_BLOCK):
            whole, _, rest = (rest + block).rpartition(b"\n")
            yield whole
        yield rest


def _begin(file: IO[bytes], since: datetime, now: datetime) -> int:
    """Where a block begins before `since`, going back from the end."""
    at = file.seek(0, os.SEEK_END)
    while at > 0:
        at = max(0, at - _BLOCK)
        file.seek(at)
        if at:
            file.readline()
        begin = time_of(file.readline(), now)
        if begin is not None and begin < since:
            break
    return at
