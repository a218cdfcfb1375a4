"""The shipped story, told by the engine of machines that share the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alerts.config import load
from alerts.demo.play import Demo
from alerts.store.database import open_database, reading
from tests.engines import lines
from tests.installed import Played
from tests.store.conftest import own_postgres, postgres_template

__all__ = ["own_postgres", "postgres_template"]


def _told(config: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the demo of this configuration left: its alerts, what was told of them, and the mails by reader."""
    engine = open_database(load(config).database_url)
    with reading(engine) as conn:
        found = {name: sorted(map(tuple, conn.execute(text(query))), key=repr) for name, query in _QUERIES.items()}
    engine.dispose()
    return found


_QUERIES = {
    "articles": "SELECT feed.source, title, revision FROM article JOIN feed ON feed.id = feed_id",
    "alerts": "SELECT rule, event, title, severity, certainty, state, version FROM alert",
    "versions": "SELECT rule, alert_version.version, kind, why FROM alert_version JOIN alert ON alert.id = alert_id",
    "mails": "SELECT person_id, outbox.state, title FROM outbox JOIN alert ON alert.id = alert_id",
}


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_machines_that_share_the_work_tell_the_story_as_one_alone_does(
    demo: Played, own_postgres: str, tmp_path: Path, gazetteer_path: Path
) -> None:
    played = Demo(
        tmp_path,
        places=gazetteer_path,
        port=0,
        progress=lambda stage, share: None,
        service=lines("cluster", own_postgres),
    )
    await played.play(stay=False)
    found, wanted = _told(tmp_path / "config.toml"), _told(demo.config)
    for name, rows in wanted.items():
        assert found[name] == rows, name
    assert len(wanted["versions"]) > 100
