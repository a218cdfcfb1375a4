"""How a step of tracking is stored, whoever made it: articles, people or time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from alerts.engine.texts import texts
from alerts.errors import TemplateError
from alerts.match.rule import Rule
from alerts.store import alerts as alert_store
from alerts.store import demotions, issuing
from alerts.track.lifecycle import Step
from alerts.types import Alert, Evidence, Message


class Outbox(Protocol):
    """Who takes the messages of an alert's new version, within the transaction. Without its rule, which may be gone,
    an alert is told to those only who were told of it before."""

    def put(
        self, conn: Connection, rule: Rule | None, alert: Alert, messages: Sequence[Message], now: datetime
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The alert as it is stored now, its title, and what was wrong with a line of its rule."""

    alert: Alert
    title: str
    fault: TemplateError | None = None


def keep(
    conn: Connection, rule: Rule, step: Step, before: Iterable[Evidence], *, outbox: Outbox, now: datetime
) -> Kept:
    """Store a step with its texts, made from all evidence (`before`, and what the step changes of it), and hand its
    messages to the outbox."""
    evidence = {item.article_id: item for item in before}
    evidence |= {item.article_id: item for item in step.regrouped}
    if step.evidence is not None:
        evidence[step.evidence.article_id] = step.evidence
    title, summary, fault = texts(rule, step.alert, list(evidence.values()))
    terms = issuing.terms(demotions.in_force(conn, rule) if step.messages else rule)
    saved = alert_store.save_step(conn, step, title=title, summary=summary, terms=terms)
    outbox.put(conn, rule, saved, step.messages, now)
    return Kept(alert=saved, title=title, fault=fault)


def keep_as_titled(
    conn: Connection, rule: Rule | None, step: Step, *, title: str, summary: str, outbox: Outbox, now: datetime
) -> Kept:
    """Store a step that changes nothing of what the alert says: its texts stay, so its rule is not needed."""
    saved = alert_store.save_step(conn, step, title=title, summary=summary)
    outbox.put(conn, rule, saved, step.messages, now)
    return Kept(alert=saved, title=title)
