"""What merging or splitting alerts comes to, in words: shown before it is done, at the terminal and on the pages."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.engine.merging import Changed
from alerts.template_filters import people
from alerts.types import Alert


def lines(changes: Sequence[Changed]) -> list[str]:
    """What becomes of each alert, a line each with what belongs to it indented below."""
    found = []
    for one in changes:
        alert = one.after.alert
        if alert.state == "merged":
            found.append(f"alert {alert.id} ends in alert {alert.merged_into}: {one.after.title}")
            continue
        found.append(f"alert {alert.id}{'' if one.before else ' (new)'}: {one.after.title}")
        before = one.before.alert if one.before else None
        if one.before and one.before.title != one.after.title:
            found.append(f"  before: {one.before.title}")
        found += [f"  {line}" for line in _facts(before, alert)]
        found += [f"  {message.kind} to {_readers(one.readers)}: {message.why}" for message in one.messages]
        found += ["  nobody is told"] if not one.messages else []
    return found


def _facts(before: Alert | None, after: Alert) -> list[str]:
    """What an alert says now, its numbers too, with what it said before where that was something else."""
    found = [("", _said(before) if before else None, _said(after))]
    for name in sorted({*after.numbers, *(before.numbers if before else ())}):
        was, now = before.numbers.get(name) if before else None, after.numbers.get(name)
        label = f"{name.replace('_', ' ')}: "
        found.append(
            (label, people(was) if was else "not said" if before else None, people(now) if now else "not said")
        )
    return [
        f"{label}{now}" if was is None or was == now else f"{label}{now} (before: {was})" for label, was, now in found
    ]


def _said(alert: Alert) -> str:
    sources = "1 source" if alert.origins == 1 else f"{alert.origins} independent sources"
    articles = "1 article" if alert.articles == 1 else f"{alert.articles} articles"
    return f"{alert.severity}, {alert.certainty}, {alert.state}; {sources}, {articles}"


def _readers(count: int) -> str:
    return "1 reader" if count == 1 else f"{count or 'no'} readers"
