"""What a configuration stands for: the parts that the service and the commands are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname
from typing import Final

from sqlalchemy import Engine

from alerts import __version__
from alerts.collect.settings import CollectSettings, user_agent
from alerts.config import Config
from alerts.engine.edition_files import EditionFiles
from alerts.engine.editions import Editions, EditionSettings
from alerts.engine.loading import RuleSources
from alerts.engine.pruning import Terms
from alerts.engine.rulebook import Rulebook
from alerts.engine.single import SingleService
from alerts.errors import AlertsError, StoreError
from alerts.match.bind import Households
from alerts.match.rule import Spike
from alerts.notify import audience
from alerts.notify.inbox.imap import Mailbox
from alerts.notify.inbox.sorting import House
from alerts.notify.inbox.stage import InboxSettings
from alerts.notify.joining.desk import Desk
from alerts.notify.message.compose import Sender
from alerts.notify.message.discreet import Discreet
from alerts.notify.message.dkim import Signer, load_key
from alerts.notify.message.mime import domain_of
from alerts.notify.pace import Limits
from alerts.notify.posting import Post
from alerts.notify.ways.maildir import Maildir
from alerts.notify.ways.postfix import PostfixTrail
from alerts.notify.ways.smtp import Smtp, SmtpSettings, read_password
from alerts.notify.ways.transport import Transport
from alerts.notify.ways.verdict import Retry, Unknown
from alerts.read.gazetteer import ensure
from alerts.read.places import Gazetteer
from alerts.render.cap import Issuer, issuer_of
from alerts.render.view import Site
from alerts.resources import shipped
from alerts.store import leases, machines, migrations, people
from alerts.store.database import open_database, reading, writing
from alerts.store.machines import Machine
from alerts.vault import Vault, load_secret

Progress = Callable[[str, float], None]


def rule_sources(config: Config) -> RuleSources:
    """The rule folders of a configuration: the shipped ones first, so that the user's replace them."""
    own = config.rules.folders
    return RuleSources(folders=(shipped("rules"), *own) if config.rules.shipped else own, off=config.rules.off)


def in_force(config: Config) -> Config:
    """The configuration with the folders of the edition in force in place of the operator's own, where machines share
    them (`editions_of`)."""
    files = EditionFiles(config.editions_folder)
    rules = config.rules.model_copy(update={"folders": (files.rules,)})
    templates = config.templates.model_copy(update={"folder": files.templates})
    return config.model_copy(update={"rules": rules, "templates": templates})


def editions_of(config: Config, engine: Engine, clock: Callable[[], datetime]) -> Editions:
    """What brings the operator's own rules and templates to all machines."""
    settings = EditionSettings(
        home=config.editions_folder,
        rules=config.rules.folders,
        templates=config.templates.folder,
        machine=machine_name(config),
    )
    return Editions(engine, settings, clock=clock)


def households(config: Config) -> Households:
    return Households(usual=config.read.household, by_country=config.read.households)


def collect_settings(config: Config) -> CollectSettings:
    own = config.collect
    return CollectSettings(
        user_agent=own.user_agent or user_agent(__version__, config.service.contact),
        connect_timeout=own.connect_timeout.total_seconds(),
        read_timeout=own.read_timeout.total_seconds(),
        total_timeout=own.total_timeout.total_seconds(),
        max_body=own.max_body,
        at_once=own.at_once,
        allow_hosts=own.allow_hosts,
        allow_ports=own.allow_ports,
        interval=own.interval.total_seconds(),
        min_interval=own.min_interval.total_seconds(),
        max_staleness=max(own.max_staleness, own.interval).total_seconds(),
        max_staleness_critical=own.max_staleness_critical.total_seconds(),
        host_gap=own.host_gap.total_seconds(),
        max_backoff=own.max_backoff.total_seconds(),
    )


def issuer(config: Config) -> Issuer:
    """Who issues the messages for other systems."""
    site = Site(name=config.service.name, base_url=config.web.base_url, contact=config.service.contact)
    usual = issuer_of(site)
    return replace(
        usual,
        sender=config.cap.sender or usual.sender,
        scope=config.cap.scope,
        restriction=config.cap.restriction,
        exercise=config.cap.exercise,
    )


def secret_of(config: Config) -> bytes:
    """The installation's secret. Raises AlertsError."""
    return load_secret(config.service.data, config.service.secret_file)


