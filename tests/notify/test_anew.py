"""Who asks for something else gets what waits by what they ask for now: not earlier, not later, and all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, update

from alerts.notify import anew, when
from alerts.notify.bundling import decide
from alerts.readers import RHYTHMS, Quiet, Wishes
from alerts.store import people
from alerts.store.database import reading, writing
from alerts.store.outbox import list_rows
from alerts.store.schema import outbox
from alerts.store.waiting import REASONS, Reader, Waiting
from alerts.types import SEVERITIES
from tests.notify.test_bundling import row
from tests.notify.world import START, beside, mails, new_database, populate

NOW = datetime(2026, 3, 4, 15, 20, tzinfo=UTC)  # a Wednesday
MINOR, MODERATE, SEVERE, EXTREME = range(4)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEKLY = Wishes(rhythm="weekly")
THURSDAYS = Wishes(rhythm="weekly", weekday=3)
MONDAY = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
TOMORROW = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)


def waits(wishes: Wishes, **more: Any) -> tuple[datetime, str | None]:
    """When a row goes by new wishes, and for what it waits."""
    one = row(1, due=False, **{"urgency": MODERATE, "not_before": MONDAY, "waits": "digest"} | more)
    wait = anew.decided([one], wishes, NOW).get(1)
    return (one.not_before, one.waits) if wait is None else (wait.until, wait.reason)


def test_who_wants_mails_at_once_does_not_wait_for_the_week_to_end() -> None:
    assert waits(Wishes()) == (NOW, "digest")


def test_another_rhythm_or_hour_is_another_time() -> None:
    assert waits(Wishes(rhythm="daily")) == (TOMORROW, "digest")
    assert waits(Wishes(rhythm="daily", hour=16)) == (NOW + 40 * MINUTE, "digest")
    assert waits(WEEKLY, not_before=TOMORROW) == (MONDAY, "digest")
    assert waits(WEEKLY, not_before=NOW + 20 * MINUTE, waits=None) == (MONDAY, "digest")


def test_what_wakes_them_by_their_new_wishes_goes_at_once() -> None:
    assert waits(Wishes(rhythm="weekly", wake_from="moderate")) == (NOW, "digest")
    assert waits(Wishes(rhythm="weekly", wake_from="severe"), not_before=TOMORROW) == (MONDAY, "digest")


def test_who_comes_back_early_or_drops_quiet_hours_does_not_wait_for_them() -> None:
    assert waits(Wishes(), waits="pause") == (NOW, "pause")
    assert waits(Wishes(), waits="quiet") == (NOW, "quiet")


def test_what_waits_for_what_belongs_with_it_goes_on_waiting() -> None:
    soon = NOW + 20 * MINUTE
    assert waits(Wishes(), not_before=soon, waits=None) == (soon, None)
    assert waits(Wishes(), not_before=soon, waits="pace") == (soon, "pace")


@pytest.mark.parametrize("begun", [{"fixed": True}, {"alert_id": ""}, {"waits": "hold"}])
def test_what_was_begun_or_is_held_and_letters_stay_as_they_are(begun: dict[str, Any]) -> None:
    assert waits(Wishes(rhythm="daily"), **begun)[0] == MONDAY


hours = st.integers(0, 23).map(time)
wishes = st.builds(
    Wishes,
    rhythm=st.sampled_from(RHYTHMS),
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    quiet=st.none() | st.builds(Quiet, begin=hours, end=hours),
    wake_from=st.sampled_from([None, *SEVERITIES]),
    time_zone=st.sampled_from(["UTC", "Europe/Kyiv", "Asia/Kathmandu"]),
    paused_until=st.sampled_from([None, NOW - DAY, NOW + 9 * HOUR]),
)
rows = st.builds(
    row,
    st.integers(1, 50),
    due=st.just(False),
    fixed=st.sampled_from([False, False, False, True]),
    urgency=st.sampled_from(range(4)),
    waits=st.sampled_from([None, *REASONS]),
    not_before=st.integers(-3, 200).map(lambda hours: NOW + hours * HOUR),
    round=st.sampled_from([0, 0, 1]),
    kind=st.sampled_from(["new", "update", "close", "cancel"]),
)


@settings(max_examples=60)
@given(st.lists(rows, max_size=6, unique_by=lambda one: one.id), wishes)
def test_nothing_goes_earlier_than_new_wishes_allow_nor_waits_for_old_ones(some: list[Waiting], asked: Wishes) -> None:
    found = anew.decided(some, asked, NOW)
    assert found.keys() <= {one.id for one in some if not one.fixed and one.waits != "hold"}
    for one in some:
        wait = found.get(one.id)
        time = one.not_before if wait is None else wait.until
        digests = asked.rhythm != "now" and not one.round and not when.wakes(asked, one.urgency, one.kind)
        if one.fixed or one.waits == "hold":
            assert time == one.not_before
        elif digests:
            assert time >= when.digest_time(asked, when.back(asked, NOW))
            assert time >= when.back(asked, NOW) and not when.is_quiet(asked, time)
        elif one.waits in ("digest", "quiet", "pause"):
            assert time == NOW
        else:
            assert time == one.not_before


@settings(max_examples=60)
@given(st.lists(rows, max_size=6, unique_by=lambda one: one.id), wishes)
def test_when_it_is_due_it_goes_at_an_hour_that_the_new_wishes_allow(some: list[Waiting], asked: Wishes) -> None:
    found = anew.decided(some, asked, NOW)
    for one in some:
        if (wait := found.get(one.id)) is None or one.round:
            continue
        at, waiting = wait.until, replace(one, reader=Reader(wishes=asked), due=True)
        for _ in range(3):  # for the end of a pause, and then of quiet hours
            waiting = replace(waiting, not_before=wait.until, waits=wait.reason)
            at, wait = wait.until, decide([waiting], (), covers={}, now=wait.until).postponed.get(one.id, wait)
        woken = when.wakes(asked, one.urgency, one.kind)
        assert woken or not when.is_quiet(asked, at)
        assert woken or at >= when.digest_time(asked, when.back(asked, NOW))
        assert when.back(asked, at) == at


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Two readers who get a mail a week, with one alert that wakes them and one that waits."""
    made = new_database(tmp_path)
    first = populate(made, readers=2)
    with writing(made) as conn:
        for who in people.active_people(conn):
            people.set_wishes(conn, who.id, THURSDAYS)
    beside(made, first, title="Aid held up", severity="moderate", rule="other_rule")
    yield made
    made.dispose()


