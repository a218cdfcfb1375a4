"""`alerts mail`: how mails look, why they go and do not, what waits, and what an operator holds back and lets go."""

from __future__ import annotations

import shutil
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from pysequoia import Profile, Tsk
from sqlalchemy import select, update

from alerts.store import schema
from alerts.store.database import open_database, reading, writing
from tests.cli.archive import NOW, fill, install
from tests.cli.conftest import World
from tests.cli.run import alerts

FLED = "More than 1,200 families fled the town of Djibo."
CUT_OFF = "Gunmen besieged the town of Goma."
ANNA, BELA = "anna@example.org", "bela@example.org"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    """Two alerts: 1 of `flight`, moderate, 2 of `siege`, severe. Reader 1 gets both (mails 1 and 3), reader 2 wants
    sieges only (mail 2)."""
    folder = install(tmp_path_factory.mktemp("mail"), gazetteer_path)
    config = str(folder / "config.toml")
    assert alerts("people", "add", ANNA, "-c", config).code == 0
    assert alerts("people", "add", BELA, "--event", "siege", "-c", config).code == 0
    fill(folder, FLED, CUT_OFF)
    return folder


@pytest.fixture
def mailed(world: World, filled: Path) -> World:
    shutil.copytree(filled / "data", world.folder / "data")
    return world


def change(world: World, number: int, **values: Any) -> None:
    engine = open_database(f"sqlite:///{world.folder}/data/alerts.db")
    with writing(engine) as conn:
        conn.execute(update(schema.outbox).where(schema.outbox.c.id == number).values(values))
    engine.dispose()


def states(world: World) -> dict[int, str]:
    engine = open_database(f"sqlite:///{world.folder}/data/alerts.db")
    with reading(engine) as conn:
        found = {row.id: row.state for row in conn.execute(select(schema.outbox.c.id, schema.outbox.c.state))}
    engine.dispose()
    return found


def test_a_mail_is_shown_as_it_would_go_out(mailed: World) -> None:
    ran = alerts("mail", "preview", "1")
    assert (ran.code, ran.err) == (0, "")
    assert "Subject: Flight from Djibo" in ran.out
    assert "To: reader@example.org" in ran.out
    assert "About 6,000 people" in ran.out or "6,000 people" in ran.out
    assert alerts("mail", "preview", "1", "--text").out in ran.out
    assert alerts("mail", "preview", "1", "--html").out.startswith("<!DOCTYPE html>")


