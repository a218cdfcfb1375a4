"""The ladder: what is broken in ways feedparser's own loose reading loses something over."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.collect.formats import sections
from alerts.collect.formats.parse import parse_document
from alerts.collect.formats.repair import recovered
from alerts.collect.outcome import PARSE_REASONS, Parsed, Rung
from alerts.collect.settings import MIB
from alerts.errors import ParseError
from alerts.read.text import plain
from tests.fakes.feeds import atom, json_feed, rdf, rss, story

URL = "https://example.org/feed"
RSS = rss(story(4)).decode()
ATOM = atom(story(4)).decode()
CDATA = RSS.replace("&lt;p&gt;", "<![CDATA[<p>").replace("&lt;/p&gt;", "</p>]]>")
ATOM_NAMES = re.compile(r"<(/?)(feed|entry|title|link|id|summary|content|published|category)\b")

# What was done to the document, and the rung on which all of it is read nevertheless.
BROKEN: dict[str, tuple[str, Rung]] = {
    "nothing": (RSS, "full"),
    "nothing, with CDATA": (CDATA, "full"),
    "an ampersand": (RSS.replace("Report", "R&D Report"), "repaired"),
    "a title without its end": (RSS.replace("Report 3</title>", "Report 3"), "recovered"),
    "no title with its end": (RSS.replace("</title><link>", "<link>"), "recovered"),
    "a description without its end": (
        RSS.replace("3: families left the town.&lt;/p&gt;</description>", "3: x"),
        "recovered",
    ),
    "no item with its end": (RSS.replace("</item>", ""), "repaired"),
    "ends of items misspelt": (RSS.replace("</item>", "</itme>"), "repaired"),
    "ends in the wrong order": (RSS.replace("</description></item>", "</item></description>"), "recovered"),
    "a prefix nobody declared": (RSS.replace("item>", "rss:item>"), "recovered"),
    "Atom under a prefix nobody declared": (ATOM_NAMES.sub(r"<\1atom:\2", ATOM).replace("xmlns=", "id="), "recovered"),
    "attributes without quotes": (RSS.replace("<guid>", "<guid isPermaLink=false>"), "repaired"),
    "attributes without quotes and an open title": (
        RSS.replace("<guid>", "<guid isPermaLink=false>").replace("</title><link>", "<link>"),
        "recovered",
    ),
    "an open title and end tags that end nothing": (
        RSS.replace("</title><link>", "<link>").replace("<guid>", "</b></p><guid>"),
        "recovered",
    ),
    "an attribute twice": (RSS.replace("<item>", "<item a='1' a='2'>"), "repaired"),
    "HTML as it came": (RSS.replace("&lt;p&gt;", "<p><b>").replace("&lt;/p&gt;", "</b><br>"), "repaired"),
    "a less-than before a word": (RSS.replace("<title>Report", "<title>a <b Report"), "repaired"),
    "a tag without its >": (RSS.replace("</title><link>", "</title<link>"), "repaired"),
    "no item with its > or its end": (RSS.replace("</item>", "").replace("<item>", "<item"), "repaired"),
    "PHP without its end": (RSS.replace("<item>", "<?php echo $x; <item>", 1), "repaired"),
    "CDATA without its end": (CDATA.replace("]]>", "", 1), "repaired"),
    "CDATA without its end in the last item": ("".join(CDATA.rsplit("]]>", 1)), "repaired"),
    "no CDATA with its end": (CDATA.replace("]]>", ""), "repaired"),
    "a comment without its end": (RSS.replace("<item>", "<!-- top story -> <item>", 1), "repaired"),
    "a comment ended by the next one": (
        RSS.replace("<item>", "<!-- top <item>", 1).replace("</rss>", "<!-- --></rss>"),
        "repaired",
    ),
}


TOLD = {  # without being recovered
    name for name in BROKEN if name.startswith(("CDATA", "no CDATA", "a comment", "ends of", "no item", "HTML"))
} | {"attributes without quotes", "an attribute twice", "a tag without its >"}


def parse(text: str) -> Parsed:
    return parse_document(text.encode(), {"content-type": "text/xml"}, URL)


@pytest.mark.parametrize("fault", BROKEN)
def test_no_item_of_a_broken_document_loses_its_title_link_or_text(fault: str) -> None:
    text, rung = BROKEN[fault]
    parsed = parse(text)
    assert [entry.key for entry in parsed.entries] == [entry.key for entry in parse(RSS).entries]
    assert [entry.url for entry in parsed.entries] == [f"https://example.org/reports/{n}" for n in (4, 3, 2, 1)]
    for n, entry in zip((4, 3, 2, 1), parsed.entries, strict=True):
        assert f"Report {n}" in entry.title
        assert f"Report {n}: " in plain(entry.html) or "a description" in fault
    assert parsed.rung == rung
    assert bool(parsed.warnings) == (rung == "recovered" or fault in TOLD)


@pytest.mark.parametrize("text", [RSS, CDATA, ATOM])
def test_what_is_in_order_is_left_as_it_is(text: str) -> None:
    assert sections.closed(text) is text


@pytest.mark.parametrize("name", ["http://example.org/a b c", "http://example.org/a&nbsp;b c", "http://a\nb"])
def test_blanks_in_the_name_of_a_namespace_cost_nothing(name: str) -> None:
    """Python's reader of XML divides names of elements at blanks, and fails or forgets where they belong."""
    parsed = parse(ATOM.replace("http://www.w3.org/2005/Atom", name))
    assert [entry.title for entry in parsed.entries] == [f"Report {n}" for n in (4, 3, 2, 1)]
    assert parsed.rung == "repaired"


