"""An installation in a folder of its own, with two small rules."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.store.conftest import bare_postgres, migrated_postgres, migrated_sqlite, postgres_url

__all__ = ["bare_postgres", "migrated_postgres", "migrated_sqlite", "postgres_url"]

FLIGHT = """\
format = 1
title  = "People in flight"
event  = "displacement"
status = "active"

[[match]]
name = "people leave"
within_words = 12
[match.parts]
people = ["(families | people | residents)"]
flight = ["(fled | flee | fleeing)"]

[numbers.displaced]
use = "displaced"

[place]
precision = "city"

[when]
kind = "each"

[severity]
default = "minor"
[severity.displaced]
1_000 = "moderate"

[alert]
title   = "Flight{% if place %} from {{ place }}{% endif %}"
summary = "{{ displaced | people }}: {{ quote }}"
same_event = "7 days"

[[fires]]
text = "More than 1,200 families fled the town of Djibo on Monday."
expect.severity = "moderate"

[[quiet]]
text    = "Thousands of families fled Sarajevo in 1992."
because = "past"

[[story]]
name = "one flight is told once"
[[story.article]]
day = 0
text = "Residents fled Djibo on Thursday."
fires = true
[[story.article]]
day = 1
text = "Families have fled Djibo since Thursday."
fires = false
"""
SIEGE = """\
format = 1
title  = "Town cut off"
event  = "siege"
status = "active"

[[match]]
name = "cut off"
within_words = 12
[match.parts]
siege = ["(besieged | encircled)"]
where = ["{place}"]

[place]
required  = true
precision = "city"

[when]
kind = "first"
in   = "120 days"

[severity]
default = "severe"

[alert]
title   = "{{ place }} cut off"
summary = "{{ quote }}"

[[fires]]
text = "Gunmen besieged the town of Djibo."
"""
NUMBER = """\
about = "People who fled"
words = ["{people} ..5.. (fled | flee | fleeing)"]
"""
CONFIG = """\
[service]
data = "data"

[rules]
shipped = false
folders = ["rules"]

[collect]
host_gap = "0 seconds"
allow_hosts = ["127.0.0.1"]
allow_ports = [{ports}]

[read]
gazetteer = '{places}'
"""


@dataclass(frozen=True, slots=True)
class World:
    """A folder with config.toml and rules; the commands of a test run in it."""

    folder: Path
    gazetteer: Path

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def configure(self, more: str = "", *, ports: str = "80, 443") -> None:
        self.write("config.toml", CONFIG.format(places=self.gazetteer, ports=ports) + more)


@pytest.fixture
def world(tmp_path: Path, gazetteer_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A new installation, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTS_CONFIG", raising=False)
    monkeypatch.setenv("ALERTS_GAZETTEER", str(gazetteer_path))
    monkeypatch.setenv("NO_COLOR", "1")
    made = World(tmp_path, gazetteer_path)
    made.configure()
    made.write("rules/flight.toml", FLIGHT)
    made.write("rules/siege.toml", SIEGE)
    made.write("rules/lexicon/number.displaced.toml", NUMBER)
    return made


@pytest.fixture
def ready(world: World, migrated_sqlite: Path) -> None:
    """The new installation has its database already."""
    (world.folder / "data").mkdir(mode=0o700)
    shutil.copy(migrated_sqlite, world.folder / "data" / "alerts.db")
