"""Charts of hits and of precision: every hit is in a bar, and few bars are drawn however long the time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.render.rulecharts import Bin, Share, binned, hits, precision

DAY = date(2026, 3, 1)
COUNTS = st.integers(0, 500)
DAYS = st.lists(st.tuples(st.integers(0, 9_000), COUNTS, COUNTS, COUNTS), min_size=1, max_size=30)


@given(DAYS)
def test_no_hit_is_left_out_and_the_bars_find_room(days: list[tuple[int, int, int, int]]) -> None:
    _, bins = binned([(DAY + timedelta(days=at), same, new, lost) for at, same, new, lost in days])
    assert len(bins) <= 70
    for place, name in enumerate(("same", "new", "lost"), start=1):
        assert sum(getattr(one, name) for one in bins) == sum(day[place] for day in days)


@pytest.mark.parametrize(
    ("span", "each"), [(0, "day"), (69, "day"), (70, "week"), (490, "four weeks"), (5_000, "quarter")]
)
def test_longer_times_have_wider_bars(span: int, each: str) -> None:
    assert binned([(DAY, 1, 0, 0), (DAY + timedelta(days=span), 1, 0, 0)])[0] == each
    assert binned([]) == ("day", [])


def texts(svg: str) -> list[str]:
    return [one.text for one in etree.fromstring(svg.encode()).iter("{http://www.w3.org/2000/svg}text")]


def test_what_is_new_and_lost_is_named_only_where_two_versions_are_compared() -> None:
    bins = [Bin(first=DAY, same=3, new=1, lost=2)]
    assert {"both versions", "new", "lost", "1 Mar 26"} <= set(texts(hits(bins, "day", compared=True).svg()))
    assert "lost" not in texts(hits(bins, "day", compared=False).svg())


def test_precision_is_drawn_with_its_span() -> None:
    shares = [Share(first=DAY, share=0.5, low=0.2, high=0.8), Share(first=date(2026, 4, 1), share=1, low=0.6, high=1)]
    assert {"100%", "Mar 2026", "Apr 2026"} <= set(texts(precision(shares).svg()))
