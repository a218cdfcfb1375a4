"""Many ids, some at once: a query can name so many values and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

AT_ONCE: Final = 1_000


def in_batches(ids: Iterable[int]) -> Iterator[list[int]]:
    """These ids in their order, a thousand at once."""
    left = iter(ids)
    while some := list(islice(left, AT_ONCE)):
        yield some
