"""Addresses as people give them, and the feeds that pages name."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.collect.lists.discovery import feed_address, likeness, named_feeds, usual_places

HOME = "https://news.example.org/world/"


def _urls(page: str, url: str = HOME) -> list[str]:
    return [one.url for one in named_feeds(page.encode(), "text/html; charset=utf-8", url)]


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (" https://example.org/feed.xml\n", "https://example.org/feed.xml"),
        ("feed:https://example.org/a", "https://example.org/a"),
        ("feed://example.org/a", "https://example.org/a"),
        ("HTTPS://News.Example.ORG:443/A?b=C#d", "https://news.example.org/A?b=C"),
        ("http://example.org", "http://example.org/"),
        ("http://example.org:8080/x", "http://example.org:8080/x"),
        ("https://Desk:Pass@Example.org/x", "https://Desk:Pass@example.org/x"),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
    ],
)
def test_an_address_is_kept_in_one_form(given_: str, kept: str) -> None:
    assert feed_address(given_) == kept
    assert feed_address(kept) == kept


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begins with http:// or https://"),
        ("ftp://example.org/x", "begins with http:// or https://"),
        ("example.org/feed", "did you mean https://example.org/feed?"),
        ("htps://example.org/feed", "did you mean https://example.org/feed?"),
        ("http:/example.org/feed", "did you mean https://example.org/feed?"),
        ("https://example.org/a b", "write %20"),
        ("https://example.org:99999/", "no address"),
        ("https://[::1/", "no address"),
        ("https://", "begins with"),
        ("desk@example.org", "begins with"),
        ("https://example.org/" + "x" * 2000, "2000 characters"),
    ],
)
def test_what_is_no_address_is_told_with_what_was_meant(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        feed_address(text)
    assert says in str(raised.value)


@given(st.text(max_size=60) | st.from_regex(r"(?:feed:)?https?://[a-zA-Z.\[\]:@0-9]{0,20}[ -~]{0,30}"))
def test_an_address_is_refused_or_stays_as_it_is_kept(text: str) -> None:
    try:
        kept = feed_address(text)
    except ValueError:
        return
    assert feed_address(kept) == kept


def test_addresses_that_lead_to_one_feed_are_alike() -> None:
    same = {"http://example.org/feed", "https://www.example.org/feed/", "https://example.org/feed"}
    assert len({likeness(url) for url in same}) == 1
    assert likeness("https://example.org/feed?lang=fr") != likeness("https://example.org/feed")


def test_the_feeds_in_the_head_of_a_page_are_found() -> None:
    page = """<html><head><title>World</title>
    <link rel="alternate" type="application/rss+xml" title="World news" href="/feeds/world.rss">
    <LINK REL=alternate TYPE=application/atom+xml HREF='atom.xml?a=1&amp;b=2'>
    <link rel="stylesheet" type="text/css" href="/style.css">
    <link rel="alternate" hreflang="fr" href="/fr/">
    <link rel="alternate" type="application/json" href="/wp-json/pages/1">
    </head><body><a href="/other.rss">more</a></body></html>"""
    assert _urls(page) == [
        "https://news.example.org/feeds/world.rss",
        "https://news.example.org/world/atom.xml?a=1&b=2",
    ]
    [first, _] = named_feeds(page.encode(), "text/html", HOME)
    assert (first.title, first.kind) == ("World news", "RSS")


def test_the_feed_of_the_comments_comes_last_and_one_named_twice_once() -> None:
    page = """<link rel="alternate" type="application/rss+xml" title="Comments Feed" href="/comments/feed/">
    <link rel="alternate" type="application/rss+xml" title="Site &raquo; Feed" href="/feed/">
    <link rel="alternate" type="application/rss+xml" href="/feed/">"""
    assert _urls(page) == ["https://news.example.org/feed/", "https://news.example.org/comments/feed/"]


def test_without_a_head_the_linked_feeds_are_found_those_of_other_hosts_last() -> None:
    page = """<body><a href="https://other.example.net/rss.xml">theirs</a> <a href="/about">us</a>
    <a href="/rss/">ours</a> <a href="/index.php?option=x&amp;format=feed">old</a> <a href="/feedback">write</a>"""
    assert _urls(page) == [
        "https://news.example.org/rss/",
        "https://news.example.org/index.php?option=x&format=feed",
        "https://other.example.net/rss.xml",
    ]


def test_addresses_are_relative_to_the_base_that_a_page_names() -> None:
    page = '<base href="https://cdn.example.org/x/"><link rel=alternate type=application/rss+xml href=rss.xml>'
    assert _urls(page) == ["https://cdn.example.org/x/rss.xml"]


@pytest.mark.parametrize(
    "around", ["<!-- %s -->", "<script>var a = '%s'</script>", "<template>%s</template>", "<!-- %s"]
)
def test_what_is_no_part_of_the_page_names_no_feed(around: str) -> None:
    assert _urls(around % '<link rel="alternate" type="application/rss+xml" href="/x">') == []


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "mailto:a@example.org", "", "ftp://example.org/rss.xml", "https://[/"]
)
def test_what_leads_nowhere_on_the_web_is_no_feed(href: str) -> None:
    assert _urls(f'<link rel="alternate" type="application/rss+xml" href="{href}">') == []


def test_a_page_in_another_encoding_is_read() -> None:
    page = '<meta charset="windows-1251"><link rel=alternate type=application/rss+xml title="Новости" href=/rss>'
    [found] = named_feeds(page.encode("cp1251"), "text/html", HOME)
    assert found.title == "Новости"


@given(st.binary(max_size=300) | st.text("<>\"'= /!-alinkscreptbhf", max_size=300).map(str.encode))
def test_no_page_makes_it_fail(body: bytes) -> None:
    assert isinstance(named_feeds(body, "text/html", HOME), list)


@pytest.mark.parametrize("part", ["<a ", "<!--", "<script>", '<a "', "<a b='", "<link rel=alternate ", "<a x=y" * 3])
def test_a_page_made_to_cost_much_costs_little(part: str) -> None:
    body = (part * (512 * 1024 // len(part))).encode()
    begun = time.process_time()
    named_feeds(body, "text/html", HOME)
    assert time.process_time() - begun < 1.5


def test_the_usual_places_are_few_and_begin_below_the_page() -> None:
    assert usual_places("https://example.org/blog/")[:3] == [
        "https://example.org/blog/feed", "https://example.org/blog/rss.xml", "https://example.org/feed",
    ]  # fmt: skip
    assert usual_places("https://example.org/a/page.html")[0] == "https://example.org/a/feed"
    assert usual_places("https://example.org/")[0] == "https://example.org/feed"
    assert "https://example.org/feed" not in usual_places("https://example.org/feed")
    assert all(len(usual_places(f"https://example.org/{path}")) <= 8 for path in ("", "a/b/c/d", "x.html"))
