"""The simulation of a big installation's database goes on working: a small one, in seconds."""

from __future__ import annotations

import pytest

from tests.bench import sizing
from tests.bench.sizing import Line
from tests.bench.sizing_work import Cost
from tests.store.conftest import postgres_admin_url


def test_a_small_installation_is_measured_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    postgres_admin_url()  # or there is nothing to measure
    small = {"feeds": 60, "readers": 60, "stored": 60, "articles": 50_000, "seconds": 2, "read": 30, "sent": 5}
    sizing.main([part for name, number in small.items() for part in (f"--{name}", str(number))])
    said = capsys.readouterr().out
    assert "claim feeds, store polls and news" in said
    assert "First full:" in said


def test_what_is_busy_most_is_full_first() -> None:
    lines = [
        Line(step="reads", unit="article", cost=Cost(units=100, seconds=1, database=0.8, alone=0.0), a_day=1_080_000),
        Line(step="tells", unit="mail", cost=Cost(units=10, seconds=1, database=0.1, alone=0.5), a_day=864_000),
    ]
    assert [round(line.cores, 3) for line in lines] == [0.1, 0.1]
    assert [round(line.locked, 3) for line in lines] == [0.0, 0.5]
    assert sizing.verdict(lines, 8).startswith("First full: the lock of alerts, busy 50% of an even day")
    assert "with: tells. So it is full at 2.0 times this rate." in sizing.verdict(lines, 8)
