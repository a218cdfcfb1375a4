"""What a system that follows references makes of our messages, in whatever order it reads them."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.render.cap import cap, expires
from alerts.store.alerts import Version
from tests.cap import Board, read
from tests.render.cap_world import HOUR, START, USUAL, messages, version

SOON = START + 10 * HOUR


def test_a_new_alert_is_in_force_until_it_expires() -> None:
    board = Board(messages(version()))
    assert board.shown(START) == ["haf-2026-000007-1"]
    assert board.shown(START + timedelta(days=3)) == []  # it has ended: nothing is sent, it expires


def test_an_update_takes_the_place_of_what_it_updates() -> None:
    for order in permutations(messages(version(), version(2), version(3))):
        assert Board(order).shown(SOON) == ["haf-2026-000007-3"]


def test_new_update_close_leaves_nothing_in_force() -> None:
    for order in permutations(messages(version(), version(2), version(3, "close", state="closed"))):
        assert Board(order).shown(SOON) == []


def test_new_update_cancel_leaves_nothing_in_force() -> None:
    for order in permutations(messages(version(), version(2), version(3, "cancel", state="cancelled"))):
        assert Board(order).shown(SOON) == []


def test_a_system_that_missed_an_update_follows_all_the_same() -> None:
    first, _, third = messages(version(), version(2), version(3))
    assert Board([first, third]).shown(SOON) == ["haf-2026-000007-3"]
    cancelled = messages(version(), version(2), version(3, "cancel", state="cancelled"))
    assert Board([cancelled[0], cancelled[2]]).shown(SOON) == []
    assert Board([cancelled[1], cancelled[2]]).shown(SOON) == []


def test_one_heard_of_again_after_its_end_updates_what_it_was() -> None:
    told = messages(version(), version(2, hours=200, why="heard of again"))
    assert read(told[1]).kind == "Update"
    assert Board(told).shown(START + 201 * HOUR) == ["haf-2026-000007-2"]


def test_alerts_of_one_incident_stand_side_by_side() -> None:
    board = Board(messages(version()) + messages(version(alert_id="8")))
    assert board.shown(SOON) == ["haf-2026-000007-1", "haf-2026-000008-1"]
    assert {read(one).whole["incidents"] for one in messages(version()) + messages(version(alert_id="8"))} == {
        "haf-incident-3"
    }


def _merged(kind: Literal["new", "update", "cancel"] = "update") -> list[bytes]:
    """Alert 8 goes on in alert 7, which says so in its second version."""
    other = [version(alert_id="8", hours=0.2), version(2, alert_id="8", hours=0.4)]
    first = version()
    both = version(2, "update", hours=2, why="the same event as alert 8", merged=["8"])
    told = [*messages(first), *messages(*other), cap(both, [first, *other], USUAL)]
    if kind == "cancel":
        told.append(cap(version(3, "cancel", hours=3, merged=["8"]), [first, both, *other], USUAL))
    return told


def test_a_merge_leaves_the_alert_that_goes_on() -> None:
    told = _merged()
    assert [name[1] for name in read(told[-1]).references] == [
        "haf-2026-000007-1", "haf-2026-000008-1", "haf-2026-000008-2",
    ]  # fmt: skip
    for order in permutations(told):
        assert Board(order).shown(SOON) == ["haf-2026-000007-2"]


def test_a_cancellation_after_a_merge_takes_back_both() -> None:
    told = _merged("cancel")
    assert Board([told[1], told[-1]]).shown(SOON) == []
    assert len(read(told[-1]).references) == 4
    assert Board(told).shown(SOON) == []


def test_an_alert_nobody_was_told_of_goes_on_for_one_they_were_told_of_as_its_update() -> None:
    other = version(alert_id="8")
    first = cap(version(1, hours=1, merged=["8"]), [other], USUAL)
    assert read(first).kind == "Update"
    assert Board([*messages(other), first]).shown(SOON) == ["haf-2026-000007-1"]


@st.composite
def _life(draw: st.DrawFn) -> list[Version]:
    """The versions of one alert: new, updates, perhaps an end."""
    hours, told = 0, [version(terms={"lasts": draw(st.sampled_from([3600.0, 86_400.0, 864_000.0]))})]
    end: Any = draw(st.sampled_from([None, "close", "cancel"]))
    kinds = ["update"] * draw(st.integers(0, 5)) + ([end] if end else [])
    for number, kind in enumerate(kinds, start=2):
        hours += draw(st.integers(0, 60))
        lasts = draw(st.sampled_from([3600.0, 86_400.0, 864_000.0]))
        made: Any = kind
        told.append(version(number, made, hours=hours, terms={"lasts": lasts}))
    return told


@settings(max_examples=40)
@given(_life(), st.randoms(use_true_random=False), st.integers(0, 600))
def test_no_board_ever_shows_two_versions_of_one_alert(told: list[Version], chance: Any, hours: int) -> None:
    now = START + timedelta(hours=hours)
    known = [one for one in told if one.at <= now]
    documents = messages(*told)[: len(known)]
    chance.shuffle(documents)
    last = known[-1]
    lasting = last.kind in ("new", "update") and expires(last) > now
    assert Board(documents).shown(now) == ([read(messages(*told)[len(known) - 1]).name[1]] if lasting else [])
