"""What systemd is told, on sockets as it makes them; and what its unit leaves the service to do."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.systemd import Notifier, take_notifier
from tests.fakes.notify import NotifySocket


@pytest.fixture(params=["a path", "an abstract name"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NotifySocket]:
    name = str(tmp_path / "notify") if request.param == "a path" else f"@alerts-test-{os.getpid()}"
    with NotifySocket(name) as found:
        yield found


def test_a_start_a_sign_of_life_and_an_end_are_told(listener: NotifySocket) -> None:
    systemd = Notifier(address=listener.address, watchdog_s=90.0)
    systemd.started()
    systemd.alive()
    systemd.status("3 polls,\n2 mails")
    systemd.stopping()
    assert listener.heard() == ["READY=1", "WATCHDOG=1", "STATUS=3 polls, 2 mails", "STOPPING=1", "STATUS=stopping"]


def test_without_systemd_nothing_is_sent() -> None:
    assert take_notifier({}) == Notifier()
    Notifier().started()


def test_the_environment_is_taken_so_that_no_child_speaks_for_us() -> None:
    environ = {"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "90000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    assert take_notifier(environ) == Notifier(address="/run/n", watchdog_s=90.0)
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    "environ",
    [
        {"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "1"},  # it watches another process
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {},
    ],
)
def test_who_is_not_watched_need_not_give_signs_of_life(environ: dict[str, str]) -> None:
    assert take_notifier({"NOTIFY_SOCKET": "/run/n"} | environ) == Notifier(address="/run/n")


def test_a_systemd_that_is_not_there_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Notifier(address=str(tmp_path / "nobody"), watchdog_s=90.0).alive()
    assert "systemd cannot be told 'WATCHDOG=1'" in caplog.text


UNIT = Path(__file__).parents[1] / "packaging" / "alerts.service"
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 2.5


@pytest.mark.skipif(
    ANALYZE is None and not os.environ.get("ALERTS_REQUIRE_SYSTEMD"), reason="there is no systemd-analyze"
)
def test_the_unit_is_hardened() -> None:
    assert ANALYZE is not None, "ALERTS_REQUIRE_SYSTEMD is set: apt-get install systemd"
    told = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--no-pager", str(UNIT)], capture_output=True, text=True, check=True
    )
    overall = re.search(r"Overall exposure level for alerts.service: ([0-9.]+)", told.stdout)
    assert overall is not None, told.stderr
    assert float(overall[1]) <= MOST_EXPOSED, told.stdout
    assert told.stderr == ""  # a setting that it does not know


@contextmanager
def full(path: Path) -> Iterator[None]:
    """A socket of which nobody reads, filled to the brim."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out,
    ):
        deaf.bind(str(path))
        out.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                out.sendto(b"x", str(path))
        yield


def test_a_systemd_that_reads_nothing_holds_nothing_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.systemd._SECONDS", 0.05)
    with full(tmp_path / "notify"):
        Notifier(address=str(tmp_path / "notify")).started()
    assert "systemd cannot be told" in caplog.text
