"""Work that takes long is done more rarely."""

from __future__ import annotations

import pytest

from alerts.engine.sparing import Sparing


def took(seconds: float) -> tuple[Sparing, list[float]]:
    """Work that took so long, and the clock."""
    now = [100.0]
    sparing = Sparing(clock=lambda: now[0])
    assert sparing.may
    with sparing.doing():
        now[0] += seconds
    return sparing, now


def test_what_is_quick_may_be_done_again_at_once() -> None:
    sparing, _ = took(2.0)
    assert sparing.may


def test_what_takes_long_waits_for_twenty_times_as_long() -> None:
    sparing, now = took(10.0)
    now[0] += 199.0
    assert not sparing.may
    now[0] += 1.0
    assert sparing.may


def test_what_breaks_off_late_waits_too() -> None:
    now = [100.0]
    sparing = Sparing(clock=lambda: now[0])
    with pytest.raises(RuntimeError), sparing.doing():
        now[0] += 10.0
        raise RuntimeError
    assert not sparing.may
