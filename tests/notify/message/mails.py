"""Every kind of mail there is, as its reader gets it: for the checks by other programs, and for what holds of all."""

from __future__ import annotations

import email
import email.policy
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alerts.errors import Fault
from alerts.notify.message import links
from alerts.notify.message.enveloping import Draft, Sender, enveloped
from alerts.notify.message.mime import Mail
from alerts.notify.message.secret import token
from alerts.notify.ways.transport import Envelope
from alerts.readers import ALL, Near, Person, Wishes
from alerts.render.digest import Digest
from alerts.render.letters import KINDS, Letter
from alerts.render.mail import MailText, mail_renderer, own_values
from alerts.render.samples import sample_bulletin, sample_notices
from alerts.render.view import Notice, Site
from alerts.resources import shipped
from tests.drawn import PICTURES

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
SECRET = b"s" * 32
DOMAIN = "alerts.example"
SITE = Site(name="Duty desk", base_url=f"https://{DOMAIN}", contact=f"desk@{DOMAIN}")
SENDER = Sender(address=f"desk@{DOMAIN}", name="Duty desk", secret=SECRET, base_url=SITE.base_url, inbox=True)
ADDRESS = "reader@example.org"
WHY = "You get this mail because you asked for alerts about attacks in Syria, severe or worse."
ARABIC = "قصف سوق في مدينة النموذج ومقتل 12 شخصا"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One mail before its bytes. `listed`: its reader can end it by one press."""

    words: MailText
    listed: bool = True
    alerts: Sequence[Notice] = ()
    own: dict[str, str] = field(default_factory=dict)


def unexpected(fault: Fault) -> None:
    raise AssertionError(fault)


def _in_arabic(notice: Notice) -> MailText:
    """A mail by templates of that language, which lie in a folder of the user's; here with the shipped words."""
    with TemporaryDirectory() as own:
        shutil.copytree(shipped("templates") / "mail", Path(own) / "mail" / "ar")
        return mail_renderer(SITE, own=Path(own), report=unexpected, pictures=PICTURES).render(notice, "ar")


@lru_cache(maxsize=1)
def samples() -> dict[str, Sample]:
    """Every kind of mail by its name. A new kind belongs here."""
    renderer = mail_renderer(SITE, report=unexpected, pictures=PICTURES)
    new, update, close, cancel, bare = sample_notices()
    alone = {"new": new, "update": update, "close": close, "cancel": cancel, "bare": replace(bare, alert_id="8")}
    found = {name: Sample(words=renderer.render(one), alerts=(one,)) for name, one in alone.items()}
    extreme = replace(new, reminder=1, fields={**new.fields, "severity": "extreme"})
    found["reminder"] = Sample(words=renderer.render(extreme), alerts=(extreme,))
    others = tuple(replace(one, alert_id=number) for one, number in zip((update, close, cancel), "234", strict=True))
    company = renderer.render(new, others=others, covered=(bare,))
    found["with others"] = Sample(words=company, alerts=(new, *others))
    arabic = replace(new, alert_id="9", fields={**new.fields, "title": ARABIC})
    found["right to left"] = Sample(words=_in_arabic(arabic), alerts=(arabic,))
    digest = Digest(
        notices=(extreme, *others), covered=(bare,), count=7, extreme=1, severe=5, first=NOW.date(), last=NOW.date()
    )
    found["digest"] = Sample(words=renderer.digest(digest), alerts=(extreme, *others))
    found["bulletin"] = Sample(words=renderer.bulletin(**sample_bulletin()), listed=False)
    wishes = Wishes(
        events=("attack", "siege"), countries=("SYR",), near=(Near(name="Idlib", lat=35.9, lon=36.6, km=50),)
    )
    for kind in KINDS:
        letter = Letter(kind=kind, wishes=wishes, duties=("operator",), inbox=DOMAIN)
        own = {"confirm": "7-0-abc-x", "login": "0" * 40}
        found[f"letter {kind}"] = Sample(words=renderer.letter(letter), listed=False, own=own)
    return found


def envelope_of(sample: Sample, wishes: Wishes = ALL, *, sender: Sender = SENDER, name: str = "x") -> Envelope:
    """The mail of a sample to one reader."""
    person = Person(id=7, wishes=wishes)
    tokens = {
        one.alert_id: links.sign(SECRET, alert_id=one.alert_id, version=one.version, person_id=7, now=NOW)
        for one in sample.alerts
    }
    message_id = f"<{token(SECRET, 'sample', name)}@{DOMAIN}>"
    draft = Draft(
        words=sample.words,
        values=own_values(WHY, tokens, **sample.own),
        root=message_id,
        sent=NOW,
        listed=sample.listed,
    )
    return enveloped(draft, person, ADDRESS, message_id=message_id, sender=sender)


def all_mails(wishes: Wishes = ALL, *, sender: Sender = SENDER) -> Iterator[tuple[str, bytes]]:
    """Every kind of mail with its name, as a reader with these wishes gets it."""
    for name, sample in samples().items():
        yield name, envelope_of(sample, wishes, sender=sender, name=name).message


def mail(**changes: Any) -> Mail:
    """One mail before it is encoded, with `changes`."""
    fields: dict[str, Any] = {
        "sender": "desk@alerts.example",
        "sender_name": "Duty desk",
        "recipient": "reader@example.org",
        "subject": "Djibo reported under siege",
        "text": "Djibo reported under siege\n",
        "html": "<p>Djibo reported under siege</p>",
        "message_id": "<abc123@alerts.example>",
        "root": "<abc123@alerts.example>",
        "list_name": "Duty desk",
    } | changes
    return Mail(sent=datetime(2026, 3, 2, 6, 30, tzinfo=UTC), **fields)


def parsed(data: bytes) -> EmailMessage:
    """The mail as the standard library reads it, without a defect."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(message: EmailMessage, kind: str) -> Any:
    """The text of its part "plain" or "html", None where it has none."""
    found = message.get_body((kind,))
    return None if found is None else found.get_content().replace("\r\n", "\n")
