"""`alerts mail preview`: a mail exactly as it would go out, for who changes templates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from alerts.cli import common, placing
from alerts.errors import Fault, InputError

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.notify.preview import Preview
    from alerts.notify.ways.transport import Envelope
    from alerts.readers import Person

_LARGEST: Final = 100 * 1024
_HEADERS: Final = ("From", "To", "Subject", "List-Id", "List-Unsubscribe")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Which mail, to whom, by which templates."""

    alerts: tuple[str, ...]
    sample: str | None
    mail: int | None
    version: int | None
    reader: str | None
    language: str | None
    text_only: bool
    discreet: bool
    templates: Path | None


@click.command(short_help="Show a mail as it would go out, of an alert or of a made-up one.")
@click.argument("alerts", nargs=-1, metavar="[ALERT]...")
@common.config_option
@click.option(
    "--sample", metavar="KIND", help="A made-up mail: new, update, close, cancel, reminder, several, digest, ..."
)
@click.option("--mail", "mail", type=click.IntRange(1), metavar="N", help="The very mail N of the queue.")
@click.option("--version", type=click.IntRange(1), metavar="N", help="Version N of the alert. [default: the last]")
@click.option("--reader", metavar="READER", help="As this reader gets it (a number, or an address).")
@click.option("--language", callback=common.language_code, metavar="CODE", help="In this language.")
@click.option("--text-only", is_flag=True, help="As who wants plain text alone gets it.")
@click.option("--discreet", is_flag=True, help="As who wants mails that do not show what they are about gets it.")
@click.option(
    "--templates", type=click.Path(path_type=Path, file_okay=False), help="Your templates. [default: as configured]"
)
@click.option("--text", "part", flag_value="plain", help="Only the plain text.")
@click.option("--html", "part", flag_value="html", help="Only the HTML.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.eml", help="The bytes, to a file."
)
def preview(
    alerts: tuple[str, ...],
    config_path: Path,
    sample: str | None,
    mail: int | None,
    version: int | None,
    reader: str | None,
    language: str | None,
    text_only: bool,
    discreet: bool,
    templates: Path | None,
    part: str | None,
    out: Path | None,
) -> None:
    """Show a mail exactly as it would go out: made by what makes the real ones, and sent to nobody. Nothing is changed.
    Several alerts are shown in one mail. A fault in your templates is told with file and line, and then the exit status
    is 1; the shipped template stands in for it, as it would in the real mail.

    Samples need no configuration and no database: new, update, close, cancel, reminder, several (alerts in one mail),
    digest, bare (next to nothing is known), bulletin (to operators), and the letters to readers: confirm, welcome,
    already, preferences, goodbye, help. Their links lead nowhere; those of a mail to a reader work, so mind whom you
    give it.

    \b
      alerts mail preview --sample update --templates my-templates
      alerts mail preview 12 --language fr --out mail.eml
      alerts mail preview --mail 345 --html > mail.html
    """
    asked = _Asked(
        alerts=alerts, sample=sample, mail=mail, version=version, reader=reader, language=language,
        text_only=text_only, discreet=discreet, templates=templates,
    )  # fmt: skip
    _mind(asked)
    faults: list[Fault] = []
    made = _sample(asked, config_path, faults) if sample else _stored(asked, config_path, faults)
    _show(made, part, out)
    common.tell(list(dict.fromkeys(faults)))


def _mind(asked: _Asked) -> None:
    ways = sum(map(bool, (asked.alerts, asked.sample, asked.mail)))
    if ways == 0:
        raise click.UsageError("say which mail: the id of an alert (alerts list), --sample KIND, or --mail N")
    if ways > 1:
        raise click.UsageError("an alert, --sample and --mail are three ways to say which mail; choose one")
    if asked.version and len(asked.alerts) != 1:
        raise click.UsageError("--version is of one alert; name its id")
    if asked.mail and (asked.reader or asked.language or asked.text_only or asked.discreet):
        raise click.UsageError("--mail shows a mail as its reader gets it; to change that, name its alert")
    if asked.sample and asked.reader:
        raise click.UsageError("a sample goes to nobody; --reader is for stored alerts")


