"""What our own Postfix's log and queue tell of mails; and that they never seem to tell more than they do."""

from __future__ import annotations

import asyncio
import bz2
import gzip
import lzma
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import MailError
from alerts.notify.ways.doubts import doubts
from alerts.notify.ways.postfix import PostfixTrail, Seen, Waiting, fate, logs, queued, read_log, time_of
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.notify.ways.transport import Envelope, Fate
from tests.fakes import waiting
from tests.fakes.postfix import PrivatePostfix, needs_postfix

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MAIL, OTHER = f"{1:028x}", f"{2:028x}"
BEGIN = b"2026-03-02T06:00:00.000000+00:00 mail postfix/master[1]: daemon started\n"
QMGR = "2026-03-02T06:59:00.5+00:00 mail postfix/qmgr[2]: A1: from=<{sender}>, size=9, nrcpt=1 (queue active)\n"
ACTIVE = QMGR.format(sender=f"bounce+0123456789ab-{MAIL}@alerts.example")
NAMED = "2026-03-02T06:{minute}:00.5+00:00 mail postfix/cleanup[3]: A1: message-id=<{digits}@alerts.example>\n"
PLAIN = QMGR.format(sender="desk@alerts.example")
VISIT = b"2026-03-02T06:59:59.9+00:00 mail postfix/smtpd[4]: disconnect from localhost[127.0.0.1] ehlo=1 quit=1\n"


def seen(*lines: str) -> Seen:
    found = Seen()
    read_log(["".join(lines).encode()], {MAIL, OTHER}, found, NOW)
    return found


def named(minute: int = 58, digits: str = MAIL) -> str:
    return NAMED.format(minute=minute, digits=digits)


@pytest.mark.parametrize(
    ("found", "waiting", "covered", "expected"),
    [
        (seen(ACTIVE), [], True, "taken"),
        (seen(ACTIVE), [], False, "taken"),
        (seen(named(), PLAIN), [], True, "taken"),
        (seen(named()), [Waiting(queue_id="A1", sender="desk@alerts.example")], True, "taken"),
        (seen(), [Waiting(queue_id="B2", sender=f"bounce+{MAIL}@alerts.example")], False, "taken"),
        (seen(), [Waiting(queue_id="B2", sender=f"bounce+{OTHER}@alerts.example")], True, "absent"),
        (seen(named(digits=OTHER), PLAIN), [], True, "absent"),
        (seen(named()), [], True, "absent"),  # its head was read, and then the connection broke
        (seen(), [], True, "absent"),
        (seen(), [], False, "unknown"),
        (seen(named()), [], False, "unknown"),
    ],
)
def test_what_log_and_queue_say_of_a_mail(found: Seen, waiting: list[Waiting], covered: bool, expected: Fate) -> None:
    assert fate(MAIL, found, waiting, covered=covered, now=NOW) == expected


def test_a_mail_whose_head_came_a_moment_ago_may_be_under_way() -> None:
    at = datetime(2026, 3, 2, 6, 58, 10, tzinfo=UTC)
    assert fate(MAIL, seen(named()), [], covered=True, now=at) == "later"


@pytest.mark.parametrize("lines", [(ACTIVE,), (named(), PLAIN)])
def test_what_became_of_an_earlier_attempt_says_nothing_of_a_later_one(lines: tuple[str, ...]) -> None:
    found = seen(*lines)
    for minutes, expected in ((1, "taken"), (-2, "absent")):
        since = NOW - timedelta(minutes=minutes)
        assert fate(MAIL, found, [], covered=True, now=NOW + timedelta(hours=1), since=since) == expected


@given(st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)), st.integers(0, 40 * 24 * 3600))
def test_a_time_in_the_log_is_read_as_it_was_written(at: datetime, seconds_ago: int) -> None:
    logged = at.replace(microsecond=0).astimezone(UTC)
    old = logged.astimezone().strftime("%b %e %H:%M:%S mail postfix/qmgr[2]: x")
    read = time_of(old.encode(), logged + timedelta(seconds=seconds_ago))
    assert read is not None
    assert abs(read - logged) in (timedelta(0), timedelta(hours=1))  # an hour that comes twice
    assert time_of(logged.isoformat().encode() + b" mail", NOW) == logged


