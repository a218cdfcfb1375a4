"""procrastinate's own commands on the queue of a cluster."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from alerts.sharing import on_news
from alerts.store import articles, feeds
from alerts.store.articles import Draft
from alerts.store.database import open_database, writing
from tests.e2e.fleet import Fleet
from tests.e2e.press import Press


def _procrastinate(config: Path, *arguments: str, text: str = "") -> str:
    command = (sys.executable, "-m", "procrastinate", "--app=alerts.worker.app", *arguments)
    environment = {**os.environ, "ALERTS_CONFIG": "" if config == Path() else str(config)}
    done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, timeout=120)
    return f"{done.stdout}{done.stderr}"


async def test_its_worker_is_one_more_machine_that_is_not_missed_when_it_ends_and_its_shell_is_there(
    tmp_path: Path, own_postgres: str, gazetteer_path: Path
) -> None:
    async with Press(1) as press:
        fleet = Fleet(folder=tmp_path, database=own_postgres, press=press, gazetteer=gazetteer_path, names=())
        async with fleet:
            engine = open_database(own_postgres)
            with writing(engine) as conn:
                [feed] = feeds.list_feeds(conn)
                text = "Government forces shelled Taiz, killing 12 people."
                now = datetime.now(UTC)
                draft = Draft(key="a", content_hash="a", title="", text=text, url="", language="en", published=now)
                articles.store(conn, feed.id, [draft], now=now)
                on_news(conn, {feed.id: ["a"]})
            engine.dispose()
            config = tmp_path / "ours" / "config.toml"
            said = await asyncio.to_thread(_procrastinate, config, "worker", "--queues=analyse", "--one-shot")
            assert fleet.number("SELECT count(*) FROM alert") == 1, said
            assert fleet.number("SELECT count(*) FROM machine") == 0, said
            assert "Traceback" not in said, said
            assert "Welcome" in _procrastinate(config, "shell", text="list_jobs\n")


def test_without_a_configuration_it_says_what_to_set() -> None:
    assert "set ALERTS_CONFIG to the configuration" in _procrastinate(Path(), "healthchecks")