def times(engine: Engine) -> list[tuple[int, str | None, datetime]]:
    return [(row.person.id, row.waits, row.not_before) for row in mails(engine)]


def ask(engine: Engine, wishes: Wishes) -> None:
    """The first reader wants something else."""
    with writing(engine) as conn:
        anew.change(conn, people.active_people(conn)[0], wishes, START)


def test_new_wishes_move_what_waits_for_their_reader_alone(engine: Engine) -> None:
    before = times(engine)
    ask(engine, Wishes())
    assert [(one, waits) for one, waits, _ in before] == [(1, None), (2, None), (1, "digest"), (2, "digest")]
    assert before[2][2] > START
    assert times(engine) == [*before[:2], (1, "digest", START), before[3]]


def test_wishes_that_say_nothing_of_times_move_nothing(engine: Engine) -> None:
    with writing(engine) as conn:  # it is overdue, as while all mails are held
        conn.execute(update(outbox).values(not_before=START - DAY))
    before = times(engine)
    ask(engine, replace(THURSDAYS, language="fr", discreet=True))
    assert times(engine) == before


def test_what_is_put_off_is_worth_sending_when_its_time_comes(engine: Engine) -> None:
    ask(engine, Wishes())
    ask(engine, THURSDAYS)
    with reading(engine) as conn:
        assert all(row.expires is not None and row.expires > row.not_before + DAY for row in list_rows(conn))
