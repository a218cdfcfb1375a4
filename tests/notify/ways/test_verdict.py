"""What becomes of a mail after an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import MailError
from alerts.notify.ways.transport import Unanswered
from alerts.notify.ways.verdict import Retry, after_attempt, after_crash
from alerts.types import SEVERITIES

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
RETRY = Retry(first=timedelta(minutes=1), longest=timedelta(hours=1))
MINOR, MODERATE, SEVERE, EXTREME = range(len(SEVERITIES))


def fault(reason: str, *, permanent: bool = False) -> MailError:
    return MailError("450 no", reason=reason, permanent=permanent)


def test_what_was_taken_is_done() -> None:
    assert after_attempt(None, urgency=MINOR, attempts=1, now=NOW, retry=RETRY).state == "accepted"


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    verdict = after_attempt(fault("address", permanent=True), urgency=EXTREME, attempts=1, now=NOW, retry=RETRY)
    assert (verdict.state, verdict.error) == ("failed", "450 no")


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (500, 60)])
def test_the_wait_doubles_up_to_its_limit(attempts: int, minutes: int) -> None:
    verdict = after_attempt(fault("temporary"), urgency=MINOR, attempts=attempts, now=NOW, retry=RETRY)
    assert (verdict.state, verdict.not_before) == ("deferred", NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 5), (2, 15), (3, 15)])
def test_a_greylisting_server_is_given_its_time(attempts: int, minutes: int) -> None:
    verdict = after_attempt(fault("greylisted"), urgency=MINOR, attempts=attempts, now=NOW, retry=RETRY)
    assert verdict.not_before == NOW + timedelta(minutes=minutes)


def test_a_mail_that_cannot_be_encrypted_is_held_and_not_given_up() -> None:
    verdict = after_attempt(fault("key"), urgency=EXTREME, attempts=9, now=NOW, retry=RETRY)
    assert verdict.state == "held"


def test_a_worn_connection_costs_no_wait_once() -> None:
    first = after_attempt(fault("connection"), urgency=MINOR, attempts=1, now=NOW, retry=RETRY)
    second = after_attempt(fault("connection"), urgency=MINOR, attempts=2, now=NOW, retry=RETRY)
    assert (first.not_before, second.not_before) == (NOW, NOW + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("urgency", "state"), [(MINOR, "ambiguous"), (MODERATE, "ambiguous"), (SEVERE, "deferred"), (EXTREME, "deferred")]
)
def test_of_unknown_fate_only_urgent_mails_are_sent_again(urgency: int, state: str) -> None:
    assert after_attempt(Unanswered("no answer"), urgency=urgency, attempts=1, now=NOW, retry=RETRY).state == state
    assert after_crash("unknown", urgency=urgency, attempts=1, now=NOW, retry=RETRY).state == state


def test_after_a_crash_a_transport_that_knows_decides() -> None:
    assert after_crash("taken", urgency=MINOR, attempts=1, now=NOW, retry=RETRY).state == "accepted"
    verdict = after_crash("absent", urgency=MINOR, attempts=1, now=NOW, retry=RETRY)
    assert (verdict.state, verdict.not_before) == ("deferred", NOW)


@given(st.sampled_from(["temporary", "mailbox", "greylisted", "broken"]), st.integers(1, 10_000), st.integers(0, 3))
def test_nothing_temporary_is_ever_given_up_or_tried_in_the_past(reason: str, attempts: int, urgency: int) -> None:
    verdict = after_attempt(fault(reason), urgency=urgency, attempts=attempts, now=NOW, retry=RETRY)
    assert verdict.state == "deferred"
    assert NOW < verdict.not_before <= NOW + RETRY.longest
