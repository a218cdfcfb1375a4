"""What a mail is about, and what it waits for, in words: shared by the commands and the pages that look at mails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

WAITS_FOR: Final[Mapping[str, str]] = {
    "under way": "being sent now",
    "due": "due: they go with the next round",
    "retry": "tried before, and tried again later",
    "company": "wait a little for what belongs with them",
    "digest": "wait for their readers' daily, weekly or hourly mail",
    "quiet": "wait until quiet hours are over",
    "pace": "their readers got many of late; they come as one mail",
    "pause": "their readers have paused them",
    "hold": "held with their rule",
    "sending": "handed over at this moment, or when the service died",
    "held": "held back: they wait for somebody who lets them go",
    "ambiguous": "perhaps sent, no answer came: somebody has to say whether they are sent again",
    "failed": "given up",
}
"""Mails of a state, or queued ones that wait for the same thing (`store.queue.Why`)."""


class Mailed(Protocol):
    """A mail: a row of the outbox, in one of its forms."""

    @property
    def alert_id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def round(self) -> int: ...
    @property
    def bulletin_id(self) -> int | None: ...
    @property
    def letter(self) -> str | None: ...


def about(mail: Mailed) -> str:
    """ "alert 7 version 2", "bulletin 3", "the letter confirm"."""
    if mail.bulletin_id is not None:
        return f"bulletin {mail.bulletin_id}"
    if mail.letter is not None:
        return f"the letter {mail.letter}"
    again = f", reminder {mail.round}" if mail.round else ""
    return f"alert {mail.alert_id} version {mail.version}{again}"


def mails(number: int) -> str:
    """ "1 mail", "12 mails", "no mails"."""
    return "1 mail" if number == 1 else f"{number or 'no'} mails"
