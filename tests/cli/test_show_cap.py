"""`alerts show --cap`: the messages of a real archive, as the service issued them."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.cli import common
from alerts.config import load
from alerts.render.cap import Issuer, cap
from alerts.store import alerts as stored
from alerts.store import archive
from alerts.store.database import reading
from tests.cap import Board, offences, read
from tests.cli.archive import NOW, fill, install
from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.installed import Played

FLED = "More than 1,200 families fled the town of Djibo."
MORE = "Nearly 9,000 families fled the town of Djibo, officials said."
CUT_OFF = "Gunmen besieged the town of Goma."


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    folder = install(tmp_path_factory.mktemp("messages"), gazetteer_path)
    fill(folder, FLED, MORE, CUT_OFF, step=timedelta(hours=1))
    return folder


@pytest.fixture
def installed(world: World, filled: Path) -> World:
    """Alert 1 of `flight` with an update, and alert 2 of `siege`."""
    shutil.copytree(filled / "data", world.folder / "data")
    return world


def message(*args: str) -> bytes:
    ran = alerts("show", *args)
    assert (ran.code, ran.err) == (0, "")
    return ran.out.encode()


@pytest.mark.usefixtures("installed")
def test_the_messages_of_an_alert_are_valid_and_follow_each_other() -> None:
    first, last = message("1", "--cap", "--version", "1"), message("1", "--cap")
    assert not [*offences(first), *offences(last)]
    assert (read(first).kind, read(last).kind) == ("Alert", "Update")
    assert read(last).references == (read(first).name,)
    assert Board([last, first]).shown(NOW) == [read(last).name[1]]


@pytest.mark.usefixtures("installed")
def test_a_message_says_what_the_rule_and_the_configuration_say() -> None:
    found = read(message("1", "--cap", "--version", "1")).whole
    assert (found["sender"], found["scope"], found["status"]) == ("127.0.0.1", "Restricted", "Actual")
    info = found["info"][0]
    assert (info["event"], info["category"], info["headline"]) == (
        "People in flight",
        ["Security"],
        "Flight from Djibo",
    )
    assert FLED in info["description"] and MORE not in info["description"]
    assert {one["valueName"]: one["value"] for one in info["parameter"]}["people.displaced.low"] == "6000"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("77", "--cap"), 1, "there is no alert 77; see: alerts list"),
        (("1", "--cap", "--version", "9"), 1, "alert 1 has no version 9; its last is 2"),
        (("1", "--version", "1"), 2, "--version says which CAP message; give --cap too"),
        (("1", "--cap", "--json"), 2, "--cap and --json are two forms; choose one"),
        (("1", "--cap", "--version", "0"), 2, "--version"),
    ],
)
def test_what_cannot_be_shown_is_said(args: tuple[str, ...], code: int, said: str) -> None:
    ran = alerts("show", *args)
    assert ran.code == code and said in ran.err and ran.out == ""


def test_every_version_of_the_whole_story_is_valid_and_one_of_an_alert_is_in_force(demo: Played) -> None:
    documents: dict[str, list[bytes]] = {}
    with common.store(load(demo.config)) as engine, reading(engine) as conn:
        for listed in stored.list_alerts(conn, limit=10_000):
            for number in range(1, listed.alert.version + 1):
                found = archive.version_with_earlier(conn, listed.alert.id, number)
                assert found is not None
                documents.setdefault(listed.alert.id, []).append(cap(*found, Issuer(sender="nobody")))
    assert sum(map(len, documents.values())) > len(documents) > 50
    assert not [fault for told in documents.values() for document in told for fault in offences(document)]
    for told in documents.values():
        board = Board(told, status="Exercise")
        for moment in {one.expires for one in board.messages}:
            assert len(board.shown(moment - timedelta(seconds=1))) <= 1
