"""What a way out of the house must offer, and how its failures are told apart.

The courier (`outbox.py`) decides by these reasons and by nothing else, so that a new way out is one small
class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from alerts.errors import MailError

Crash = Callable[[str], None]
"""A named point between two writes. Tests kill the process there; otherwise it does nothing."""

Reason = Literal[
    "connect",  # no connection, or the server hung up or fell silent before the message was on its way
    "tls",  # no encryption where it is asked for, or a certificate that does not hold
    "auth",  # the user name or the password was refused
    "busy",  # 421 and the like: the server wants to be left alone for a while
    "policy",  # the server refuses this sender's mail (5.7.x, 554), whoever the reader
    "disk",  # the folder for mails cannot be written
    "greylisted",  # come back later
    "mailbox",  # the mailbox is full or cannot be reached now
    "connection",  # this connection has had its share of mails (4.5.3)
    "temporary",  # refused for now, without a reason we know
    "address",  # there is no such reader
    "refused",  # refused for good, without a reason we know
    "broken",  # a fault of ours: the mail cannot be made
    "unanswered",  # everything was sent, and no answer came
]

ROUTE: frozenset[str] = frozenset({"connect", "tls", "auth", "busy", "policy", "disk"})
"""Reasons that have nothing to do with the one mail: all mails wait, and none is charged an attempt."""

OPERATOR: frozenset[str] = frozenset({"tls", "auth", "policy", "disk"})
"""Reasons that go on until a person does something."""


class Unanswered(MailError):
    """The whole message went out and no answer came: the server may have taken it or not."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="unanswered", permanent=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One mail for the transport. The address never shows in `repr`."""

    sender: str
    recipient: str = field(repr=False)
    message_id: str
    message: bytes = field(repr=False)


class Transport(Protocol):
    """A way out. `at_once` is how many mails it takes side by side."""

    @property
    def at_once(self) -> int: ...

    async def send(self, envelope: Envelope) -> None:
        """Return when the next in line has taken the mail for good. Raises MailError, or Unanswered."""

    async def find(self, message_id: str) -> bool | None:
        """Whether that mail was taken earlier; None when this transport cannot know."""

    async def close(self) -> None:
        """Let go of connections."""


def no_crash(point: str) -> None:
    """The hook of every day: nothing happens at `point`."""
