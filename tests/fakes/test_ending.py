"""Servers of tests end with the tests, also when these are killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.fakes import waiting
from tests.fakes.ending import at_the_end
from tests.fakes.postfix import needs_postfix

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.fakes.ending import at_the_end
from tests.fakes.postfix import PrivatePostfix

def ending(file):
    at_the_end('echo done > "$1"', file)

def postfix(folder):
    print(PrivatePostfix(folder=Path(folder)).__enter__().port, flush=True)

{what}(sys.argv[1])
os.killpg(0, signal.SIGKILL)
"""


def killed(what: str, path: Path) -> str:
    """A process does that and is killed, with all of its group; what it said."""
    command = (sys.executable, "-c", KILLED.format(what=what), str(path))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, start_new_session=True)
    assert done.returncode == -9, done.stderr
    return done.stdout


def test_the_end_of_a_with_waits_for_what_is_to_be_done(tmp_path: Path) -> None:
    with at_the_end('echo done > "$1"', str(tmp_path / "file")):
        assert not (tmp_path / "file").exists()
    assert (tmp_path / "file").read_text() == "done\n"


async def test_it_is_done_when_the_process_is_killed(tmp_path: Path) -> None:
    killed("ending", tmp_path / "file")
    await waiting.until((tmp_path / "file").exists)


@pytest.mark.soak
async def test_a_postfix_whose_test_is_killed_is_gone() -> None:
    needs_postfix()
    folder = Path(tempfile.mkdtemp(prefix="alerts-postfix-"))
    assert int(killed("postfix", folder))
    await waiting.until(lambda: not folder.exists())
