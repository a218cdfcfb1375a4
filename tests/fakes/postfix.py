"""A Postfix of our own on loopback: its configuration, queue and log in one folder, beside whatever this machine has.

What a mail server really does with a connection that breaks off, and what it writes into its log about it, only a real
one shows. It must be started as root (Postfix changes to its own user). Debian: apt-get install postfix. It ends with
who started it, however that ends.
"""

from __future__ import annotations

import email
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

import pytest

from tests.fakes.ending import at_the_end
from tests.fakes.ports import free_port

_MAIN: Final = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {log}
maillog_file_prefixes = {folder}
syslog_name = postfix
myhostname = mail.alerts.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
in_flow_delay = 0
local_recipient_maps =
alias_maps =
alias_database =
local_transport = {delivery}
default_transport = {delivery}
virtual_mailbox_base = {folder}/mailbox
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{group}
{more}
"""
_MASTER: Final = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_NOBODY: Final = 65534
_END: Final = '/usr/sbin/postfix -c "$1/etc" abort; rm -rf "$1"'


def lacking() -> str:
    """Why there can be none here; "" when there can."""
    if not Path("/usr/sbin/postfix").exists():
        return "Postfix is not installed (Debian: apt-get install postfix)"
    return "" if os.geteuid() == 0 else "a Postfix of our own must be started as root"


def needs_postfix() -> None:
    """Skip the test where there can be none; fail where ALERTS_REQUIRE_POSTFIX says that there must be one."""
    if (why := lacking()) and os.environ.get("ALERTS_REQUIRE_POSTFIX"):
        pytest.fail(why)
    elif why:
        pytest.skip(why)


@dataclass(slots=True, kw_only=True)
class PrivatePostfix:
    """`with PrivatePostfix(folder=...) as server`: runs until the end of the block. `delivery` is Postfix's transport
    for all mails: "virtual" puts them into a Maildir (`taken`), "discard" throws them away. `more`: lines of main.cf.
    """

    folder: Path
    delivery: str = "virtual"
    more: str = ""
    port: int = field(default_factory=free_port)
    _end: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    @property
    def config(self) -> Path:
        return self.folder / "etc"

    @property
    def log(self) -> Path:
        return self.folder / "mail.log"

    @property
    def postqueue(self) -> str:
        """The command that lists its queue."""
        return f"/usr/sbin/postqueue -c {self.config}"

    def __enter__(self) -> PrivatePostfix:
        self._set_up()
        self._end.enter_context(at_the_end(_END, str(self.folder)))
        try:
            self.start()
        except BaseException:
            self._end.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.close()
        _wait_for(lambda: not self._listens(), what="Postfix ends")

    def start(self) -> None:
        """Return when it listens."""
        self._control("start")
        _wait_for(self._listens, what="Postfix listens")

    def stop(self) -> None:
        """End it in an orderly way; nothing happens if it is dead already."""
        with suppress(AssertionError):
            self._control("abort")
        _wait_for(lambda: not self._listens(), what="Postfix ends")

    def kill(self) -> None:
        """Kill all of its processes, as a power cut would."""
        master = int((self.folder / "queue/pid/master.pid").read_text())
        everybody = [master, *_descendants(master)]
        for one in everybody:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        _wait_for(lambda: not any(map(_runs, everybody)), what="Postfix is dead")

    def queue(self) -> list[dict[str, object]]:
        """What waits in it."""
        said = subprocess.run((*self.postqueue.split(), "-j"), capture_output=True, text=True, check=True).stdout
        return [json.loads(line) for line in said.splitlines()]

    def delivered(self) -> None:
        """Return when nothing waits in it any more."""
        _wait_for(lambda: not self.queue(), what="Postfix has delivered all")

    def taken(self) -> Counter[str]:
        """How often each Message-ID was delivered into the Maildir."""
        found: Counter[str] = Counter()
        for path in (self.folder / "mailbox/all/new").glob("*"):
            found[str(email.message_from_bytes(path.read_bytes())["Message-ID"])] += 1
        return found

    def _set_up(self) -> None:
        for path in (self.folder, self.config, self.folder / "queue", self.folder / "mailbox", self.folder / "data"):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mailbox", _NOBODY, _NOBODY)
        main = _MAIN.format(
            folder=self.folder, log=self.log, delivery=self.delivery, user=_NOBODY, group=_NOBODY, more=self.more
        )
        (self.config / "main.cf").write_text(main)
        (self.config / "master.cf").write_text(_MASTER.format(port=self.port))
        for name in ("dynamicmaps.cf", "postfix-files"):  # Debian's programs want them beside main.cf
            if (known := Path("/etc/postfix", name)).exists():
                shutil.copy(known, self.config / name)

    def _control(self, command: str) -> None:
        said = subprocess.run(
            ("/usr/sbin/postfix", "-c", str(self.config), command), capture_output=True, text=True, timeout=30
        )
        if said.returncode:
            raise AssertionError(f"postfix {command}: {said.stderr[-2000:]}")

    def _listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0


def _wait_for(condition: Callable[[], bool], *, what: str, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def _parents() -> dict[int, int]:
    """The parent of each process that runs."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                found[int(folder.name)] = int(parent)
    return found


def _descendants(root: int) -> list[int]:
    return [child for child, parent in _parents().items() if parent == root]


def _runs(process: int) -> bool:
    return process in _parents()
