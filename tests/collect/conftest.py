"""A feed server, a fetcher that may ask it, and a parser process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.formats.parse import parse_document
from alerts.collect.outcome import Parsed
from alerts.collect.settings import CollectSettings
from alerts.collect.worker import ParserPool
from tests.fakes.feeds import FeedServer


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as server:
        yield server


@pytest.fixture
def settings(server: FeedServer) -> CollectSettings:
    return CollectSettings(
        user_agent="alerts/0 (+mailto:desk@example.org)",
        allow_hosts=(server.address,),
        max_body=200_000,
        host_gap=0,
    )


@pytest.fixture
async def fetcher(settings: CollectSettings) -> AsyncIterator[Fetcher]:
    async with Fetcher(settings) as fetcher:
        yield fetcher


@pytest.fixture
async def hasty(settings: CollectSettings) -> AsyncIterator[Fetcher]:
    """A fetcher that does not wait long."""
    async with Fetcher(replace(settings, read_timeout=0.4, total_timeout=1.0)) as fetcher:
        yield fetcher


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    async with ParserPool(CollectSettings()) as pool:
        yield pool


class DirectParser:
    """The parser without a process of its own: for tests that are about something else."""

    async def parse(
        self,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        url: str = "",
        *,
        cut: bool = False,
        seen: bytes = b"",
    ) -> Parsed:
        return parse_document(body, headers, url, cut=cut, seen=seen)


@pytest.fixture
def parser() -> DirectParser:
    return DirectParser()
