"""A web page is read simply: its title and its paragraphs, without what stands beside them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.collect.links.page import read_page

LONG = "Gunmen besieged the town of Djibo on Monday, residents said."
MORE = "The only road into the town was cut, and food is short."


def page(body: str, head: str = "") -> bytes:
    return f'<!DOCTYPE html><html lang="en-GB"><head>{head}</head><body>{body}</body></html>'.encode()


def test_the_paragraphs_of_the_article_are_read_one_a_line() -> None:
    found = read_page(page(f"<p>{MORE} Elsewhere.</p><article><p>{LONG}</p>\n<p>{MORE}</p></article>"))
    assert found.text == f"{LONG}\n{MORE}"
    assert found.language == "en"


def test_without_an_article_all_paragraphs_are_read() -> None:
    assert read_page(page(f"<div><p>{LONG}<p>{MORE}</div>")).text == f"{LONG}\n{MORE}"


@pytest.mark.parametrize("tag", ["nav", "header", "footer", "aside", "form", "figure", "script", "style", "noscript"])
def test_what_stands_beside_the_text_is_left_out(tag: str) -> None:
    beside = f"<{tag}><p>{MORE}</p></{tag}>"
    assert read_page(page(f"<article>{beside}<p>{LONG}</p>{beside}</article>")).text == LONG


def test_short_lines_are_left_out_unless_nothing_else_is_there() -> None:
    assert read_page(page(f"<p>Share this</p><p>{LONG}</p>")).text == LONG
    assert read_page(page("<p>Town cut off.</p>")).text == "Town cut off."


def test_marks_inside_a_paragraph_do_not_break_it() -> None:
    assert read_page(page(f"<p>Gunmen <b>besieged</b>{LONG[15:]}</p>")).text == LONG


def test_a_paragraph_that_comes_twice_is_read_once() -> None:
    assert read_page(page(f"<p>{LONG}</p><p>{LONG}</p>")).text == LONG


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ('<meta property="og:title" content="Town &amp; village"><title>Site</title>', "<h1>No</h1>", "Town & village"),
        ("<title>Site</title>", "<header><h1>Town\n cut off</h1></header>", "Town cut off"),
        ("<title>Town cut off</title>", "", "Town cut off"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_the_title_is_the_one_for_sharing_else_the_headline_else_that_of_the_page(
    head: str, body: str, title: str
) -> None:
    assert read_page(page(f"{body}<p>{LONG}</p>", head)).title == title


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:published_time" content="2026-01-10T08:00:00+02:00">', ""),
        ("", '<time datetime="2026-01-10T06:00:00">10 January</time>'),
    ],
)
def test_the_time_of_publication_is_read(head: str, body: str) -> None:
    assert read_page(page(body, head)).published == datetime(2026, 1, 10, 6, tzinfo=UTC)


def test_a_time_that_is_none_is_left_out() -> None:
    assert read_page(page("", '<meta name="date" content="yesterday">')).published is None


def test_the_encoding_that_the_page_declares_is_used() -> None:
    body = '<html><head><meta charset="windows-1251"></head><body><p>Осада города</p></body></html>'
    assert read_page(body.encode("cp1251"), "text/html").text == "Осада города"


def test_a_page_that_a_script_puts_together_is_empty() -> None:
    assert read_page(page('<div id="app"></div><script>render("<p>text</p>")</script>')).text == ""


@pytest.mark.parametrize(
    "body", [b"", b"<", b"<![CDATA[", b"<![if x]><p>a</p>", b"<!DOCTYPE [", b"\xff\xfe\x00", b"<p" * 5000]
)
def test_a_broken_page_is_read_as_far_as_it_goes(body: bytes) -> None:
    assert isinstance(read_page(body).text, str)


@given(st.text(alphabet="<>/!-[]p articlenavhtml=\"' &;", max_size=120))
def test_no_page_raises_anything(text: str) -> None:
    read_page(text.encode())
