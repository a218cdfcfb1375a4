"""Parsing only what is new must be the same as parsing everything, for every document however odd."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from alerts.collect.formats import delta, xmlfeed
from alerts.collect.formats.document import outlined
from alerts.collect.formats.encoding import Decoded, decode
from alerts.collect.formats.parse import parse_document
from alerts.collect.outcome import Parsed
from tests.fakes.feeds import Item, atom, json_feed, rdf, rss, story

URL = "https://example.org/news/feed.xml"


def parse(body: bytes | str, seen: bytes = b"", url: str = URL) -> Parsed:
    return parse_document(body.encode() if isinstance(body, str) else body, {}, url, seen=seen)


def channel(*items: str, root: str = "", head: str = "", tail: str = "") -> str:
    return f'<rss version="2.0"{root}><channel><title>t</title>{head}{"".join(items)}{tail}</channel></rss>'


def item(number: int, inner: str = "", attributes: str = "") -> str:
    return f"<item{attributes}><guid>tag:{number}</guid><title>Report {number}</title>{inner}</item>"


# Every format


@pytest.mark.parametrize("make", [rss, atom, rdf, json_feed])
def test_only_new_items_come_again(make: object) -> None:
    first = parse(make(story(20)))  # type: ignore[operator]
    second = parse(make(story(22)), first.marks)  # type: ignore[operator]
    assert (second.rung, second.unchanged) == ("delta", 20)
    assert [entry.title for entry in second.entries] == ["Report 22", "Report 21"]
    assert second.entries == parse(make(story(22))).entries[:2]  # type: ignore[operator]
    assert (second.title, second.language, second.version) == (first.title, first.language, first.version)


@pytest.mark.parametrize("make", [rss, atom, rdf, json_feed])
def test_a_changed_item_comes_again_under_its_key(make: object) -> None:
    old = [Item(guid=str(n), link=f"/{n}", html="<p>At least 2 people were killed.</p>") for n in range(3)]
    new = [old[0], Item(guid="1", link="/1", html="<p>At least 200 people were killed.</p>"), old[2]]
    first = parse(make(old))  # type: ignore[operator]
    (entry,) = parse(make(new), first.marks).entries  # type: ignore[operator]
    assert entry.key == first.entries[1].key
    assert "200 people" in entry.html


@pytest.mark.parametrize("make", [rss, atom, rdf, json_feed])
def test_of_a_document_that_has_not_changed_nothing_comes_again(make: object) -> None:
    body = make(story(5))  # type: ignore[operator]
    first = parse(body)
    again = parse(body, first.marks)
    assert (again.entries, again.unchanged, again.rung, again.marks) == ((), 5, "delta", first.marks)
    assert again.title == "Example news"


def test_what_changes_around_the_items_does_not_matter() -> None:
    first = parse(channel(item(1), head="<lastBuildDate>Mon, 06 Jan 2020 12:00:00 GMT</lastBuildDate>"))
    body = channel(item(2), "<!-- an <item> in a comment -->", item(1), head="<lastBuildDate>now</lastBuildDate>")
    second = parse(body, first.marks)
    assert (second.rung, len(second.entries), second.unchanged) == ("delta", 1, 1)


def test_markup_of_pages_in_a_text_declares_nothing() -> None:
    drawing = "<description>&lt;svg xmlns=&quot;u:svg&quot;>&lt;a xmlns='u:a'/>&lt;/svg></description>"
    first = parse(channel(item(1, drawing)))
    assert parse(channel(item(2, drawing), item(1, drawing)), first.marks).rung == "delta"


def test_hints_stay_when_all_items_are_known() -> None:
    body = channel(item(1), tail="<ttl>30</ttl>")
    assert parse(body, parse(body).marks).hints == parse(body).hints != parse(channel(item(1))).hints


def test_the_parser_does_not_see_known_items(monkeypatch: pytest.MonkeyPatch) -> None:
    first = parse(rss(story(50)))
    texts: list[str] = []
    real = xmlfeed._parse

    def recorded(text: str, url: str) -> object:
        texts.append(text)
        return real(text, url)

    monkeypatch.setattr(xmlfeed, "_parse", recorded)
    parse(rss(story(51)), first.marks)
    (text,) = texts
    assert "Report 51" in text
    assert "Report 50" not in text


@pytest.mark.parametrize("make", [rss, atom, rdf])
def test_known_items_are_not_even_decoded(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    first, bodies = parse(make(story(50))), decoded(monkeypatch)  # type: ignore[operator]
    assert parse(make(story(51)), first.marks).unchanged == 50  # type: ignore[operator]
    (body,) = bodies
    assert b"Report 51" in body
    assert b"Report 50" not in body


def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is decoded from now on."""
    bodies: list[bytes] = []

    def recorded(body: bytes, content_type: str = "") -> Decoded:
        bodies.append(body)
        return decode(body, content_type)

    monkeypatch.setattr("alerts.collect.formats.parse.decode", recorded)
    return bodies