def open_store(config: Config, progress: Progress = migrations.SILENT, *, locked: bool = False) -> Engine:
    """The configured database, brought up to date; `locked`: the caller is the service of this data folder. Raises
    StoreError, and AlertsError where the addresses in it were sealed with another secret."""
    vault = Vault(secret_of(config))
    engine = open_database(config.database_url, vault=vault, shared=config.service.engine == "cluster")
    try:
        bring_up(engine, config, progress, locked=locked)
        with writing(engine) as conn:
            people.take_secret(conn)
    except AlertsError:
        engine.dispose()
        raise
    return engine


def bring_up(
    engine: Engine, config: Config, progress: Progress = migrations.SILENT, *, locked: bool = False
) -> str | None:
    """Bring the configured database up to date; returns the version that it had. Raises StoreError while a service of
    an older version runs on it, here or on another machine: it would go on with tables that it does not know."""
    older = migrations.outdated(engine)
    if older is None:
        return migrations.upgrade(engine, progress)
    with nullcontext() if locked else _no_service(config, older):
        _refuse_beside(engine, config, older)
        return migrations.upgrade(engine, progress)


@contextmanager
def _no_service(config: Config, older: str) -> Iterator[None]:
    lock = SingleService(config.service.data)
    if lock.path.exists():  # else no service ever ran here
        try:
            lock.take()
        except StoreError as error:
            if error.reason != "locked":
                raise
            raise StoreError(f"{_older(older)}, and the service runs with them: {_ANEW}", reason="schema") from None
    try:
        yield
    finally:
        lock.release()


def _refuse_beside(engine: Engine, config: Config, older: str) -> None:
    with reading(engine) as conn:
        beside = machines.living_beside(conn, machine_of(config).home)
    if beside:
        raise StoreError(
            f"{_older(older)}, and the service on {', '.join(beside)} runs with them: {_ANEW}", reason="schema"
        )


def _older(version: str) -> str:
    return f"the database has tables of an older version ({version})"


_ANEW: Final = "stop all of it, and start it with this version"


def open_gazetteer(path: Path, progress: Progress = lambda stage, share: None) -> Gazetteer:
    """The index of places, made first if it is missing. Raises GazetteerError."""
    ensure(path, progress)
    return Gazetteer.open(path)


def post_of(config: Config, secret: bytes) -> Post:
    """Who writes the mails of an alert's versions into the outbox."""
    policy = audience.Policy(waits=config.notify.waits, give_up=config.notify.give_up)
    return Post(domain=domain_of(config.notify.sender), secret=secret, policy=policy)


def limits_of(config: Config) -> Limits:
    """How many mails a reader gets."""
    return Limits(per_hour=config.notify.most_per_hour, per_day=config.notify.most_per_day)


def kept_by(config: Config, book: Rulebook) -> Terms:
    """How long things are kept by the settings, and by what the rules in force look back to."""
    spikes = [rule.when for rule in book.ruleset.rules if isinstance(rule.when, Spike)]
    return Terms(
        articles=config.keep.articles,
        evidence=config.keep.evidence,
        mails=config.keep.mails,
        audit=config.keep.audit,
        polls=config.collect.keep_polls,
        documents=config.collect.keep_documents,
        same_event=max((policy.same_event for policy in book.policies.values()), default=timedelta(0)),
        baseline=max((when.baseline + when.window for when in spikes), default=timedelta(0)),
    )


def site_of(config: Config) -> Site:
    """What mails and pages say of the service."""
    return Site(name=config.service.name, base_url=config.web.base_url, contact=config.service.contact)


def signer_of(config: Config) -> Signer | None:
    """Who signs the mails, if somebody does. Raises AlertsError for a key that cannot be used."""
    own = config.dkim
    if own.key_file is None:
        return None
    domain = own.domain or domain_of(config.notify.sender)
    return Signer(domain=domain, selector=own.selector, key=load_key(own.key_file))


def sender_of(config: Config, secret: bytes) -> Sender:
    """Who the mails come from. Raises AlertsError where they cannot be signed."""
    return Sender(
        address=config.notify.sender,
        name=config.service.name,
        secret=secret,
        links_expire=config.verdicts.expire,
        base_url=config.web.base_url,
        inbox=config.inbox.takes_mail,
        subscribe=config.subscribe.open,
        discreet=Discreet(name=config.notify.discreet_name, subject=config.notify.discreet_subject),
        signer=signer_of(config),
    )


