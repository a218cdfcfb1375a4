from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.collect.formats.parse import parse_document
from alerts.collect.outcome import PARSE_REASONS, Parsed
from alerts.errors import ParseError
from alerts.read.text import plain
from tests.fakes.feeds import Item, atom, rdf, rss, story

URL = "https://example.org/news/feed.xml"
NOON = datetime(2020, 1, 6, 12, tzinfo=UTC)
ITEM = Item(
    title="Shelling & fire in Northtown",
    guid="tag:example.org,2020:1",
    link="https://example.org/1",
    html="<p>Two people were hurt; <b>R&D</b> closed.</p>",
)


def parse(body: bytes | str, content_type: str = "application/xml", *, cut: bool = False) -> Parsed:
    data = body.encode() if isinstance(body, str) else body
    return parse_document(data, {"content-type": content_type}, URL, cut=cut)


def refused(body: bytes | str, content_type: str = "application/xml") -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse(body, content_type)
    assert str(caught.value).startswith(f"{URL}: ")
    assert caught.value.reason in PARSE_REASONS
    return caught.value


def channel(inner: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{inner}</channel></rss>'


def only(inner: str) -> str:
    return channel(f"<item>{inner}</item>")


@pytest.mark.parametrize(
    ("body", "published", "version", "language"),
    [
        (rss, "Mon, 06 Jan 2020 12:00:00 GMT", "RSS 2.0", "en-gb"),
        (atom, "2020-01-06T14:00:00+02:00", "Atom 1.0", "fr"),
        (rdf, "2020-01-06T12:00:00Z", "RSS 1.0", None),
    ],
)
def test_every_xml_format_gives_the_same_entry(body: object, published: str, version: str, language: str) -> None:
    item = Item(
        title=ITEM.title, guid=ITEM.guid, link=ITEM.link, html=ITEM.html, published=published, section="War & peace"
    )
    parsed = parse(body([item]))  # type: ignore[operator]
    (entry,) = parsed.entries
    assert entry.title == "Shelling & fire in Northtown"
    assert plain(entry.html) == "Two people were hurt; R&D closed."
    assert entry.url == "https://example.org/1"
    assert entry.published == NOON
    assert entry.sections == ("War & peace",)
    assert (parsed.title, parsed.version, parsed.language) == ("Example news", version, language)
    assert parsed.warnings == ()
    assert not parsed.truncated


def test_the_fullest_text_is_taken() -> None:
    content = "http://purl.org/rss/1.0/modules/content/"
    body = f"<description>Short.</description><x:encoded xmlns:x='{content}'>&lt;p>The whole story.&lt;/p></x:encoded>"
    assert parse(only(body)).entries[0].html == "<p>The whole story.</p>"
    body = f"<description>The whole story is here.</description><x:encoded xmlns:x='{content}'>More.</x:encoded>"
    assert parse(only(body)).entries[0].html == "The whole story is here."


def test_plain_text_of_atom_is_no_markup() -> None:
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>1</id>'
        "<title>a &lt;b> c</title><content>2 &lt; 3 &amp;amp; 4 &lt;b></content></entry></feed>"
    )
    (entry,) = parse(body).entries
    assert entry.html == "2 &lt; 3 &amp;amp; 4 &lt;b&gt;"


def test_links_are_made_absolute() -> None:
    assert parse(only("<link>/story/1</link><title>a</title>")).entries[0].url == "https://example.org/story/1"
    assert (
        parse(only("<link>story 1.html</link><title>a</title>")).entries[0].url.startswith("https://example.org/news/")
    )


def test_an_id_that_is_a_web_address_serves_as_the_link() -> None:
    assert parse(only("<guid>https://example.org/9</guid><title>a</title>")).entries[0].url == "https://example.org/9"


def test_an_item_without_a_link_does_not_link_to_its_feed() -> None:
    assert parse(only("<title>a</title>")).entries[0].url == ""
    guid = "<guid isPermaLink='false'>https://example.org/9</guid>"
    assert parse(only(f"<title>a</title>{guid}")).entries[0].url == "https://example.org/9"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "http://[::1", "file:///etc/passwd"])
def test_links_that_are_no_web_addresses_are_left_out(link: str) -> None:
    assert parse(only(f"<link>{link}</link><title>a</title><guid isPermaLink='false'>7</guid>")).entries[0].url == ""


def test_the_key_does_not_depend_on_where_the_feed_is_served() -> None:
    body = only("<guid>/story/1</guid><title>a</title>").encode()
    first = parse_document(body, {}, "https://example.org/feed").entries[0]
    second = parse_document(body, {}, "https://mirror.example.net/x/feed").entries[0]
    assert first.key == second.key
    assert first.url != second.url


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01T00:00:00Z", "9" * 400])
def test_a_date_that_cannot_be_is_no_date(date: str) -> None:
    assert parse(only(f"<title>a</title><pubDate>{date}</pubDate>")).entries[0].published is None


