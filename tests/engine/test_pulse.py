"""When a stage is stuck, and above all when it is not: a service that is started anew for nothing loses time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.engine.pulse import PATIENCE_S, RUN_PATIENCE_S, Kind, Pulse, Work, stuck

SECONDS = st.floats(min_value=0, max_value=1e7)
WORKS = st.builds(
    Work,
    name=st.sampled_from(["feeds", "articles"]),
    due_s=SECONDS,
    quiet_s=SECONDS,
    patience_s=st.floats(min_value=1, max_value=1e5),
    outer=st.sampled_from(["", "the disk is full"]),
)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@given(WORKS)
def test_what_something_outside_keeps_from_being_done_is_not_stuck(work: Work) -> None:
    assert not replace(work, outer="the mail server is down").stuck


@given(WORKS)
def test_who_gets_something_done_is_not_stuck_however_old_the_oldest_is(work: Work) -> None:
    assert not replace(work, quiet_s=min(work.quiet_s, work.patience_s)).stuck


@given(WORKS)
def test_who_has_nothing_to_do_is_not_stuck_however_long_ago_the_last_was(work: Work) -> None:
    assert not replace(work, due_s=min(work.due_s, work.patience_s)).stuck


@given(WORKS, SECONDS, SECONDS)
def test_waiting_longer_never_makes_it_well(work: Work, more: float, quieter: float) -> None:
    if work.stuck:
        assert replace(work, due_s=work.due_s + more, quiet_s=work.quiet_s + quieter).stuck


@given(st.lists(WORKS))
def test_each_work_that_is_stuck_is_named_with_a_reason(works: list[Work]) -> None:
    found = stuck(works)
    assert found == tuple(work for work in works if work.stuck)
    assert [work.reason.partition(":")[0] for work in found] == [work.name for work in found]


@given(st.lists(WORKS))
def test_what_was_stuck_is_so_until_something_is_done_be_there_work_or_not(works: list[Work]) -> None:
    idle = [replace(work, due_s=0.0) for work in works]
    assert stuck(idle) == ()
    assert stuck(idle, [work.name for work in works]) == tuple(work for work in idle if work.stands_still)
    moved = [replace(work, quiet_s=0.0) for work in works]
    assert stuck(moved, [work.name for work in works]) == ()


def test_a_stage_that_does_nothing_of_what_is_due_is_stuck_until_it_does_something() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    clock.now += PATIENCE_S["feeds"] + 1
    assert pulse.work("feeds", due_s=3600).stuck
    assert not pulse.work("feeds", due_s=5).stuck  # it has only just become due
    pulse.done("feeds")
    assert not pulse.work("feeds", due_s=3600).stuck
    assert pulse.work("articles", due_s=3600).stuck  # each kind for itself


def test_a_service_that_catches_up_for_hours_is_never_stuck() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    for _ in range(200):
        clock.now += 60
        pulse.done("articles")
        assert not pulse.work("articles", due_s=86_400).stuck


def test_what_keeps_it_counts_until_something_is_done_or_fails_otherwise() -> None:
    kind: Kind = "mails"
    clock = Clock()
    pulse = Pulse(clock)
    clock.now += 7200
    pulse.kept_from(kind, "the database cannot be written")
    assert not pulse.work(kind, due_s=7200).stuck
    pulse.failed(kind)
    assert pulse.work(kind, due_s=7200).stuck
    pulse.kept_from(kind, "the database cannot be written")
    pulse.done(kind)
    clock.now += 7200
    assert pulse.work(kind, due_s=7200).stuck


def test_a_run_that_never_ends_is_stuck_whether_work_is_due_or_not() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    upkeep = pulse.began("upkeep")
    pulse.began("reading", "articles")
    clock.now += RUN_PATIENCE_S + 1
    pulse.done("articles")  # a long run, but it gets on
    assert [work.name for work in pulse.runs() if work.stuck] == ["a run of 'upkeep'"]
    pulse.ended(upkeep)
    assert stuck(pulse.runs()) == ()
    clock.now += RUN_PATIENCE_S + 1
    assert [work.name for work in pulse.runs() if work.stuck] == ["a run of 'reading'"]
