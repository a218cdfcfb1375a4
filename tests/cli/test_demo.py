"""`alerts demo --once`, and the commands that look at what it left."""

from __future__ import annotations

import email
import shutil
import sqlite3
from collections import Counter
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.run import alerts
from tests.installed import Played


@pytest.fixture(autouse=True)
def _places(gazetteer_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS_GAZETTEER", str(gazetteer_path))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.slow
def test_the_demo_ends_by_itself_after_two_minutes_of_work_at_most(demo: Played) -> None:
    assert (demo.ran.code, demo.ran.err) == (0, "")
    assert demo.seconds < 120
    assert "The story is through." in demo.ran.out
    for name in ("data/mail/new", "config.toml", "http://127.0.0.1:", "/operations/mailbox (files: "):
        assert name in demo.ran.out


def test_the_demo_says_how_to_look_further(demo: Played) -> None:
    [line] = [line for line in demo.ran.out.splitlines() if line.strip().startswith("one ")]
    words = line.split()[1:]
    assert Path(shutil.which(words[0]) or "nowhere").exists()
    assert words[-4:] == ["show", "1", "-c", str(demo.config)]
    assert alerts(*words[-4:]).code == 0


def test_the_demo_mails_two_readers_as_files(demo: Played) -> None:
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=default)
        for path in (demo.folder / "data" / "mail" / "new").glob("*.eml")
    ]
    assert {str(mail["To"]) for mail in mails} == {"duty-officer@example.org", "analyst@example.org"}
    for mail in mails:
        assert mail["Message-ID"]
        assert mail["Subject"]
        assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)


def test_the_demo_leaves_a_database_that_only_its_owner_reads(demo: Played) -> None:
    path = demo.folder / "data" / "alerts.db"
    assert path.stat().st_mode & 0o077 == 0
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM article").fetchone()[0] >= 60
    finally:
        connection.close()


def test_the_demo_is_in_order(demo: Played) -> None:
    ran = alerts("check", "-c", demo.config)
    assert (ran.code, ran.out) == (0, "")
    assert "database   sqlite, version " in ran.err


def test_alerts_are_listed_the_latest_first(demo: Played) -> None:
    ran = alerts("list", "-c", demo.config)
    assert ran.code == 0
    head, *rows = ran.out.splitlines()
    columns = ["id", "incident", "severity", "certainty", "state", "title", "in", "sources/articles", "changed"]
    assert head.split() == columns
    listed = alerts("list", "-c", demo.config, "--json").rows
    assert [row["id"] for row in listed] == [line.split()[0] for line in rows]
    assert [row["updated"] for row in listed] == sorted((row["updated"] for row in listed), reverse=True)
    assert {"id", "rule", "event", "severity", "certainty", "state", "place", "numbers", "title", "summary"} <= set(
        listed[0]
    )


def test_alerts_can_be_picked(demo: Played) -> None:
    every = alerts("list", "-c", demo.config, "--json", "--limit", "10000").rows
    assert every

    def picked(*options: str) -> list[str]:
        ran = alerts("list", "-c", demo.config, "--json", "--limit", "10000", *options)
        assert ran.code == 0, ran.err
        return [row["id"] for row in ran.rows]

    def where(event: str | None = None, country: str | None = None) -> list[str]:
        return [
            row["id"]
            for row in every
            if event in (None, row["event"]) and country in (None, (row["place"] or {}).get("country"))
        ]

    assert picked("--event", "displacement") == where("displacement") != []
    assert picked("--country", "syria") == picked("--country", "SYR") == where(None, "SYR") != []
    assert picked("--event", "siege", "--event", "attack") == [
        row["id"] for row in every if row["event"] in ("siege", "attack")
    ]
    assert picked("--open") == [row["id"] for row in every if row["state"] in ("unconfirmed", "active")]
    assert picked("--min-severity", "severe") == [
        row["id"] for row in every if row["severity"] in ("severe", "extreme")
    ]


def test_a_short_list_says_that_there_is_more(demo: Played) -> None:
    ran = alerts("list", "-c", demo.config, "--limit", "2")
    assert len(ran.out.splitlines()) == 3
    assert ran.err == "there are more than these 2; see --limit\n"
    assert len(alerts("list", "-c", demo.config, "--limit", "2", "--json").rows) == 2


def test_a_mistyped_event_or_country_is_no_empty_list(demo: Played) -> None:
    assert "did you mean 'siege'?" in alerts("list", "-c", demo.config, "--event", "seige").err
    assert "'Syra' is no country" in alerts("list", "-c", demo.config, "--country", "Syra").err


def test_an_alert_is_shown_with_the_sentences_that_made_it(demo: Played) -> None:
    newest = alerts("list", "-c", demo.config, "--json").rows[0]
    ran = alerts("show", newest["id"], "-c", demo.config)
    assert ran.code == 0
    assert ran.out.splitlines()[0] == newest["title"]
    [record] = alerts("show", newest["id"], "-c", demo.config, "--json").rows
    assert record["versions"][0]["kind"] == "new"
    for item in record["evidence"]:
        assert f'"{item["hit"]["sentence"]}"' in ran.out
        assert item["source"] in ran.out
    for version in record["versions"]:
        assert version["why"] in ran.out


def test_an_alert_is_shown_with_the_others_of_its_incident(demo: Played) -> None:
    listed = alerts("list", "-c", demo.config, "--json", "--limit", "10000").rows
    incidents = Counter(row["incident"] for row in listed)
    one, *others = [row for row in listed if row["incident"] == incidents.most_common(1)[0][0]]
    assert others
    shown = alerts("show", one["id"], "-c", demo.config).out
    assert f"incident {one['incident']}" in shown
    for other in others:
        assert f"  {other['id']}  {other['rule']}: {other['title']}" in shown
    alone = next(row for row in listed if incidents[row["incident"]] == 1)
    assert "incident" not in alerts("show", alone["id"], "-c", demo.config).out


@pytest.mark.parametrize("name", ["0", "99999", "x", "-1"])
def test_an_alert_that_is_not_there_is_told(demo: Played, name: str) -> None:
    ran = alerts("show", "-c", demo.config, "--", name)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"alerts: there is no alert {name}; see: alerts list\n"


def test_the_status_says_what_was_done(demo: Played) -> None:
    ran = alerts("status", "-c", demo.config)
    assert ran.code == 0
    said = dict(line.split(maxsplit=1) for line in ran.out.splitlines() if not line.startswith(" "))
    [row] = alerts("status", "-c", demo.config, "--json").rows
    assert said["feeds"].startswith(f"{row['feeds']}: 0 failing")
    assert said["articles"].startswith(f"{row['articles']}, ")
    assert row["waiting"] == 0
    assert said["readers"] == "2"
    assert said["mails"].startswith(f"0 waiting, {row['outbox']['accepted']} sent")
    assert row["outbox"]["accepted"] == len(list((demo.folder / "data" / "mail" / "new").glob("*.eml")))


def test_the_demo_does_not_touch_a_folder_that_is_in_use(demo: Played) -> None:
    ran = alerts("demo", "--once", "--folder", demo.folder)
    assert (ran.code, ran.err) == (1, f"alerts: {demo.folder} is not empty: the demo wants a folder of its own\n")
