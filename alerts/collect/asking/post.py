"""Sending a form to an address on the internet, as carefully as feeds are fetched: never to a private address that the
settings do not open, no redirects, no waiting without end. The answer is a number; what else it says is not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp
from yarl import URL

from alerts.collect.asking import guard
from alerts.collect.asking.resolver import Resolver
from alerts.collect.settings import CollectSettings
from alerts.errors import FetchError
from alerts.urls import host_and_path


class Poster:
    """Open for as long as there is something to send: `async with Poster(settings) as poster`."""

    def __init__(self, settings: CollectSettings) -> None:
        self._settings = settings
        self._allowed = guard.allowed(settings.allow_hosts, settings.allow_ports)

    async def __aenter__(self) -> Poster:
        self._resolver = Resolver()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guard.guarded_socket, resolver=self._resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers={"User-Agent": self._settings.user_agent},
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._session.close()
        await self._resolver.close()

    async def post(self, url: str, form: Mapping[str, str]) -> int:
        """The status of the answer. Raises FetchError, or ForbiddenAddress for an address that is not public."""
        at, shown = URL(url), host_and_path(url)
        if not self._allowed.port(at):
            raise FetchError(shown, "bad_url", f"port {at.port} is not allowed; see collect.allow_ports")
        hop = guard.Hop(private=self._allowed.host(at))
        token = guard.enter(hop)
        try:
            async with asyncio.timeout(self._settings.read_timeout):
                async with self._session.post(at, data=dict(form), allow_redirects=False) as answer:
                    return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if hop.refused and not hop.tried:
                raise guard.forbidden(shown, hop, at) from error
            raise FetchError(shown, "connect", type(error).__name__) from error
        finally:
            guard.leave(token)
