"""What a mail is about, and how it stands with it, in words: shared by the commands that look at mails."""

from __future__ import annotations

from typing import Protocol


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
