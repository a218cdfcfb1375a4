"""`alerts feeds health`: what an operator reads in the night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from alerts.config import load
from alerts.configured import open_store
from alerts.store import meta, notices
from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.store.pollrows import add_polls, set_feed
from tests.store.values import add_feed

pytestmark = pytest.mark.usefixtures("ready")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def desk(world: World) -> Iterator[Connection]:
    """A database, in a transaction that ends with `commit`."""
    engine = open_store(load(world.folder / "config.toml"))
    with engine.connect() as conn:
        notices.put_look(conn, datetime.now(UTC) - 2 * MINUTE, None)
        yield conn
    engine.dispose()


def put_feed(conn: Connection, name: str, *, host: str = "", **columns: Any) -> int:
    """A feed that is in order, but for these columns."""
    now = datetime.now(UTC)
    host = host or f"{name.lower()}.example"
    made = add_feed(conn, f"https://me:secret@{host}/{name}?key=secret", source=name, now=now - 30 * DAY)
    fine = {"last_poll": now - 5 * MINUTE, "last_ok": now - 5 * MINUTE, "last_new": now - HOUR, "last_status": "ok"}
    set_feed(conn, made.id, **fine | {"next_due": now + 10 * MINUTE} | columns)
    return made.id


def failing(**more: Any) -> dict[str, Any]:
    why = "https://me:secret@x.example/feed?key=secret: answered 403 (Forbidden)"
    return {
        "failures": 5, "last_status": "denied", "last_error": why, "last_ok": datetime.now(UTC) - 3 * HOUR
    } | more  # fmt: skip


def test_without_feeds_that_is_said(world: World) -> None:
    out = alerts("feeds", "health").out
    assert "! The service has not run yet: start it with alerts run." in out
    assert "feeds  none yet" in out


def test_where_all_is_well_one_look_shows_it(desk: Connection) -> None:
    number = put_feed(desk, "Star")
    add_polls(desk, number, [datetime.now(UTC) - n * 15 * MINUTE for n in range(90, 0, -1)], "not_modified")
    desk.commit()
    out = alerts("feeds", "health").out
    assert "!" not in out
    assert "feeds  1: 1 in order" in out
    assert "polls  0.1 a minute in the last hour; in the last day 90 (100% not modified, 0% failed), 0 bytes" in out
    assert out.endswith("no feed wants attention\n")


def test_what_is_wrong_comes_with_since_when_and_what_to_do(desk: Connection) -> None:
    put_feed(desk, "Fine")
    bad = put_feed(desk, "Bad", **failing())
    desk.commit()
    ran = alerts("feeds", "health")
    assert ran.code == 0
    [row] = [line for line in ran.out.splitlines() if line.startswith(f"{bad} ")]
    for said in ("Bad bad.example/Bad?...", "cannot be read", "3 h ago", "refuses us (5 polls in a row)", "a login"):
        assert said in row
    assert "feeds  2: 1 cannot be read, 1 in order" in ran.out


def test_outages_and_our_own_come_before_all_else_and_are_told_once(desk: Connection) -> None:
    for number in range(4):
        put_feed(desk, f"Voice{number}", host="voices.example", **failing())
    put_feed(desk, "Fine")
    meta.put_outage(desk, datetime.now(UTC) - 20 * MINUTE)
    desk.commit()
    out = alerts("feeds", "health").out
    assert out.startswith("! Nothing can be fetched since ")
    assert "! 4 of 4 feeds at voices.example do not answer" in out
    assert "4 cannot be read (4 of them together)" in out
    assert out.endswith("no other feed wants attention\n")
    assert alerts("feeds", "health", "--failing").out.count("voices.example/Voice") == 4
    assert [row["together"] for row in alerts("feeds", "health", "--json").rows] == [True] * 4


def test_a_service_that_does_not_run_is_told(desk: Connection) -> None:
    notices.put_look(desk, datetime.now(UTC) - 3 * HOUR, None)
    desk.commit()
    assert (
        "! The service does not run, or is stuck: it last looked at its feeds 3 hours ago."
        in alerts("feeds", "health").out
    )


def test_all_lists_feeds_in_order_too_and_limit_says_what_is_left_out(desk: Connection) -> None:
    for name in ("One", "Two", "Three"):
        put_feed(desk, name)
    desk.commit()
    assert len(alerts("feeds", "health", "--all", "--json").rows) == 3
    assert alerts("feeds", "health", "--json").rows == []
    ran = alerts("feeds", "health", "--all", "--limit", "2")
    assert ran.err == "there are 1 more; see --limit\n"


def test_a_feed_is_shown_with_each_poll_and_each_fault(desk: Connection) -> None:
    number = put_feed(desk, "Bad", **failing())
    now = datetime.now(UTC)
    add_polls(desk, number, [now - 4 * HOUR], new=3, whole=True, rung="repaired", warning="cut at 5 MiB")
    add_polls(desk, number, [now - 3 * HOUR], "not_modified")
    add_polls(
        desk, number, [now - 2 * HOUR, now - HOUR], "denied",
        error="https://bad.example/f?key=secret: answered 403", due_reason="failure 5",
    )  # fmt: skip
    desk.commit()
    out = alerts("feeds", "health", str(number)).out
    assert out.startswith(f"Bad (feed {number}): cannot be read\nIt is on a server that refuses us (5 polls in a row)")
    for said in (
        "address     bad.example/Bad?...", "because: 5 polls failed in a row", "20 items at", "mended first",
        "cut at 5 MiB", "2      denied: it is on a server that refuses us", "the last 4 polls",
        "bad.example/f?...: answered 403", "read, whole, repaired",
    ):  # fmt: skip
        assert said in out, said
    assert "the last 2 polls" in alerts("feeds", "health", str(number), "--polls", "2").out
    [row] = alerts("feeds", "health", str(number), "--json").rows
    assert [one["status"] for one in row["polls"]] == ["denied", "denied", "not_modified", "ok"]
    assert (row["state"], row["faults"][0]["polls"], row["week"]["failed"]) == ("failing", 2, 2)


def test_no_secret_of_an_address_is_shown(desk: Connection) -> None:
    number = put_feed(
        desk, "Bad", **failing(moved_to="https://a:secret@new.example/?key=secret", moved_since=datetime.now(UTC))
    )
    add_polls(
        desk,
        number,
        [datetime.now(UTC)],
        "denied",
        error="https://x.example/?key=secret: no",
        warning="http://secret@x",
    )
    desk.commit()
    for args in ([], ["--all"], ["--failing"], ["--json"], [str(number)], [str(number), "--json"]):
        out = alerts("feeds", "health", *args).out
        assert "Bad" in out
        assert "secret" not in out


def test_a_feed_that_is_not_there_is_told(world: World) -> None:
    ran = alerts("feeds", "health", "7")
    assert (ran.code, ran.err) == (1, "alerts: there is no feed 7; see: alerts feeds list\n")
