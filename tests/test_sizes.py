"""Sizes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sizes import about, say_size, size


@pytest.mark.parametrize(
    ("text", "count"),
    [("5 MiB", 5 * 2**20), ("500kB", 500_000), (" 1 GiB ", 2**30), ("2 MB", 2_000_000), ("77 bytes", 77)],
)
def test_a_size_is_a_number_and_a_unit(text: str, count: int) -> None:
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "5", "MiB", "5 mib", "-5 MiB", "5.5 MiB", "5 MiB and more"])
def test_what_is_no_size_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='such as "5 MiB"'):
        size(text)


@given(st.integers(0, 2**39))
def test_what_is_said_is_read_back_as_the_same_size(count: int) -> None:
    assert size(say_size(count)) == count


@pytest.mark.parametrize(
    ("count", "says"), [(12, "12 bytes"), (1500, "1.5 KiB"), (94 * 1024, "94 KiB"), (6 * 2**20, "6.0 MiB")]
)
def test_people_are_told_about_how_much_it_is(count: int, says: str) -> None:
    assert about(count) == says
