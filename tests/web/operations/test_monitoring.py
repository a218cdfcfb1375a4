"""What stands in docs/metrics.md, in the rules for Prometheus and in the dashboard is what the service gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from alerts.engine.rulebook import compiled
from alerts.web.operations.gauges import families_of_cluster, families_of_machine, families_of_rules
from alerts.web.operations.metrics import Meter
from tests.web.archive import NOW

ROOT = Path(__file__).parents[3]
RULES = ROOT / "packaging" / "prometheus-rules.yml"
DASHBOARD = json.loads((ROOT / "packaging" / "grafana-dashboard.json").read_text(encoding="utf-8"))
GUIDE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
PROMTOOL = shutil.which("promtool")


@pytest.fixture
def text(engine: Engine) -> str:
    """All that a service gives."""
    meter = Meter()
    meter.add(lambda: families_of_rules(compiled([])))
    meter.add(lambda: families_of_machine(stuck=0, disk_free=1))
    meter.add(lambda: families_of_cluster([], {}, NOW))
    return meter.text(engine, lambda: NOW).decode()


def families(text: str) -> set[str]:
    """The names as they are asked for: with `_total`, without what histograms add."""
    return {
        f"{family.name}_total"
        if family.type == "counter"
        else f"{family.name}_info"
        if family.type == "info"
        else family.name
        for family in text_string_to_metric_families(text)
    }


def documented() -> set[str]:
    return {
        name
        for line in GUIDE.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z_]+)", line.split("|")[1])
    }


def panels(panel: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in panel.get("panels", []):
        yield one
        yield from panels(one)


def queries() -> Iterator[str]:
    """All that the dashboard and the rules ask."""
    for panel in panels(DASHBOARD):
        for target in panel.get("targets", []):
            yield target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        yield str(variable.get("query", ""))
    yield RULES.read_text(encoding="utf-8").partition("groups:")[2]


def asked(query: str) -> set[str]:
    found = set(re.findall(r"\b((?:alerts|process)_[a-z_]+)\b", query))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


def test_the_guide_tells_of_every_metric_and_of_no_other(text: str) -> None:
    ours = {name for name in families(text) if name.startswith("alerts_")}
    assert len(ours) > 40
    assert {name for name in documented() if name.startswith("alerts_")} == ours


def test_the_dashboard_and_the_rules_ask_for_what_there_is(text: str) -> None:
    known = families(text)
    wanted = {name for query in queries() for name in asked(query)}
    assert len(wanted) > 30
    assert {name for name in wanted if not name.startswith("process_")} <= known
    assert {name for name in wanted if name.startswith("process_")} <= {
        *(
            "process_resident_memory_bytes",
            "process_cpu_seconds_total",
            "process_open_fds",
            "process_start_time_seconds",
        )
    }


def test_every_metric_says_what_it_is_in_a_sentence(text: str) -> None:
    for family in text_string_to_metric_families(text):
        assert family.documentation.endswith("."), family.name


def test_panels_have_ids_of_their_own_queries_and_units() -> None:
    every = list(panels(DASHBOARD))
    numbers = [panel["id"] for panel in every]
    assert len(every) > 20 and len(set(numbers)) == len(numbers)
    for panel in every:
        if panel["type"] == "row":
            continue
        assert panel["title"] and panel["description"], panel["id"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert letters and len(set(letters)) == len(letters)
        assert all(target["expr"].count("(") == target["expr"].count(")") for target in panel["targets"])
        assert panel["datasource"]["uid"] == "${datasource}"


def test_panels_do_not_lie_on_each_other() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in panels(DASHBOARD):
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, (panel["title"], taken.get((x, y)))
                taken[x, y] = panel["title"]


with_promtool = pytest.mark.skipif(
    PROMTOOL is None and not os.environ.get("ALERTS_REQUIRE_PROMTOOL"), reason="there is no promtool"
)
NO_PROMTOOL = "ALERTS_REQUIRE_PROMTOOL is set: apt-get install prometheus"


@with_promtool
def test_the_rules_call_somebody_when_it_is_time_and_not_before(tmp_path: Path) -> None:
    cases = Path(__file__).with_name("prometheus-rules-test.yml").read_text(encoding="utf-8")
    (tmp_path / "cases.yml").write_text(cases.replace("RULES", str(RULES)), encoding="utf-8")
    assert PROMTOOL is not None, NO_PROMTOOL
    told = subprocess.run([PROMTOOL, "test", "rules", str(tmp_path / "cases.yml")], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


@with_promtool
def test_prometheus_takes_the_rules_and_finds_the_metrics_well_named(text: str) -> None:
    assert PROMTOOL is not None, NO_PROMTOOL
    rules = subprocess.run([PROMTOOL, "check", "rules", str(RULES)], capture_output=True, text=True)
    assert rules.returncode == 0, rules.stderr
    names = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True)
    assert (names.returncode, names.stderr) == (0, "")
