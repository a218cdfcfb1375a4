"""Work for the machines that share a PostgreSQL database: rows of procrastinate's table of jobs, written in our own
transactions, so that what is rolled back leaves no job behind and what is committed has one.

A host is polled by one job at a time: its name is the job's lock, and the lock of the queue, so it waits there once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

QUEUES: Final = ("collect", "analyse", "notify", "upkeep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work to be done once. `lock`: at no time beside another of this lock; `waits_once`: not while another of this
    name waits; `attempts`: how many died over it."""

    queue: str
    task: str
    args: dict[str, Any] = field(default_factory=dict)
    lock: str | None = None
    waits_once: str | None = None
    attempts: int = 0


def defer(conn: Connection, jobs: Sequence[Job]) -> None:
    """Put in jobs, with all else of this transaction."""
    rows = [
        {
            "queue": job.queue,
            "task": job.task,
            "args": json.dumps(job.args),
            "lock": job.lock,
            "once": job.waits_once,
            "attempts": job.attempts,
        }
        for job in jobs
    ]
    if rows:
        conn.execute(_DEFER, rows)


_DEFER: Final = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, args, lock, queueing_lock, attempts)"
    " VALUES (:queue, :task, CAST(:args AS jsonb), :lock, :once, :attempts)"
    " ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"
)


def plan_hosts(conn: Connection, now: datetime, *, task: str, most: int, gap: timedelta, pages: bool) -> int:
    """Put in a job for each host of which feeds or linked documents are due (with `pages`, pages too), the longest due
    first, while fewer than `most` wait; none for a host that has a job, or that was asked within `gap`. Returns how
    many."""
    values = {"now": now, "task": task, "most": most, "rested": now - gap, "pages": pages}
    return conn.execute(_PLAN, values).rowcount


_PLAN: Final = text(
    """
    WITH due AS (
        SELECT host, min(since) AS since FROM (
            SELECT host, next_due AS since FROM feed WHERE active AND next_due <= :now
            UNION ALL
            SELECT host, next_try AS since FROM linked WHERE next_try <= :now AND (:pages OR kind = 'cap')
                AND NOT EXISTS (SELECT 1 FROM feed WHERE feed.host = linked.host
                                AND feed.last_status = 'throttled' AND feed.next_due > :now)
        ) AS both_kinds GROUP BY host
    ), room AS (
        SELECT greatest(0, :most - count(*)) AS places FROM procrastinate_jobs
        WHERE queue_name = 'collect' AND status = 'todo'
    )
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, lock, queueing_lock)
    SELECT 'collect', :task, jsonb_build_object('host', host), 'host ' || host, 'host ' || host FROM due
    WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS jobs
                      WHERE jobs.lock = 'host ' || due.host AND jobs.status IN ('todo', 'doing'))
      AND NOT EXISTS (SELECT 1 FROM feed WHERE feed.host = due.host AND feed.last_poll > :rested)
    ORDER BY since, host LIMIT (SELECT places FROM room)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A job to read that ended more than `after` machines rests for `rest`, and three times as long each time more."""

    after: int
    rest: timedelta


def take_over(conn: Connection, silent: timedelta, *, gap: timedelta, doubt: Doubt) -> int:
    """Let the jobs that nobody works at any more wait again: their workers were not heard of for so long, or ended
    without them. They wait as new ones: whoever had one and is not dead after all cannot end it, nor free its lock.
    They go before others, as they have waited already; but a host may have been asked at the last moment, so its job
    rests for `gap`. Returns how many."""
    values = {"silent": silent, "gap": gap, "doubtful": doubt.after, "rest": doubt.rest}
    return conn.execute(_TAKE_OVER, values).rowcount


_TAKE_OVER: Final = text(
    """
    WITH lost AS (
        DELETE FROM procrastinate_jobs AS jobs WHERE status = 'doing' AND (
            worker_id IS NULL OR worker_id IN
                (SELECT id FROM procrastinate_workers WHERE last_heartbeat < now() - CAST(:silent AS interval)))
        RETURNING queue_name, task_name, args, lock, queueing_lock, attempts
    )
    INSERT INTO procrastinate_jobs
        (queue_name, task_name, args, lock, queueing_lock, attempts, priority, scheduled_at)
    SELECT queue_name, task_name, args, lock, queueing_lock, attempts + 1, 1,
        CASE WHEN queue_name = 'collect' THEN now() + CAST(:gap AS interval)
             WHEN queue_name = 'analyse' AND attempts >= :doubtful
             THEN now() + CAST(:rest AS interval) * power(3, attempts - :doubtful) END FROM lost
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
    """
)


def let_go(conn: Connection, workers: Sequence[int]) -> None:
    """These workers are no more: nobody works at what they had."""
    if workers:
        conn.execute(_LET_GO, {"workers": list(workers)})


# Their jobs are nobody's by that. One that is at something at this very moment is passed over, for it lives.
_LET_GO: Final = text(
    """
    DELETE FROM procrastinate_workers WHERE id IN
        (SELECT id FROM procrastinate_workers WHERE id = ANY(:workers) FOR UPDATE SKIP LOCKED)
    """
)


def prune(conn: Connection, before: datetime) -> int:
    """Forget jobs that failed or were given up before a time; returns how many. (Those that were done are gone.)"""
    return conn.execute(_PRUNE, {"before": before}).rowcount


_PRUNE: Final = text(
    """
    DELETE FROM procrastinate_jobs AS jobs WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS
        (SELECT 1 FROM procrastinate_events AS events WHERE events.job_id = jobs.id AND events.at >= :before)
    """
)


def counts(conn: Connection) -> dict[tuple[str, str], int]:
    """How many jobs there are, by queue and status."""
    return {(queue, status): number for queue, status, number in conn.execute(_COUNTS)}


_COUNTS: Final = text("SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2")


def unplanned(conn: Connection, task: str, ids: Sequence[int]) -> list[int]:
    """Those of `ids` that no job of this task has in its argument `ids`, in their order."""
    there = set(conn.execute(_THERE, {"task": task, "ids": list(ids)}).scalars())
    return [one for one in ids if one not in there]


_THERE: Final = text(
    """
    SELECT CAST(one AS bigint) FROM procrastinate_jobs, jsonb_array_elements(args->'ids') AS one
    WHERE task_name = :task AND status IN ('todo', 'doing') AND CAST(one AS bigint) = ANY(:ids)
    """
)