def desk_of(config: Config, secret: bytes) -> Desk:
    """Where people become readers, and change what they get."""
    return Desk(
        secret=secret,
        domain=domain_of(config.notify.sender),
        base_url=config.web.base_url,
        open=config.subscribe.open,
        contact=config.service.contact,
        give_up=config.notify.give_up,
    )


def inbox_of(
    config: Config, *, events: Callable[[], Collection[str]], country_of: Callable[[str], str | None]
) -> InboxSettings | None:
    """Where mail comes in, if it does; `events` and `country_of` are what readers may ask for. Raises MailError for a
    password that cannot be read."""
    own = config.inbox
    if not own.takes_mail:
        return None
    local, _, domain = config.notify.sender.rpartition("@")
    return InboxSettings(
        house=House(domain=domain, own=local, events=events, country_of=country_of),
        listen=own.listen,
        mailbox=_mailbox(config),
    )


def _mailbox(config: Config) -> Mailbox | None:
    own = config.inbox
    if not own.imap_host or own.imap_password_file is None:
        return None
    return Mailbox(
        host=own.imap_host,
        port=own.imap_port,
        username=own.imap_username,
        password=read_password(own.imap_password_file),
        folder=own.imap_folder,
        every_s=own.imap_every.total_seconds(),
    )


def smtp_settings(config: Config) -> SmtpSettings | None:
    """Where and how to reach the mail server; None until one is configured. Raises MailError for a password that cannot
    be read."""
    smtp = config.smtp
    if not smtp.host:
        return None
    return SmtpSettings(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=read_password(smtp.password_file) if smtp.password_file else "",
    )


def transport_of(config: Config) -> Transport:
    """A Maildir until a mail server is configured."""
    settings = smtp_settings(config)
    return Maildir(config.mail_folder) if settings is None else Smtp(settings, trail=trail_of(config))


def way_of(config: Config) -> str:
    """Names what `transport_of` looks at to find out what became of mails: a folder or a log is of this machine, a mail
    server without a log is everybody's."""
    smtp = config.smtp
    if not smtp.host:
        seen_by = f"{gethostname()} {config.mail_folder.resolve()}"
    elif smtp.postfix_log is not None and smtp.reconciles:
        seen_by = f"{gethostname()} {smtp.postfix_log.resolve()}"
    else:
        seen_by = f"{smtp.host}:{smtp.port}"
    return hashlib.sha256(seen_by.encode()).hexdigest()[:32]


def machine_name(config: Config) -> str:
    """What this machine is called among those that share the work."""
    return config.service.machine or gethostname()


def machine_of(config: Config) -> Machine:
    """This start of this machine, among those that share the work. Raises AlertsError for a secret that cannot be
    read."""
    own = {"data", "machine", "roles", "log", "database", "secret_file"}
    shared = config.model_dump(
        mode="json",
        exclude={"service": own, "web": {"host", "port"}, "inbox": True, "rules": {"folders"}, "templates": True},
    )
    now = datetime.now(UTC)
    return Machine(
        name=machine_name(config),
        life=leases.new_life(),
        home=f"{gethostname()}:{config.service.data}",
        roles=config.service.roles,
        version=__version__,
        settings=hashlib.sha256(json.dumps(shared, sort_keys=True, default=str).encode()).hexdigest(),
        started=now,
        seen=now,
    )


def trail_of(config: Config) -> PostfixTrail | None:
    """What finds out what became of mails, where we may look into our own Postfix's log."""
    smtp = config.smtp
    if smtp.postfix_log is None or not smtp.reconciles:
        return None
    return PostfixTrail(log=smtp.postfix_log, postqueue=smtp.postqueue, clock=lambda: datetime.now(UTC))


def retry_of(config: Config) -> Retry:
    """When a mail is tried again, and what becomes of one that nobody can tell of."""
    policies: dict[str, Unknown] = {"auto": "urgent", "reconcile": "hold", "resend": "resend", "hold": "hold"}
    notify = config.notify
    return Retry(first=notify.retry_first, longest=notify.retry_max, unknown=policies[config.smtp.unknown])