@pytest.mark.parametrize("line", [b"", b"no time here", b"Foo 12 07:00:00 mail", b"Feb 30 07:00:00 mail", b"\xff\xfe"])
def test_a_line_without_a_time_has_none(line: bytes) -> None:
    assert time_of(line, NOW) is None


def test_a_list_of_a_queue_is_one_or_is_refused() -> None:
    assert queued(['{"queue_id": "A1", "sender": "a@b.example"}']) == [Waiting(queue_id="A1", sender="a@b.example")]
    for wrong in ("Mail queue is empty", "[]", '{"sender": "x"}'):
        with pytest.raises(ValueError):
            queued([wrong])


def trail(folder: Path, *, postqueue: str = "true") -> PostfixTrail:
    return PostfixTrail(log=folder / "mail.log", postqueue=postqueue, clock=lambda: NOW, patience=0.2)


async def asked(one: PostfixTrail, *, since: datetime = NOW - timedelta(minutes=30), visit: bytes = VISIT) -> Fate:
    async def greet() -> None:
        with one.log.open("ab") as file:
            file.write(visit)

    return (await one.fates({f"<{MAIL}@alerts.example>": since}, greet))[f"<{MAIL}@alerts.example>"]


async def test_a_log_that_reaches_back_and_is_written_to_proves_absence(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(BEGIN)
    assert await asked(trail(tmp_path)) == "absent"


async def test_a_log_in_which_we_do_not_show_up_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(BEGIN)
    assert await asked(trail(tmp_path), visit=b"") == "unknown"


async def test_a_log_that_begins_after_the_attempt_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(BEGIN)
    assert await asked(trail(tmp_path), since=NOW - timedelta(hours=2)) == "unknown"


def rotated(folder: Path, *names: str) -> list[str]:
    """Files of these names, the newest first; those that are read as the log."""
    for number, name in enumerate(names):
        (folder / name).touch()
        os.utime(folder / name, (1e9 - number, 1e9 - number))
    return [path.name for path in logs(folder / "mail.log")]


@pytest.mark.parametrize(
    ("name", "pack"),
    [("1", bytes), ("1.gz", gzip.compress), ("20260302-065900.bz2", bz2.compress), ("1.xz", lzma.compress)],
)
async def test_what_was_rotated_away_is_read_as_well(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / f"mail.log.{name}").write_bytes(pack(BEGIN + ACTIVE.encode()))
    (tmp_path / "mail.log").write_bytes(b"")
    assert await asked(trail(tmp_path)) == "taken"


async def test_a_log_that_was_rotated_away_a_moment_ago_begins_anew_with_our_visit(tmp_path: Path) -> None:
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(BEGIN))
    assert await asked(trail(tmp_path)) == "absent"


async def test_a_packed_log_that_is_broken_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(BEGIN)[:-12])
    (tmp_path / "mail.log").write_bytes(b"")
    assert await asked(trail(tmp_path)) == "unknown"


def test_rotated_logs_are_read_back_to_the_first_that_cannot_be_unpacked(tmp_path: Path) -> None:
    names = ("mail.log", "mail.log.1", "mail.log.2.gz", "mail.log.3.zst", "mail.log.4")
    assert rotated(tmp_path, *names) == ["mail.log", "mail.log.1", "mail.log.2.gz"]


def test_a_log_that_is_being_packed_is_read_once_as_it_was(tmp_path: Path) -> None:
    assert rotated(tmp_path, "mail.log.1.gz", "mail.log", "mail.log.1") == ["mail.log", "mail.log.1"]


async def test_a_mail_that_came_back_and_was_let_go_is_looked_for_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(BEGIN + ACTIVE.replace("06:59", "06:40").encode())
    assert await asked(trail(tmp_path), since=NOW - timedelta(minutes=30)) == "taken"
    assert await asked(trail(tmp_path), since=NOW - timedelta(minutes=10)) == "absent"


