"""How much strangers may make us write. Whoever types an address into a form makes us write to it: so nobody gets more
than one such letter a day, whoever asks how often."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection

from alerts.store import attempts
from alerts.store.database import vault_of

Letter = Literal["joining", "link", "help", "login"]
"""What a letter was asked for: to become a reader, for a link to the preferences, for help, to log in."""

_LETTERS: Final[tuple[Letter, ...]] = ("joining", "link", "help")
_NETWORK: Final = "network"
# This machine; private networks (RFC 1918, RFC 6598, RFC 4193), in which containers lie, too; links.
_OWN_HOUSE: Final = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Letters of one kind to one address a day, sign-ups from one network an hour, letters in all an hour."""

    address: int = 1
    network: int = 5
    in_all: int = 200


def network_of(host: str) -> str:
    """The network of an IP address, as far as one house is likely to have it (/24 of IPv4, /48 of IPv6); "" where
    that says nothing: for what is no IP address, and for one of our own house, by which a proxy passes on the requests
    of all the world. (Of whom, its headers say; but anybody can send those, so the pages read them only from proxies
    that [web] trusted_proxies names.)"""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in one for one in _OWN_HOUSE):
        return ""
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def take(conn: Connection, limits: Limits, what: Letter, mark: str, network: str, now: datetime) -> bool:
    """Whether a letter may be written, counted if so. `mark` is the address's; `network` "" counts for none."""
    attempts.alone(conn)
    prefix = vault_of(conn).mark(f"{_NETWORK}\x1f{network}") if network else ""
    if (
        attempts.count(conn, (what,), now - _DAY, mark=mark) >= limits.address
        or attempts.count(conn, _LETTERS, now - _HOUR) >= limits.in_all
        or (prefix and attempts.count(conn, (_NETWORK,), now - _HOUR, mark=prefix) >= limits.network)
    ):
        return False
    attempts.add(conn, what, mark, now)
    if prefix:
        attempts.add(conn, _NETWORK, prefix, now)
    return True