def _sample(asked: _Asked, config_path: Path, faults: list[Fault]) -> Envelope:
    import secrets

    config = common.config_or_defaults(config_path)
    maker = _maker(config, config_path, asked, faults, secrets.token_bytes(32))  # links of samples are good for nothing
    return maker.sample(asked.sample or "", _nobody(asked), at=common.now())


def _stored(asked: _Asked, config_path: Path, faults: list[Fault]) -> Envelope:
    from alerts.cli.people.choosing import reader
    from alerts.configured import secret_of
    from alerts.errors import MailError
    from alerts.store.database import reading

    config = common.load_config(config_path)
    with common.store(config) as engine, reading(engine) as conn:
        maker = _maker(config, config_path, asked, faults, secret_of(config))
        try:
            if asked.mail:
                return maker.of_mail(conn, asked.mail)
            who = _as_wanted(reader(conn, asked.reader), asked) if asked.reader else _nobody(asked)
            return maker.of_alerts(conn, asked.alerts, who, version=asked.version, at=common.now())
        except MailError as error:
            raise InputError(f"there is no such mail: {error}") from None


def _maker(config: Config, config_path: Path, asked: _Asked, faults: list[Fault], secret: bytes) -> Preview:
    from alerts.configured import sender_of, site_of
    from alerts.notify.preview import Preview
    from alerts.render.mail import MailRenderer, mail_renderer

    own = asked.templates or config.templates.folder
    if asked.templates is not None and not asked.templates.is_dir():
        raise InputError(f"{asked.templates}: there is no such folder of templates")

    def renderer() -> MailRenderer:
        return mail_renderer(site_of(config), own=own, report=faults.append, named=placing.namer(config, config_path))

    return Preview(renderer=renderer, sender=sender_of(config, secret))


def _nobody(asked: _Asked) -> Person:
    from alerts.readers import Person

    return _as_wanted(Person(id=0), asked)


def _as_wanted(person: Person, asked: _Asked) -> Person:
    wishes = person.wishes
    if asked.language:
        wishes = replace(wishes, language=asked.language)
    return replace(
        person,
        active=True,
        wishes=replace(
            wishes, text_only=asked.text_only or wishes.text_only, discreet=asked.discreet or wishes.discreet
        ),
    )


def _show(made: Envelope, part: str | None, out: Path | None) -> None:
    if out is not None:
        common.write_private(out, made.message, what="the mail")  # its links may act in a reader's name
        click.echo(f"wrote {len(made.message):,} bytes to {out}; most mail programs open it by a click", err=True)
        return
    mail = message_from_bytes(made.message, policy=default)
    assert isinstance(mail, EmailMessage)
    if part is not None:
        _print_part(mail, part)
        return
    _print_head(mail, made)
    if mail.get_content_subtype() == "encrypted":
        click.echo("what it says is encrypted with its reader's key; leave --reader away to read it", err=True)
    else:
        _print_part(mail, "plain")
    if len(made.message) > _LARGEST:
        click.echo(f"\nthis mail has {len(made.message):,} bytes: more than {_LARGEST:,}, which some cut off", err=True)


def _print_head(mail: EmailMessage, made: Envelope) -> None:
    for name in _HEADERS:
        for value in mail.get_all(name, []):
            click.echo(f"{click.style(name, bold=True)}: {value}")
    parts = [one for one in mail.walk() if not one.is_multipart()]
    kinds = ", ".join(f"{one.get_content_type()} {len(one.get_payload(decode=True) or b''):,} bytes" for one in parts)
    click.echo(f"{click.style('Holds', bold=True)}: {kinds}; {len(made.message):,} bytes in all")
    click.echo("")


def _print_part(mail: EmailMessage, kind: str) -> None:
    body = mail.get_body((kind,))
    if body is None:
        what = "it is encrypted" if mail.get_content_subtype() == "encrypted" else "it is plain text alone"
        raise InputError(f"this mail has no such part: {what}; the whole of it: --out FILE.eml")
    content: Callable[[], str] = body.get_content
    sys.stdout.write(content().replace("\r\n", "\n"))
