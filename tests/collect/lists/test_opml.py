"""Lists of feeds: what others wrote with all its faults, and what we write, there and back."""

from __future__ import annotations

import time
from datetime import timedelta
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.collect.lists.discovery import feed_address
from alerts.collect.lists.opml import NAMESPACE, Listed, merged, read, write
from alerts.errors import Fault

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n<head><title>Mine</title></head>\n<body>\n'
TAIL = "</body>\n</opml>\n"


def _read(outlines: str, head: str = HEAD) -> tuple[list[Listed], list[Fault]]:
    return read((head + outlines + TAIL).encode(), "list.opml")


def _feeds(outlines: str, head: str = HEAD) -> list[Listed]:
    found, faults = _read(outlines, head)
    assert faults == []
    return found


def test_a_feed_has_a_name_an_address_a_language_and_its_line() -> None:
    [one] = _feeds('<outline type="rss" text="News"\n xmlUrl="https://example.org/a" language="en-gb" htmlUrl="x"/>')
    assert one == Listed(url="https://example.org/a", source="News", language="en", file="list.opml", line=one.line)
    assert one.line in (5, 6)


def test_folders_and_categories_become_tags() -> None:
    found = _feeds("""<outline text="Middle East"><outline text="Syria">
    <outline text="A" xmlUrl="https://example.org/a" category="wire,/UN/OCHA"/></outline>
    <outline title="B" xmlUrl="https://example.org/b"/></outline><outline text="C" xmlUrl="https://example.org/c"/>""")
    assert [one.tags for one in found] == [("wire", "UN", "OCHA", "Middle East", "Syria"), ("Middle East",), None]
    assert [one.source for one in found] == ["A", "B", "C"]


def test_a_feed_of_several_folders_is_one_feed_with_all_their_tags() -> None:
    outline = '<outline text="A" xmlUrl="https://EXAMPLE.org/a"/>'
    [one] = _feeds(f'<outline text="x">{outline}</outline><outline text="y">{outline.replace("A", "a")}</outline>')
    assert (one.source, one.tags) == ("A", ("x", "y"))


def test_what_the_first_place_does_not_say_another_may() -> None:
    url = "https://example.org/a"
    [one] = merged([Listed(url=url, source="A"), Listed(url=url, source="B", tier=1, tags=("x",))])
    assert (one.source, one.tier, one.tags) == ("A", 1, ("x",))


def test_our_own_attributes_are_read_with_and_without_their_declaration() -> None:
    own = (
        'alerts:country="Syria" alerts:owner="State" alerts:tier="1" alerts:critical="yes" alerts:full-text="TRUE" '
        'alerts:every="5 minutes" alerts:max-staleness="1 hour" alerts:max-body="20 MiB" alerts:active="no"'
    )
    outline = f'<outline text="A" xmlUrl="https://example.org/a" {own}/>'
    declared = HEAD.replace('version="2.0"', f'version="2.0" xmlns:alerts="{NAMESPACE}"')
    [one], [same] = _feeds(outline, declared), _feeds(outline)
    assert one == same
    assert (one.country, one.owner, one.tier, one.critical, one.full_text) == ("Syria", "State", 1, True, True)
    assert (one.every, one.max_staleness, one.max_body) == (timedelta(minutes=5), timedelta(hours=1), 20 * 2**20)
    assert one.active is False


def test_a_value_that_cannot_be_read_is_told_with_its_line_and_left_out() -> None:
    found, faults = _read(
        '<outline text="A" xmlUrl="https://example.org/a" alerts:tier="7" '
        'alerts:every="5 minuts" alerts:critical="so"/>'
    )
    assert (found[0].tier, found[0].every, found[0].critical) == (None, None, None)
    assert [(fault.line, fault.level) for fault in faults] == [(5, "warning")] * 3
    said = " ".join(str(fault) for fault in faults)
    assert "list.opml:5: warning: alerts:tier is left out: '7' is no tier" in said
    assert "did you mean 'minutes'?" in said
    assert "'so' is neither yes nor no" in said


def test_a_feed_that_cannot_be_one_is_told_and_the_others_are_read() -> None:
    found, faults = _read(
        '<outline text="A" xmlUrl="ftp://example.org/a"/>\n<outline text="B" xmlUrl=""/>\n'
        '<outline text="C" xmlUrl="https://example.org/c"/>\n<outline text="D" xmlUrl="example.org/d"/>\n'
    )
    assert [one.source for one in found] == ["C"]
    assert [(fault.line, fault.level) for fault in faults] == [(5, "error"), (6, "error"), (8, "error")]
    assert faults[2].message.endswith("did you mean https://example.org/d?")