async def test_a_log_of_another_time_zone_does_not_part_attempts(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes((BEGIN + ACTIVE.encode()).replace(b"+00:00", b"+05:00"))
    odd = VISIT.replace(b"+00:00", b"+05:00")
    assert await asked(trail(tmp_path), since=NOW - timedelta(minutes=10), visit=odd) == "taken"


async def test_what_a_rotated_log_says_last_is_what_the_log_says(tmp_path: Path) -> None:
    (tmp_path / "mail.log.1").write_bytes(BEGIN + ACTIVE.replace("06:59", "06:10").encode())
    (tmp_path / "mail.log").write_bytes(ACTIVE.encode())
    assert await asked(trail(tmp_path), since=NOW - timedelta(minutes=10)) == "taken"


async def test_a_long_log_is_read_from_where_it_matters(tmp_path: Path) -> None:
    filler = b"".join(b"2026-03-02T06:%02d:01+00:00 mail x: %s\n" % (n // 60_000, b"y" * 60) for n in range(60_000))
    (tmp_path / "mail.log").write_bytes(BEGIN + filler + ACTIVE.encode() + filler[:50_000])
    assert await asked(trail(tmp_path)) == "taken"


@pytest.mark.parametrize("postqueue", ["false", "/no/such/program", "echo nonsense"])
async def test_a_queue_that_cannot_be_listed_proves_nothing(tmp_path: Path, postqueue: str) -> None:
    (tmp_path / "mail.log").write_bytes(BEGIN)
    assert await asked(trail(tmp_path, postqueue=postqueue)) == "unknown"


async def test_a_log_that_is_not_there_proves_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert await asked(trail(tmp_path)) == "unknown"
    assert "cannot be looked up" in caplog.text


async def test_while_the_server_is_away_it_is_too_early_to_say(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(BEGIN)

    async def greet() -> None:
        raise MailError("nobody there", reason="connect", permanent=False)

    assert set((await trail(tmp_path).fates({f"<{MAIL}@a.example>": NOW}, greet)).values()) == {"later"}


@pytest.fixture(scope="module")
def postfix() -> Iterator[PrivatePostfix]:
    needs_postfix()
    with PrivatePostfix(folder=Path(tempfile.mkdtemp(prefix="alerts-postfix-"))) as one:
        time.sleep(1)
        yield one


def envelope(digits: str, *, sender: str) -> Envelope:
    text = f"Message-ID: <{digits}@alerts.example>\r\nSubject: x\r\n\r\nText\r\n"
    name = f"<{digits}@alerts.example>"
    return Envelope(sender=sender, recipient="reader@example.com", message_id=name, message=text.encode())


async def test_a_real_postfix_tells_what_it_took_and_what_not(postfix: PrivatePostfix) -> None:
    digits = [os.urandom(14).hex() for _ in range(4)]
    since = datetime.now(UTC)
    look = PostfixTrail(log=postfix.log, postqueue=postfix.postqueue, clock=lambda: datetime.now(UTC))
    smtp = Smtp(SmtpSettings(host="127.0.0.1", port=postfix.port, timeout=5), trail=look)
    await smtp.send(envelope(digits[0], sender=f"bounce+{digits[0]}@alerts.example"))
    await smtp.send(envelope(digits[1], sender="desk@alerts.example"))
    broken = envelope(digits[2], sender="desk@alerts.example")
    reader, writer = await asyncio.open_connection("127.0.0.1", postfix.port)
    writer.write(b"EHLO x\r\nMAIL FROM:<desk@alerts.example>\r\nRCPT TO:<reader@example.com>\r\nDATA\r\n")
    await reader.readuntil(b"354 ")
    writer.write(broken.message)  # and no final dot
    await writer.drain()
    writer.transport.abort()

    def logged() -> bool:
        said = postfix.log.read_text()
        return digits[2] in said and said.count("(queue active)") >= 2

    await waiting.until(logged)
    found = await smtp.find({f"<{one}@alerts.example>": since for one in digits})
    await smtp.close()
    # The head of the third was read a moment ago.
    assert list(found.values()) == ["taken", "taken", "later", "absent"]


async def test_who_may_not_list_a_real_postfix_s_queue_is_told_whom_to_join(postfix: PrivatePostfix) -> None:
    smtp = Smtp(SmtpSettings(host="127.0.0.1", port=postfix.port, timeout=5))
    look = PostfixTrail(log=postfix.log, postqueue=postfix.postqueue, clock=lambda: datetime.now(UTC))
    assert await doubts(look, smtp.check) == []
    look.postqueue = f"setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs {postfix.postqueue}"
    [found] = await doubts(look, smtp.check)
    assert "Permission denied" in found.text and "usermod -aG postdrop root" in found.text
