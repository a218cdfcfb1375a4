"""procrastinate's own commands on the queue of a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.fleet import Fleet
from tests.e2e.press import Press


def _procrastinate(config: Path, *arguments: str, text: str = "") -> str:
    command = (sys.executable, "-m", "procrastinate", "--app=alerts.worker.app", *arguments)
    environment = {**os.environ, "ALERTS_CONFIG": "" if config == Path() else str(config)}
    done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, timeout=120)
    return f"{done.stdout}{done.stderr}"


async def test_its_app_is_found_and_its_tables_are_there(
    tmp_path: Path, own_postgres: str, gazetteer_path: Path
) -> None:
    async with Press(1) as press:
        fleet = Fleet(folder=tmp_path, database=own_postgres, press=press, gazetteer=gazetteer_path, names=("one",))
        async with fleet:
            config = tmp_path / "ours" / "config.toml"
            assert "Found procrastinate_jobs table: OK" in _procrastinate(config, "healthchecks")
            assert "Welcome" in _procrastinate(config, "shell", text="list_jobs\n")


def test_without_a_configuration_it_says_what_to_set() -> None:
    assert "set ALERTS_CONFIG to the configuration" in _procrastinate(Path(), "healthchecks")
