"""What becomes of one mail after one attempt: decided from plain data.

A mail whose fate is unknown (everything sent, no answer; or found half-way after a crash) is looked for where the way
out can tell (a Maildir, the log of our own Postfix). Where it cannot, it is either sent again with the same Message-ID,
which most mail stores show once, or kept for the operator: by default urgent ones are sent again, as a doubled warning
is better than a missed one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from alerts.errors import MailError
from alerts.notify.ways.transport import Fate, Unanswered
from alerts.types import SEVERITIES, Severity

_GREYLISTED = (timedelta(minutes=5), timedelta(minutes=15))
_LOOK_AGAIN: Final = timedelta(seconds=10)
_NO_SUCH_READER: Final = re.compile(r"\b5\.1\.(?:1|2|3|6|10)\b")
CRASHED = "found half-way after a crash"
SENT_AGAIN = "sent again"

Unknown = Literal["urgent", "resend", "hold"]
"""Which mails of unknown fate are sent again: the urgent ones, all, none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to try again. `unknown` mails: sent again or kept; `resend_from`: from which severity one is urgent."""

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    unknown: Unknown = "urgent"
    resend_from: Severity = "severe"

    def after(self, attempts: int) -> timedelta:
        """The wait after that many attempts: doubled each time."""
        doublings = min(max(attempts - 1, 0), 20)
        return min(self.longest, self.first * (1 << doublings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The new state of a row. `not_before` counts for `deferred`, and for `doubtful`: perhaps taken, to be looked for
    from then on. `unbegun`: marked, and then not handed over at all. `status`: of a reader who is not there."""

    state: Literal["accepted", "deferred", "failed", "ambiguous", "held", "doubtful", "unbegun"]
    not_before: datetime
    error: str = ""
    reason: str = ""
    status: str = ""


def after_attempt(
    error: MailError | None,
    *,
    urgency: int,
    attempts: int,
    now: datetime,
    retry: Retry,
    settles: timedelta = timedelta(0),
) -> Verdict:
    """`error` is None when the mail was taken; `attempts` counts this one. `settles`: how long it takes until the way
    out can tell what became of a mail; zero where it never can."""
    if error is None:
        return Verdict(state="accepted", not_before=now)
    if isinstance(error, Unanswered) and settles:
        return Verdict(state="doubtful", not_before=now + settles, error=str(error), reason="unanswered")
    if isinstance(error, Unanswered):
        return unknown(urgency=urgency, attempts=attempts, now=now, retry=retry, error=str(error))
    if error.permanent:
        gone = _NO_SUCH_READER.search(str(error)) if error.reason == "address" else None
        status = gone[0] if gone else ""
        return Verdict(state="failed", not_before=now, error=str(error), reason=error.reason, status=status)
    if error.reason in ("forbidden", "key"):
        return Verdict(state="held", not_before=now, error=str(error), reason=error.reason)
    wait = retry.after(attempts)
    if error.reason == "greylisted":
        wait = _GREYLISTED[min(attempts, len(_GREYLISTED)) - 1] if attempts else _GREYLISTED[0]
    if error.reason == "connection" and attempts <= 1:
        wait = timedelta(0)
    return Verdict(state="deferred", not_before=now + wait, error=str(error), reason=error.reason)


def unknown(*, urgency: int, attempts: int, now: datetime, retry: Retry, error: str) -> Verdict:
    """A mail that may have been taken, and nobody can tell."""
    urgent = urgency >= SEVERITIES.index(retry.resend_from)
    if retry.unknown == "resend" or (retry.unknown == "urgent" and urgent):
        again = now + retry.after(attempts)
        return Verdict(state="deferred", not_before=again, error=f"{error}; {SENT_AGAIN}", reason="unanswered")
    return Verdict(state="ambiguous", not_before=now, error=error, reason="unanswered")


def after_crash(fate: Fate, *, urgency: int, attempts: int, now: datetime, retry: Retry) -> Verdict:
    """A mail found half-way, or whose answer did not come, and what became of it."""
    if fate == "taken":
        return Verdict(state="accepted", not_before=now)
    if fate == "absent":
        return Verdict(state="deferred", not_before=now, error=CRASHED, reason="crash")
    if fate == "later":
        return Verdict(state="doubtful", not_before=now + _LOOK_AGAIN, error=CRASHED, reason="unanswered")
    verdict = unknown(urgency=urgency, attempts=attempts, now=now, retry=retry, error=CRASHED)
    # No server was slow here: the wait is for nothing.
    return Verdict(state=verdict.state, not_before=now, error=verdict.error, reason=verdict.reason)
