"""`alerts triage`, `ack`, `close` and `cancel`: what a person does with an alert, and what is said of it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.archive import fill, install
from tests.cli.conftest import World
from tests.cli.run import alerts

DJIBO = "More than 1,200 families fled the town of Djibo."
DORI = "Residents fled the town of Dori."
CUT_OFF = "Gunmen besieged the town of Goma."
TRIAGE = '\n[triage]\nfrom = "moderate"\nlet_go = "2 hours"\n'


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    folder = install(tmp_path_factory.mktemp("acts"), gazetteer_path)
    config = folder / "config.toml"
    config.write_text(config.read_text() + TRIAGE)
    fill(folder, DJIBO, DORI, CUT_OFF, step=timedelta(minutes=1))
    return folder


@pytest.fixture
def archive(world: World, filled: Path) -> World:
    """Alerts 1 at Djibo and 3 at Goma wait for a person; 2 at Dori was told. And a reader since then."""
    world.configure(TRIAGE)
    shutil.copytree(filled / "data", world.folder / "data")
    assert alerts("people", "add", "one@example.org").code == 0
    return world


def waiting() -> list[str]:
    return [row["id"] for row in alerts("triage", "list", "--json").rows]


def state(alert_id: str) -> str:
    rows = alerts("list", "--json").rows
    return next(str(row["state"]) for row in rows if row["id"] == alert_id)


@pytest.mark.usefixtures("archive")
def test_what_waits_is_listed_with_what_becomes_of_it_by_itself() -> None:
    ran = alerts("triage", "list")
    first, second = ran.out.splitlines()[1:]
    assert "Flight from Djibo" in first and "moderate" in first and " new " in first
    assert "Goma cut off" in second and "severe" in second
    assert first.rstrip().endswith(("in 2 h", "in 1 h", "in 120 min", "in 119 min"))


def test_what_waits_for_ever_says_so(archive: World) -> None:
    archive.configure('\n[triage]\nlet_go = "never"\n')
    assert alerts("triage", "list").out.splitlines()[1].rstrip().endswith("never")


@pytest.mark.usefixtures("archive")
def test_the_list_can_be_of_what_waits_alone() -> None:
    assert {row["id"] for row in alerts("list", "--triage", "--json").rows} == {"1", "3"}
    assert "unconfirmed, waiting" in alerts("list", "--triage").out


@pytest.mark.usefixtures("archive")
def test_an_approved_alert_is_told_under_the_title_that_it_was_given() -> None:
    ran = alerts("triage", "approve", "3", "--title", "Goma encircled", "--why", "seen from above")
    assert ran.out == "alert 3 is approved: 1 reader is told of 'Goma encircled'\n"
    assert waiting() == ["1"]
    shown = alerts("show", "3").out
    assert shown.startswith("Goma encircled\n")
    assert "approved by a person, up to severe" in shown
    assert "approve, version 1, by " in shown
    assert ": seen from above (title: Goma encircled)" in shown


@pytest.mark.usefixtures("archive")
def test_a_dropped_alert_waits_no_longer_and_nobody_is_told() -> None:
    assert alerts("triage", "drop", "1", "--why", "a march").out.startswith("alert 1 is dropped: nobody is told of it")
    assert waiting() == ["3"]
    assert "unconfirmed, dropped" in alerts("list").out
    again = alerts("triage", "drop", "1", "--why", "a march")
    assert (again.code, again.err) == (1, "alerts: alert 1: it is dropped already\n")


@pytest.mark.usefixtures("archive")
def test_it_is_shown_that_an_alert_waits_and_what_to_do() -> None:
    shown = alerts("show", "1").out
    assert "waits for a person since " in shown
    assert "nobody was told: alerts triage approve 1" in shown
    assert "what was done" not in shown


@pytest.mark.usefixtures("archive")
def test_an_alert_can_be_given_another_title_and_its_own_again() -> None:
    assert alerts("triage", "retitle", "2", "Flight from Dori at night").code == 0
    assert alerts("show", "2").out.startswith("Flight from Dori at night\n")
    assert alerts("triage", "retitle", "2").code == 0
    assert alerts("show", "2").out.startswith("Flight from Dori\n")


@pytest.mark.usefixtures("archive")
def test_an_alert_is_taken_back_with_who_and_why() -> None:
    ran = alerts("cancel", "2", "--why", "a film set")
    assert (ran.code, ran.out) == (0, "alert 2 is cancelled: no reader is told\n")
    assert state("2") == "cancelled"
    shown = alerts("show", "2").out
    assert "2  " in shown and "cancel: a film set" in shown
    [act] = alerts("show", "2", "--json").rows[0]["acts"]
    assert (act["kind"], act["why"], act["version"], act["person_id"]) == ("cancel", "a film set", 2, None)
    again = alerts("cancel", "2", "--why", "a film set")
    assert (again.code, again.err) == (1, "alerts: alert 2: the alert is cancelled already\n")


@pytest.mark.usefixtures("archive")
def test_an_alert_is_closed() -> None:
    assert alerts("close", "2", "--why", "all are back").out == "alert 2 is closed: no reader is told\n"
    assert state("2") == "closed"


@pytest.mark.usefixtures("archive")
def test_an_alert_is_acknowledged_once() -> None:
    assert alerts("ack", "2").out == "version 1 of alert 2 is acknowledged: nobody is reminded of it\n"
    assert alerts("ack", "2").out == "version 1 of alert 2 was acknowledged before\n"
    assert alerts("ack", "1").err == "alerts: alert 1 cannot be acknowledged: nobody was told of it\n"


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    "words", [("cancel",), ("close",), ("triage", "approve"), ("triage", "drop"), ("triage", "retitle"), ("ack",)]
)
def test_an_alert_that_is_not_there_is_said_so(words: tuple[str, ...]) -> None:
    reason = () if words[-1] == "retitle" else ("--why", "so")
    ran = alerts(*words, "99", *reason)
    assert (ran.code, ran.err) == (1, "alerts: there is no alert 99; see: alerts list\n")


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("words", [("cancel",), ("close",), ("triage", "drop")])
def test_what_keeps_news_from_readers_or_takes_it_back_needs_a_reason(words: tuple[str, ...]) -> None:
    assert alerts(*words, "2").code == 2
    assert "say why" in alerts(*words, "1", "--why", " ").err


@pytest.mark.usefixtures("world")
def test_where_nothing_waits_the_list_says_so() -> None:
    assert alerts("triage", "list").out == "nothing waits\n"
    assert alerts("list", "--triage").out == "no alerts like that\n"