def test_an_item_with_neither_id_nor_link_nor_title_is_kept() -> None:
    (entry,) = parse(only("<description>Only this is known.</description>")).entries
    assert entry.html == "Only this is known."
    assert entry.title == ""


def test_an_id_used_twice_loses_no_item() -> None:
    items = [Item(guid="1", link=f"https://example.org/{n}", title=f"Story {n}") for n in range(4)]
    entries = parse(rss(items)).entries
    assert len({entry.key for entry in entries}) == 4


def test_a_feed_without_items_is_a_feed() -> None:
    parsed = parse(rss([]))
    assert parsed.entries == ()
    assert parsed.title == "Example news"


FAULTS = {
    "a bare ampersand": ("/reports/1</link>", "/reports/1?a=1&b=2&amp;c=3</link>"),
    "an entity of HTML": ("Report 1:", "Report&nbsp;1&eacute;:"),
    "an unknown entity": ("Report 1:", "Report &nosuch; 1:"),
    "a stray less-than": ("Report 1:", "Report < 1 &lt; 2:"),
    "a control character": ("Report 1:", "Report \x0b\x00 1:"),
    "a reference to no character": ("Report 1:", "Report &#1114112;&#55296;&#0; 1:"),
    "an unclosed tag": ("Report 1:", "Report <br> 1:"),
    "a comment before the prolog": ("<?xml", "<!-- made at noon -->\n<?xml"),
    "blank lines before the prolog": ("<?xml", "\n\n  <?xml"),
    "a byte order mark": ("<?xml", "\ufeff<?xml"),
    "a backslash in the DOCTYPE": ("<rss", '<!DOCTYPE rss [<!ENTITY a "\\1">]><rss'),
    "an external entity": ("<rss", '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss'),
    "a script after the end": ("</rss>", "</rss><script>var a = 1 && 2;</script>"),
    "no end": ("</channel></rss>", ""),
    "a second root": ("</rss>", "</rss><rss></rss>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_document_keeps_all_its_items(fault: str) -> None:
    old, new = FAULTS[fault]
    body = rss(story(3)).decode().replace(old, new)
    assert body != rss(story(3)).decode()
    parsed = parse(body)
    assert [entry.key for entry in parsed.entries] == [entry.key for entry in parse(rss(story(3))).entries]
    assert all("families left the town" in entry.html for entry in parsed.entries)
    assert "root:" not in str(parsed)


def test_entities_a_feed_declares_are_put_in() -> None:
    body = only("<title>&org; &eacute;</title>").replace("<rss", "<!DOCTYPE rss [<!ENTITY org 'Red Cross'>]><rss")
    assert parse(body).entries[0].title == "Red Cross é"


def test_a_bare_ampersand_in_a_link_stays_in_the_link() -> None:
    assert parse(only("<link>https://example.org/?a=1&b=2</link>")).entries[0].url == "https://example.org/?a=1&b=2"


def test_cdata_is_not_mended() -> None:
    (entry,) = parse(only("<title>R&D</title><description><![CDATA[<p>A & B &nbsp; <i>]]></description>")).entries
    assert entry.html == "<p>A & B &nbsp; <i>"


def test_a_document_cut_by_us_is_read_up_to_its_last_whole_item() -> None:
    body = rss(story(5))
    at = body.rindex(b"<item>") + 60
    parsed = parse(body[:at], cut=True)
    assert len(parsed.entries) == 4
    assert parsed.truncated
    assert not any("not well-formed" in warning for warning in parsed.warnings)


@pytest.mark.parametrize("make", [rss, atom, rdf])
def test_a_document_cut_anywhere_gives_all_whole_items(make: object) -> None:
    body: bytes = make(story(4))  # type: ignore[operator]
    ends = [found.end() for found in re.finditer(rb"</(?:item|entry)>", body)]
    whole = [entry.key for entry in parse(body).entries]
    for at in range(ends[0], len(body) - 12, 37):
        parsed = parse(body[:at], cut=True)
        count = sum(end <= at for end in ends)
        assert [entry.key for entry in parsed.entries] == whole[:count]
        assert parsed.truncated


def test_the_last_half_of_an_item_is_kept_when_the_server_breaks_off_there() -> None:
    body = rss(story(2))
    parsed = parse(body[: body.rindex(b"left the")])
    assert [entry.key for entry in parsed.entries] == [entry.key for entry in parse(body).entries]
    assert parsed.broken


def test_the_last_half_of_an_item_without_its_id_is_not() -> None:
    body = rss(story(2))
    parsed = parse(body[: body.rindex(b"<link>") + 15])
    assert len(parsed.entries) == 1
    assert parsed.broken


def test_a_web_page_is_no_feed_and_its_feed_is_named() -> None:
    page = (
        "<!DOCTYPE html><html><head><title>Sign in &amp; read</title>"
        "<link rel='alternate' type='application/rss+xml' href='/rss?a=1&amp;b=2'></head><body>...</body></html>"
    )
    error = refused(page, "text/html")
    assert error.reason == "html"
    assert '("Sign in & read")' in str(error)
    assert "it names a feed: /rss?a=1&b=2" in str(error)


@pytest.mark.parametrize("page", ["<!doctype html>\n<title>Gone</title><p>Nothing here", "<HTML lang=en><p>Nothing"])
def test_a_web_page_is_known_without_its_usual_elements(page: str) -> None:
    assert refused(page, "text/html").reason == "html"


def test_a_feed_served_as_html_is_a_feed() -> None:
    assert len(parse(rss(story(2)), "text/html").entries) == 2


@pytest.mark.parametrize("body", ["", "   \n", "\ufeff", "<!-- nothing -->  "])
def test_nothing_is_not_a_feed(body: str) -> None:
    assert refused(body).reason in ("empty", "not_a_feed")


@pytest.mark.parametrize("body", ["Service unavailable", "<xml><a>1</a></xml>", "%PDF-1.4", "GIF89a\x01", "[1, 2]"])
def test_other_documents_are_no_feeds(body: str) -> None:
    assert refused(body).reason == "not_a_feed"


def test_a_body_that_is_a_path_opens_no_file() -> None:
    error = refused("/etc/passwd")
    assert error.reason == "not_a_feed"
    assert "root:" not in str(error)


def test_characters_no_database_takes_are_left_out() -> None:
    (entry,) = parse(only("<title>a&#0;b\x00c</title><description>x\x00&#xD800;y</description>")).entries
    assert entry.title == "abc"
    assert entry.html == "xy"


def test_long_runs_of_blanks_are_shortened() -> None:
    (entry,) = parse(only(f"<title>a</title><description><![CDATA[a <{' ' * 50_000} b]]></description>")).entries
    assert len(entry.html) < 100


@pytest.mark.parametrize("before", range(1, 9))
def test_a_run_of_blanks_is_long_from_32_on(before: int) -> None:
    """Wherever it begins: not every character is looked at."""
    for run, left in ((" " * 31, 31), (" " * 32, 1), ("\n \t " * 8, 1), ("\t" * 40, 1)):
        (entry,) = parse(only(f"<title>a</title><description>{'x' * before}{run}x</description>")).entries
        assert len(entry.html) == before + left + 1


def test_a_title_is_one_line_of_plain_text() -> None:
    (entry,) = parse(only("<title>\n Two &lt;b>killed&lt;/b>\n in R&amp;amp;D </title>")).entries
    assert entry.title == "Two killed in R&D"


@pytest.mark.parametrize(
    "name", ["links", "title_detail", "summary_detail", "content_detail", "tags", "updated_parsed"]
)
@pytest.mark.parametrize("text", ["Report", "R & D"])
def test_an_element_called_as_the_parser_calls_its_own_does_no_harm(name: str, text: str) -> None:
    own = f"<{name}>x</{name}><{name} a='b'>y</{name}>"
    item = f"<item>{own}<title>{text}</title><link>https://example.org/1</link>{own}</item>"
    parsed = parse(f"<rss version='2.0'><channel>{own}<title>News</title>{item}</channel></rss>".encode())
    (entry,) = parsed.entries
    assert (parsed.title, entry.title) == ("News", text)
    assert entry.url == "https://example.org/1" or "&" in text, "read loosely its link may be lost"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        parse(body)
    except ParseError as error:
        assert error.reason in PARSE_REASONS


PIECES = (
    b"<rss> <channel> <item> </item> <title> </title> <![CDATA[ ]]> <!-- --> &amp; & < > a='1' <!DOCTYPE [ ]> <entry "
    b"/> text \xff <feed>"
).split(b" ")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_mixture_of_markup_is_read_or_refused(pieces: list[bytes]) -> None:
    try:
        parse(b"".join(pieces))
    except ParseError as error:
        assert error.reason in PARSE_REASONS


SHARED = Path(__file__).parents[3] / ".." / "shared" / "feeds"


@pytest.mark.skipif(not SHARED.is_dir(), reason="no captured feeds beside the checkout")
def test_captured_feeds_are_read_whole() -> None:
    for path in sorted(SHARED.glob("*.xml")):
        body = path.read_bytes()
        parsed = parse_document(body, {"content-type": "text/xml"}, "https://example.org/feed")
        bare = re.sub(rb"(?s)<!--.*?-->", b"", body)
        items = re.findall(rb"(?s)<item[\s>].*?</item>", bare)
        assert len(parsed.entries) == len(set(items)) > 0, path.name
        assert parsed.warnings == (), path.name
        assert len({entry.key for entry in parsed.entries}) == len(parsed.entries)
        for entry in parsed.entries:
            assert entry.title and entry.url.startswith("http") and entry.published is not None, path.name
