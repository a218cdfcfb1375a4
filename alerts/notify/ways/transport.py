"""What a way out of the house must offer, and how its failures are told apart.

The courier decides by these reasons and by nothing else, so that a new way out is one small class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from alerts.errors import MailError

Crash = Callable[[str], None]
"""A named point between two writes. Tests kill the process there; otherwise it does nothing."""

Reason = Literal[
    "connect",  # no connection, or the server hung up or fell silent before the message was on its way
    "tls",  # no encryption where it is asked for, or a certificate that does not hold
    "auth",  # the user name or the password was refused
    "busy",  # 421 and the like: the server wants to be left alone for a while
    "policy",  # the server refuses this sender's mails (unauthenticated, blocked), whoever the reader
    "forbidden",  # it refuses this mail for reasons of policy: perhaps all of ours, perhaps what this one reader gets
    "disk",  # the folder for mails cannot be written
    "greylisted",  # come back later
    "mailbox",  # the mailbox is full or cannot be reached now
    "connection",  # this connection has had its share of mails (4.5.3)
    "temporary",  # refused for now, without a reason we know
    "address",  # there is no such reader
    "refused",  # refused for good, without a reason we know
    "broken",  # a fault of ours: the mail cannot be made
    "key",  # it cannot be encrypted to the reader's key, and goes to nobody in clear
    "unanswered",  # everything was sent, and no answer came
]

ROUTE: frozenset[str] = frozenset({"connect", "tls", "auth", "busy", "policy", "disk"})
"""Reasons that have nothing to do with the one mail: all mails wait, and none is charged an attempt."""

OPERATOR: frozenset[str] = frozenset({"tls", "auth", "policy", "disk"})
"""Reasons that go on until a person does something."""


Fate = Literal["taken", "absent", "unknown", "later"]
"""Of a mail that was perhaps handed over: the next in line has it, surely does not have it, nobody can know, or it is
too early to say."""


class Unanswered(MailError):
    """The whole message went out and no answer came: the server may have taken it or not."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="unanswered", permanent=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One mail for the transport, with CRLF line ends. The address never shows in `repr`."""

    sender: str
    recipient: str = field(repr=False)
    message_id: str
    message: bytes = field(repr=False)


class Transport(Protocol):
    """A way out. `at_once` is how many mails it takes side by side; `settles` how long after an attempt that broke off
    it is too early to ask what became of it."""

    @property
    def at_once(self) -> int: ...

    @property
    def settles(self) -> timedelta: ...

    async def send(self, envelope: Envelope) -> None:
        """Return when the next in line has taken the mail for good. Raises MailError, or Unanswered."""

    async def find(self, sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        """What became of mails, by Message-ID; `sought` says since when each may have gone."""

    def hang_up(self) -> None:
        """Break off what is under way: each `send` ends at once, as if the server had hung up."""

    async def close(self) -> None:
        """Let go of connections."""


def no_crash(point: str) -> None:
    """The hook of every day: nothing happens at `point`."""
