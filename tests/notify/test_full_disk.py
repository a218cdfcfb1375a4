"""A disk that is full while mails go out: what went out is remembered until it can be stored, and nothing is lost or
doubled. The disk is a real one that is filled (`tests.fakes.disk`)."""

from __future__ import annotations

import email
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from alerts.engine.base import Stage
from alerts.engine.local import LocalEngine
from alerts.errors import MailError, StoreError
from alerts.notify.courier import Courier
from alerts.notify.ways.maildir import Maildir
from alerts.notify.ways.transport import Crash, Envelope, no_crash
from alerts.notify.ways.verdict import Retry
from alerts.render.mail import MailRenderer
from alerts.store import holds
from alerts.store.database import reading
from tests.fakes.disk import Disk, barred_disk, small_disk
from tests.fakes.smtp import FakeSmtp
from tests.fakes.waiting import until
from tests.notify.ways_out import smtp
from tests.notify.world import Clock, courier, mails, new_database, populate, renderer, states

READERS = 8
NOBODY_CAN_TELL = Retry(unknown="hold")  # a result that is forgotten shows as `ambiguous`


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """One that nothing can be written to when it is full, or by indirect parameter a small one."""
    make = small_disk if getattr(request, "param", "") == "small" else barred_disk
    with make(tmp_path / "disk") as made:
        yield made


on_small_ones_too = pytest.mark.parametrize("disk", ["small", "barred"], indirect=True)


@pytest.fixture
def engine(disk: Disk) -> Iterator[Engine]:
    made = new_database(disk.folder)
    populate(made, readers=READERS, severity="minor")
    with made.connect() as conn:  # SQLite's log is empty: it must grow to take anything in
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    yield made
    disk.free()
    made.dispose()


@pytest.fixture(scope="module")
def warm() -> MailRenderer:
    return renderer()


def at(point: str, nth: int, does: Callable[[], None]) -> Crash:
    """A hook that does something when `point` is reached for the nth time."""
    reached = Counter[str]()

    def crash(here: str) -> None:
        reached[here] += 1
        if (here, reached[here]) == (point, nth):
            does()

    return crash


def sending(engine: Engine, server: FakeSmtp, warm: MailRenderer, *, crash: Crash = no_crash) -> Courier:
    one = courier(engine, smtp(server), Clock(), crash=crash, retry=NOBODY_CAN_TELL)
    one.renderer = warm
    return one


def taken(server: FakeSmtp) -> dict[str, int]:
    """How often the server took each Message-ID."""
    return Counter(str(email.message_from_bytes(got.message)["Message-ID"]) for got in server.received)


def each_once(engine: Engine) -> dict[str, int]:
    return {row.message_id: 1 for row in mails(engine)}


@pytest.mark.parametrize(
    ("disk", "point", "nth"),
    [
        ("barred", "leased", 1),
        ("small", "sending-committed", 1),
        ("barred", "handed-over", 1),
        ("small", "handed-over", 3),
        ("barred", "handed-over", 4),
        ("barred", "result-committed", 1),
    ],
    indirect=["disk"],
)
async def test_what_went_out_is_stored_when_there_is_room_and_the_rest_goes_at_once(
    disk: Disk, engine: Engine, warm: MailRenderer, point: str, nth: int
) -> None:
    async with FakeSmtp() as server:
        one = sending(engine, server, warm, crash=at(point, nth, disk.fill))
        with pytest.raises(StoreError):
            await one.deliver_all()
        out = len(server.received)
        with pytest.raises(StoreError):
            await one.deliver_all()
        assert len(server.received) == out < READERS  # nothing is begun that cannot be remembered
        disk.free()
        await one.deliver_all()  # at the same moment by its clock: no lease has to run out
        await one.close()
    assert states(engine) == {"accepted": READERS}
    assert taken(server) == each_once(engine)