def test_bases_of_texts_as_atom_has_them_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = (
        '<entry><id>%d</id><link href="/%d"/><content xml:base="https://example.net/" type="html">a</content></entry>'
    )
    feed = '<feed xmlns="http://www.w3.org/2005/Atom">%s</feed>'
    first = parse(feed % "".join(entry % (n, n) for n in (2, 1)))
    assert {entry.url for entry in first.entries} == {"https://example.org/1", "https://example.org/2"}
    bodies = decoded(monkeypatch)
    second = parse(feed % "".join(entry % (n, n) for n in (3, 2, 1)), first.marks)
    assert len(bodies) == 1, "by its bytes: the digest is of the item as it is written"
    assert (second.rung, second.entries[0].url) == ("delta", "https://example.org/3")


@pytest.mark.parametrize("make", [rss, atom, rdf])
def test_two_new_items_of_fifty_cost_a_fraction_of_all(make: object) -> None:
    def news(count: int) -> bytes:
        items = [replace(item, html="<p>Families left the town.</p>\n" * 100) for item in story(count)]
        return make(items)  # type: ignore[operator, no-any-return]

    body, seen = news(52), parse(news(50)).marks

    def cost(seen: bytes) -> float:
        started = time.process_time()
        parse(body, seen)
        return time.process_time() - started

    assert min(cost(seen) for _ in range(4)) * 4 < min(cost(b"") for _ in range(3))


# What must not be read apart

