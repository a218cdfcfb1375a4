"""Who asks, where a proxy of ours passes requests on: by what it says in X-Forwarded-For and X-Forwarded-Proto.

Anybody can send these headers, so only those are believed whose sender is named in [web] trusted_proxies. Each proxy
adds at the right whom it had it from: so the list is read from there, and the first that is no proxy of ours is who
asks. What stands further left was sent by them, and may be made up. The header `Forwarded` (RFC 7239) is not read:
proxies write these two.

Whoever is told of in this way is never taken for somebody on this machine itself (`operations.opening`).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SCHEMES: Final = ("http", "https")
_MOST: Final = 20


class Forwarded:
    """ASGI middleware: sets `client` and `scheme` as a trusted proxy tells them; without one nothing changes."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network] = ()) -> None:
        self._app, self._trusted = app, tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._trusted:
            scope = _told(scope, self._trusted)
        await self._app(scope, receive, send)


def _told(scope: Scope, trusted: Sequence[Network]) -> Scope:
    peer = address_of(scope["client"][0]) if scope.get("client") else None
    if peer is None or not _is_ours(peer, trusted):
        return scope
    headers = Headers(scope=scope)
    made = {**scope, "client": (str(client_of(peer, headers.getlist("x-forwarded-for"), trusted)), 0)}
    scheme = ",".join(headers.getlist("x-forwarded-proto")).rpartition(",")[2].strip().lower()
    if scheme in _SCHEMES:
        made["scheme"] = scheme
    return made


def client_of(peer: Address, forwarded: Sequence[str], trusted: Sequence[Network]) -> Address:
    """Who asks: the rightmost of those told that is no proxy of ours. What cannot be read ends the list: then it is the
    last that could be."""
    told, last = ",".join(forwarded).split(","), peer
    for one in reversed(told[-_MOST:]):
        address = address_of(one)
        if address is None:
            return last
        last = address
        if not _is_ours(address, trusted):
            return last
    return last


def address_of(text: str) -> Address | None:
    """An IP address, perhaps with a port, as proxies write it; None for what is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_ours(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in one for one in trusted)
