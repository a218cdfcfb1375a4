from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.text import normal, plain, words


@pytest.mark.parametrize(
    "markup",
    [
        "<" + " " * 50_000,
        "</" + "\n" * 50_000,
        "&lt;" + "&#32;" * 50_000,
        "<br" + " " * 50_000,
        "a " + "< " * 50_000,
        "<a " * 50_000,
        "<!--" * 50_000,
        "<script>" * 20_000 + "</scrip>" * 20_000,
    ],
    ids=lambda markup: markup[:6].strip(),
)
def test_no_markup_takes_long_to_become_plain(markup: str) -> None:
    started = time.process_time()
    plain(markup)
    assert time.process_time() - started < 2


def test_tags_with_blanks_in_them_are_tags() -> None:
    assert plain("one< br />two</ p >three< / b>four<b >five") == "one\ntwo\nthree four five"
    assert plain("2 < 3 and 4 > 3") == "2 < 3 and 4 > 3"


@given(st.text(alphabet="aAbé.'12,_ -’²中İ٣½Ⅻ\n", max_size=40))
def test_each_word_is_found_where_it_is_printed(text: str) -> None:
    divided = words(text)
    printed = [divided.folded[first:end] for first, end in zip(divided.start, divided.end, strict=True)]
    assert tuple(map(normal, printed)) == divided.norm
    gaps = [divided.gap(i) for i in range(len(divided))]
    assert not any(char.isalpha() for gap in gaps for char in gap)
