"""The quiet end of alerts of which nothing more is heard: noted from time to time, and in force when it is due. What is
told must not depend on when the service last looked, or whether it was down at the time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts.engine import timekinds
from alerts.engine.rulebook import Rulebook
from alerts.store import alerts as alert_store
from alerts.store import stories
from alerts.track import lifecycle
from alerts.track.policy import Policy
from alerts.types import Alert

_GONE: Final = Policy(same_event=timedelta(days=7))  # of a rule that is not in force any more


def by_now(alert: Alert, book: Rulebook, now: datetime) -> Alert:
    """An alert as it is now, though its end may not be noted yet."""
    step = lifecycle.end(alert, now=now, policy=book.policies.get(alert.rule, _GONE))
    return alert if step is None else step.alert


def end_quiet(conn: Connection, book: Rulebook, now: datetime) -> int:
    """Note the end of the alerts that have ended; how many. Forget what nothing can come of any more."""
    spans = {rule.family: book.policies[rule.name].ends_soonest for rule in book.ruleset.rules}
    timekinds.forget_old(conn, book.ruleset.rules, now)
    stories.forget_before(conn, now - stories.FOUND_FOR)
    due = alert_store.due_to_end(conn, now, spans)
    ended = [left for alert in due if (left := by_now(alert, book, now)) is not alert]
    for alert in ended:
        alert_store.save_state(conn, alert)
    return len(ended)
