"""The configuration: one TOML file, checked whole before anything starts.

All faults are told at once, each with its line and what to write instead. Nothing unknown is ignored. The
meaning of every setting stands in config.example.toml, which a test holds equal to the defaults here.
"""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel as PydanticModel
from pydantic import ConfigDict, Field, model_validator

from alerts.config_faults import disagree, validate
from alerts.config_values import (
    MIB,
    Addresses,
    BaseUrl,
    CapName,
    Contact,
    Database,
    Day,
    DnsName,
    FilePath,
    Hosts,
    Households,
    HubUrl,
    Length,
    LengthOrNever,
    ListenAt,
    MailAddress,
    MonthOrNever,
    Networks,
    OptionalPath,
    Owners,
    Parts,
    Port,
    Roles,
    Second,
    SecretPath,
    SeverityOrNone,
    Size,
    Texts,
    Tiers,
    WeekOrNever,
    YesNoOrAuto,
    takes_password,
    with_password,
)
from alerts.credentials import read_password
from alerts.errors import ConfigError, Fault, Faults
from alerts.roles import MACHINE_ROLES
from alerts.toml_lines import Document
from alerts.types import SEVERITIES, Severity


class Section(PydanticModel):
    """One [section]."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, hide_input_in_errors=True
    )


class Service(Section):
    secret_file: SecretPath = None
    data: FilePath = Path("data")
    database: Database = Field("sqlite", repr=False)
    database_password_file: SecretPath = None
    name: Annotated[str, Field(min_length=1, max_length=60)] = "alerts"
    contact: Contact = ""
    log: Literal["console", "json"] = "console"
    engine: Literal["local", "cluster"] = "local"
    machine: Annotated[str, Field(max_length=100)] = ""
    roles: Roles = MACHINE_ROLES

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.database_password_file is not None and not takes_password(self.database):
            fault = 'needs an address that names a user and no password: "postgresql+psycopg://USER@HOST/NAME"'
            disagree([("database_password_file", fault)])
        if self.engine == "cluster" and self.database == "sqlite":
            fault = '"cluster" needs a database that machines can share: set database to PostgreSQL'
            disagree([("engine", fault)])
        if self.engine == "local" and self.roles != MACHINE_ROLES:
            disagree([("roles", 'only machines that share the work have roles: engine = "cluster"')])
        return self


class Rules(Section):
    folders: Annotated[tuple[FilePath, ...], Field(strict=False)] = ()
    shipped: bool = True
    off: Texts = ()
    editable: bool = True


class Templates(Section):
    folder: OptionalPath = None


class Collect(Section):
    interval: Second = timedelta(minutes=15)
    min_interval: Second = timedelta(minutes=1)
    max_staleness: Second = timedelta(minutes=30)
    max_staleness_critical: Second = timedelta(minutes=15)
    max_backoff: Second = timedelta(hours=6)
    host_gap: Length = timedelta(seconds=1)
    connect_timeout: Second = timedelta(seconds=10)
    read_timeout: Second = timedelta(seconds=15)
    total_timeout: Second = timedelta(seconds=45)
    max_body: Annotated[Size, Field(ge=1024, le=256 * MIB)] = 5 * MIB
    keep_polls: Day = timedelta(days=30)
    keep_documents: Annotated[Size, Field(ge=0)] = 256 * MIB
    at_once: Annotated[int, Field(ge=1, le=1000)] = 64
    allow_hosts: Hosts = ()
    allow_ports: Annotated[tuple[Port, ...], Field(strict=False)] = (80, 443)
    user_agent: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        faults = []
        if self.interval < self.min_interval:
            faults.append(("interval", "is shorter than min_interval"))
        if "max_staleness" in self.model_fields_set and self.max_staleness < self.interval:
            faults.append(("max_staleness", "is shorter than interval"))
        if self.max_staleness_critical > max(self.max_staleness, self.interval):
            faults.append(("max_staleness_critical", "is longer than max_staleness"))
        if self.max_staleness_critical < self.min_interval:
            faults.append(("max_staleness_critical", "is shorter than min_interval"))
        if self.max_backoff < self.min_interval:
            faults.append(("max_backoff", "is shorter than min_interval"))
        if self.total_timeout < max(self.connect_timeout, self.read_timeout):
            faults.append(("total_timeout", "is shorter than connect_timeout or read_timeout"))
        disagree(faults)
        return self


class Read(Section):
    household: Annotated[float, Field(ge=1, le=20)] = 5.0
    households: Households = {}
    gazetteer: OptionalPath = None


class Notify(Section):
    sender: Annotated[MailAddress, Field(alias="from")] = "alerts@localhost"
    late_after: Second = timedelta(hours=24)
    wait_extreme: Length = timedelta(seconds=30)
    wait_severe: Length = timedelta(minutes=3)
    wait_moderate: Length = timedelta(minutes=30)
    wait_minor: Length = timedelta(hours=2)
    retry_first: Second = timedelta(minutes=1)
    retry_max: Second = timedelta(hours=1)
    give_up: Second = timedelta(days=2)
    discreet_name: Annotated[str, Field(min_length=1, max_length=60)] = "Updates"
    discreet_subject: Annotated[str, Field(min_length=1, max_length=100)] = "Your update"
    most_per_hour: Annotated[int, Field(ge=1)] = 6
    most_per_day: Annotated[int, Field(ge=1)] = 20

    @property
    def waits(self) -> dict[Severity, timedelta]:
        """How long mails of each level wait for what belongs with them."""
        return {
            "minor": self.wait_minor,
            "moderate": self.wait_moderate,
            "severe": self.wait_severe,
            "extreme": self.wait_extreme,
        }

    @model_validator(mode="after")
    def _agree(self) -> Self:
        faults = []
        for worse, less in pairwise(reversed(SEVERITIES)):
            if self.waits[less] < self.waits[worse]:
                faults.append((f"wait_{less}", f"is shorter than wait_{worse}"))
        if self.give_up < max(self.waits.values()):
            faults.append(("give_up", "is shorter than the longest wait: mails would be given up before they are sent"))
        if self.retry_max < self.retry_first:
            faults.append(("retry_max", "is shorter than retry_first"))
        if self.give_up < self.retry_max:
            faults.append(("give_up", "is shorter than retry_max"))
        if self.most_per_day < self.most_per_hour:
            faults.append(("most_per_day", "is less than most_per_hour"))
        disagree(faults)
        return self


class Operator(Section):
    to: Addresses = ()


class Escalation(Section):
    to: Addresses = ()
    after: Second = timedelta(hours=2)
    times: Annotated[int, Field(ge=0, le=10)] = 3


class Triage(Section):
    from_: SeverityOrNone = Field(None, alias="from")
    let_go: LengthOrNever = timedelta(hours=1)


class Smtp(Section):
    host: str = ""
    port: Port = 25
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password_file: SecretPath = None
    unknown: Literal["auto", "reconcile", "resend", "hold"] = "auto"
    postfix_log: OptionalPath = None
    postqueue: Annotated[str, Field(min_length=1)] = "postqueue"

    @property
    def reconciles(self) -> bool:
        """Whether the log of our own Postfix is asked what became of mails."""
        return self.postfix_log is not None and self.unknown in ("auto", "reconcile")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        faults = []
        if self.unknown == "reconcile" and self.postfix_log is None:
            faults.append(("unknown", 'needs postfix_log, the log of your own Postfix; or write "auto"'))
        if self.username and self.password_file is None:
            faults.append(("username", "needs password_file, the path of a file that holds the password"))
        if self.username and self.security == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            faults.append(("security", 'the password would travel in clear; write "starttls" or "tls"'))
        disagree(faults)
        return self


class Inbox(Section):
    listen: ListenAt = None
    imap_host: str = ""
    imap_port: Port = 993
    imap_username: str = Field("", repr=False)
    imap_password_file: SecretPath = None
    imap_folder: Annotated[str, Field(min_length=1)] = "INBOX"
    imap_every: Second = timedelta(minutes=1)

    @property
    def takes_mail(self) -> bool:
        """Whether mail that is sent to the service gets to it."""
        return self.listen is not None or bool(self.imap_host)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.imap_host and not (self.imap_username and self.imap_password_file):
            disagree([("imap_host", "needs imap_username and imap_password_file, a file that holds the password")])
        return self


class Subscribe(Section):
    open: bool = True


class Dkim(Section):
    domain: DnsName = ""
    selector: Annotated[DnsName, Field(min_length=1)] = "mail"
    key_file: SecretPath = None


class Web(Section):
    host: str = "127.0.0.1"
    port: Port = 8080
    base_url: BaseUrl = "http://127.0.0.1:8080"
    private: Parts = ()
    trusted_proxies: Networks = ()
    operations: YesNoOrAuto = None
    hub: HubUrl = ""
    rights: Annotated[str, Field(max_length=500)] = ""


class Cap(Section):
    sender: CapName = ""
    scope: Literal["Restricted", "Public"] = "Restricted"
    restriction: Annotated[str, Field(max_length=500)] = (
        "For the readers of this service. Made by machine from public news: check before you act."
    )
    exercise: bool = False

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.scope == "Restricted" and not self.restriction.strip():
            disagree([("restriction", "say whom messages of the scope Restricted are for")])
        return self


class Verdicts(Section):
    expire: Day = timedelta(days=30)
    second_look: Annotated[int, Field(ge=0)] = 50


class Keep(Section):
    articles: MonthOrNever = timedelta(days=365)
    evidence: MonthOrNever = None
    mails: WeekOrNever = timedelta(days=90)
    audit: MonthOrNever = timedelta(days=730)


class Config(Section):
    """The whole configuration. Paths are absolute; lengths of time are timedeltas, sizes bytes."""

    service: Service
    rules: Rules
    templates: Templates
    collect: Collect
    read: Read
    notify: Notify
    operator: Operator
    escalation: Escalation
    triage: Triage
    smtp: Smtp
    inbox: Inbox
    subscribe: Subscribe
    dkim: Dkim
    web: Web
    cap: Cap
    verdicts: Verdicts
    keep: Keep
    owners: Owners
    tiers: Tiers

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.escalation.after < max(self.notify.waits.values()):
            fault = "is shorter than the longest wait in [notify]: a mail would be repeated before what belongs with it"
            disagree([(("escalation", "after"), fault)])
        if self.keep.mails is not None and self.keep.mails < self.verdicts.expire:
            fault = "is shorter than [verdicts] expire: who was told of an alert must be known while they may answer"
            disagree([(("keep", "mails"), fault)])
        home = self.notify.sender.rpartition("@")[2].encode("idna").decode("ascii").lower()
        if self.dkim.key_file and self.dkim.domain and not f".{home}".endswith(f".{self.dkim.domain}"):
            fault = f"is neither {home}, the domain in [notify] from, nor above it: receivers would not count it"
            disagree([(("dkim", "domain"), fault)])
        return self

    @property
    def database_url(self) -> str:
        """What `store.database.open_database` takes. Raises AlertsError for a password that cannot be read."""
        own = self.service
        if own.database == "sqlite":
            return f"sqlite:///{own.data / 'alerts.db'}"
        if own.database_password_file is None:
            return own.database
        return with_password(own.database, read_password(own.database_password_file, "the database's"))

    @property
    def gazetteer_path(self) -> Path:
        return self.read.gazetteer or self.service.data / "places"

    @property
    def mail_folder(self) -> Path:
        """The Maildir that takes the mails while no SMTP server is configured."""
        return self.service.data / "mail"

    @property
    def editions_folder(self) -> Path:
        """Where a machine keeps the rules and templates that all machines of its database go by."""
        return self.service.data / "editions"

    def owner_of(self, source: str) -> str:
        """The owner group of a publisher: itself where [owners] does not name it."""
        return _group_of(self.owners, source, source)

    def tier_of(self, source: str) -> int:
        """The tier of a publisher: 2 where [tiers] does not name it."""
        return _group_of(self.tiers, source, 2)


_Key = TypeVar("_Key", str, int)


def _group_of(groups: dict[_Key, tuple[str, ...]], source: str, default: _Key) -> _Key:
    wanted = source.casefold()
    return next((key for key, names in groups.items() if any(name.casefold() == wanted for name in names)), default)


def load(path: Path) -> Config:
    """The configuration in the file `path`. Raises ConfigError with every fault."""
    if not os.path.exists(path):  # unlike Path.exists, never raises
        raise ConfigError([Fault(str(path), 0, "there is no such file (config.example.toml is one to start from)")])
    try:
        document = Document.load(path)
    except Faults as faults:
        raise ConfigError(faults.faults) from None
    return read(document, base=path.absolute().parent)


def read(document: Document, *, base: Path) -> Config:
    """The configuration in `document`; relative paths in it start at the folder `base`."""
    return validate(Config, document, base)


def defaults(base: Path) -> Config:
    """What holds without a configuration file."""
    return read(Document("", "defaults"), base=base)
