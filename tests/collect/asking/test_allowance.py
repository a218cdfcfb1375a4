from __future__ import annotations

from alerts.collect.asking.allowance import Allowance


def test_a_host_may_be_asked_some_times_at_once_and_then_once_in_a_while() -> None:
    allowance = Allowance(at_once=3, every=10)
    asked = []
    for second in range(60):
        while "a" not in allowance.spent(second):
            allowance.use("a", second)
            asked.append(second)
    assert asked == [0, 0, 0, 10, 20, 30, 40, 50]


def test_one_host_does_not_use_up_what_another_may() -> None:
    allowance = Allowance(at_once=1, every=10)
    allowance.use("a", 0)
    assert allowance.spent(0) == {"a"}
    allowance.use("b", 5)
    assert allowance.spent(11) == {"b"}


def test_after_a_rest_a_host_may_be_asked_as_at_first_and_is_forgotten() -> None:
    allowance = Allowance(at_once=2, every=10)
    for _ in range(2):
        allowance.use("a", 0)
    assert allowance.spent(1) == {"a"}
    assert allowance.spent(21) == frozenset()
    assert allowance._full_at == {}