@pytest.mark.parametrize(
    ("outline", "says"),
    [
        ('<outline type="include" text="x" url="https://example.org/b.opml"/>', "a list in the list is not followed"),
        ('<outline text="Page" htmlUrl="https://example.org/"/>', "alerts feeds check https://example.org/"),
    ],
)
def test_what_is_no_feed_but_might_be_meant_is_told(outline: str, says: str) -> None:
    found, [fault] = _read(outline)
    assert (found, fault.level) == ([], "warning")
    assert says in fault.message


@pytest.mark.parametrize(
    "outline",
    [
        '<outline text="a remark"/>',
        '<outline text="off" isComment="true"><outline xmlUrl="https://example.org/a"/></outline>',
        '<!-- <outline xmlUrl="https://example.org/a"/> -->',
    ],
)
def test_remarks_are_no_feeds(outline: str) -> None:
    assert _feeds(outline) == []


@pytest.mark.parametrize(
    "outline",
    [
        '<outline text="A &amp; B" xmlUrl="https://example.org/?a=1&amp;b=2"/>',
        '<outline text="A & B" xmlUrl="https://example.org/?a=1&b=2"/>',  # as old programs write it
        '<OUTLINE TEXT="A &#38; B" XMLURL="https://example.org/?a=1&b=2"/>',
        '<outline title="A &#x26; B" url="https://example.org/?a=1&amp;b=2" type="rss"/>',
        '<outline xmlns="http://opml.org/spec2" text="A &amp; B" xmlUrl=" https://example.org/?a=1&amp;b=2 "/>',
        '<outline text="A\x00 &amp;\x0b B" xmlUrl="https://example.org/?a=1&amp;b=2"/>',
    ],
)
def test_a_feed_is_read_however_programs_write_it(outline: str) -> None:
    [one] = _feeds(outline)
    assert (one.url, one.source) == ("https://example.org/?a=1&b=2", "A & B")


def test_letters_by_the_names_of_html_are_read() -> None:
    [one] = _feeds('<outline text="Caf&eacute;&nbsp;R&D &unknown; &#0;" xmlUrl="https://example.org/a"/>')
    assert one.source == "Café R&D &unknown;"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_list_is_read_in_any_encoding_and_with_any_line_ends(encoding: str, line_end: str) -> None:
    head = HEAD.replace("UTF-8", encoding.removesuffix("-sig").removesuffix("-le"))
    text = head + '<outline text="Café" xmlUrl="https://example.org/a"/>\n' + TAIL
    [one], faults = read(text.replace("\n", line_end).encode(encoding), "list.opml")
    assert (one.source, one.line, faults) == ("Café", 5, [])


def test_a_list_that_breaks_off_gives_what_it_has_and_says_where() -> None:
    whole = HEAD + '<outline text="A" xmlUrl="https://example.org/a"/>\n<outline text="B" xmlUrl="https://exa'
    found, faults = read(whole.encode(), "list.opml")
    assert [one.source for one in found] == ["A"]
    assert faults
    assert {(fault.line, fault.level) for fault in faults} <= {(5, "warning"), (6, "warning"), (7, "warning")}


def test_a_missing_end_tag_loses_no_feed() -> None:
    found, faults = _read(
        '<outline text="x">\n<outline text="A" xmlUrl="https://example.org/a">\n'
        '<outline text="B" xmlUrl="https://example.org/b"/>\n'
    )
    assert [one.url for one in found] == ["https://example.org/a", "https://example.org/b"]
    assert faults


A, Z = '<outline text="A" xmlUrl="https://a.example.org/"/>', '<outline text="Z" xmlUrl="https://z.example.org/"/>\n'


@pytest.mark.parametrize(
    "outline",
    [
        A.replace('"A"', '"A < B"'),
        A.replace('"A"', '"The "big" A"'),
        "<outline text=A xmlUrl=https://a.example.org/ />",
        A.replace("/>", " checked/>"),
        A + " & < 5",
        A + "</outline></outline></body></opml>",
        "</body></opml>\n" + A,
        '<outline text="deep">' * 300 + A + "</outline>" * 300,
        "<body><OUTLINE>" + A,
        A + '<outline isComment="true"><outline xmlUrl="https://old.example.org/"/></outline></outline>',
        A + "<!-- <outline xmlUrl='https://old.example.org/'/> --></outline>",
    ],
)
def test_no_fault_of_one_line_loses_a_feed(outline: str) -> None:
    found, faults = _read(f"{outline}\n{Z}")
    assert {one.url for one in found} == {"https://a.example.org/", "https://z.example.org/"}
    assert next(one for one in found if "z." in one.url).source == "Z"
    assert {fault.level for fault in faults} == {"warning"}
    text = f"{HEAD}{outline}\n{Z}".split("\n")
    assert all(one.url in text[one.line - 1] for one in found)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the file is empty"),
        (b" \n \n", "the file is empty"),
        (b"<!DOCTYPE html><html><head><title>x</title></head></html>", "a web page"),
        (b"<html><body><p>one<p>two</body></html>", "a web page"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "a feed itself"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "a feed itself"),
        (b"<a><b/></a>", "no list of feeds"),
        (b"<", "no list of feeds"),
        (b"<?xml version='1.0'?>", "no list of feeds"),
        (b'{"feeds": []}', "no list of feeds"),
        (b"PK\x03\x04\xff\xfe\x00\x01", "no list of feeds"),
        (b"name,address\n", "no list of feeds"),
    ],
)
def test_what_is_no_list_is_called_by_its_name(body: bytes, says: str) -> None:
    found, faults = read(body, "list.opml")
    assert found == []
    assert says in faults[0].message


