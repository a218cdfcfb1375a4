"""What becomes of one mail after one attempt: decided from plain data.

A mail whose fate is unknown (everything sent, no answer; or found half-way after a crash) is either sent
again with the same Message-ID, which most mail stores show once, or kept for the operator. Urgent ones are
sent again: a doubled warning is better than a missed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alerts.errors import MailError
from alerts.notify.ways.transport import Unanswered
from alerts.types import SEVERITIES, Severity

_GREYLISTED = (timedelta(minutes=5), timedelta(minutes=15))
CRASHED = "found half-way after a crash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to try again. `resend_from`: from which severity a mail of unknown fate is sent again."""

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    resend_from: Severity = "severe"

    def after(self, attempts: int) -> timedelta:
        """The wait after that many attempts: doubled each time."""
        doublings = min(max(attempts - 1, 0), 20)
        return min(self.longest, self.first * (1 << doublings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The new state of a row. `not_before` counts for `deferred` only."""

    state: Literal["accepted", "deferred", "failed", "ambiguous"]
    not_before: datetime
    error: str = ""
    reason: str = ""


def after_attempt(error: MailError | None, *, urgency: int, attempts: int, now: datetime, retry: Retry) -> Verdict:
    """`error` is None when the mail was taken; `attempts` counts this one."""
    if error is None:
        return Verdict(state="accepted", not_before=now)
    if isinstance(error, Unanswered):
        return unknown(urgency=urgency, attempts=attempts, now=now, retry=retry, error=str(error))
    if error.permanent:
        return Verdict(state="failed", not_before=now, error=str(error), reason=error.reason)
    wait = retry.after(attempts)
    if error.reason == "greylisted":
        wait = _GREYLISTED[min(attempts, len(_GREYLISTED)) - 1] if attempts else _GREYLISTED[0]
    if error.reason == "connection" and attempts <= 1:
        wait = timedelta(0)
    return Verdict(state="deferred", not_before=now + wait, error=str(error), reason=error.reason)


def unknown(*, urgency: int, attempts: int, now: datetime, retry: Retry, error: str) -> Verdict:
    """A mail that may have been taken."""
    if urgency >= SEVERITIES.index(retry.resend_from):
        again = now + retry.after(attempts)
        return Verdict(state="deferred", not_before=again, error=f"{error}; sent again", reason="unanswered")
    return Verdict(state="ambiguous", not_before=now, error=error, reason="unanswered")


def after_crash(found: bool | None, *, urgency: int, attempts: int, now: datetime, retry: Retry) -> Verdict:
    """A mail found half-way. `found`: whether the transport has it, None if it cannot know."""
    if found is None:
        verdict = unknown(urgency=urgency, attempts=attempts, now=now, retry=retry, error=CRASHED)
        # No server was slow here: the wait is for nothing.
        return Verdict(state=verdict.state, not_before=now, error=verdict.error, reason=verdict.reason)
    if found:
        return Verdict(state="accepted", not_before=now)
    return Verdict(state="deferred", not_before=now, error=CRASHED, reason="crash")
