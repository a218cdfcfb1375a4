"""Which addresses a feed may lead us to. A feed's URL, its redirects and its host's DNS are written by
others: without a guard they could make the service read the cloud's metadata, a router or a database.

The check sits where the socket is made, after the name was resolved and for every address tried, so that
names, odd literals (`http://2130706433/`), redirects and names that change their answer all meet it.
"""

from __future__ import annotations

import contextvars
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from yarl import URL

from alerts.errors import ForbiddenAddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Beyond what `is_global` refuses: addresses that count as public and are not, or lead inside a cloud.
_DENIED = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; some clouds' metadata
        "168.63.129.16/32",  # a cloud's host agent
        "192.0.0.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "3fff::/20",  # documentation
    )
)
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: str) -> bool:
    """Whether `address` (as getaddrinfo gives it) is one that anybody on the internet could reach.

    IPv4 inside IPv6 (mapped, 6to4, NAT64, ISATAP) is judged as the IPv4 address it leads to.
    """
    try:
        ip: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return _plain_public(ip)
    if ip.ipv4_mapped is not None:
        return _plain_public(ip.ipv4_mapped)
    if ip in _NAT64:
        return _plain_public(_low_v4(ip))
    if ip not in _UNICAST:
        return False
    if ip.sixtofour is not None and not _plain_public(ip.sixtofour):
        return False
    if (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP and not _plain_public(_low_v4(ip)):
        return False
    return _plain_public(ip)


def _low_v4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)


def _plain_public(ip: Address) -> bool:
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return not any(ip in net for net in _DENIED if net.version == ip.version)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The hosts and ports that settings open. An entry without a port leaves the usual ports."""

    hosts: frozenset[tuple[str, int | None]]
    ports: frozenset[int]

    def host(self, url: URL) -> bool:
        """May this URL's host have an address that is not public?"""
        host = _normal(url.host or "")
        return (host, None) in self.hosts or (host, url.port) in self.hosts

    def port(self, url: URL) -> bool:
        """May this URL's port be asked at all?"""
        return url.port in self.ports or (_normal(url.host or ""), url.port) in self.hosts


def allowed(hosts: Iterable[str], ports: Iterable[int]) -> Allowed:
    """Read `allow_hosts` and `allow_ports` of the settings. Raises ValueError naming a bad entry."""
    return Allowed(frozenset(map(_entry, hosts)), frozenset(ports))


def _entry(text: str) -> tuple[str, int | None]:
    host, port = text.strip(), None
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest[1:] if rest else None
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    if not host or (port is not None and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise ValueError(f"'{text}' is neither a host nor host:port")
    return _normal(host), int(port) if port else None


@lru_cache(maxsize=4096)
def _normal(host: str) -> str:
    """Names in small letters without the final dot and in IDNA form; addresses in their one short form."""
    host = host.strip().rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


@dataclass(slots=True)
class Hop:
    """One request on its way; collects the addresses it was not allowed to reach."""

    private: bool
    refused: list[str] = field(default_factory=list)
    tried: int = 0


# The socket factory is told the address and not the name, so the request in hand travels beside it. Tasks
# started while connecting (happy eyeballs) inherit it.
_hop: contextvars.ContextVar[Hop] = contextvars.ContextVar("alerts_collect_hop")


class Refused(OSError):
    """Raised where the socket would be made; the connector wraps it as it does any OSError."""


def enter(hop: Hop) -> contextvars.Token[Hop]:
    """Judge connections made from here on (in this context) as part of `hop`."""
    return _hop.set(hop)


def leave(token: contextvars.Token[Hop]) -> None:
    """End what `enter` began."""
    _hop.reset(token)


def guarded_socket(address: tuple[Any, ...]) -> socket.socket:
    """The connector's socket factory: a socket for a getaddrinfo tuple, or Refused."""
    family, kind, proto, _, target = address
    hop = _hop.get(None)
    host = str(target[0])
    if hop is None or not (hop.private or is_public(host)):
        if hop is not None:
            hop.refused.append(host)
        raise Refused(f"{host} is not a public address")
    hop.tried += 1
    return socket.socket(family=family, type=kind, proto=proto)


def forbidden(url: str, hop: Hop, at: URL) -> ForbiddenAddress:
    """The error for a host all of whose addresses were refused."""
    where = ", ".join(dict.fromkeys(hop.refused))
    host = f"[{at.host}]" if ":" in (at.host or "") else at.host
    return ForbiddenAddress(
        url,
        "forbidden_address",
        f"{at.host} is not on the public internet ({where}); "
        f'if that is intended, add "{host}:{at.port}" to collect.allow_hosts',
    )
