"""`alerts mail test`: one mail by the configured way out, with every answer on the way."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from alerts.cli import common
from alerts.errors import Fault, InputError

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.notify.ways.smtp import SmtpSettings
    from alerts.notify.ways.transport import Envelope

_NAMES: Final = {
    "find": "found",
    "connect": "connected",
    "hello": "greeted",
    "starttls": "STARTTLS",
    "encrypt": "STARTTLS",
    "encrypted": "encrypted",
    "log in": "logged in",
    "sender": "sender",
    "reader": "recipient",
    "mail": "accepted",
}
_BODY: Final = (
    "This is a test, sent by hand with: alerts mail test. No alert is behind it.\n\n"
    "If you can read this, mails get out of the service and in here. Look, too, at where it came to: a folder for junk "
    "is a sign that sender, SPF or DKIM are not in order yet, and alerts to your readers would lie there as well."
)


@click.command(name="test", short_help="Send one test mail, and tell what the server says at every step.")
@click.argument("address")
@common.config_option
@click.option("--sample", metavar="KIND", help="A made-up mail of this kind instead: see alerts mail preview.")
def test(address: str, config_path: Path, sample: str | None) -> None:
    """Send one test mail to an address by the configured way out, and tell what the server says at every step and what
    its refusals mean. Nothing is stored, and no reader is told anything. Before that, what can be seen from here that
    makes mail servers doubt a sender: signature, sender's name, links.

    Samples of alerts are made up, and their links lead nowhere: tell the one who gets it.

    \b
      alerts mail test me@example.org
      alerts mail test me@example.org --sample new
    """
    from alerts.addresses import normal_address
    from alerts.configured import smtp_settings

    try:
        address = normal_address(address)
    except ValueError as error:
        raise InputError(f"this {error}") from None
    config = common.load_config(config_path)
    faults: list[Fault] = []
    made = _mail(config, address, sample, faults)
    _remarks(config)
    settings = smtp_settings(config)
    done = _to_folder(config, made) if settings is None else asyncio.run(_to_server(settings, made))
    common.tell(list(dict.fromkeys(faults)))
    if not done:
        raise SystemExit(1)


def _mail(config: Config, address: str, sample: str | None, faults: list[Fault]) -> Envelope:
    from alerts.configured import sender_of, site_of
    from alerts.notify.preview import Preview
    from alerts.readers import Person
    from alerts.render.mail import mail_renderer

    maker = Preview(
        renderer=lambda: mail_renderer(site_of(config), own=config.templates.folder, report=faults.append),
        sender=sender_of(config, secrets.token_bytes(32)),  # its links are good for nothing
    )
    if sample:
        return maker.sample(sample, Person(id=0), at=common.now(), address=address)
    subject = f"A test of the mails of {config.service.name}"
    return maker.notice(subject, _BODY, Person(id=0, duties=("operator",)), address=address, at=common.now())


def _remarks(config: Config) -> None:
    from alerts.configured import sender_of
    from alerts.notify.reputation import remarks

    for one in remarks(sender_of(config, b""), host=config.smtp.host):
        click.echo(f"{one.level}: {one.text}", err=True)


def _to_folder(config: Config, made: Envelope) -> bool:
    """Into the Maildir."""
    from alerts.notify.ways.maildir import Maildir, file_name

    asyncio.run(Maildir(config.mail_folder).send(made))
    click.echo("no mail server is configured ([smtp] host): the mail is a file, as all mails are")
    click.echo(f"{config.mail_folder / 'new' / file_name(made.message_id)}")
    return True


async def _to_server(settings: SmtpSettings, made: Envelope) -> bool:
    from alerts.notify import trial

    good = True
    async for step in trial.steps(settings, made):
        name = _NAMES[step.name] if step.ok else f"{_NAMES[step.name]}: no"
        click.echo(f"{click.style(f'{name:14}', fg=None if step.ok else 'red')} {step.said}")
        if step.advice:
            click.echo(f"{'':14} {step.advice}", err=True)
        good = step.ok
    if good:
        click.echo(f"{'':14} now look into the mailbox: what the server took may still be put aside as junk")
    return good
