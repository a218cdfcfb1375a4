"""An installation with a feed server, and services on it that are closed whatever happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from alerts.service import Service
from tests.e2e.newsdesk import Newsdesk
from tests.fakes.feeds import FeedServer
from tests.store.conftest import migrated_postgres, postgres_url

__all__ = ["desk", "migrated_postgres", "postgres_url", "start"]


@pytest.fixture
async def desk(tmp_path: Path, gazetteer_path: Path) -> AsyncIterator[Newsdesk]:
    async with FeedServer() as server:
        yield Newsdesk(tmp_path / "desk", server, gazetteer_path)


@pytest.fixture
async def start(desk: Newsdesk) -> AsyncIterator[Callable[[], Awaitable[Service]]]:
    """Start the service by the clock; it is stopped at the end of the test."""
    running: list[Service] = []

    async def run() -> Service:
        service = desk.service()
        await service.start()
        running.append(service)
        return service

    yield run
    for service in running:
        await service.stop()