async def test_what_cannot_be_stored_until_the_end_is_tried_once_more(
    disk: Disk, engine: Engine, warm: MailRenderer, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeSmtp() as server:
        one = sending(engine, server, warm, crash=at("handed-over", 1, disk.fill))
        with pytest.raises(StoreError):
            await one.deliver_all()
        one.stop()
        await one.close()
        assert "what became of 2 mails is not stored" in caplog.text
        disk.free()
        await one.close()
    assert states(engine) == {"accepted": 2, "queued": READERS - 2}


async def test_a_stop_of_the_queue_that_could_not_be_stored_is_not_forgotten(
    disk: Disk, engine: Engine, warm: MailRenderer
) -> None:
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("550 5.7.26 this mail is unauthenticated")
        one = sending(engine, server, warm, crash=at("handed-over", 1, disk.fill))
        with pytest.raises(StoreError):
            await one.deliver_all()
        disk.free()
        assert (await one.deliver_all()).leased == 0
        await one.close()
    with reading(engine) as conn:
        assert [one.kind for one in holds.in_force(conn)] == ["all"]


@pytest.mark.parametrize("nth", [2, 4, 5])  # the lease, the first marks, the first results with further marks
async def test_a_commit_that_was_done_though_its_answer_did_not_come_costs_no_wait(
    engine: Engine, warm: MailRenderer, nth: int
) -> None:
    breaks = [number == nth for number in range(1, nth + 1)]

    @event.listens_for(engine, "commit")
    def commit(conn: Connection) -> None:
        if breaks and breaks.pop(0):
            conn.connection.commit()
            raise StoreError("the connection broke off")

    async with FakeSmtp() as server:
        one = sending(engine, server, warm)
        with pytest.raises(StoreError):
            await one.deliver_all()
        assert len(server.received) < READERS
        await one.deliver_all()
        await one.close()
    assert states(engine) == {"accepted": READERS}
    assert taken(server) == each_once(engine)
    assert {row.attempts for row in mails(engine)} == {1}


@pytest.mark.parametrize("disk", ["small"], indirect=True)
async def test_the_operator_is_told_in_words_and_once(
    disk: Disk, engine: Engine, warm: MailRenderer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "alerts.engine")
    async with FakeSmtp() as server:
        one = sending(engine, server, warm, crash=at("handed-over", 2, disk.fill))
        service = LocalEngine((Stage(name="mailing", every_s=0.02, run=one.deliver_all),))
        await service.start()
        await until(lambda: "mailing has to wait" in caplog.text)
        disk.free()
        await until(lambda: states(engine) == {"accepted": READERS})
        await until(lambda: "mailing works again" in caplog.text)
        await service.stop()
        await one.close()
    assert taken(server) == each_once(engine)
    [said] = [record.getMessage() for record in caplog.records if "has to wait" in record.getMessage()]
    assert "the database is full: free space on its disk" in said


@on_small_ones_too
@pytest.mark.parametrize(("point", "nth"), [("mail-written", 2), ("sending-committed", 1)])
async def test_mails_into_a_folder_on_the_full_disk_come_whole_and_once(
    disk: Disk, engine: Engine, warm: MailRenderer, point: str, nth: int
) -> None:
    crash = at(point, nth, disk.fill)
    clock = Clock()
    one = courier(engine, Maildir(disk.folder / "mail", at_once=2, crash=crash), clock, crash=crash)
    one.renderer = warm
    with pytest.raises(StoreError):
        await one.deliver_all()
    there = list((disk.folder / "mail/new").iterdir())
    assert not list((disk.folder / "mail/tmp").iterdir())
    assert all(path.read_bytes().rstrip().endswith(b"--") for path in there)
    disk.free()
    await one.deliver_all()
    clock.advance(minutes=1)  # a folder that could not be written is left alone for so long
    await one.deliver_all()
    found = Counter(path.name for path in (disk.folder / "mail/new").iterdir())
    assert states(engine) == {"accepted": READERS}
    assert found == {f"{row.message_id[1:29]}.eml": 1 for row in mails(engine)}
    assert all(path.read_bytes().rstrip().endswith(b"--") for path in (disk.folder / "mail/new").iterdir())


@on_small_ones_too
async def test_a_folder_on_a_full_disk_holds_no_half_mail(disk: Disk) -> None:
    folder = Maildir(disk.folder / "mail")
    text = b"Subject: x\r\n\r\n" + b"A line of text\r\n" * 2000
    letter = Envelope(sender="a@b.example", recipient="r@c.example", message_id="<abc1@b.example>", message=text)
    disk.fill(but=8192)
    with pytest.raises(MailError, match="free some space") as caught:
        await folder.send(letter)
    assert caught.value.reason == "disk"
    assert not [*(disk.folder / "mail/new").iterdir(), *(disk.folder / "mail/tmp").iterdir()]
    disk.free()
    await folder.send(letter)
    assert (disk.folder / "mail/new/abc1.eml").read_bytes() == text
