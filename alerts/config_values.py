"""What may stand in the configuration, value by value: the types of its settings, each with its check."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo

from alerts import credentials
from alerts.addresses import normal_address
from alerts.config_faults import disagree, size, told
from alerts.durations import duration, say
from alerts.listening import Listen, listen_at
from alerts.roles import MachineRole
from alerts.types import Severity

MIB = 1024 * 1024
_Key = TypeVar("_Key", str, int)
# A name or IPv4 address, or an IPv6 address (in brackets where a port follows).
_HOST = re.compile(
    r"(?:[^\s/:@\[\]]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
)
_DNS_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?")


def _length(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise told('write a length of time in quotes, such as "15 minutes"')
    return duration(value)


def _length_or_never(value: object) -> timedelta | None:
    length = None if value is None or value == "never" else _length(value)
    if length is not None and length < timedelta(minutes=1):
        raise told('must be at least 1 minute; from = "" asks nobody to look')
    return length


def never_or_at_least(least: timedelta) -> BeforeValidator:
    """How long something is kept: not shorter than `least`; None: it never goes."""

    def read(value: object) -> timedelta | None:
        length = None if value is None or value == "never" else _length(value)
        if length is not None and length < least:
            raise told(f'must be at least {say(least)}, or "never"')
        return length

    return BeforeValidator(read)


def at_least(least: timedelta) -> AfterValidator:
    """A length of time that is not shorter."""

    def check(value: timedelta) -> timedelta:
        if value < least:
            raise told(f"must be at least {say(least)}")
        return value

    return AfterValidator(check)


def _bytes(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise told('write a size in quotes, such as "5 MiB"')
    return size(value)


def _from_the_file(path: Path, info: ValidationInfo) -> Path:
    """Relative paths start at the folder of the configuration file, wherever the command is run."""
    base = (info.context or {}).get("base", Path())
    return Path(base, path.expanduser()).absolute()


def _secret(value: object) -> object:
    try:
        return credentials.path_of(value) if isinstance(value, str) else value
    except ValueError as error:
        raise told(str(error)) from None


def _mail_address(value: str) -> str:
    try:
        return normal_address(value)
    except ValueError as error:
        raise told(str(error)) from None


def _contact(value: str) -> str:
    return value if not value or value.startswith(("http://", "https://")) else _mail_address(value)


_POSTGRES: Final = "postgresql+psycopg://"


def _database(value: str) -> str:
    if value == "sqlite" or value.startswith(_POSTGRES):
        return value
    if value.startswith(("postgres://", "postgresql://")):
        raise told("begin the address with postgresql+psycopg://")
    raise told('write "sqlite" or "postgresql+psycopg://USER@HOST/DATABASE"')


def with_password(database: str, password: str) -> str:
    """The address of a PostgreSQL database, which names a user and no password, with this password in it."""
    user, _, rest = database.removeprefix(_POSTGRES).partition("@")
    return f"{_POSTGRES}{user}:{quote(password, safe='')}@{rest}"


def takes_password(database: str) -> bool:
    """Whether `with_password` can put one into this address."""
    parts = urlsplit(database)
    return database.startswith(_POSTGRES) and bool(parts.username) and parts.password is None


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise told('write the address readers use, such as "https://alerts.example.org"')
    return value.rstrip("/")


def _hub_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment):
        raise told('write the address of a WebSub hub, such as "https://hub.example.org/"')
    return value


def _yes_no_or_auto(value: object) -> bool | None:
    if value is None or value == "auto":
        return None
    if not isinstance(value, bool):
        raise told('write true, false or "auto"')
    return value


def _listen(value: object) -> Listen | None:
    if value is None or value == "":
        return None
    if isinstance(value, Listen):
        return value
    if not isinstance(value, str):
        raise told('write "127.0.0.1:8024" or the path of a socket')
    try:
        return listen_at(value)
    except ValueError as error:
        raise told(str(error)) from None


def _cap_name(value: str) -> str:
    if any(char.isspace() or char in ",<&" or not char.isprintable() for char in value):
        raise told("a sender has no blanks, no commas, no < and no &; write a name such as alerts.example.org")
    return value


def _domain(value: str) -> str:
    """A name of the DNS in its ASCII form, or ""."""
    try:
        name = value.strip().rstrip(".").encode("idna").decode("ascii").lower() if value else ""
    except UnicodeError:
        name = "?"
    if name and not _DNS_NAME.fullmatch(name):
        raise told("write a name of the DNS, such as example.org")
    return name


def _port_ok(value: int) -> int:
    if not 1 <= value <= 65535:
        raise told("a port is a number from 1 to 65535")
    return value


def _host_ok(value: str) -> str:
    found = _HOST.fullmatch(value.strip())
    if found is None or (found["port"] and not 1 <= int(found["port"]) <= 65535):
        raise told(f"'{value}' is neither a host nor host:port, such as \"intranet.example.org:8080\"")
    return value


def _network(value: object) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        found = ip_network(str(value), strict=False)
    except ValueError:
        raise told(f'\'{value}\' is neither an address nor a network, such as "127.0.0.1" or "10.0.0.0/24"') from None
    if found.prefixlen == 0:
        raise told("this is everybody: then anybody could say who they are; write the address of your proxy")
    return found


def _countries(value: dict[str, float]) -> dict[str, float]:
    faults = []
    for country, people in value.items():
        if not (len(country) == 3 and country.isascii() and country.isalpha() and country.isupper()):
            faults.append((country, "write the country's three capital letters (ISO 3166), such as SDN"))
        elif not 1 <= people <= 20:
            faults.append((country, "must be a number of people from 1 to 20"))
    disagree(faults)
    return value


def _tiers(value: dict[int, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
    disagree([(str(tier), "a tier is a number from 1 (most trusted) to 5") for tier in value if not 1 <= tier <= 5])
    return value


def _once(value: dict[_Key, tuple[str, ...]]) -> dict[_Key, tuple[str, ...]]:
    """A publisher stands in one group only."""
    where: dict[str, _Key] = {}
    faults = []
    for group, publishers in value.items():
        for publisher in publishers:
            first = where.setdefault(publisher.casefold(), group)
            if first != group:
                faults.append((str(group), f"'{publisher}' stands in '{first}' already"))
    disagree(faults)
    return value


Length = Annotated[timedelta, BeforeValidator(_length)]
Second = Annotated[Length, at_least(timedelta(seconds=1))]
FilePath = Annotated[Path, Field(strict=False), AfterValidator(_from_the_file)]
Day = Annotated[Length, at_least(timedelta(days=1))]
LengthOrNever = Annotated[timedelta | None, BeforeValidator(_length_or_never)]
WeekOrNever = Annotated[timedelta | None, never_or_at_least(timedelta(days=7))]
MonthOrNever = Annotated[timedelta | None, never_or_at_least(timedelta(days=30))]
Size = Annotated[int, BeforeValidator(_bytes)]
OptionalPath = Annotated[FilePath | None, BeforeValidator(lambda value: None if value == "" else value)]
SecretPath = Annotated[OptionalPath, BeforeValidator(_secret)]
ListenAt = Annotated[Listen | None, PlainValidator(_listen)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Port = Annotated[int, AfterValidator(_port_ok)]
Contact = Annotated[str, AfterValidator(_contact)]
Database = Annotated[str, AfterValidator(_database)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
HubUrl = Annotated[str, AfterValidator(_hub_url)]
YesNoOrAuto = Annotated[bool | None, BeforeValidator(_yes_no_or_auto)]
SeverityOrNone = Annotated[Severity | None, BeforeValidator(lambda value: None if value == "" else value)]
DnsName = Annotated[str, AfterValidator(_domain)]
CapName = Annotated[str, AfterValidator(_cap_name)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host_ok)], ...], Field(strict=False)]
Networks = Annotated[tuple[Annotated[IPv4Network | IPv6Network, PlainValidator(_network)], ...], Field(strict=False)]
Parts = Annotated[tuple[Literal["all", "alerts", "places", "rules", "data"], ...], Field(strict=False)]
Roles = Annotated[tuple[MachineRole, ...], Field(strict=False, min_length=1)]
Households = Annotated[dict[str, float], AfterValidator(_countries)]
Tiers = Annotated[dict[Annotated[int, Field(strict=False)], Texts], AfterValidator(_tiers), AfterValidator(_once)]
Owners = Annotated[dict[str, Texts], AfterValidator(_once)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Addresses = Annotated[tuple[MailAddress, ...], Field(strict=False, repr=False)]
