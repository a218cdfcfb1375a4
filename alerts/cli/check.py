"""`alerts check`: is everything in order?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import click

from alerts.cli import common
from alerts.errors import AlertsError, Fault, Faults, MailError
from alerts.toml_lines import Document

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.notify.ways.doubts import Doubt
    from alerts.notify.ways.smtp import Smtp
    from alerts.vault import Vault

T = TypeVar("T")


@click.command(short_help="Check configuration, rules, templates, database and mail server.")
@common.config_option
@common.json_option
def command(config_path: Path, as_json: bool) -> None:
    """Check everything that can be wrong before the service runs: the configuration, all rules with their
    examples, the templates, the database, and whether the mail server answers, and where it is your own
    Postfix, its log and queue (no mail is sent, and no table is changed).

    All faults are told at once, with file and line. Exit status 1 if there is an error.
    """
    faults: list[Fault] = []
    config = _try(faults, str(config_path), lambda: common.load_config(config_path))
    done: dict[str, str | None] = {}
    if config is not None:
        done = {
            "rules": _try(faults, "rules", lambda: _rules(config, config_path, faults)),
            "templates": _try(faults, "templates", lambda: _templates(config, faults)),
            "database": _try(faults, "[service] database", lambda: _database(config, config_path, faults)),
            "editions": _try(faults, "[service] engine", lambda: _editions(config, faults)),
            "web": _try(faults, "[web]", lambda: _web(config, config_path, faults)),
            "secret": _try(faults, "[service] secret_file", lambda: _secret(config)),
            "mail": _try(faults, "[smtp]", lambda: _mail(config, config_path, faults)),
            "dkim": _try(faults, "[dkim]", lambda: _dkim(config, faults)),
        }
    if as_json:
        common.print_json(
            [{"file": one.file, "line": one.line, "level": one.level, "message": one.message} for one in faults]
        )
    else:
        for fault in faults:
            click.echo(str(fault))
    for name, said in done.items():
        if said is not None:
            click.echo(f"{name:10} {said}", err=True)
    errors = sum(fault.level == "error" for fault in faults)
    if errors:
        click.echo(f"{errors} error{'' if errors == 1 else 's'}", err=True)
        raise SystemExit(1)


def _try(faults: list[Fault], where: str, what: Callable[[], T]) -> T | None:
    """The result, or None with its faults noted."""
    try:
        return what()
    except Faults as error:
        faults += error.faults
    except MailError as error:
        faults.append(Fault(where, 0, _advised(error)))
    except AlertsError as error:
        faults.append(Fault(where, 0, str(error)))
    return None


def _advised(error: MailError) -> str:
    """With what to do about it."""
    from alerts.notify.trial import ADVICE

    return f"{error}. {ADVICE[error.reason]}" if error.reason in ADVICE else str(error)


def _rules(config: Config, config_path: Path, faults: list[Fault]) -> str:
    from alerts.configured import households, rule_sources
    from alerts.engine import loading

    places, sources = common.gazetteer(config, config_path), rule_sources(config)
    book = loading.load(sources, gazetteer=places, households=households(config), today=common.now().date())
    faults += _not_there(config, config_path)
    faults += common.placed(book.faults, sources)
    return f"{len(book.ruleset.rules)} in force"


def _not_there(config: Config, config_path: Path) -> list[Fault]:
    """Names in [rules] off that no rule has: a slip of the pen there would leave the rule in force."""
    from alerts.configured import rule_sources
    from alerts.match.files import rule_paths

    known = rule_paths(rule_sources(config).folders)
    document = Document.load(config_path)
    return [
        document.fault(("rules", "off", number), f"rules.off: there is no rule '{name}'{common.meant(name, known)}")
        for number, name in enumerate(config.rules.off)
        if name not in known
    ]


def _templates(config: Config, faults: list[Fault]) -> str:
    from alerts.render.mail import check_mail_templates

    if config.templates.folder is None:
        return "as shipped"
    faults += check_mail_templates(config.templates.folder)
    return f"your own in {config.templates.folder}"


def _database(config: Config, config_path: Path, faults: list[Fault]) -> str:
    from alerts.collect.links import fulltext
    from alerts.store import feeds, migrations, operators
    from alerts.store.database import open_database, reading

    engine = open_database(config.database_url, vault=_vault(config))
    try:
        kind, version = engine.url.get_backend_name(), migrations.current(engine)
        if version is None:
            faults += _nobody_in(config, config_path, 0)
            return f"{kind}, still empty"
        if migrations.outdated(engine) is not None:
            return f"{kind}, version {version}: alerts run brings it to {migrations.required()}, or alerts db upgrade"
        with reading(engine) as conn:
            wanted = [one.url for one in feeds.list_feeds(conn, active_only=True) if one.full_text]
            faults += _keys(conn)
            faults += _nobody_in(config, config_path, len(operators.list_all(conn)))
        if wanted and (missing := fulltext.missing()):
            others = f" and {len(wanted) - 1} more" if len(wanted) > 1 else ""
            faults.append(Fault(f"{wanted[0]}{others}", 0, missing, "warning"))
        return f"{kind}, version {version}"
    finally:
        engine.dispose()


def _editions(config: Config, faults: list[Fault]) -> str | None:
    """Where machines share the work, whether this one's own rules and templates are those in force on all."""
    from alerts.configured import editions_of
    from alerts.engine.editions import WHAT_TO_DO
    from alerts.store import migrations
    from alerts.store.database import open_database

    if config.service.engine != "cluster":
        return None
    engine = open_database(config.database_url)
    try:
        if migrations.current(engine) is None:
            return "none yet"
        own = editions_of(config, engine, common.now)
        force, differs = own.compare()
    finally:
        engine.dispose()
    if force is None:
        return "none yet: the first machine that starts publishes its own rules and templates"
    name = f"edition {force.number} by {force.by}"
    message = f"differs from {name}, which all machines go by"
    faults += [Fault(str(own.own.where(path)), 0, message, "warning") for path in differs]
    return f"{name} is in force" + (f"; files of this machine differ from it: {WHAT_TO_DO}" if differs else "")