def test_the_bytes_of_a_mail_can_be_had_as_a_file(mailed: World) -> None:
    ran = alerts("mail", "preview", "--mail", "1", "--out", "mail.eml")
    assert (ran.code, ran.out) == (0, "")
    mail = message_from_bytes(Path("mail.eml").read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == (ANNA, "Flight from Djibo")
    assert Path("mail.eml").stat().st_mode & 0o777 == 0o600  # its links act in a reader's name


def test_of_a_mail_that_is_encrypted_its_outside_is_shown(mailed: World) -> None:
    key = Tsk.generate("Anna", profile=Profile.RFC4880).extract_certificate()
    mailed.write("anna.asc", str(key))
    assert alerts("people", "change", "1", "--key", "anna.asc").code == 0
    ran = alerts("mail", "preview", "1", "--reader", "1")
    assert ran.code == 0
    assert "application/pgp-encrypted" in ran.out and "Djibo" not in ran.out
    assert "encrypted with its reader's key" in ran.err
    ran = alerts("mail", "preview", "1", "--reader", "1", "--text")
    assert ran.code == 1 and "it is encrypted" in ran.err


def test_a_preview_changes_nothing(mailed: World) -> None:
    before = (mailed.folder / "data" / "alerts.db").read_bytes()
    for words in (["1", "2"], ["1", "--reader", "2"], ["--mail", "1"], ["--sample", "several"]):
        assert alerts("mail", "preview", *words).code == 0
    assert (mailed.folder / "data" / "alerts.db").read_bytes() == before


def test_samples_need_no_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTS_CONFIG", raising=False)
    ran = alerts("mail", "preview", "--sample", "update", "--text-only")
    assert ran.code == 0
    assert "[Update 1] Strike on a market" in ran.out and "text/html" not in ran.out
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_a_template_is_told_with_file_and_line(mailed: World) -> None:
    mailed.write("mine/mail/alert.txt", "Dear reader,\n\n{{ tite }}\n")
    ran = alerts("mail", "preview", "--sample", "new", "--templates", "mine")
    assert ran.code == 1
    assert "mine/mail/alert.txt:3: error: there is no 'tite' here; did you mean 'title'?" in ran.err
    assert "Strike on a market" in ran.out  # the shipped one stands in for it
    mailed.write("mine/mail/alert.txt", "Dear reader,\n\n{{ title }}\n")
    ran = alerts("mail", "preview", "--sample", "new", "--templates", "mine", "--text")
    assert (ran.code, ran.out, ran.err) == (0, "Dear reader,\n\nStrike on a market in Sample Town\n", "")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ([], 2, "say which mail: the id of an alert (alerts list), --sample KIND, or --mail N"),
        (["1", "--sample", "new"], 2, "are three ways to say which mail; choose one"),
        (["--sample", "new", "--reader", "1"], 2, "a sample goes to nobody"),
        (["1", "2", "--version", "1"], 2, "--version is of one alert"),
        (["--sample", "nwe"], 1, "there is no sample 'nwe'; did you mean 'new'?"),
        (["99"], 1, "there is no alert 99"),
        (["--mail", "99"], 1, "there is no mail 99"),
        (["1", "--reader", "nobody@example.org"], 1, "no reader has this address"),
        (["1", "--templates", "nowhere"], 1, "nowhere: there is no such folder of templates"),
        (["1", "--text-only", "--html"], 1, "this mail has no such part: it is plain text alone"),
    ],
)
def test_a_mail_that_cannot_be_shown_is_said(mailed: World, args: list[str], code: int, says: str) -> None:
    ran = alerts("mail", "preview", *args)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err


def test_who_was_told_and_who_was_not_is_said(mailed: World) -> None:
    change(mailed, 1, state="accepted", finished=NOW)
    ran = alerts("mail", "why", "1")
    assert ran.code == 0
    told, untold = ran.out.splitlines()[1:]
    assert "reader 1, version 1, mail 1: You get this mail because you asked for all alerts." in told
    assert "reader 2, version 1: not asked for: events: siege (this one: displacement)" in untold
    assert "@" not in ran.out
    assert ANNA in alerts("mail", "why", "1", "--addresses").out
    rows = alerts("mail", "why", "--reader", "2", "--json").rows
    assert {(row["alert"], row["reader"]) for row in rows} == {("1", 2), ("2", 2)}
    [row] = alerts("mail", "why", "--mail", "1", "--json").rows
    assert (row["mail"], row["told"]) == (1, True)
    assert alerts("mail", "why").code == 2
    assert alerts("mail", "why", "1", "--mail", "1").code == 2
    assert "there is no mail 77" in alerts("mail", "why", "--mail", "77").err


def test_the_queue_says_what_waits_and_for_what(mailed: World) -> None:
    change(mailed, 2, state="queued", waits="quiet", not_before=NOW + timedelta(days=1))
    change(mailed, 3, state="failed", last_error="550 no such user")
    ran = alerts("mail", "queue")
    assert ran.code == 0
    assert "wait until quiet hours are over" in ran.out and "wait a little for what belongs with them" in ran.out
    assert "550 no such user" in ran.out and "@" not in ran.out
    assert BELA in alerts("mail", "queue", "--addresses").out
    rows = alerts("mail", "queue", "--json").rows
    assert {(row["state"], row["why"], row["mails"]) for row in rows if row["of"] == "group"} == {
        ("queued", "company", 1), ("queued", "quiet", 1), ("failed", "", 1),
    }  # fmt: skip
    assert [row["id"] for row in rows if row["of"] == "mail"] == [3]
    listed = alerts("mail", "queue", "--state", "queued", "--json").rows
    assert [row["id"] for row in listed if row["of"] == "mail"] == [1, 2]
    assert alerts("mail", "queue", "--state", "queued", "--limit", "1").err.startswith("there are more than these 1")


