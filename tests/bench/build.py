"""What it costs to make the mails of a mailing: rendered once, each reader's own parts put in, headers, bytes. What a
process does once (loading of templates and maps) is done before.

python -m tests.bench.build [MAILS]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import process_time

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from alerts.notify.message import compose
from alerts.notify.message.compose import Material, Sender
from alerts.notify.message.dkim import Signer
from alerts.notify.message.secret import message_id
from alerts.readers import ALL, Person
from alerts.render.mail import MailRenderer, mail_renderer
from alerts.render.samples import sample_evidence, sample_fields
from alerts.render.view import Site
from alerts.store.alerts import Version
from alerts.store.outbox import OutboxRow

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
DOMAIN, SECRET = "alerts.example", b"s" * 32
SENDER = Sender(address=f"desk@{DOMAIN}", name="Duty desk", secret=SECRET, base_url=f"https://{DOMAIN}", inbox=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Microseconds of processor time a mail, and its mean size in bytes."""

    microseconds: float
    size: float


def rows(number: int) -> list[OutboxRow]:
    """The rows of one alert's first version to `number` readers."""
    blank = dict.fromkeys(OutboxRow.__dataclass_fields__)
    return [
        OutboxRow(**blank | {  # type: ignore[arg-type]
            "id": one, "alert_id": "7", "version": 1, "round": 0, "person": Person(id=one, wishes=ALL),
            "channel": "mail", "state": "sending", "urgency": 2, "created": NOW, "not_before": NOW, "attempts": 1,
            "collected": False,
            "message_id": message_id(SECRET, alert_id="7", version=1, person_id=one, domain=DOMAIN),
        })
        for one in range(1, number + 1)
    ]  # fmt: skip


def material(number: int) -> Material:
    """What their mails are made of."""
    fields = sample_fields()
    versions = [
        Version(alert_id="7", version=one, kind="new", at=NOW, why="first report", changes=(), fields=fields)
        for one in (1, 2)
    ]
    empty: dict[str, object] = {name: {} for name in Material.__dataclass_fields__}
    return Material(**empty | {  # type: ignore[arg-type]
        "addresses": {one: f"reader{one}@example.org" for one in range(1, number + 1)},
        "versions": {("7", one.version): one for one in versions},
        "evidence": {"7": [replace(one, seen=NOW) for one in sample_evidence()]},
    })  # fmt: skip


def renderer() -> MailRenderer:
    site = Site(name="Duty desk", base_url=f"https://{DOMAIN}", contact=f"desk@{DOMAIN}")
    return mail_renderer(site, report=lambda fault: None)


def build(number: int = 5000, *, sender: Sender = SENDER) -> Cost:
    """Make the mails of one alert to `number` readers, rendering among it."""
    mailing, facts, words = rows(number), material(number), renderer()
    compose.envelope(replace(mailing[0], version=2), facts, renderer=words, sender=sender)
    size, begun = 0, process_time()
    for row in mailing:
        size += len(compose.envelope(row, facts, renderer=words, sender=sender).message)
    return Cost(microseconds=(process_time() - begun) / number * 1e6, size=size / number)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    keys: dict[str, Callable[[], Signer | None]] = {
        "unsigned": lambda: None,
        "ed25519": lambda: Signer(domain=DOMAIN, selector="s", key=ed25519.Ed25519PrivateKey.generate()),
        "rsa-2048": lambda: Signer(domain=DOMAIN, selector="s", key=rsa.generate_private_key(65537, 2048)),
    }
    for name, signer in keys.items():
        cost = build(number, sender=replace(SENDER, signer=signer()))
        sys.stdout.write(f"{name:10} {cost.microseconds:7.0f} us a mail of {cost.size:,.0f} bytes\n")


if __name__ == "__main__":
    main()
