"""What a mail is about, and how it stands with it, in words: shared by the commands that look at mails."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.holds import Hold


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


def held(one: Hold, now: datetime) -> str:
    """A hold in a sentence, without its end."""
    what = "all mails but operators'" if one.kind == "all" else f"the alerts of the rule {one.rule}"
    return f"hold {one.id}: {what}, since {one.since:%Y-%m-%d %H:%M} UTC ({common.ago(one.since, now)}): {one.reason}"