def test_an_empty_queue_says_so(world: World, ready: None) -> None:
    assert alerts("mail", "queue").out == "no mails wait\n"
    assert alerts("mail", "queue", "--state", "held").out.endswith("no mails like that\n")


def test_single_mails_are_held_and_let_go(mailed: World) -> None:
    ran = alerts("mail", "hold", "1", "3", "--why", "wrong town")
    assert (ran.code, ran.out) == (0, "held 2 mails; to let go: alerts mail release 1 3\n")
    assert states(mailed) == {1: "held", 2: "queued", 3: "held"}
    assert ": wrong town" in alerts("mail", "queue").out
    ran = alerts("mail", "hold", "1", "--why", "again")
    assert ran.code == 1 and "not waiting, and so not held: 1" in ran.err
    assert alerts("mail", "release", "1").out == "released 1 mail\n"
    assert alerts("mail", "release", "--state", "held").out == "released 1 mail\n"
    assert set(states(mailed).values()) == {"queued"}


def test_all_mails_and_those_of_a_rule_are_held_and_let_go(mailed: World) -> None:
    ran = alerts("mail", "hold", "--all", "--why", "exercise")
    assert ran.out == "hold 1 is in force; it keeps 3 mails; to let go: alerts mail release --hold 1\n"
    assert "this is held already" in alerts("mail", "hold", "--all", "--why", "exercise").err
    ran = alerts("mail", "hold", "--rule", "flight", "--why", "festival")
    assert ran.out.startswith("hold 2 is in force; it keeps 1 mail;")
    queue = alerts("mail", "queue").out
    assert "hold 1: all mails but operators', since " in queue and "hold 2: the alerts of the rule flight" in queue
    status = alerts("status").out
    assert "exercise" in status and "festival" in status
    assert alerts("mail", "release", "--all").out == "hold 1 is over; 3 mails can go\n"
    assert alerts("mail", "release", "--hold", "2").out.startswith("hold 2 is over; 1 mail")
    assert "there is no hold of all mails in force" in alerts("mail", "release", "--all").err
    assert (
        "there is no rule 'fligt'; did you mean 'flight'?"
        in alerts("mail", "hold", "--rule", "fligt", "--why", "x").err
    )


def test_a_mail_that_may_have_arrived_is_sent_again_only_by_who_knows_it(mailed: World) -> None:
    change(mailed, 1, state="ambiguous", last_error="no answer came")
    ran = alerts("mail", "release", "1", stdin="n\n")
    assert (ran.code, ran.out) == (1, "")
    assert "The reader of mail 1 may have it already, and may get it twice." in ran.err
    assert states(mailed)[1] == "ambiguous"
    ran = alerts("mail", "release", "1", "--yes")
    assert ran.out == "released 1 mail\n" and "may get it twice" in ran.err
    assert states(mailed)[1] == "queued"


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["hold", "--why", "x"], 2, "say what to hold: --all, --rule RULE, or the numbers of mails"),
        (["hold", "1", "--all", "--why", "x"], 2, "say what to hold"),
        (["hold", "1"], 2, "Missing option '--why'"),
        (["hold", "1", "--why", " "], 2, "--why must say something"),
        (["release"], 2, "say what to release"),
        (["release", "1", "--drop"], 2, "--drop is for what was held with a rule"),
        (["release", "1"], 1, "neither held nor ambiguous nor failed: 1 (queued); nothing was released"),
        (["release", "99"], 1, "99 (not there)"),
        (["release", "--state", "held"], 1, "no mail is held"),
        (["release", "--hold", "9"], 1, "there is no hold 9 in force"),
    ],
)
def test_what_cannot_be_held_or_let_go_is_said(mailed: World, args: list[str], code: int, says: str) -> None:
    ran = alerts("mail", *args)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert set(states(mailed).values()) == {"queued"}


def test_without_a_mail_server_the_test_mail_is_a_file(mailed: World) -> None:
    before = states(mailed)
    ran = alerts("mail", "test", "me@example.net")
    assert ran.code == 0
    path = Path(ran.out.splitlines()[-1])
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("me@example.net", "A test of the mails of alerts")
    assert "warning: [web] base_url is this machine's own" in ran.err
    assert states(mailed) == before
    assert "is no mail address" in alerts("mail", "test", "me").err
