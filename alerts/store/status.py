"""What `alerts status` and the status page show: how the service is doing, from the database alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, case, func, select

from alerts.store import (
    articles,
    aside,
    demotions,
    editions,
    holds,
    machines,
    meta,
    notices,
    outbox,
    polls,
    silences,
    suppression,
    tallies,
)
from alerts.store.alerts import count_open
from alerts.store.demotions import Fallen
from alerts.store.holds import Hold
from alerts.store.machines import Machine
from alerts.store.notices import Notice
from alerts.store.outbox import State
from alerts.store.schema import alert, article, feed, person
from alerts.store.suppression import Reason as Suppressed
from alerts.track.feeds_quiet import LATE
from alerts.types import AlertState

OVERDUE: Final = timedelta(minutes=5)
LATELY: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Counts and times. `feeds` are the active ones; `failing` of them did not answer at their last poll,
    `overdue` should have been polled more than five minutes ago, `unpolled` never were. `polls_lately` are the polls of
    the last 15 minutes, of which `polls_failed`; `silent` feeds are those that a notice is open of, `late` ones half an
    hour overdue, and since `outage_since` nothing at all can be fetched. `faulty` articles could not be read or tracked
    and are set aside. `oldest_waiting` is when the article was first seen that waits longest to be read;
    `oldest_queued` when the mail that waits longest was due. `holds` keep mails back until an operator lets them go;
    `suppressed` addresses are not written to, for that reason. `mails_in` (by what came of them), `sign_ups` and
    what was `forgotten` by the settings are those of this day in UTC; `mails_aside` came in and could not be taken.
    `silences` are those in force, `silenced_today` the alerts that any of them hid from somebody. `rules_trouble` says
    which rules cannot be taken as their files are, and why; `rules_fallen` are those that fell to test, `hub_trouble`
    says why the hub cannot be told of news. `notices` are open; `last_look` is when the service last looked for what
    does not go on as it should, `last_canary` when its canary last came out. `machines`
    share the work, and should go by the `edition` of rules and templates that is in force."""

    at: datetime
    feeds: int
    failing: int
    overdue: int
    unpolled: int
    last_poll: datetime | None
    next_poll: datetime | None
    polls_lately: int
    polls_failed: int
    silent: int
    late: int
    outage_since: datetime | None
    articles: int
    articles_today: int
    last_article: datetime | None
    waiting: int
    faulty: int
    oldest_waiting: datetime | None
    alerts_open: dict[AlertState, int]
    alerts_today: int
    last_alert: datetime | None
    people: int
    outbox: dict[State, int]
    holds: tuple[Hold, ...]
    suppressed: dict[Suppressed, int]
    oldest_queued: datetime | None
    last_mail: datetime | None
    mails_in: dict[str, int]
    mails_aside: int
    sign_ups: dict[str, int]
    forgotten: dict[str, int]
    silences: int
    silenced_today: int
    rules_trouble: str
    rules_trouble_since: datetime | None
    rules_fallen: tuple[Fallen, ...]
    hub_trouble: meta.Trouble | None
    notices: tuple[Notice, ...]
    last_look: datetime | None
    last_canary: datetime | None
    machines: tuple[Machine, ...]
    edition: int | None


def status(conn: Connection, now: datetime) -> Status:
    """How things stand. "Today" is the last 24 hours."""
    return Status(
        at=now,
        **_feeds(conn, now),
        **_polls(conn, now),
        **_articles(conn, now),
        **_alerts(conn, now),
        **_mails(conn, now),
        **_silences(conn, now),
        **_troubles(conn),
        **_notices(conn),
    )


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _feeds(conn: Connection, now: datetime) -> dict[str, Any]:
    query = select(
        func.count().label("feeds"),
        _count(feed.c.failures > 0).label("failing"),
        _count(feed.c.next_due < now - OVERDUE).label("overdue"),
        _count(feed.c.last_poll.is_(None)).label("unpolled"),
        func.max(feed.c.last_poll).label("last_poll"),
        func.min(feed.c.next_due).label("next_poll"),
    )
    return conn.execute(query.where(feed.c.active)).one()._asdict()


def _polls(conn: Connection, now: datetime) -> dict[str, Any]:
    lately = polls.statuses(conn, now - LATELY)
    late = select(func.count()).select_from(feed).where(feed.c.active, feed.c.next_due < now - LATE)
    return {
        "polls_lately": sum(lately.values()),
        "polls_failed": sum(number for status, number in lately.items() if status not in polls.FINE),
        "silent": sum(one.kind == "feed silent" for one in notices.open_notices(conn)),
        "late": conn.execute(late).scalar_one(),
        "outage_since": meta.outage_since(conn),
    }


def _articles(conn: Connection, now: datetime) -> dict[str, Any]:
    oldest = select(article.c.first_seen).where(article.c.analysed.is_(None)).order_by(article.c.id).limit(1)
    today = select(func.count()).select_from(article).where(article.c.first_seen > now - DAY)
    return {
        "articles": conn.execute(select(func.count()).select_from(article)).scalar_one(),
        "articles_today": conn.execute(today).scalar_one(),
        "last_article": conn.execute(select(func.max(article.c.first_seen))).scalar_one(),
        "waiting": articles.count_waiting(conn),
        "faulty": articles.count_faulty(conn),
        "oldest_waiting": conn.execute(oldest).scalar_one_or_none(),
    }


def _alerts(conn: Connection, now: datetime) -> dict[str, Any]:
    opened = select(func.count()).select_from(alert).where(alert.c.opened > now - DAY)
    return {
        "alerts_open": count_open(conn),
        "alerts_today": conn.execute(opened).scalar_one(),
        "last_alert": conn.execute(select(func.max(alert.c.updated))).scalar_one(),
    }


def _mails(conn: Connection, now: datetime) -> dict[str, Any]:
    due = outbox.next_due_at(conn)
    return {
        "people": conn.execute(select(func.count()).select_from(person).where(person.c.active)).scalar_one(),
        "outbox": outbox.counts(conn),
        "holds": tuple(holds.in_force(conn)),
        "suppressed": suppression.count_since(conn, _EVER),
        "oldest_queued": due if due is not None and due <= now else None,
        "last_mail": outbox.last_accepted(conn),
        "mails_in": tallies.counted(conn, "mail in", now),
        "mails_aside": aside.count(conn),
        "sign_ups": tallies.counted(conn, "sign-up", now),
        "forgotten": tallies.counted(conn, "forgotten", now),
    }


def _silences(conn: Connection, now: datetime) -> dict[str, Any]:
    return {
        "silences": len(silences.in_force(conn, now)),
        "silenced_today": silences.silenced_since(conn, now - DAY),
    }


def _notices(conn: Connection) -> dict[str, Any]:
    look = notices.last_look(conn)
    force = editions.head(conn)
    return {
        "machines": tuple(machines.every(conn)),
        "edition": force.number if force else None,
        "notices": tuple(notices.open_notices(conn)),
        "last_look": look.at if look else None,
        "last_canary": look.canary if look else None,
    }


def _troubles(conn: Connection) -> dict[str, Any]:
    trouble = meta.rules_trouble(conn)
    return {
        "rules_trouble": trouble.text if trouble else "",
        "rules_trouble_since": trouble.since if trouble else None,
        "hub_trouble": meta.hub_trouble(conn),
        "rules_fallen": tuple(demotions.fallen_now(conn, meta.versions_in_force(conn)).values()),
    }
