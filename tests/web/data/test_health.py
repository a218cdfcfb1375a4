"""Whether a machine is alive, and whether it can do its work: in one word for each part."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from starlette.applications import Starlette

from alerts.store.database import open_database, writing
from alerts.web.app import create_app
from alerts.web.fresh import Fresh
from alerts.web.site import WebSettings
from tests.web.archive import NOW
from tests.web.client import ask

WELL = {"status": "ok", "database": "ok", "tables": "ok"}


def application(engine: Engine, **checks: Callable[[], str]) -> Starlette:
    return create_app(engine, WebSettings(), now=lambda: NOW, checks=checks)


def told(app: Starlette, path: str) -> tuple[int, dict[str, str]]:
    answer = ask(app, path)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status, json.loads(answer.body)


def test_a_machine_is_ready_when_its_database_and_all_its_parts_are(engine: Engine) -> None:
    app = application(engine, rules=lambda: "ok", stages=lambda: "ok")
    assert told(app, "/readyz") == (200, WELL | {"rules": "ok", "stages": "ok"})


@pytest.mark.parametrize(("part", "word"), [("rules", "none"), ("stages", "starting"), ("stages", "stuck")])
def test_a_part_that_is_not_ready_says_why_in_one_word(engine: Engine, part: str, word: str) -> None:
    app = application(engine, **{part: lambda: word})
    assert told(app, "/readyz") == (503, WELL | {"status": "not ready", part: word})


def test_who_is_starting_is_alive_and_who_is_stuck_is_not(engine: Engine) -> None:
    assert told(application(engine, stages=lambda: "starting"), "/healthz") == (200, {"status": "ok", "database": "ok"})
    stuck = {"status": "failing", "database": "ok", "stages": "stuck"}
    assert told(application(engine, stages=lambda: "stuck"), "/healthz") == (503, stuck)


@pytest.mark.parametrize(
    ("change", "word"),
    [("DELETE FROM alembic_version", "missing"), ("UPDATE alembic_version SET version_num='9'", "other")],
)
def test_the_tables_of_another_version_are_not_worked_on(engine: Engine, change: str, word: str) -> None:
    with engine.begin() as conn:
        before = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        conn.execute(text(change))
    try:
        assert told(application(engine), "/readyz") == (503, WELL | {"status": "not ready", "tables": word})
    finally:
        with engine.begin() as conn:
            conn.execute(text("DELETE FROM alembic_version"))
            conn.execute(text("INSERT INTO alembic_version VALUES (:before)"), {"before": before})


def test_a_database_that_does_not_answer_is_told_without_its_path(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'alerts.db'}")
    with writing(engine):
        pass
    engine.dispose()
    (tmp_path / "alerts.db").write_bytes(b"this is no database" * 100)
    answer = ask(application(engine), "/readyz")
    found = json.loads(answer.body)
    assert (answer.status, found["tables"]) == (503, "unknown")
    assert " " not in found["database"] and str(tmp_path) not in answer.text


def test_however_often_it_is_asked_the_database_is_not(engine: Engine) -> None:
    app, asked = application(engine), []
    event.listen(engine, "before_cursor_execute", lambda *rest: asked.append(rest[2]))
    for _ in range(20):
        ask(app, "/readyz")
    assert 0 < len(asked) < 10


def test_what_was_found_is_told_for_some_seconds_and_a_fault_is_not_kept() -> None:
    now = [0.0]
    fresh: Fresh[int] = Fresh(5.0, clock=lambda: now[0])
    with pytest.raises(ZeroDivisionError):
        fresh.get(lambda: 1 // 0)
    assert [fresh.get(lambda: 1), fresh.get(lambda: 2)] == [1, 1]
    now[0] = 5.0
    assert fresh.get(lambda: 3) == 3


def test_what_takes_long_to_find_is_told_for_longer() -> None:
    now = [0.0]
    fresh: Fresh[int] = Fresh(5.0, clock=lambda: now[0])

    def slow() -> int:
        now[0] += 2.0
        return 1

    assert fresh.get(slow) == 1
    now[0] += 60
    assert fresh.get(lambda: 2) == 1
    now[0] += 60
    assert fresh.get(lambda: 2) == 2
