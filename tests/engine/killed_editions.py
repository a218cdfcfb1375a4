"""A machine in a process of its own that is killed at the nth thing it does to a file: the child of
`test_editions_killed`. For each line FOLDER NTH on its input it looks as the machine "beta" of that folder, and answers
with the number of the signal that ended it (0: it ended well). It forks, so that the imports are paid for once.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from alerts.store.database import open_database
from tests.engine.machines import Machine

TOUCHES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink")


def main(folder: Path, nth: int) -> None:
    engine = open_database(f"sqlite:///{folder}/alerts.db")
    machine = Machine(engine, folder, "beta")
    reached = 0

    def touched(event: str, given: tuple[object, ...]) -> None:
        nonlocal reached
        writes = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in TOUCHES or writes) and str(machine.home) in f"{given[0]!r}{given[1]!r}":
            reached += 1
            if reached == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(touched)
    machine.tick()


if __name__ == "__main__":
    for line in sys.stdin:
        where, number = line.split()
        child = os.fork()
        if child == 0:
            main(Path(where), int(number))
            os._exit(0)
        sys.stdout.write(f"{-os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()
