"""What the reader of XML leaves out must be nothing that is read of an item."""

from __future__ import annotations

import feedparser
import pytest

from alerts.collect.formats import saxreader, xmlfeed
from alerts.collect.formats.parse import parse_document
from alerts.collect.outcome import Parsed

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "georss": "http://www.georss.org/georss",
    "gml": "http://www.opengis.net/gml",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "gdacs": "http://www.gdacs.org",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "x": "http://purl.org/rss/1.0/modules/content/",
    "a": "http://www.w3.org/2005/Atom",
    "own": "u:own",
}
ITEM = """
<item><a:author><a:name>N</a:name><a:uri>/who</a:uri></a:author><title>Flood in <b>Northtown</b></title>
<gdacs:cap>https://example.org/1.xml</gdacs:cap><gdacs:title>no title</gdacs:title>
<gdacs:bbox><gdacs:link>/2</gdacs:link>
</gdacs:bbox><link>/1</link><dc:creator><![CDATA[N & N]]></dc:creator><author>n@example.org</author>
<comments>/c</comments>
<georss:where><gml:Point><gml:pos>1 2</gml:pos></gml:Point></georss:where><geo:lat>1</geo:lat><slash:comments>3
</slash:comments><wfw:commentRss>/c.xml</wfw:commentRss><dc:date>2020-01-06T12:00:00Z</dc:date><dc:subject>War</dc:subject>
<media:group><media:thumbnail url="/t.jpg"/><media:category>Aid</media:category></media:group>
<media:thumbnail url="/u"/>
<description>text <author>within</author> text <comments>kept</comments></description><guid>1</guid>
<x:encoded>&lt;p>one&lt;/p>\n\n&lt;p>two&lt;/p></x:encoded><own:title>own</own:title><own:author>own</own:author></item>
"""


def parse(body: str) -> Parsed:
    declared = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
    document = f'<rss version="2.0" {declared}><channel><title>t</title><author>a</author>{body}</channel></rss>'
    return parse_document(document.encode(), {}, "https://example.org/feed")


def test_an_item_is_the_same_without_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [saxreader.__name__] == xmlfeed._READERS
    short = parse(ITEM + ITEM.replace("1", "2"))
    monkeypatch.setattr(xmlfeed, "_READERS", [])
    assert parse(ITEM + ITEM.replace("1", "2")) == short
    entry = short.entries[0]
    assert (entry.title, entry.url, entry.cap) == (
        "Flood in Northtown",
        "https://example.org/1",
        "https://example.org/1.xml",
    )
    assert entry.published is not None
    assert entry.sections == ("War", "Aid")


TEXTS = (
    "&lt;p>a &amp;amp; b&lt;/p>",
    '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a</p></div></content>',
    '<content type="text/plain" mode="base64">PHA+YTwvcD4=</content><summary type="text">a &lt; b</summary>',
    '<content type="html" xml:lang="ar" xml:base="https://example.net/">a</content><content src="/a" type="a/b"/>',
    "<description>a<div>b</div>c</description><title type='text/html'>&lt;b>x&lt;/b></title>",
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("version", ['rss version="2.0"', 'feed xmlns="http://www.w3.org/2005/Atom"'])
def test_texts_are_read_as_by_the_parser_of_feedparser(
    text: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _, _ = version.partition(" ")
    item = "item" if root == "rss" else "entry"
    document = f"<{version}><title>t</title><{item}>{text}<title>u</title></{item}></{root}>"
    ours = xmlfeed._parse(document, "")
    monkeypatch.setattr(xmlfeed, "_Parser", xmlfeed._Parser.__base__)
    assert xmlfeed._parse(document, "") == ours
    assert all(type(part) is feedparser.FeedParserDict for part in ours["entries"][0].get("content", ()))
    assert ours["entries"][0]["title_detail"]["value"]


def test_others_in_the_process_get_all_of_a_feed() -> None:
    parse(ITEM)
    feed = feedparser.parse(b"<rss version='2.0'><channel><item><author>a</author></item></channel></rss>")
    assert feed["entries"][0]["author"] == "a"


def test_feedparser_is_spared_what_is_left_out_and_gets_text_in_one_piece() -> None:
    calls: list[str] = []

    class Recorder(feedparser.api.StrictFeedParser):  # type: ignore[misc]
        def startElementNS(self, name: tuple[str | None, str], qname: None, attrs: object) -> None:
            calls.append(name[1])

        def characters(self, text: str) -> None:
            if text.strip():
                calls.append(text)

    reader = saxreader.create_parser()
    reader.setFeature("http://xml.org/sax/features/namespaces", 1)
    reader.setContentHandler(Recorder("", "", "utf-8"))
    reader.feed("<item><author><b>x</b></author>\n<title>R&amp;D\n&lt;b></title><comments>1</comments></item>", True)
    assert calls == ["item", "title", "R&D\n<b>"]


def test_what_is_no_part_of_an_item_is_left_to_feedparser() -> None:
    assert (
        parse("<item><guid>1</guid><description><p>a<author>b</author></p></description></item>")
        .entries[0]
        .html.endswith("<author>b</author></p>")
    )
