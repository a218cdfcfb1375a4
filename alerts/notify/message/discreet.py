"""Mails that do not show what they are about: for readers whom it could harm to be seen reading alerts.

Who looks over a shoulder at the list of mails or at a notification, and who sees a mail's headers on a server, finds a
neutral sender, subject and list, and no word of any event; mail programs show the first words of a text beside the
subject, so those are neutral as well (`render.opening`). The text itself says everything, as text alone: the reader
asked for it. Who may open the mail can read it (`pgp` is for that), and the domain of the sender and of its links is
what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from alerts.render.mail import MailText

_EMPTY_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Discreet:
    """What stands in the headers of every discreet mail, whatever it tells: the sender's `name` and the `subject`."""

    name: str = "Updates"
    subject: str = "Your update"


def veiled(words: MailText, how: Discreet) -> MailText:
    """The mail as one that does not show what it is about."""
    text = "".join((words.opening, "\n" * _EMPTY_LINES, words.text))
    return replace(words, subject=how.subject, text=text, html="", pictures=())
