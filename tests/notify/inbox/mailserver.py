"""A Postfix whose mails go out to a world that refuses them as it is asked to, and come back to the inbox by LMTP.

`Elsewhere` is the world: a mail server that answers by the receiver's name, such as 550 5.1.1 to "550-5.1.1@...".
"""

from __future__ import annotations

import asyncio
import smtplib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.fakes.postfix import PrivatePostfix

_MORE = """\
virtual_mailbox_domains =
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


@contextmanager
def postfix(*, elsewhere: int, inbox: int, lifetime: str = "0s", warning: str = "0s") -> Iterator[int]:
    """A Postfix that runs; its port for mails."""
    more = _MORE.format(elsewhere=elsewhere, inbox=inbox, lifetime=lifetime, warning=warning)
    folder = Path(tempfile.mkdtemp(prefix="alerts-postfix-", dir="/tmp"))  # where its processes, of other users, may go
    with PrivatePostfix(folder=folder, delivery="smtp", more=more) as server:
        yield server.port


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
        await asyncio.wait_for(self._server.wait_closed(), 5)
