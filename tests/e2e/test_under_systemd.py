"""The unit that is shipped, installed as the guide says, under a systemd that runs: hardened as it is, the service does
all that it has to, and is started anew when it hangs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARIES = sysconfig.get_path("purelib")
BOOT = str(ROOT / "tests" / "boot")
FEED = """<rss version="2.0"><channel><title>Daily</title><link>https://example.org/</link><description>News</description>
<item><title>Report from Taiz</title><guid>1</guid><link>https://example.org/1</link><pubDate>{now}</pubDate>
<description>Shelling of Taiz killed 12 civilians on Monday; 3,000 families fled, rescuers said.</description></item>
</channel></rss>"""
START = """#!/bin/sh
LD_LIBRARY_PATH=/opt/python/lib exec /opt/alerts/bin/python -m alerts "$@"
"""
INSTALLED = """
cd /test
useradd --system --home-dir /var/lib/alerts --shell /usr/sbin/nologin alerts
install -d /etc/alerts
install -m 640 -g alerts config.toml /etc/alerts/config.toml
install -m 644 alerts.service /etc/systemd/system/
head -c 32 /dev/urandom >/etc/alerts/secret
chmod 600 /etc/alerts/secret
systemctl daemon-reload
systemctl enable --now alerts

alerts() { runuser -u alerts -- /opt/alerts/bin/alerts "$@" -c /etc/alerts/config.toml; }
until_it() { for _ in $(seq 60); do eval "$1" && return; sleep 1; done; echo "not within 60 s: $1"; }
told() { echo "$1: $(systemctl show alerts -p ActiveState,Result,NRestarts --value | sort | tr '\\n' ' ')"; }

told started
(cd /test/web && exec /opt/python/bin/python3 -m http.server -b 127.0.0.1 8999 >/dev/null 2>&1) &
alerts check
alerts people add desk@example.org
alerts feeds add http://127.0.0.1:8999/feed.xml --source Daily
until_it 'ls /var/lib/alerts/mail/new/* >/dev/null 2>&1'
cp /var/lib/alerts/mail/new/* mail.eml
alerts db backup /var/lib/alerts/one.backup
ls /var/lib/alerts >there
/opt/python/bin/python3 -c 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:8080/readyz").read().decode())'
told working
kill -STOP $(systemctl show alerts -p MainPID --value)
until_it 'systemctl show alerts -p NRestarts,ActiveState --value | tr "\\n" " " | grep -q "1 active"'
told hung
systemctl stop alerts
told stopped
"""


def lacking() -> str:
    """Why there can be none; "" where there can."""
    if sys.platform != "linux":
        return "systemd is Linux's"
    return subprocess.run((BOOT, "lacking"), capture_output=True, text=True, check=True).stdout.strip()


def install(program: Path, wheel: Path) -> None:
    """What `pip install` makes in a new environment, for a Python that will lie in /opt/python and its libraries in
    /opt/libraries: other users may not see where they are here."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own = program / "lib" / name / "site-packages"
    own.mkdir(parents=True)
    (program / "bin").mkdir()
    (program / "bin" / "python").symlink_to(f"/opt/python/bin/{name}")
    (program / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    (program / "bin" / "alerts").write_text(START)
    (program / "bin" / "alerts").chmod(0o755)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(own)
    (own / "libraries.pth").write_text("/opt/libraries\n")


def configure(folder: Path) -> None:
    """The example and the unit, with the least that a test has to change."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    for old, new in (
        ('data = "data"', 'data = "/var/lib/alerts"'),
        ('contact = ""', 'contact = "desk@example.org"'),
        ("allow_hosts = []", 'allow_hosts = ["127.0.0.1:8999"]'),
        ('wait_extreme = "30 seconds"', 'wait_extreme = "1 second"'),
        ('wait_severe = "3 minutes"', 'wait_severe = "1 second"'),
    ):
        assert text.count(f"\n{old}\n") == 1, old
        text = text.replace(f"\n{old}\n", f"\n{new}\n")
    (folder / "config.toml").write_text(text, encoding="utf-8")
    unit = (ROOT / "packaging" / "alerts.service").read_text(encoding="utf-8")
    unit = unit.replace("#LoadCredential=alerts-secret", "LoadCredential=alerts-secret")
    log = "StandardOutput=append:/test/service\nStandardError=append:/test/service"
    unit = unit.replace("WatchdogSec=5min", f"WatchdogSec=10s\n{log}")
    (folder / "alerts.service").write_text(unit, encoding="utf-8")
    (folder / "web").mkdir()
    (folder / "web" / "feed.xml").write_text(FEED.format(now=format_datetime(datetime.now(UTC), usegmt=True)))


@pytest.mark.soak
def test_the_shipped_unit_lets_the_service_do_its_work_and_starts_it_anew_when_it_hangs(
    wheel: Path, tmp_path: Path
) -> None:
    if why := lacking():
        pytest.skip(why)
    install(tmp_path / "program", wheel)
    configure(tmp_path)
    (tmp_path / "script").write_text(INSTALLED)
    (tmp_path / "said").touch()
    there = (f"{tmp_path}/program:/opt/alerts", f"{sys.base_prefix}:/opt/python", f"{LIBRARIES}:/opt/libraries")
    subprocess.run((BOOT, str(tmp_path), "script", *there), timeout=200, check=False)
    said = (tmp_path / "said").read_text()
    assert "started: 0 active success" in said, said
    assert "working: 0 active success" in said, said
    assert '"status": "ok"' in said and "in order" in said, said
    assert "image/png" in (tmp_path / "mail.eml").read_text()
    assert "secret" not in (tmp_path / "there").read_text().split()  # it is the credential
    assert "hung: 1 active success" in said, said
    assert "Fatal Python error: Aborted" in (tmp_path / "service").read_text()
    assert "stopped: 1 inactive success" in said, said
