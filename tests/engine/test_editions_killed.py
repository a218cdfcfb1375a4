"""Kill -9 at any moment of taking an edition: the machine goes by a whole one, and goes on where it was."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.store.database import open_database
from tests.engine.machines import Machine, rule


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, "-m", "tests.engine.killed_editions")
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield child
        assert child.stdin is not None
        child.stdin.close()


def ended(child: subprocess.Popen[str], folder: Path, nth: int) -> int:
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(f"{folder} {nth}\n")
    child.stdin.flush()
    return int(child.stdout.readline())


def test_a_machine_killed_while_it_takes_an_edition_goes_by_a_whole_one(
    migrated_sqlite: Path, tmp_path: Path, child: subprocess.Popen[str]
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    shutil.copy(migrated_sqlite, before / "alerts.db")
    engine = open_database(f"sqlite:///{before}/alerts.db")
    alpha = Machine(engine, before, "alpha").write("my-rules/a.toml", rule("a")).write("my-rules/b.toml", "b").start()
    earlier = Machine(engine, before, "beta").start().goes_by
    (alpha.rules / "b.toml").unlink()
    alpha.write("my-rules/a.toml", rule("another")).write("my-rules/lexicon/c.toml", "c").tick()
    later = alpha.goes_by
    engine.dispose()

    for nth in range(1, 200, 2):
        folder = tmp_path / str(nth)
        shutil.copytree(before, folder, symlinks=True)
        signalled = ended(child, folder, nth)
        engine = open_database(f"sqlite:///{folder}/alerts.db")
        beta = Machine(engine, folder, "beta")
        assert beta.goes_by in (earlier, later), nth
        if signalled:
            assert signalled == signal.SIGKILL
            beta.start()
        beta.tick()
        assert beta.goes_by == later and beta.own == alpha.own and not beta.trouble, nth
        assert not list(beta.editions.files.home.glob(".*"))
        engine.dispose()
        if not signalled:
            break
    assert nth > 10, "it was never killed while it wrote"
