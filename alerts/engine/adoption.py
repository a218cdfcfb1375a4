"""Which false alarms are no examples of their rules yet: what `alerts rules adopt` is offered for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from alerts.match.rule import Rule
from alerts.store import judgements
from alerts.store.judgements import Case
from alerts.types import Hit


def open_cases(conn: Connection, rule: Rule, cases: Sequence[Case]) -> list[str]:
    """The ids of the rule's alerts that were judged wrong and of which no sentence is an example of the rule."""
    wrong = [case.alert_id for case in cases if case.opinion is not None and case.opinion.verdict == "wrong"]
    hits = judgements.hits_of(conn, wrong)
    return [alert_id for alert_id in wrong if not is_adopted(rule, hits[alert_id])]


def is_adopted(rule: Rule, hits: Sequence[Hit]) -> bool:
    """Whether a sentence of these hits is an example of the rule, be it alone or with others round it."""
    examples = [_plain(f"{example.title} {example.text}") for example in rule.examples]
    sentences = {_plain(hit.sentence) for hit in hits if hit.current} - {""}
    return any(sentence in example for sentence in sentences for example in examples)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
