"""A Postfix of one's own, in a temporary folder: what it cannot bring to the world comes back to the inbox by LMTP.

`Elsewhere` is the world: a mail server that answers by the receiver's name, such as 550 5.1.1 to "550-5.1.1@...".
"""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

POSTFIX = shutil.which("postfix") or "/usr/sbin/postfix"

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_address_preference = ipv4
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:{elsewhere}
transport_maps = inline:{{
  {{ alerts.example = lmtp:inet:127.0.0.1:{inbox} }},
  {{ nowhere.example = error:5.1.2 no such domain }} }}
smtpd_reject_unlisted_recipient = no
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
delay_warning_time = {warning}
maximal_queue_lifetime = {lifetime}
bounce_queue_lifetime = 1d
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def there() -> bool:
    """Whether a Postfix can be started here."""
    return Path(POSTFIX).exists() and os.geteuid() == 0


@contextmanager
def postfix(*, elsewhere: int, inbox: int, lifetime: str = "0s", warning: str = "0s") -> Iterator[int]:
    """A Postfix that runs; its port for mails."""
    folder = Path(tempfile.mkdtemp(prefix="alerts-postfix-", dir="/tmp"))
    try:
        folder.chmod(0o755)  # its processes run as somebody else
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        port = free_port()
        main = _MAIN.format(folder=folder, elsewhere=elsewhere, inbox=inbox, lifetime=lifetime, warning=warning)
        (folder / "etc" / "main.cf").write_text(main)
        (folder / "etc" / "master.cf").write_text(_MASTER.format(port=port))
        _run(folder, "start")
        try:
            yield port
        finally:
            _run(folder, "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, what: str) -> None:
    done = subprocess.run([POSTFIX, "-c", str(folder / "etc"), what], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def hand_over(port: int, sender: str, receiver: str, content: bytes) -> None:
    """Give Postfix a mail, once it is up."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail(sender, [receiver], content)


class Elsewhere:
    """The world's mail server."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self.port = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        code, _, status = address.partition("@")[0].partition("-")
        return f"{code} {status} as you wish"

    async def __aenter__(self) -> Elsewhere:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        with warnings.catch_warnings():
            await asyncio.wait_for(self._server.wait_closed(), 5)
