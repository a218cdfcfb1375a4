"""A Dovecot of one's own, in a temporary folder, with one mailbox."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from alerts.notify.inbox.imap import Mailbox
from tests.fakes.ending import at_the_end
from tests.fakes.ports import free_port

DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
_OWNER = "nobody"

_CONFIG = """\
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail
first_valid_uid = 1
auth_failure_delay = 0
passdb {{
  driver = static
  args = password=s3cret
}}
userdb {{
  driver = static
  args = uid={owner} gid=nogroup home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(slots=True)
class Dovecot:
    """A server with a mailbox, and how to get at it."""

    folder: Path
    mailbox: Mailbox
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def deliver(self, content: bytes) -> None:
        """Put a mail into the mailbox."""
        file = self.folder / "mail" / "new" / f"{time.time():.6f}.{next(self._numbers):06d}.here"
        file.write_bytes(content)
        shutil.chown(file, _OWNER)

    def seen(self) -> int:
        """How many mails are marked as read."""
        return sum(1 for file in (self.folder / "mail" / "cur").iterdir() if "S" in file.name.rpartition(",")[2])


def there() -> bool:
    """Whether a Dovecot can be started here."""
    return Path(DOVECOT).exists() and os.geteuid() == 0


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """A Dovecot that runs."""
    folder = Path(tempfile.mkdtemp(prefix="alerts-dovecot-", dir="/tmp"))
    try:
        folder.chmod(0o755)
        authority, port = trustme.CA(), free_port()
        made = authority.issue_cert("localhost")
        made.private_key_pem.write_to_path(str(folder / "key.pem"))
        made.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
        for name in ("home", "mail", "mail/new", "mail/cur", "mail/tmp"):
            (folder / name).mkdir()
            shutil.chown(folder / name, _OWNER)
        (folder / "dovecot.conf").write_text(_CONFIG.format(folder=folder, port=port, owner=_OWNER))
        trusted = ssl.create_default_context()
        authority.configure_trust(trusted)
        with (
            subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "dovecot.conf")]) as server,
            at_the_end('kill "$1"; rm -rf "$2"', str(server.pid), str(folder)),
        ):
            _until_up(port, server)
            box = Mailbox(host="localhost", port=port, username="desk", password="s3cret", tls=trusted)
            yield Dovecot(folder=folder, mailbox=box)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _until_up(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("Dovecot does not start")