def test_an_empty_list_is_a_list() -> None:
    assert _feeds("") == []


def test_a_plain_list_has_an_address_a_line() -> None:
    text = "\ufeff# ours\r\nhttps://example.org/a\r\n\r\n  feed:https://example.org/b  # second\r\nwhat\r\nhttps://example.org/a\r\n"
    found, [fault] = read(text.encode("utf-16"), "urls.txt")
    assert [(one.url, one.line) for one in found] == [("https://example.org/a", 2), ("https://example.org/b", 4)]
    assert str(fault).startswith("urls.txt:5: error: what: this is no address of a feed")


BOMB = (
    "<?xml version='1.0'?><!DOCTYPE opml [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "<!ENTITY file SYSTEM 'file:///etc/passwd'>]>\n"
)


def test_entities_are_never_resolved() -> None:
    begun = time.process_time()
    [one], _ = read(
        f'{BOMB}<opml><body><outline text="&i; &file;" xmlUrl="https://example.org/a"/></body></opml>'.encode(), "x"
    )
    assert (one.source, one.line) == ("&i; &file;", 2)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "part", ["<outline text='x'>", "<!DOCTYPE opml [", "&", "<", "<outline xmlUrl='", "<?xml ", "<!--"]
)
def test_a_list_made_to_cost_much_costs_little(part: str) -> None:
    begun = time.process_time()
    read(("<opml><body>" + part * (200_000 // len(part))).encode(), "x")
    assert time.process_time() - begun < 2


@given(st.binary(max_size=200) | st.text("<>&;=\"'/ outlinexmlUrl#\n", max_size=200).map(lambda t: t.encode()))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    found, faults = read(body, "x")
    assert found or faults or b"opml" in body.lower() or b"outline" in body.lower()


_NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=12)
_LENGTHS = st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds))
_FEEDS = st.builds(
    Listed,
    url=st.text("ab&?=;'%\"<", max_size=6).map(lambda path: feed_address(f"https://a.example/{path}")),
    source=_NAMES,
    language=st.none() | st.sampled_from(["en", "ar"]),
    country=st.none() | st.just("SYR"),
    tags=st.none() | st.lists(_NAMES, min_size=1, max_size=3, unique=True).map(tuple),
    owner=st.none() | _NAMES,
    tier=st.none() | st.integers(1, 5),
    critical=st.none() | st.just(True),
    full_text=st.none() | st.just(True),
    every=st.none() | _LENGTHS,
    max_staleness=st.none() | _LENGTHS,
    max_body=st.none() | st.integers(1024, 2**30),
    active=st.none() | st.just(False),
)


@settings(max_examples=60)
@given(st.lists(_FEEDS, max_size=4, unique_by=lambda one: one.url), st.randoms())
def test_what_is_written_is_read_back_and_written_the_same(feeds: list[Listed], chance: Random) -> None:
    text = write(feeds, 'Feeds of <us> & "them"')
    found, faults = read(text.encode(), "")
    assert faults == []
    assert {(one.url, one.tags, one.every) for one in found} == {(one.url, one.tags, one.every) for one in feeds}
    chance.shuffle(found)
    assert write(found, 'Feeds of <us> & "them"') == text
    assert all(text.split("\n")[one.line - 1].count("xmlUrl") == 1 for one in found)


def test_what_is_written_is_opml_that_other_readers_take() -> None:
    text = write(
        [
            Listed(url="https://example.org/a?x=1&y=2", source="A", tags=("wire", "a/b,c"), language="en", tier=1),
            Listed(url="https://example.org/b", source="B"),
        ],
        "Feeds",
    )
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("opml", {"version": "2.0"})
    assert root.findtext("head/title") == "Feeds"
    [b, folder] = root.findall("body/outline")
    assert (folder.get("text"), b.attrib) == (
        "wire", {"text": "B", "title": "B", "type": "rss", "xmlUrl": "https://example.org/b"},
    )  # fmt: skip
    [a] = folder
    assert a.attrib == {
        "text": "A", "title": "A", "type": "rss", "xmlUrl": "https://example.org/a?x=1&y=2", "language": "en",
        "category": "wire,a%2Fb%2Cc", f"{{{NAMESPACE}}}tier": "1",
    }  # fmt: skip
