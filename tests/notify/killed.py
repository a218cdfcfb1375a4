"""Couriers in processes of their own, which kill themselves at a named point: the child of `test_crashes`.

For each line FOLDER WAY POINT NTH (separated by tabs) on its input it starts one, and answers with the number
of the signal that ended it (0: it ended well). WAY is "maildir" or the port of an SMTP server. It forks, so that
the imports are paid for once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from alerts.notify.ways.maildir import Maildir
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.notify.ways.transport import Crash, Transport
from alerts.store.database import open_database
from tests.notify.world import Clock, courier
from tests.sealed import VAULT


def killer(point: str, nth: int) -> Crash:
    """Ends this process, as the kernel would, when `point` is reached for the nth time."""
    reached = [0]

    def crash(here: str) -> None:
        if here == point:
            reached[0] += 1
            if reached[0] == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    return crash


async def main(folder: Path, way: str, crash: Crash) -> None:
    engine = open_database(f"sqlite:///{folder}/alerts.db", vault=VAULT)
    transport: Transport
    if way == "maildir":
        transport = Maildir(folder / "mail", at_once=2, crash=crash)
    else:
        transport = Smtp(SmtpSettings(host="127.0.0.1", port=int(way), connections=2, timeout=5), crash=crash)
    clock = Clock()
    one = courier(engine, transport, clock, crash=crash)
    await one.recover()
    await one.deliver_all()
    clock.advance(hours=1)  # past every back-off
    await one.deliver_all()
    await one.close()
    engine.dispose()


def run(line: str) -> int:
    """One courier, to its end; the signal that ended it."""
    folder, way, point, nth = line.rstrip("\n").split("\t")
    child = os.fork()
    if child == 0:
        asyncio.run(main(Path(folder), way, killer(point, int(nth))))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1


if __name__ == "__main__":
    for command in sys.stdin:
        sys.stdout.write(f"{run(command)}\n")
        sys.stdout.flush()