OLD = channel(item(1), item(2), "<item><title>a</title><link>/3</link></item>")
WHOLE = {
    "no marks": (OLD, OLD, b""),
    "marks of another version": (OLD, OLD, b"delta0\n" + bytes(32)),
    "marks cut off": (OLD, OLD, parse(OLD).marks[:-1]),
    "another language of all": (OLD, OLD.replace('"2.0"', '"2.0" xml:lang="fr"'), None),
    "another base of all": (OLD, OLD.replace("<channel>", '<channel xml:base="/x/">'), None),
    "an id used again": (
        OLD,
        channel(item(1), item(2), item(1, "<pubDate>Mon, 06 Jan 2020 12:00:00 GMT</pubDate>")),
        None,
    ),
    "a link used again": (OLD, OLD.replace("</channel>", "<item><link>/3</link><guid>9</guid></item></channel>"), None),
    "an item known by what it says": (OLD, OLD.replace("</channel>", "<item><title>b</title></item></channel>"), None),
    "a bare ampersand": (OLD, OLD.replace("Report 2", "R&D"), None),
    "an end in the middle": (OLD, OLD[: OLD.rindex("</item>") + 7], None),
    "an item in an item": (OLD, OLD.replace("Report 2</title>", "Report 2</title><item></item>"), None),
    "items of two names": (OLD, OLD.replace("</channel>", "<entry><guid>8</guid></entry></channel>"), None),
    "CDATA in CDATA": (OLD, OLD.replace("Report 2", "<![CDATA[<![CDATA[Report 2]]>"), None),
    "an instruction": (OLD, OLD.replace("</channel>", "<?x <item>1</item> ?></channel>"), None),
    "a name of its own for a namespace": (
        OLD.replace("<channel", '<channel xmlns:a="u:1"'),
        OLD.replace("<channel", '<channel xmlns:a="u:1"').replace("<item>", '<item xmlns:b="u:1">', 1),
        None,
    ),
    "a name of two meanings": (
        OLD.replace("<item>", '<item xmlns:a="u:1">', 1),
        channel('<item xmlns:a="u:2"><guid>3</guid></item>', item(1, attributes=' xmlns:a="u:1"'), item(2)),
        None,
    ),
    "markup that ends a text": (
        OLD,
        OLD.replace("Report 2</title>", "Report 2</title><description><b><summary>x</summary></b></description>"),
        None,
    ),
    "markup with a language of its own": (
        OLD,
        OLD.replace("Report 2</title>", "Report 2</title><description xml:lang='ar'><div>x</div></description>"),
        None,
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_what_cannot_be_told_apart_is_read_whole(case: str) -> None:
    old, new, marks = WHOLE[case]
    parsed = parse(new, parse(old).marks if marks is None else marks)
    assert parsed.rung != "delta"
    assert parsed.unchanged == 0
    assert parsed == parse(new)


def test_another_address_of_the_feed_makes_other_links() -> None:
    first = parse(OLD)
    assert parse(OLD, first.marks).rung == "delta"
    assert parse(OLD, first.marks, "https://mirror.example.net/").rung == "full"


def test_a_query_that_is_another_each_time_makes_no_other_links() -> None:
    first = parse(OLD, url=f"{URL}?token=1")
    assert parse(OLD, first.marks, f"{URL}?token=2").rung == "delta"


def test_an_item_whose_twin_is_gone_is_looked_at_again() -> None:
    twins = [item(1, "<link>/a</link>"), item(1, "<link>/b</link>"), item(2)]
    first, whole = parse(channel(*twins)), parse(channel(*twins[:1], item(2)))
    second = parse(channel(*twins[:1], item(2)), first.marks)
    assert second.rung == "full"
    assert second.entries == whole.entries
    assert set(whole.entries) - set(first.entries), "its key has changed: that is what the test is about"


def test_a_document_that_the_parser_counts_otherwise_leaves_no_marks() -> None:
    odd = channel(item(1), head=f"<description>{item(2)}</description>")
    assert (len(parse(odd).entries), parse(odd).rung) == (2, "recovered")
    assert parse(odd).marks == b""
    assert parse(channel(item(1))).marks != b""


def test_markup_that_is_read_apart_has_no_end_the_parser_knows() -> None:
    """HARMLESS is what feedparser has no method for; a later version of it may have."""
    import feedparser

    ends = {name.removeprefix("_end_").rpartition("_")[2] for name in dir(feedparser.api.StrictFeedParser)}
    assert {"title", "summary"} <= ends
    assert not ends & delta.HARMLESS


# What must not be told by bytes alone

TWO, NEW = channel(item(1), item(2)), item(3)
PROLOG = '<?xml version="1.0" encoding="%s"?>'
BYTES = {
    "CDATA without end before known items": channel(item(3, "<description><![CDATA[x</description>"), item(1), item(2)),
    "a comment without end before known items": channel(NEW, "<!-- x", item(1), item(2)),
    "a quote without end before known items": channel(item(3, '<a b="x>'), item(1), item(2)),
    "a tag without end before known items": channel(NEW, "<a ", item(1), item(2)),
    "a known item in a comment": channel(NEW, "<!--", item(1), "-->", item(2)),
    "a known item in a comment of the prolog": f"<!--{item(1)}-->{channel(NEW, item(2))}",
    "a known item in CDATA": channel(item(3, f"<description><![CDATA[{item(1)}]]></description>"), item(2)),
    "a known item in an item": channel(f"<item>{item(1)}<guid>3</guid></item>", item(2)),
    "a known item in a text": channel(NEW, item(2), head=f"<description>{item(1)}</description>"),
    "a known item in the title": channel(NEW, item(2)).replace("<title>t", f"<title><![CDATA[{item(1)}]]>", 1),
    "a known item in an attribute": channel(f"<item><guid>3</guid><a b='{item(1)}'/></item>", item(2)),
    "a known item twice": channel(NEW, item(1), item(1), item(2)),
    "a known item behind the end": channel(NEW, item(2)) + item(1),
    "known items under another root": f"<feed>{item(3)}{item(1)}{item(2)}</feed>",
    "an end of CDATA before known items": channel(NEW, "]]>", item(1), item(2)),
    "an end of an item before known items": channel(NEW, "</item>", item(1), item(2)),
    "a beginning of an item before known items": channel(NEW, "<item>", item(1), item(2)),
    "a byte order mark": "\ufeff" + channel(NEW, item(1), item(2)),
    "nothing new, and an end in the middle": channel(item(1), item(2))[:-10],
}


@pytest.mark.parametrize("case", BYTES)
def test_items_that_are_known_by_their_bytes_are_left_out_only_where_they_are_items(case: str) -> None:
    follow([TWO.encode(), BYTES[case].encode()])


def test_an_item_that_looks_like_one_that_was_left_out_is_one() -> None:
    seen = parse(TWO).marks
    hollow = delta.hollowed(channel(item(1)).encode(), seen)
    assert hollow is not None
    (forged,) = hollow.prints
    for body in (channel(forged, item(2)), channel(forged, item(1)), channel(item(1), forged, item(2))):
        follow([TWO.encode(), body.encode()])
        assert parse(body, seen).unchanged + len(parse(body, seen).entries) == len(parse(body).entries)


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "iso-2022-jp", "utf-16"])
@pytest.mark.parametrize("new", [b"new", "\u00e9".encode(), b"\xe9", b"\x1b$B4A\x1b(B", b"\x00", b"\xc3"])
@pytest.mark.parametrize("known", ["old", "\u00e9"])
def test_the_encoding_is_that_of_the_whole(declared: str, new: bytes, known: str) -> None:
    old = item(1, f"<description>{known}</description>")
    body = (PROLOG % declared + channel(item(2, "%"), old)).encode().replace(b"%", new)
    for first in (PROLOG % declared + channel(old), channel(old)):
        follow([first.encode(), body])
        assert parse(body, parse(first).marks).warnings == parse(body).warnings


