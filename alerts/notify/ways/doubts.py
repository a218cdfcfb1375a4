"""Whether our own Postfix's log and queue can tell what became of mails: asked before it matters, in words that say
what to do. A trail that cannot be used is no error: mails go out all the same."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import shlex
import shutil
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from alerts.notify.ways.postfix import PostfixTrail, end_of, first_time, logs

_WHERE_IT_LOGS: Final = (
    'where does it log? "postconf maillog_file" names the file that it writes itself; else syslog decides. Where only '
    "the journal has it, give it a file: postconf -e maillog_file=/var/log/postfix.log"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What is wrong, and the setting of [smtp] that it is about."""

    setting: Literal["postfix_log", "postqueue"]
    text: str

    @property
    def message(self) -> str:
        """With what comes of it."""
        return f"what became of a mail cannot be looked up: {self.text}"


async def doubts(
    trail: PostfixTrail, greet: Callable[[], Awaitable[None]], *, for_service: bool = False
) -> list[Doubt]:
    """Why the trail cannot be used; nothing when it can. `greet` visits the server, as the log has to show.
    `for_service`: it is a service that will look, which may have fewer rights than we. Raises what `greet` raises: of a
    server that does not answer nothing more can be said."""
    about_log = await asyncio.to_thread(_closed, trail.log)
    before = (0, 0) if about_log else await asyncio.to_thread(end_of, trail.log)
    await greet()
    if not about_log:
        about_log = await _dead(trail, before)
    about_queue = await _unasked(trail, for_service=for_service)
    found = [Doubt(setting="postfix_log", text=about_log)] if about_log else []
    return found + ([Doubt(setting="postqueue", text=about_queue)] if about_queue else [])


def _closed(log: Path) -> str:
    """Why the log cannot be read; "" when it can."""
    try:
        if not log.exists() and logs(log):
            return ""  # rotated a moment ago
        with log.open("rb"):
            return ""
    except FileNotFoundError:
        return f"there is no file {log}; {_WHERE_IT_LOGS}"
    except PermissionError:
        return f"{log} may not be read by this user; {_way_in(log)}"
    except OSError as error:
        return f"{log} cannot be read: {error.strerror}"


def _way_in(path: Path) -> str:
    """How who runs this gets to read a file."""
    for one in (*reversed(path.parents), path):
        wanted = 0o040 if one == path else 0o010
        if os.access(one, os.R_OK if one == path else os.X_OK, effective_ids=True):
            continue
        found = one.stat()
        if found.st_gid == 0 or not found.st_mode & wanted:
            return f"no group may use {one} (mode {found.st_mode & 0o777:o}): give it one that may, such as adm"
        return _join(_group(found.st_gid))
    return "may its group read it?"


def _join(group: str) -> str:
    return f'let it into the group {group}: "usermod -aG {group} {_user()}", and start the service again'


async def _dead(trail: PostfixTrail, before: tuple[int, int]) -> str:
    """Why nothing can be told from a log that can be read; "" when it can."""
    if not await trail.shows_visit(before):
        return f"a visit to the mail server does not show up in {trail.log}; {_WHERE_IT_LOGS}"
    if await asyncio.to_thread(first_time, trail.log, trail.clock()) is None:
        return (
            f"the lines of {trail.log} do not begin with a time such as 2026-03-02T07:00:00+01:00 or Mar  2 07:00:00; "
            "let syslog write one of these"
        )
    return ""


async def _unasked(trail: PostfixTrail, *, for_service: bool) -> str:
    """Why the queue cannot be listed; "" when it can."""
    program = shlex.split(trail.postqueue)[0]
    path = shutil.which(program)
    if path is None:
        return f'there is no program "{program}"; write its whole path, which is mostly /usr/sbin/postqueue'
    try:
        await trail.queue()
    except (OSError, ValueError) as error:
        text = f"the queue cannot be listed: {str(error) or 'no answer'}"
        return f"{text}; {_join(_who_may(path))}" if "ermission denied" in text else text
    if for_service and _lends_rights(path):
        return (
            "this user may list the queue only by the rights that the program lends, and packaging/alerts.service lets "
            f"the service gain none; {_join(_who_may(path))}"
        )
    return ""


def _lends_rights(program: str) -> bool:
    """Whether it runs as a group that we are not in."""
    found = os.stat(program)
    ours = os.geteuid() == 0 or found.st_gid in (os.getegid(), *os.getgroups())
    return bool(found.st_mode & stat.S_ISGID) and not ours


def _who_may(program: str) -> str:
    """The group of those who may ask Postfix. Its programs run as that group, but not where the service is kept from
    getting more rights than it has."""
    found = os.stat(program)
    return _group(found.st_gid) if found.st_mode & stat.S_ISGID else "postdrop"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
