"""An installation with a feed server, and services on it that are closed whatever happens. Pictures of mails are drawn
once for all of these tests: no test here is about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from alerts.render.drawing import svg
from alerts.service import Service
from tests import drawn
from tests.e2e.newsdesk import Newsdesk
from tests.engines import installed_on, run_with_each
from tests.fakes.feeds import FeedServer
from tests.once import once
from tests.store.conftest import bare_postgres, migrated_postgres, own_postgres, postgres_template, postgres_url

__all__ = [
    "bare_postgres",
    "desk",
    "installed_on",
    "migrated_postgres",
    "own_postgres",
    "postgres_template",
    "postgres_url",
    "start",
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    run_with_each(metafunc)


@pytest.fixture(scope="session", autouse=True)
def _folder_of_pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """For this process and those that it starts."""
    folder = once(tmp_path_factory, "pictures", lambda folder: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(drawn.FOLDER, str(folder))
        yield folder


@pytest.fixture(autouse=True)
def _pictures_are_drawn_once(_folder_of_pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "png", drawn.kept(_folder_of_pictures))


@pytest.fixture
async def desk(tmp_path: Path, gazetteer_path: Path, installed_on: str) -> AsyncIterator[Newsdesk]:
    async with FeedServer() as server:
        made = Newsdesk(tmp_path / "desk", server, gazetteer_path, service_lines=installed_on)
        yield made
        made.close()


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
