"""Many ids or rows, some at once: a statement can name so many values and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

AT_ONCE: Final = 1_000
_One = TypeVar("_One")


def in_batches(all_of_them: Iterable[_One]) -> Iterator[list[_One]]:
    """All of them in their order, a thousand at once."""
    left = iter(all_of_them)
    while some := list(islice(left, AT_ONCE)):
        yield some
