"""A rule over the stored archive: counts, the difference to the rule in force, verdicts, and an early end."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.engine.lab import trying
from alerts.engine.lab.bench import Workbench
from alerts.engine.lab.trying import tried
from alerts.errors import InputError
from alerts.store import articles, judgements
from alerts.store.articles import Draft
from alerts.store.database import writing
from tests.engine.lab.texts import WATER, workbench
from tests.store import values
from tests.store.conftest import migrated_sqlite, sqlite_engine
from tests.web.archive import NOW, Report, tell

__all__ = ["migrated_sqlite", "sqlite_engine"]

HIT = "A rocket hit the water works of {}."
TEXTS = (HIT.format("Homs"), HIT.format("Idlib"), "Shells struck the pumping station of Goma.", "A fair was held.")


@pytest.fixture
def bench(gazetteer_path: Path, tmp_path: Path) -> Workbench:
    (tmp_path / "water_cut.toml").write_text(WATER.replace('"draft"', '"active"'))
    return workbench(gazetteer_path, tmp_path)


@pytest.fixture
def archive(sqlite_engine: Engine) -> Engine:
    with writing(sqlite_engine) as conn:
        feed = values.add_feed(conn, "https://feeds.example/water", source="Wire")
        for day, text in enumerate(TEXTS):
            draft = Draft(
                key=f"k{day}", content_hash=f"h{day}", title="", text=text, url="", language="en",
                published=NOW + timedelta(days=day),
            )  # fmt: skip
            articles.store(conn, feed.id, [draft], now=NOW)
    return sqlite_engine


def ask(bench: Workbench, engine: Engine, *, stopped: bool = False, **more: Any) -> dict[str, Any]:
    url = engine.url.render_as_string(hide_password=False)
    return tried(bench, {"database": url, "rule": "water_cut", **more}, lambda told: None, lambda: stopped)


def test_the_rule_as_it_is(bench: Workbench, archive: Engine) -> None:
    found = ask(bench, archive)
    assert (found["articles"], found["hits"], found["alerts"]["opened"]) == (4, 2, 2)
    assert found["alerts"]["messages"] == 2 and found["against"] is None and found["verdicts"] is None
    assert [one["facts"][1] for one in found["samples"]] == ["Homs, SYR", "Idlib, SYR"]
    assert [tuple(day[1:]) for day in found["days"]] == [(1, 0, 0), (1, 0, 0)]


def test_a_text_is_compared_with_the_rule_in_force(bench: Workbench, archive: Engine) -> None:
    text = WATER.replace('"~hit"', '"~strike"').replace('"water works", ', "")
    found = ask(bench, archive, text=text)
    assert (found["same"], found["new"]["number"], found["lost"]["number"]) == (0, 1, 2)
    assert "missing" in found["new"]["samples"][0]["other"] or "not found" in found["new"]["samples"][0]["other"]
    assert [tuple(day[1:]) for day in found["days"]] == [(0, 0, 1), (0, 0, 1), (0, 1, 0)]


def test_a_period_has_a_first_and_a_last_day(bench: Workbench, archive: Engine) -> None:
    until = datetime.fromisoformat("2026-03-06T00:00:00+00:00")
    since = until - timedelta(days=1)
    found = ask(bench, archive, since=since.isoformat(), until=until.isoformat())
    assert (found["articles"], found["total"], found["samples"][0]["facts"][1]) == (1, 1, "Idlib, SYR")
    with pytest.raises(InputError, match="no article in the archive"):
        ask(bench, archive, since="2031-01-01T00:00:00+00:00")


def test_it_ends_early_and_says_so(bench: Workbench, archive: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(bench, archive, stopped=True)["early"] == "it was stopped"
    monkeypatch.setattr(trying, "MOST_HELD", 1)
    early = ask(bench, archive)
    assert early["articles"] == 1 and "too common" in early["early"]


def test_verdicts_tell_what_would_be_right_and_what_would_be_lost(bench: Workbench, archive: Engine) -> None:
    with writing(archive) as conn:
        ids = [
            tell(conn, Report(sentence=text, title=text), rule="water_cut", family="water_cut") for text in TEXTS[:3]
        ]
        for alert_id, verdict in zip(ids, ("right", "wrong", "right"), strict=True):
            judgements.judge(conn, alert_id, verdict, who="Ana", why="", now=NOW)  # type: ignore[arg-type]
    found = ask(bench, archive)["verdicts"]
    assert found["own"] and found["of"] == ["water_cut"]
    judged = found["right"] + found["wrong"] + found["right_lost"] + found["wrong_lost"]
    assert judged == 3 and found["right_lost"] >= 1