LONG = 300_000
HOSTILE = {
    "a name without end": channel(item(1), head="<" + "a" * LONG),
    "names without end": channel(item(1), head="<a:" * (LONG // 3)),
    "attributes without end": channel(item(1), head="<a " + "b='c' " * (LONG // 6)),
    "quotes without end": channel(item(1), head="<a b='" * (LONG // 6)),
    "bases without end": channel(item(1), head="<title xml:base=" * (LONG // 16)),
    "blanks in a declaration": channel(item(1), item(2), head="<a xmlns" + " " * LONG, root=' xmlns:b="c"'),
    "declarations without end": channel(item(1, " xmlns:a" * (LONG // 8)), item(2)),
    "texts in texts": channel(item(1, "<summary>" * (LONG // 9)), item(2)),
    "beginnings without end": channel(item(1), "<item " * (LONG // 6)),
    "ends without beginning": channel(item(1), "</item>" * (LONG // 7)),
    "one id for all": channel(*("<item><guid>1</guid></item>" for _ in range(1_000))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_cut_at_little_cost(name: str) -> None:
    document = outlined(HOSTILE[name], url=URL)
    seen = parse(OLD).marks
    started = time.process_time()
    delta.hollowed(HOSTILE[name].encode(), seen)
    if found := delta.cut(document, URL):
        found.apart(document.bare, range(len(found.ranges)))
        marks = [delta.fresh(print, "1", "") for print in found.prints]
        delta.settled(marks, delta.unpacked(delta.packed(found.frame, marks), found.frame))
    assert time.process_time() - started < 0.5


# Any sequence of documents

GUIDS = ("", "", "1", "2", "3", "/4", "https://example.org/5")
LINKS = ("", "/1", "/2", "https://example.org/5", "?a=1&amp;b=2")
TITLES = ("Two killed", "R&amp;D &#233;", "<![CDATA[<item> & </item>]]>", "<b>x</b>", "")
BODIES = (
    "",
    "<description>&lt;p>Two people&lt;/p> &amp;amp;</description>",
    "<description><![CDATA[<p>text <summary>a</summary></item>]]></description>",
    '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a</p></div></content>',
    '<content type="xhtml"><div><p>a <summary>b</summary></p></div></content>',
    '<summary xml:lang="ar"><div lang="fr"><p>a</p></div></summary>',
    "<description><p>a</p><title>b</title></description>",
    '<content xml:base="https://example.net/y/" type="html">a &lt;a href="z">b</content>',
    '<content type="html">a &lt;b></content><summary>short</summary>',
    '<source url="u"><title>s</title><id>9</id></source>',
    '<x:encoded xmlns:x="http://purl.org/rss/1.0/modules/content/">&lt;p>whole&lt;/p></x:encoded>',
    '<x:title xmlns:x="u:own">own</x:title>',
    '<y:title xmlns:y="u:own">own</y:title>',
    '<media:group><media:title>m</media:title><media:content url="/a.jpg"><media:title>n</media:title></media:content>'
    "</media:group>",
    "<!-- a comment with <item> -->",
    '<category term="War" /><category>Aid</category><dc:subject>Relief</dc:subject>',
    '<link type="application/cap+xml" href="/alert.xml" /><cap:event>Flood</cap:event>',
    "<language>de</language><image><title>i</title></image>",
)
PLAIN = (BODIES[0], *BODIES[1:4], *BODIES[7:11], *BODIES[12:])
DATES = ("", "<pubDate>Mon, 06 Jan 2020 12:00:00 GMT</pubDate>", "<updated>2020-01-06T13:00:00Z</updated>")
NAMESPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2"'
)
ROOTS = {
    "rss": (f'<rss version="2.0" {NAMESPACES}%s><channel><title>t</title>', "</channel></rss>", "item"),
    "atom": (f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}%s><title>t</title>', "</feed>", "entry"),
    "rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'{NAMESPACES}%s><channel rdf:about="u"><title>t</title></channel>',
        "</rdf:RDF>",
        "item",
    ),
}
BETWEEN = ("", "", "", "\n", "<!-- <item> -->", "<ttl>60</ttl>", "<image><title>i</title></image>", "&amp;", " & ")
ATTRIBUTES = ("", "", "", ' xml:lang="ru"', ' xml:base="https://example.net/x/"', ' xmlns:z="u:z"', " lang='es'")


@dataclass(frozen=True)
class Piece:
    """An item as it is written in XML, and the same in JSON."""

    xml: str
    json: dict[str, object]


@st.composite
def pieces(draw: st.DrawFn, *, odd: bool) -> Piece:
    guid, link, title = draw(st.sampled_from(GUIDS)), draw(st.sampled_from(LINKS)), draw(st.sampled_from(TITLES))
    unique = draw(st.integers(0, 30))
    if draw(st.integers(0, 3)) or not odd:
        guid = f"tag:{unique}"
    bodies = BODIES if odd else PLAIN
    body, other, date = (draw(st.sampled_from(choices)) for choices in (bodies, bodies, DATES))
    name = draw(st.sampled_from(("guid", "guid", 'guid isPermaLink="false"', "id")))
    identity = f"<{name}>{guid}</{name.partition(' ')[0]}>" if guid else ""
    linked = f"<link>{link}</link>" if draw(st.booleans()) else f'<link href="{link}" />'
    parts = (identity, linked if link else "", f"<title>{title}</title>", body, other, date)
    attributes = draw(st.sampled_from(ATTRIBUTES if odd else ATTRIBUTES[:4]))
    xml = f"<%s{attributes}>{''.join(draw(st.permutations(parts)))}</%s>"
    known = {"id": guid, "url": link, "title": title, "content_html": body, "tags": ["War"] if other else []}
    return Piece(xml, {name: value for name, value in known.items() if value})


@st.composite
def sequences(draw: st.DrawFn) -> list[bytes]:
    """Documents of one feed, one after the other, as items come, change, go and move."""
    kind = draw(st.sampled_from((*ROOTS, "json")))
    odd = draw(st.booleans())  # most feeds are not
    pool = draw(st.lists(pieces(odd=odd), min_size=3, max_size=8))
    documents = []
    for _ in range(draw(st.integers(2, 4))):
        chosen = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=6, unique_by=None if odd else id))
        if kind == "json":
            top = {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "t",
                "items": [piece.json for piece in chosen],
            }
            documents.append(json.dumps(top).encode())
            continue
        head, tail, name = ROOTS[kind]
        root = "" if not odd else draw(st.sampled_from(("", "", ' xml:lang="en"', ' xml:base="https://example.net/"')))
        betweens = [""] * len(chosen) if not odd else [draw(st.sampled_from(BETWEEN)) for _ in chosen]
        items = "".join(between + piece.xml % (name, name) for between, piece in zip(betweens, chosen, strict=True))
        documents.append(f"{head % root}{items}{tail}".encode())
    return documents


def follow(documents: Sequence[bytes], tell: Callable[[str], None] = lambda text: None) -> tuple[int, int]:
    """Read `documents` one after the other by what is new in them, and hold that against whole parses.
    How many were read so, and of how many."""
    seen, last, count = b"", frozenset[object](), 0
    for body in documents:
        whole, parsed = parse(body), parse(body, seen)
        tell(f"{parsed.rung}: {body!r}")
        remaining = iter(whole.entries)
        assert all(entry in remaining for entry in parsed.entries), "as in a whole parse, in its order"
        assert set(whole.entries) - last <= set(parsed.entries), "nothing new may be missing"
        assert (parsed.marks, parsed.hints, parsed.older) == (whole.marks, whole.hints, whole.older)
        assert (parsed.title, parsed.language, parsed.version) == (whole.title, whole.language, whole.version)
        if parsed.rung == "delta":
            count += 1
        else:
            assert parsed == whole
        seen, last = parsed.marks, frozenset(whole.entries)
    return count, len(documents)


@settings(max_examples=20, deadline=None)
@given(sequences())
def test_what_is_new_is_read_as_in_the_whole(documents: list[bytes]) -> None:
    follow(documents, note)


@pytest.mark.soak
def test_what_is_new_is_read_as_in_the_whole_of_thousands() -> None:
    counts = [0, 0]

    @settings(max_examples=3_000, deadline=None)
    @given(sequences())
    def check(documents: list[bytes]) -> None:
        read, of = follow(documents, note)
        counts[0] += read
        counts[1] += of

    check()
    assert counts[0] > counts[1] / 10, "too few could be read so to prove anything"
