"""Couriers in processes of their own, which are killed at a named point or at a moment: the child of `test_crashes`.

For each line FOLDER WAY POINT NTH (separated by tabs) on its input it starts one, and answers with the number
of the signal that ended it (0: it ended well). WAY is "maildir", the port of an SMTP server, or of a Postfix "PORT LOG
SENDER SETTLES POSTQUEUE": SENDER is "plain", or "own" where each mail has an envelope's sender of its own, by which it
is known; SETTLES are seconds. At POINT "moment" the courier is killed NTH milliseconds after it began; at "full-disk"
the disk is full from the NTH mail on that was handed over, and the courier is killed once it cannot go on. It forks, so
that the imports are paid for once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from alerts.errors import StoreError
from alerts.notify.courier import Courier
from alerts.notify.ways.maildir import Maildir
from alerts.notify.ways.postfix import PostfixTrail
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.notify.ways.transport import Crash, Transport, no_crash
from alerts.notify.ways.verdict import Retry
from alerts.render.mail import MailRenderer
from alerts.render.samples import sample_notices
from alerts.store.database import open_database
from tests.fakes.disk import Barred
from tests.notify.world import SENDER, Clock, courier, renderer, states
from tests.sealed import VAULT

MOMENT = "moment"
FULL_DISK = "full-disk"


def killer(point: str, nth: int) -> Crash:
    """Ends this process, as the kernel would, when `point` is reached for the nth time."""
    reached = [0]
    full = point == FULL_DISK

    def crash(here: str) -> None:
        if here == ("handed-over" if full else point):
            reached[0] += 1
            if reached[0] == nth:
                Barred(Path()).fill() if full else die()

    return crash


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(folder: Path, way: str, crash: Crash, warm: MailRenderer | None = None) -> None:
    engine = open_database(f"sqlite:///{folder}/alerts.db", vault=VAULT)
    port, _, postfix = way.partition(" ")
    if postfix:
        one = by_postfix(engine, way, crash=crash)
        one.renderer = warm or one.renderer
        await until_all_is_told(one)
    else:
        transport: Transport
        if way == "maildir":
            transport = Maildir(folder / "mail", at_once=2, crash=crash)
        else:
            transport = Smtp(SmtpSettings(host="127.0.0.1", port=int(port), connections=2, timeout=5), crash=crash)
        clock = Clock()
        one = courier(engine, transport, clock, crash=crash)
        one.renderer = warm or one.renderer
        await one.recover()
        await one.deliver_all()
        clock.advance(hours=1)  # past every back-off
        await one.deliver_all()
    await one.close()
    engine.dispose()


PROMPT = Retry(first=timedelta(seconds=0.5), longest=timedelta(seconds=0.5), unknown="hold")


def by_postfix(engine: Engine, way: str, *, crash: Crash = no_crash) -> Courier:
    """A courier by the clock on the wall, whose mails go through a Postfix that is asked what became of them."""

    def now() -> datetime:
        return datetime.now(UTC)

    port, log, sender, settles, postqueue = way.split(" ", 4)
    trail = PostfixTrail(log=Path(log), postqueue=postqueue, clock=now, settles=timedelta(seconds=float(settles)))
    settings = SmtpSettings(host="127.0.0.1", port=int(port), connections=2, timeout=5, patience=5)
    one = courier(engine, Smtp(settings, trail=trail, crash=crash), Clock(), crash=crash, retry=PROMPT)
    one.clock = now
    one.sender = replace(SENDER, inbox=sender == "own")
    return one


async def until_all_is_told(one: Courier, *, seconds: float = 60.0) -> None:
    """A courier as the service has it, until nothing waits any more."""
    await one.recover()
    async with asyncio.timeout(seconds):
        while True:
            await one.deliver_all()
            if not states(one.engine).keys() & {"queued", "sending"}:
                return
            await asyncio.sleep(0.05)


def run(line: str, warm: MailRenderer) -> int:
    """One courier, to its end; the signal that ended it."""
    folder, way, point, nth = line.rstrip("\n").split("\t")
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(main(Path(folder), way, killer(point, int(nth)), warm))
        except StoreError:
            die()
        os._exit(0)
    if point == MOMENT:
        time.sleep(int(nth) / 1000)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1


if __name__ == "__main__":
    made = renderer()  # with its templates read: what the forked ones need not do
    for notice in sample_notices():
        made.render(notice)
    made._done.clear()
    for command in sys.stdin:
        sys.stdout.write(f"{run(command, made)}\n")
        sys.stdout.flush()
