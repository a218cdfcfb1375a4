"""The order of the tests where it matters for how long all of them take, and for nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


def long_ones_early(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The same tests, those that take long spread over the first half: at the end, all processes would wait for one.
    Those of one file stay together, for what they share."""
    long: dict[str, list[pytest.Item]] = {}
    rest: list[pytest.Item] = []
    for item in items:
        if item.get_closest_marker("slow"):
            long.setdefault(item.nodeid.partition("::")[0], []).append(item)
        else:
            rest.append(item)
    step = len(rest) // (2 * len(long) + 1)
    found: list[pytest.Item] = []
    for number, together in enumerate(long.values()):
        found += [*together, *rest[number * step : (number + 1) * step]]
    return found + rest[len(long) * step :]
