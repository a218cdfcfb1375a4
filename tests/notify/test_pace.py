"""A reader gets so many mails an hour and a day; the rest goes together, and extreme alerts do not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.pace import EXTREME_EVERY, EXTREME_PER_HOUR, UNLIMITED, Limits, room, turn

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MINOR, MODERATE, SEVERE, EXTREME = range(4)
USUAL = Limits()

ages = st.lists(st.integers(0, 24 * 60 - 1), max_size=60)
limits = st.builds(Limits, per_hour=st.integers(1, 8), per_day=st.integers(1, 30))


def ago(*minutes: int) -> list[datetime]:
    return [NOW - one * MINUTE for one in minutes]


def test_up_to_the_limit_mails_go_at_once() -> None:
    assert turn(ago(5, 4, 3, 2, 1), SEVERE, NOW, USUAL) == NOW
    assert room(ago(5, 4), SEVERE, NOW, USUAL) == 4


def test_past_the_hours_limit_the_next_goes_when_there_is_room_again() -> None:
    assert turn(ago(50, 40, 30, 20, 10, 5), SEVERE, NOW, USUAL) == NOW + 10 * MINUTE
    assert turn(ago(55, 50, 40, 30, 20, 10, 5), SEVERE, NOW, USUAL) == NOW + 10 * MINUTE


def test_past_the_days_limit_the_rest_goes_every_hour_if_severe_and_else_every_four() -> None:
    sent = ago(*range(30, 30 + 20 * 60, 60))
    assert len(sent) == USUAL.per_day
    assert turn(sent, SEVERE, NOW, USUAL) == NOW + 30 * MINUTE
    assert turn(sent, MODERATE, NOW, USUAL) == NOW + 210 * MINUTE
    assert room(sent, SEVERE, NOW + 30 * MINUTE, USUAL) == 1


def test_mails_of_yesterday_do_not_count() -> None:
    assert turn([NOW - DAY] * 50, MINOR, NOW, USUAL) == NOW


def test_an_extreme_alert_is_not_held_back_by_what_a_reader_got() -> None:
    assert turn(ago(*[1] * (EXTREME_PER_HOUR - 1)), EXTREME, NOW, USUAL) == NOW


def test_a_flood_of_extreme_alerts_goes_together_every_ten_minutes() -> None:
    assert turn(ago(*[1] * EXTREME_PER_HOUR), EXTREME, NOW, USUAL) == NOW + EXTREME_EVERY - MINUTE


@given(ages, st.sampled_from([MINOR, MODERATE, SEVERE, EXTREME]), limits)
def test_at_its_turn_a_mail_may_go_and_no_wait_is_longer_than_four_hours(
    minutes: list[int], urgency: int, most: Limits
) -> None:
    sent = ago(*minutes)
    found = turn(sent, urgency, NOW, most)
    assert NOW <= found <= NOW + 4 * HOUR
    assert turn(sent, urgency, found, most) == found
    assert room(sent, urgency, found, most) >= 1


@given(ages, limits)
def test_what_is_worse_never_waits_longer(minutes: list[int], most: Limits) -> None:
    sent = ago(*minutes)
    times = [turn(sent, urgency, NOW, most) for urgency in (EXTREME, SEVERE, MODERATE, MINOR)]
    if sum(one > NOW - HOUR for one in sent) < EXTREME_PER_HOUR:
        assert times == sorted(times)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=80), st.sampled_from([MINOR, SEVERE]), limits)
def test_no_hour_has_more_than_its_limit(gaps: list[int], urgency: int, most: Limits) -> None:
    """Mails that come after gaps of some minutes, each sent at its turn."""
    sent: list[datetime] = []
    now = NOW
    for gap in gaps:
        now = turn([one for one in sent if one > now - DAY], urgency, now + gap * MINUTE, most)
        sent.append(now)
    for one in sent:
        assert sum(one <= other < one + HOUR for other in sent) <= most.per_hour


@given(ages, st.sampled_from([MINOR, SEVERE]))
def test_without_limits_nobody_waits(minutes: list[int], urgency: int) -> None:
    assert turn(ago(*minutes), urgency, NOW, UNLIMITED) == NOW
