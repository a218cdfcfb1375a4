"""What of our mails makes mail servers doubt them, as far as it can be seen from here: who they come from, whether they
are signed, whether one press ends them. What stands in the DNS cannot be seen without asking it, so it is said what
should stand there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from alerts.notify.message.dkim import zone_line
from alerts.notify.message.enveloping import Sender

_INSIDE = (
    ".local",
    ".localdomain",
    ".internal",
    ".intranet",
    ".lan",
    ".home",
    ".corp",
    ".private",
    ".test",
    ".example",
)
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing about our mails; `level` "note" is good to know, "warning" wants to be mended."""

    level: Literal["note", "warning"]
    text: str


def remarks(sender: Sender, *, host: str) -> Iterator[Remark]:
    """What to mind of mails from this sender that go out by the server `host` ("": none is configured)."""
    domain, page = sender.domain, urlsplit(sender.base_url)
    if host in ("", *HERE) and inside(domain):
        yield Remark(level="note", text=f"{domain} is a name inside a house: only servers there take mails from it")
    elif inside(domain):
        yield _warning(f"[notify] from is of {domain}, which nobody outside knows: write an address of your own domain")
    else:
        yield Remark(
            level="note", text=f"SPF: the TXT record of {domain} must name the server that passes the mails on"
        )
    yield from _signing(sender, domain)
    yield from _ways_out(sender, page.scheme)
    if (page.hostname or "") in HERE:
        yield _warning("[web] base_url is this machine's own: the links in mails lead their readers nowhere")
    elif not _related(page.hostname or "", domain):
        yield Remark(
            level="note",
            text=f"the links lead to {page.hostname}, the mails come from {domain}: filters trust one name more",
        )


def _warning(text: str) -> Remark:
    return Remark(level="warning", text=text)


def _signing(sender: Sender, domain: str) -> Iterator[Remark]:
    signer = sender.signer
    if signer is None:
        if not inside(domain):
            yield _warning("mails are not signed: unless your mail server signs them, many put them aside; see [dkim]")
        return
    yield Remark(level="note", text=f"DKIM: this must stand in the DNS: {zone_line(signer)}")
    if not _related(signer.domain, domain):
        yield _warning(f"mails are signed for {signer.domain}, but come from {domain}: DMARC takes them for unsigned")


def _ways_out(sender: Sender, scheme: str) -> Iterator[Remark]:
    if scheme != "https":
        text = "mail programs offer no button that ends the mails, for [web] base_url does not begin with https://"
        yield _warning(text) if not sender.inbox else Remark(level="note", text=text)
    if not sender.inbox:
        yield Remark(level="note", text="mail that comes back is not seen, nor what readers write: [inbox] takes it in")


def inside(domain: str) -> bool:
    """Whether a domain has a meaning in a house alone."""
    return "." not in domain or domain.endswith(_INSIDE)


def _related(one: str, other: str) -> bool:
    """Whether one name is the other, or lies in it."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
