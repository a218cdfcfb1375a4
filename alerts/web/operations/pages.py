"""All pages of operators, in the order in which they are asked for an address."""

from __future__ import annotations

from typing import Final

from alerts.web.operations import (
    alert,
    auditlog,
    backtests,
    editor,
    explaining,
    feeds,
    home,
    mailbox,
    people,
    queue,
    rules,
    sessions,
    silences,
    triage,
    verdicts,
)

_DESK: Final = (home, triage, alert, queue, silences, verdicts, people, auditlog, feeds, mailbox, sessions)
_RULES: Final = (rules, explaining, backtests, editor)
ROUTES: Final = tuple(route for part in (*_DESK, *_RULES) for route in part.ROUTES)
