"""`alerts feeds health`: how the feeds do, and everything of one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.overview import FeedReport, Overview
    from alerts.track.feedstate import FeedState


@click.command(short_help="How the feeds do: what is wrong, since when, and what to do.")
@click.argument("ids", nargs=-1, type=int, metavar="[ID...]")
@common.config_option
@common.json_option
@click.option("--failing", is_flag=True, help="Only feeds whose last poll failed.")
@click.option("--all", "every", is_flag=True, help="Also feeds that are in order.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=40, show_default=True, help="At most so many feeds.")
@click.option("--polls", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many polls of a feed.")
def command(
    ids: tuple[int, ...], config_path: Path, as_json: bool, failing: bool, every: bool, limit: int, polls: int
) -> None:
    """How the feeds do: those that want attention, the worst first, what went dark together, and how fast news is seen.
    With ids: everything of these feeds, with their last polls.

    Addresses are shown without passwords and queries; alerts feeds list has them whole.
    """
    from alerts.store.database import reading
    from alerts.store.overview import overview

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        if ids:
            found = [_report(conn, number, polls) for number in dict.fromkeys(ids)]
        else:
            whole = overview(conn, common.now())
    if ids and as_json:
        common.print_json([_report_row(one) for one in found])
    elif ids:
        for number, one in enumerate(found):
            _show_report(one, first=number == 0)
    else:
        _show_overview(whole, as_json=as_json, failing=failing, every=every, limit=limit)


def _report(conn: Any, number: int, polls: int) -> FeedReport:
    from alerts.errors import InputError
    from alerts.store.overview import report

    found = report(conn, number, common.now(), last=polls)
    if found is None:
        raise InputError(f"there is no feed {number}; see: alerts feeds list")
    return found


def _show_overview(whole: Overview, *, as_json: bool, failing: bool, every: bool, limit: int) -> None:
    from alerts.render import health

    chosen = [one for one in whole.feeds if _wanted(one, failing=failing, every=every)]
    if as_json:
        common.print_json([_row(one) for one in chosen])
        return
    if not (failing or every):  # one line tells of all that is wrong with many
        chosen = [one for one in chosen if not one.together]
    for line in health.alarms(whole):
        click.echo(f"! {line}\n")
    for name, text in health.summary(whole):
        click.echo(f"{name:6} {text}")
    click.echo()
    rows = [
        (
            one.feed.id,
            f"{one.feed.name} {one.feed.address}",
            health.state_word(one),
            common.ago(one.since, whole.at) if one.since else "",
            health.sentence(one),
        )
        for one in chosen[:limit]
    ]
    nothing = "no feed fails" if failing else "no feed wants attention" if whole.feeds else ""
    common.print_table(
        ("id", "feed", "state", "since", "what is wrong, and what to do"),
        rows,
        empty=nothing if not whole.groups else "no other feed wants attention",
    )
    if len(chosen) > limit:
        click.echo(f"there are {len(chosen) - limit} more; see --limit", err=True)


def _wanted(one: FeedState, *, failing: bool, every: bool) -> bool:
    from alerts.track.feedstate import WRONG

    if failing:
        return one.feed.active and one.feed.failures > 0
    return every or one.state in WRONG


def _show_report(found: FeedReport, *, first: bool) -> None:
    from alerts.render import health

    state = found.state
    click.echo(f"{'' if first else chr(10)}{state.feed.name} (feed {state.feed.id}): {health.state_word(state)}")
    if said := health.sentence(state):
        click.echo(said)
    click.echo()
    for name, text in health.about_feed(found):
        click.echo(f"{name:11} {text}")
    if found.faults:
        rows: list[tuple[object, ...]] = [
            (one.polls, health.fault_word(one.status), common.ago(one.last, found.at)) for one in found.faults
        ]
        click.echo("\nfaults of the last 30 days")
        common.print_table(("polls", "fault", "last"), rows, empty="")
    click.echo(f"\nthe last {len(found.polls)} polls" if len(found.polls) > 1 else "")
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.http or "",
            health.came_to(one),
            *((one.items, one.new, one.revised) if one.status == "ok" else ("", "", "")),
            one.bytes,
            one.ms,
            health.reason(one.due_reason),
            health.said_by(one, state.feed.address),
        )
        for one in found.polls
    ]
    columns = ("at (UTC)", "http", "came to", "items", "new", "changed", "bytes", "ms", "next because", "said")
    common.print_table(columns, rows, empty="it has not been asked yet")


def _row(state: FeedState) -> dict[str, Any]:
    feed = state.feed
    return {
        **{name: getattr(feed, name) for name in ("id", "name", "address", "host", "country", "tags", "critical")},
        **{name: getattr(state, name) for name in ("state", "together", "what", "since", "do", "notes")},
        **{name: getattr(feed, name) for name in ("failures", "status", "last_poll", "last_ok", "last_new")},
        "error": feed.why,
        "next_due": feed.due,
        "interval_s": feed.interval.total_seconds(),
    }


def _report_row(found: FeedReport) -> dict[str, Any]:
    plain = ("owner", "tier", "language", "rate", "validators", "whole_at", "moved_since", "moved_times", "statuses")
    lag = found.lag
    return {
        **_row(found.state),
        **{name: getattr(found, name) for name in plain},
        "moved_to": found.state.feed.moved_to,
        "lies_since": found.state.feed.lies_since,
        "gap_from": found.state.feed.gap_from,
        "gap_at": found.state.feed.gap_at,
        "unusual_pause_s": found.rhythm.limit.total_seconds() if found.rhythm else None,
        "lag_s": [lag.median.total_seconds(), lag.p90.total_seconds()] if lag else None,
        "week": asdict(found.week),
        "faults": [asdict(one) for one in found.faults],
        "polls": [asdict(one) for one in found.polls],
    }
