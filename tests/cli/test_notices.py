"""`alerts notices` and what `alerts status` says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.config import load
from alerts.configured import open_store
from alerts.store import aside, meta, notices, tallies
from alerts.store.database import writing
from alerts.track.quiet import Trouble
from tests.cli.conftest import World
from tests.cli.run import alerts

HOUR = timedelta(hours=1)


def _noticed(world: World) -> datetime:
    """One notice that is open, one that is over, and a look two minutes ago: of this moment, which is returned."""
    now = datetime.now(UTC)
    engine = open_store(load(world.folder / "config.toml"))
    with writing(engine) as conn:
        silent = Trouble(kind="feed silent", subject="1", text="The Daily brings nothing.", since=now - 30 * HOUR)
        failed = Trouble(kind="mail", subject="failed", text="2 mails were given up.", since=now - 9 * HOUR)
        notices.begin(conn, [failed], now - 8 * HOUR)
        notices.end(conn, [one.id for one in notices.open_notices(conn)], now - 7 * HOUR)
        notices.begin(conn, [silent], now - 2 * HOUR)
        notices.put_look(conn, now - HOUR / 30, now - HOUR / 2)
    engine.dispose()
    return now


def test_open_notices_are_listed_with_since_when_and_who_was_told(world: World) -> None:
    _noticed(world)
    ran = alerts("notices")
    assert ran.code == 0
    head, row = ran.out.splitlines()
    assert head.split() == ["kind", "since", "noticed", "told", "what"]
    assert row.split("  ")[0] == "feed silent"
    for said in ("1 d ago", "2 h ago", "nobody yet", "The Daily brings nothing."):
        assert said in row


def test_those_that_are_over_are_listed_when_asked_for(world: World) -> None:
    _noticed(world)
    ran = alerts("notices", "--all")
    assert [line.split("  ")[0] for line in ran.out.splitlines()[1:]] == ["feed silent", "mail"]
    assert "7 h ago" in ran.out
    few = alerts("notices", "--all", "--limit", "1")
    assert len(few.out.splitlines()) == 2
    assert few.err == "there are more than these 1; see --limit\n"


def test_notices_are_lines_of_json(world: World) -> None:
    _noticed(world)
    [row] = alerts("notices", "--json").rows
    assert list(row) == ["id", "kind", "subject", "text", "since", "opened", "told", "ended"]
    assert (row["kind"], row["subject"], row["told"], row["ended"]) == ("feed silent", "1", None, None)
    assert len(alerts("notices", "--all", "--json").rows) == 2


def test_where_nothing_is_wrong_that_is_said_and_where_nobody_looked_too(world: World) -> None:
    assert alerts("notices").out == "nothing: the service has not looked yet\n"
    engine = open_store(load(world.folder / "config.toml"))
    with writing(engine) as conn:
        notices.put_look(conn, datetime.now(UTC), None)
    engine.dispose()
    assert alerts("notices").out == "nothing\n"


def test_the_status_says_how_collecting_goes_and_that_our_own_network_is_out(world: World) -> None:
    assert "polls     0 in the last 15 minutes, 0 failed; 0 silent, 0 late\n" in alerts("status").out
    engine = open_store(load(world.folder / "config.toml"))
    with writing(engine) as conn:
        meta.put_outage(conn, datetime.now(UTC) - 2 * HOUR)
    engine.dispose()
    _noticed(world)
    out = alerts("status").out
    assert out.startswith("network   nothing can be fetched; our own went out 2 h ago\n")
    assert "1 silent, 0 late; see: alerts feeds health" in out


def test_the_status_says_what_was_noticed_and_when_it_was_looked(world: World) -> None:
    assert "watched   never; canary came out: never" in alerts("status").out
    now = _noticed(world)
    out = alerts("status").out
    assert "watched   2 min ago; canary came out: 30 min ago" in out
    assert "notice    The Daily brings nothing." in out
    assert "given up" not in out
    [row] = alerts("status", "--json").rows
    assert [one["kind"] for one in row["notices"]] == ["feed silent"]
    assert datetime.fromisoformat(row["last_look"]) == now - HOUR / 30


def test_the_status_says_what_came_in_today(world: World) -> None:
    assert "sign-ups" not in alerts("status").out
    engine = open_store(load(world.folder / "config.toml"))
    with writing(engine) as conn:
        for what in ("help", "gone", "gone"):
            tallies.add(conn, "mail in", what, datetime.now(UTC))
        tallies.sign_up(conn, "asked", datetime.now(UTC))
        aside.put(conn, "a mail", "ValueError", datetime.now(UTC))
    engine.dispose()
    out = alerts("status").out
    assert "mail in   today 2 gone, 1 help; 1 set aside: they trip over a fault of this program\n" in out
    assert "sign-ups  today 1 asked\n" in out