def _vault(config: Config) -> Vault | None:
    """What opens readers' keys, if there is a secret: a check makes none."""
    from alerts.configured import secret_of
    from alerts.vault import Vault, secret_file

    own = config.service
    return Vault(secret_of(config)) if secret_file(own.data, own.secret_file).path.exists() else None


def _secret(config: Config) -> None:
    """See whether the secret can be read; where it would be made at the first start, it is not made here."""
    from alerts.vault import load_secret, secret_file

    place = secret_file(config.service.data, config.service.secret_file)
    if not place.made or place.path.exists():
        load_secret(config.service.data, config.service.secret_file)


def _nobody_in(config: Config, config_path: Path, operators: int) -> Iterator[Fault]:
    """Pages that are kept for those who log in, where no operator could."""
    if config.web.private and not operators:
        message = "there is no operator who could log in: alerts operators add ADDRESS --name NAME"
        yield Document.load(config_path).fault(("web", "private"), f"web.private: {message}", "warning")


def _web(config: Config, config_path: Path, faults: list[Fault]) -> None:
    """Whether what goes to the pages and comes from them is readable on the way."""
    from alerts.notify.reputation import HERE

    parts = urlsplit(config.web.base_url)
    if parts.scheme == "http" and (parts.hostname or "") not in HERE:
        message = (
            "web.base_url begins with http://: the links of mails, logins and what readers ask for can be read on the"
            " way; put a web server with TLS in front, and write https://"
        )
        faults.append(Document.load(config_path).fault(("web", "base_url"), message, "warning"))


def _keys(conn: Connection) -> Iterator[Fault]:
    """Readers whose mails cannot be encrypted, and so do not go out."""
    from alerts.errors import InputError
    from alerts.notify.message.pgp import check_key
    from alerts.store import people

    for person in people.list_people(conn):
        try:
            if person.active and person.wishes.key:
                check_key(person.wishes.key, now=common.now())
        except InputError as error:
            yield Fault(f"reader {person.id}", 0, f"gets no mails: {error}", "warning")


def _mail(config: Config, config_path: Path, faults: list[Fault]) -> str:
    from alerts.configured import transport_of
    from alerts.notify.message.mime import domain_of
    from alerts.notify.reputation import HERE, inside
    from alerts.notify.ways.smtp import Smtp

    transport = transport_of(config)
    if not isinstance(transport, Smtp):
        return f"no mail server: mails go to {config.mail_folder}"
    document = Document.load(config_path)
    if (urlsplit(config.web.base_url).hostname or "") in HERE:
        message = "web.base_url is this machine's own: readers' mails would have links that lead them nowhere"
        faults.append(document.fault(("web", "base_url"), message, "warning"))
    if config.smtp.host not in HERE and inside(domain_of(config.notify.sender)):
        message = "notify.from is of a domain that nobody outside knows: write an address of your own domain"
        faults.append(document.fault(("notify", "from"), message, "warning"))
    found, doubts = asyncio.run(_ask(transport, config))
    faults += [document.fault(("smtp", one.setting), f"smtp.{one.setting}: {one.message}", "warning") for one in doubts]
    return found


def _dkim(config: Config, faults: list[Fault]) -> str | None:
    from alerts.configured import signer_of
    from alerts.notify.message.dkim import doubts, zone_line

    signer = signer_of(config)
    if signer is None or config.dkim.key_file is None:
        return None
    faults += [Fault("[dkim] key_file", 0, said, "warning") for said in doubts(config.dkim.key_file, signer.key)]
    return f"publish in the DNS: {zone_line(signer)}"


async def _ask(transport: Smtp, config: Config) -> tuple[str, list[Doubt]]:
    """Visit the mail server; of one's own Postfix, see whether it tells what became of mails."""
    from alerts.configured import trail_of
    from alerts.notify.ways.doubts import doubts

    trail, answers = trail_of(config), f"{config.smtp.host}:{config.smtp.port} answers"
    try:
        if trail is None:
            await transport.check()
            return answers, []
        found = await doubts(trail, transport.check, for_service=True)
    finally:
        await transport.close()
    return answers if found else f"{answers}, and tells what became of mails", found
