"""From what a mail says to its envelope: who it comes from, how its reader wants it, and how they end the mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.notify.message import links, passes
from alerts.notify.message.discreet import Discreet, veiled
from alerts.notify.message.dkim import Signer
from alerts.notify.message.mime import Mail, domain_of, encode
from alerts.notify.message.pgp import sealed
from alerts.notify.message.secret import bounce_address
from alerts.notify.ways.transport import Envelope
from alerts.readers import Person
from alerts.render import slots
from alerts.render.mail import MailText


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who the mails come from: `address` is the bare address, `name` what readers see. `links_expire`: how long the
    links are good by which readers say what they know of an alert. `base_url`: where the web pages are. `inbox`:
    whether mails to us come in, and so bounces and what readers ask for by mail. `subscribe`: whether anybody may.
    Mails are signed where there is a `signer`; `discreet`: what stands in mails that do not show what they are about.
    """

    address: str
    name: str
    secret: bytes = field(repr=False)
    links_expire: timedelta = links.EXPIRE
    base_url: str = ""
    inbox: bool = False
    subscribe: bool = True
    discreet: Discreet = field(default_factory=Discreet)
    signer: Signer | None = None

    @property
    def domain(self) -> str:
        """What stands behind the @ of Message-IDs."""
        return domain_of(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a mail says, before its bytes. `values` are this reader's own parts, by slot (`render.slots`); `root` is the
    Message-ID of the thread's first mail, and `sent` its date: the same at every attempt. `listed`: it is one of many
    that its reader asked for, and one press ends them."""

    words: MailText
    values: Mapping[str, str] = field(repr=False)
    root: str
    sent: datetime
    listed: bool = False


def enveloped(draft: Draft, person: Person, address: str, *, message_id: str, sender: Sender) -> Envelope:
    """The mail of one person, as they asked for it. Raises MailError for an address that cannot be written, and
    for a key that nothing can be encrypted to."""
    wishes, words, name = person.wishes, draft.words, sender.name
    if wishes.discreet:
        words, name = veiled(words, sender.discreet), sender.discreet.name
    elif wishes.text_only:
        words = replace(words, html="", pictures=())
    pages = _pages(person, draft, sender)
    ways_out = _ways_out(pages[slots.UNSUBSCRIBE], sender) if draft.listed else ()
    mail = Mail(
        sender=sender.address,
        sender_name=name,
        recipient=address,
        subject=words.subject,
        text=words.text,
        html=words.html,
        pictures=words.pictures,
        values={**pages, **draft.values},
        sent=draft.sent,
        message_id=message_id,
        root=draft.root,
        list_name=name,
        language=words.language,
        list_unsubscribe=ways_out,
        one_click=any(one.startswith("https:") for one in ways_out),
    )
    message = sealed(mail, wishes.key, now=draft.sent) if wishes.key else encode(mail)
    return Envelope(
        sender=bounce_address(sender.secret, message_id) if sender.inbox else sender.address,
        recipient=address,
        message_id=message_id,
        message=sender.signer.signed(message, at=draft.sent) if sender.signer else message,
    )


def _ways_out(leave: str, sender: Sender) -> tuple[str, ...]:
    """Where a mail program ends these mails for its user: a page, and an address of mail. A page that is not encrypted
    is none: whoever saw the link on its way could press it."""
    found = []
    if sender.base_url.startswith("https://"):
        found.append(f"{sender.base_url.rstrip('/')}/unsubscribe/{leave}")
    if sender.inbox:
        found.append(f"mailto:unsubscribe+{leave}@{sender.domain}")
    return tuple(found)


def _pages(person: Person, draft: Draft, sender: Sender) -> dict[str, str]:
    """The passes for the pages where the reader ends or changes the mails."""
    return {
        slots.UNSUBSCRIBE: passes.make(sender.secret, "unsubscribe", person.id),
        slots.PREFERENCES: passes.make(sender.secret, "preferences", person.id, series=person.series, now=draft.sent),
    }