def test_a_reference_to_half_a_character_does_not_stop_the_recovery() -> None:
    text = RSS.replace("</title><link>", "<link>").replace("<guid>", '<guid a="&#xD800;">&#xDC00;', 1)
    assert len(parse(text).entries) == 4
    assert "Report 1" in recovered(text)


def test_a_damaged_byte_behind_the_name_of_a_tag_does_not_cost_the_item() -> None:
    assert len(parse_document(RSS.encode().replace(b"<item>", b"<item\xd5 ", 1), {}, URL).entries) == 4


def test_items_after_an_element_that_looks_like_the_root_are_read() -> None:
    fragment = RSS[RSS.index("<title>") : RSS.rindex("</item>")]
    assert len(parse(fragment).entries) == 4


def test_items_in_a_comment_are_no_items() -> None:
    text = RSS.replace("<item>", "<!-- <item>", 1).replace("</item>", "</item> -->", 1)
    parsed = parse(text)
    assert len(parsed.entries) == 3
    assert parsed.rung == "full"


def test_an_item_that_quotes_a_feed_is_one_item() -> None:
    quoting = "<description><![CDATA[<pre><item><![CDATA[ or <item></item></pre>]]></description>"
    text = re.sub("<description>.*?</description>", quoting, RSS, count=1)
    assert len(parse(text).entries) == 4


def test_a_comment_left_open_within_cdata_is_text_of_its_item() -> None:
    text = CDATA.replace("<p>Report 4", "<!-- more <p>Report 4")
    assert sections.closed(text) is text
    assert len(parse(text).entries) == 4


def test_a_field_is_taken_out_of_another_only_if_the_item_has_none() -> None:
    item = "<item><description>See <link>https://example.org/other</link> it</description><link>/own</link></item>"
    parsed = parse(RSS.replace("</title><link>", "<link>").replace("</channel>", f"{item}</channel>"))
    assert parsed.rung == "recovered"
    assert parsed.entries[-1].url == "https://example.org/own"


def test_a_broken_feed_of_which_no_item_can_be_read_is_not_an_empty_feed() -> None:
    with pytest.raises(ParseError, match="none can be read") as caught:
        parse(RSS.replace("<item>", "< item>"))
    assert caught.value.reason == "unreadable"


def test_the_title_and_language_of_a_recovered_feed_are_kept() -> None:
    parsed = parse(RSS.replace("</title><link>", "<link>"))
    assert (parsed.rung, parsed.title, parsed.language) == ("recovered", "Example news", "en-gb")


def test_the_same_broken_document_gives_the_same_keys_when_an_item_is_added() -> None:
    def keys(count: int) -> list[str]:
        return [entry.key for entry in parse(rss(story(count)).decode().replace("</title><link>", "<link>")).entries]

    assert keys(5)[1:] == keys(4)


def test_a_good_document_does_not_load_the_recovering_parser() -> None:
    program = (
        "import sys; from alerts.collect.formats.parse import parse_document; "
        "parse_document(sys.stdin.buffer.read(), {}, 'https://example.org/'); print('lxml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=RSS.encode(), capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


ITEM = "<item><title>a<link>b"
COSTLY: dict[str, Callable[[int], str]] = {
    "CDATA and ends of items": lambda n: "<rss>" + "<a><![CDATA[</item>" * (n // 19),
    "CDATA and ends of elements": lambda n: "<rss>" + "<a><![CDATA[</a></item>" * (n // 23),
    "open comments": lambda n: "<rss>" + "<!--" * (n // 4),
    "open comments and items": lambda n: "<rss>" + "<!-- <item>" * (n // 11),
    "open comments and CDATA": lambda n: "<rss>" + "<!--<![CDATA[" * (n // 13) + "</item>",
    "long declarations": lambda n: f"<rss xmlns:a='{'u' * (n // 2)}'>" + ITEM * (n // 2 // len(ITEM)),
    "equal signs": lambda n: "<rss>" + ITEM + "<a" + " b=" * (n // 3),
    "end tags": lambda n: "<rss><item>" + "<a>" * (n // 7) + "</b>" * (n // 7),
    "open fields": lambda n: "<rss><item>" + "<title><link>" * (n // 13),
}


@pytest.mark.parametrize("name", COSTLY)
def test_repairing_costs_as_much_as_a_document_is_long(name: str) -> None:
    text = COSTLY[name](MIB // 4)
    started = time.process_time()
    recovered(sections.closed(text))
    assert time.process_time() - started < 1.5


WHOLE = st.sampled_from([RSS, CDATA, ATOM, rdf(story(4)).decode(), json_feed(story(4)).decode()])
TOKENS = "< > & ]]> <![CDATA[ <!-- --> <item> </item> </title> <entry> </channel> </rss> <?x &#0; &#xD800; ' \" / \x00"
HOLE = st.tuples(st.floats(0, 1), st.integers(0, 80), st.sampled_from(["", *TOKENS.split(" ")]))


@settings(max_examples=60, deadline=None)
@given(WHOLE, st.lists(HOLE, min_size=1, max_size=4))
@example(RSS, [(0.5, 0, "<![CDATA[")])
def test_damaged_documents_are_read_or_refused_and_no_two_items_have_one_key(
    text: str, holes: list[tuple[float, int, str]]
) -> None:
    for place, length, put in holes:
        at = int(place * len(text))
        text = text[:at] + put + text[at + length :]
    try:
        parsed = parse(text)
    except ParseError as error:
        assert error.reason in PARSE_REASONS
    else:
        assert len({entry.key for entry in parsed.entries}) == len(parsed.entries)
        assert not any(mark in entry.title + entry.html for entry in parsed.entries for mark in "\x00\ud800")
