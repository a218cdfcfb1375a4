"""Why our own Postfix cannot tell what became of mails, in words that say what to do."""

from __future__ import annotations

import grp
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.errors import MailError
from alerts.notify.ways.doubts import Doubt, doubts
from alerts.notify.ways.postfix import PostfixTrail

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
BEGIN = b"2026-03-02T06:00:00.000000+00:00 mail postfix/master[1]: daemon started\n"
VISIT = b"2026-03-02T06:59:59.9+00:00 mail postfix/smtpd[4]: disconnect from localhost[127.0.0.1] ehlo=1 quit=1\n"
_NOBODY = 65534


def trail(log: Path, *, postqueue: str = "true") -> PostfixTrail:
    return PostfixTrail(log=log, postqueue=postqueue, clock=lambda: NOW, patience=0.2)


def visiting(log: Path, line: bytes = VISIT) -> Callable[[], Awaitable[None]]:
    async def greet() -> None:
        with log.open("ab") as file:
            file.write(line)

    return greet


async def nothing_logged() -> None:
    """A visit to a server that logs elsewhere."""


@pytest.fixture
def log() -> Iterator[Path]:
    """A log in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "mail.log")
        path.write_bytes(BEGIN)
        yield path


@pytest.fixture
def rotated(log: Path) -> None:
    log.rename(log.with_name("mail.log.1"))


@pytest.fixture
def absent(log: Path) -> None:
    log.unlink()


@pytest.fixture
def closed(log: Path) -> None:
    log.chmod(0)


@pytest.fixture
def closed_but_for_a_group(log: Path) -> None:
    if os.geteuid():
        pytest.skip("only root may give a file to another group")
    log.chmod(0o640)
    os.chown(log, 0, grp.getgrnam("adm").gr_gid)


@pytest.fixture
def empty(log: Path) -> None:
    log.write_bytes(b"")


async def doubt(log: Path, greet: Callable[[], Awaitable[None]] = nothing_logged, *, postqueue: str = "true") -> Doubt:
    """The only one."""
    [found] = await doubts(trail(log, postqueue=postqueue), greet)
    return found


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read all: be somebody who may not."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(mine)


async def test_a_trail_that_can_be_used_raises_no_doubt(log: Path) -> None:
    assert await doubts(trail(log), visiting(log)) == []


@pytest.mark.usefixtures("rotated")
async def test_a_log_rotated_away_a_moment_ago_raises_no_doubt(log: Path) -> None:
    assert await doubts(trail(log), visiting(log)) == []


@pytest.mark.usefixtures("absent")
async def test_a_log_that_is_not_there_is_told_with_where_to_look_for_it(log: Path) -> None:
    found = await doubt(log)
    assert found.setting == "postfix_log"
    assert found.message.startswith(f"what became of a mail cannot be looked up: there is no file {log}; ")
    assert "postconf maillog_file" in found.text and "journal" in found.text


@pytest.mark.usefixtures("closed")
async def test_a_log_that_may_not_be_read_is_told_with_what_opens_it(log: Path) -> None:
    with as_nobody():
        found = await doubt(log)
    assert f"{log} may not be read by this user" in found.text
    assert f"no group may use {log} (mode 0)" in found.text


@pytest.mark.usefixtures("closed_but_for_a_group")
async def test_a_log_of_a_group_is_opened_by_joining_the_group(log: Path) -> None:
    with as_nobody():
        found = await doubt(log)
    assert 'let it into the group adm: "usermod -aG adm nobody", and start the service again' in found.text


async def test_a_log_of_another_server_is_told(log: Path) -> None:
    found = await doubt(log)
    assert f"a visit to the mail server does not show up in {log}; where does it log?" in found.text


@pytest.mark.usefixtures("empty")
async def test_a_log_without_times_is_told(log: Path) -> None:
    found = await doubt(log, visiting(log, b"postfix/smtpd[4]: connect from localhost[127.0.0.1]\n"))
    assert "do not begin with a time" in found.text


@pytest.mark.parametrize(
    ("postqueue", "said"),
    [
        ("/no/such/program", 'there is no program "/no/such/program"; write its whole path'),
        ("false", "the queue cannot be listed: false ends with 1"),
        ("echo nonsense", "the queue cannot be listed: "),
    ],
)
async def test_a_queue_that_cannot_be_listed_is_told(log: Path, postqueue: str, said: str) -> None:
    found = await doubt(log, visiting(log), postqueue=postqueue)
    assert (found.setting, said in found.text) == ("postqueue", True)


@pytest.fixture
def lending(log: Path) -> str:
    """A program that runs as a group which nobody is in."""
    program = log.with_name("postqueue")
    shutil.copy("/bin/true", program)
    if os.geteuid():
        pytest.skip("only root may give a file to another group")
    os.chown(program, 0, grp.getgrnam("adm").gr_gid)
    program.chmod(0o2755)
    log.chmod(0o666)
    return str(program)


async def test_a_queue_that_is_listed_by_lent_rights_only_is_doubted_for_the_service(log: Path, lending: str) -> None:
    with as_nobody():
        assert await doubts(trail(log, postqueue=lending), visiting(log)) == []
        [found] = await doubts(trail(log, postqueue=lending), visiting(log), for_service=True)
    assert "only by the rights that the program lends" in found.text and "usermod -aG adm nobody" in found.text


async def test_of_a_server_that_does_not_answer_nothing_more_is_said(log: Path) -> None:
    async def greet() -> None:
        raise MailError("nobody there", reason="connect", permanent=False)

    with pytest.raises(MailError):
        await doubts(trail(log), greet)
