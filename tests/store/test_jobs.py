"""Jobs in the table of procrastinate, written beside all else of a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from alerts.store import jobs
from alerts.store.database import writing
from alerts.store.jobs import Doubt, Job
from tests.store.conftest import empty
from tests.store.values import NOW, add_feed

SECOND = timedelta(seconds=1)
SILENT = timedelta(seconds=16)


@pytest.fixture
def conn(migrated_postgres: Engine) -> Iterator[Connection]:
    empty(migrated_postgres)
    with writing(migrated_postgres) as conn:
        for table in ("procrastinate_jobs", "procrastinate_workers"):
            conn.execute(text(f"DELETE FROM {table}"))
        yield conn


def _plan(conn: Connection, *, most: int = 100) -> int:
    return jobs.plan_hosts(conn, NOW, task="poll", most=most, gap=SECOND, pages=True)


def _hosts(conn: Connection) -> list[str]:
    rows = conn.execute(text("SELECT args->>'host' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"))
    return list(rows.scalars())


def _take(conn: Connection) -> int:
    """A worker takes the next job; its own number."""
    worker = int(conn.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")).scalar_one())
    conn.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :worker)"), {"worker": worker})
    return worker


def test_a_rollback_leaves_no_job(conn: Connection) -> None:
    with pytest.raises(ZeroDivisionError), conn.begin_nested():
        jobs.defer(conn, [Job(queue="analyse", task="read", args={"ids": [1]})])
        raise ZeroDivisionError
    assert jobs.counts(conn) == {}


def test_a_job_that_waits_once_does_not_wait_twice_and_breaks_no_transaction(conn: Connection) -> None:
    for _ in range(2):
        jobs.defer(conn, [Job(queue="notify", task="mail", waits_once="deliver 0"), Job(queue="notify", task="other")])
    assert jobs.counts(conn) == {("notify", "todo"): 3}
    _take(conn)
    jobs.defer(conn, [Job(queue="notify", task="mail", waits_once="deliver 0")])
    assert jobs.counts(conn) == {("notify", "todo"): 3, ("notify", "doing"): 1}


def test_each_host_that_is_due_has_one_job_the_longest_due_first(conn: Connection) -> None:
    for host, due in (("late", 60), ("later", 30), ("soon", -60)):
        for path in ("a", "b"):
            add_feed(conn, f"https://{host}.example/{path}", now=NOW - due * SECOND)
    assert (_plan(conn), _hosts(conn)) == (2, ["late.example", "later.example"])
    assert _plan(conn) == 0
    _take(conn)  # while a host is asked it has no second job that waits
    assert (_plan(conn), _hosts(conn)) == (0, ["later.example"])


def _take_over(conn: Connection, *, gap: timedelta = SECOND) -> int:
    return jobs.take_over(conn, SILENT, gap=gap, doubt=Doubt(after=2, rest=10 * SECOND))


def test_no_more_hosts_wait_than_there_is_room_for(conn: Connection) -> None:
    for number in range(5):
        add_feed(conn, f"https://host{number}.example/feed", now=NOW - SECOND)
    assert (_plan(conn, most=3), _plan(conn, most=3), len(_hosts(conn))) == (3, 0, 3)


def test_a_host_that_was_asked_a_moment_ago_rests(conn: Connection) -> None:
    asked = add_feed(conn, "https://busy.example/one", now=NOW - SECOND)
    add_feed(conn, "https://busy.example/two", now=NOW - SECOND)
    just_now = text("UPDATE feed SET last_poll = :at, next_due = :later WHERE id = :id")
    conn.execute(just_now, {"at": NOW - SECOND / 2, "later": NOW + 60 * SECOND, "id": asked.id})
    assert _plan(conn) == 0
    conn.execute(just_now, {"at": NOW - 2 * SECOND, "later": NOW + 60 * SECOND, "id": asked.id})
    assert _plan(conn) == 1


def test_what_a_dead_worker_had_waits_again_as_a_new_job_that_the_dead_cannot_end(conn: Connection) -> None:
    jobs.defer(conn, [Job(queue="collect", task="poll", args={"host": "a"}, lock="host a", waits_once="host a")])
    worker = _take(conn)
    assert _take_over(conn) == 0
    [old] = conn.execute(text("SELECT id FROM procrastinate_jobs")).scalars()
    silent = text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '17 s' WHERE id = :worker")
    conn.execute(silent, {"worker": worker})
    assert _take_over(conn) == 1
    [row] = conn.execute(text("SELECT id, status::text, attempts, lock, args FROM procrastinate_jobs")).all()
    assert (row.status, row.attempts, row.lock, row.args) == ("todo", 1, "host a", {"host": "a"})
    assert row.id != old


def test_what_workers_had_that_are_no_more_waits_at_once_and_a_host_rests_before_it_is_asked_again(
    conn: Connection,
) -> None:
    jobs.defer(conn, [Job(queue="collect", task="poll", lock="host a", waits_once="host a")])
    gone = _take(conn)
    jobs.defer(conn, [Job(queue="analyse", task="read")])
    gone_too = _take(conn)
    jobs.defer(conn, [Job(queue="analyse", task="of one that lives")])
    _take(conn)
    jobs.let_go(conn, [gone, gone_too])
    assert _take_over(conn, gap=5 * SECOND) == 2
    query = "SELECT task_name, scheduled_at - now() FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1"
    assert [tuple(row) for row in conn.execute(text(query))] == [("poll", 5 * SECOND), ("read", None)]


def test_what_is_taken_over_goes_before_what_has_come_since(conn: Connection) -> None:
    jobs.defer(conn, [Job(queue="analyse", task="read first")])
    gone = _take(conn)
    jobs.defer(conn, [Job(queue="analyse", task="read later")])
    jobs.let_go(conn, [gone])
    _take_over(conn)
    _take(conn)
    doing = "SELECT task_name FROM procrastinate_jobs WHERE status = 'doing'"
    assert conn.execute(text(doing)).scalar_one() == "read first"


def test_what_has_ended_several_machines_rests_longer_each_time(conn: Connection) -> None:
    jobs.defer(conn, [Job(queue="analyse", task="read")])
    rests = []
    for _ in range(5):
        jobs.let_go(conn, [_take(conn)])
        _take_over(conn)
        rests.append(conn.execute(text("SELECT scheduled_at - now() FROM procrastinate_jobs")).scalar_one())
        conn.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    assert rests == [None, None, 10 * SECOND, 30 * SECOND, 90 * SECOND]


def test_a_job_that_comes_back_finds_another_of_its_name_waiting_and_gives_way(conn: Connection) -> None:
    jobs.defer(conn, [Job(queue="upkeep", task="plan", waits_once="plan")])
    worker = _take(conn)
    jobs.defer(conn, [Job(queue="upkeep", task="plan", waits_once="plan")])
    conn.execute(text("DELETE FROM procrastinate_workers WHERE id = :worker"), {"worker": worker})
    _take_over(conn)
    assert jobs.counts(conn) == {("upkeep", "todo"): 1}


def test_only_what_ended_long_ago_is_forgotten(conn: Connection) -> None:
    jobs.defer(conn, [Job(queue="upkeep", task="plan"), Job(queue="upkeep", task="plan")])
    _take(conn)
    conn.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'doing'"))
    ended = conn.execute(text("SELECT max(at) FROM procrastinate_events")).scalar_one()
    assert jobs.prune(conn, ended - SECOND) == 0
    assert jobs.prune(conn, ended + SECOND) == 1
    assert jobs.counts(conn) == {("upkeep", "todo"): 1}


def test_articles_that_have_a_job_need_no_other(conn: Connection) -> None:
    jobs.defer(conn, [Job(queue="analyse", task="read", args={"ids": [1, 2]}), Job(queue="collect", task="poll")])
    _take(conn)
    jobs.defer(conn, [Job(queue="analyse", task="read", args={"ids": [5]})])
    assert jobs.unplanned(conn, "read", [5, 4, 3, 2]) == [4, 3]
    assert jobs.unplanned(conn, "other", [5]) == [5]
