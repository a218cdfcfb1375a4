"""The program as the shell sees it: exit status, what goes where, pipes that close, disks that are full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import World
from tests.cli.run import environment, program

LINE = '{"id": "1", "text": "Residents fled Djibo on Monday.", "published": "2026-03-02"}\n'


def test_results_go_to_standard_output_and_faults_to_standard_error(world: World) -> None:
    ran = program("detect", "-", stdin=LINE + "no json\n", folder=world.folder)
    assert ran.code == 1
    assert [row["id"] for row in ran.rows] == ["1"]
    assert ran.err == "-:2: error: this is no JSON: Expecting value at column 1\n"


def test_a_wrong_command_ends_with_status_2(world: World) -> None:
    ran = program("detct", folder=world.folder)
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean 'detect'?" in ran.err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["detect", "-c", "none.toml", "x"], "none.toml: error: there is no such file"),
        (["demo", "--once", "--folder", "config.toml/x"], "config.toml"),
    ],
)
def test_an_error_is_a_message_and_never_a_traceback(world: World, args: list[str], says: str) -> None:
    ran = program(*args, folder=world.folder)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_reader_that_hangs_up_is_no_error(world: World) -> None:
    path = world.write("many.jsonl", LINE * 2000)
    with subprocess.Popen(
        [sys.executable, "-m", "alerts", "detect", "--no-figures", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=world.folder,
        env=environment(),
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        assert running.stdout.readline().startswith(b'{"id": "1"')
        running.stdout.close()
        assert running.wait(timeout=200) == 1
        assert running.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(world: World) -> None:
    with open("/dev/full", "wb") as full:
        ran = program("rules", "list", folder=world.folder, stdout=full.fileno())
    assert (ran.code, ran.err) == (1, "alerts: No space left on device\n")


def test_a_terminal_without_unicode_gets_escaped_json(world: World) -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = program("detect", "-", stdin=LINE.replace("Djibo", "Djibo “today”"), folder=world.folder, env=env)
    assert (ran.code, ran.err) == (0, "")
    assert "\\u201c" in ran.out
    assert "“today”" in ran.rows[0]["hits"][0]["sentence"]


def test_help_is_quick() -> None:
    """`alerts --help` loads neither the database nor the readers of articles."""
    code = (
        "import sys; from alerts.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'sqlalchemy', 'pydantic', 'aiohttp', 'rich', 'alerts.config'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), check=False, timeout=200
    )
    assert done.returncode == 0


def test_a_closed_standard_output_is_no_traceback(world: World) -> None:
    command = f'exec "{sys.executable}" -m alerts rules list >&-'
    done = subprocess.run(
        ["sh", "-c", command], stderr=subprocess.PIPE, cwd=world.folder, env=environment(), check=False, timeout=200
    )
    assert (done.returncode, done.stderr) == (0, b"")
