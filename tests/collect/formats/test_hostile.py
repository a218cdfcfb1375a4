"""Documents made to hurt: each is refused, or read at a small cost, in a process under the usual limits; and what
can be had of it is had."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from alerts.collect.outcome import PARSE_REASONS, Parsed
from alerts.collect.settings import MIB, CollectSettings
from alerts.collect.worker import ParserPool
from alerts.errors import ParseError
from tests.fakes.feeds import Item, rss, story

URL = "https://example.org/feed"
MOST_CPU, MOST_MEMORY = 3.0, 100_000_000  # seconds, bytes
GOOD = rss(story(2))
TEXT = GOOD.decode()
OPEN = GOOD[: GOOD.rindex(b"</channel>")]
CLOSE = b"</channel></rss>"
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE rss [%s]>'
ROOT = GOOD[GOOD.index(b"<rss") :]
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
REFERRING = ROOT.replace(b"Report 1:", b"&l9;&a;&e; Report 1:")
DATES: tuple[str, ...] = (
    "-0001-01-01T00:00:00Z",
    "0000-00-00",
    "99999-01-01",
    "Mon, 99 Foo 20200 99:99:99 +9999",
    "9" * 5000,
    "1e400",
)
DATES += ("Mon, " * 2000, "2020-01-01T" + "0" * 5000, " " * 5000 + "x", "12:" * 3000, "Thu, 01 Jan -4 00:00:00 GMT")


def with_text(text: str, encoding: str = "utf-8") -> bytes:
    """Two items, the text of one of them changed."""
    return TEXT.replace("&lt;p&gt;Report 1:", text + "Report 1:").encode(encoding)


def in_item(inner: bytes) -> bytes:
    return OPEN + b"<item><guid>7</guid>" + inner + b"</item>" + CLOSE


def with_items(count: int, size: int, extra: str = "") -> bytes:
    html = f"<p>{extra}" + "Families left the town. " * (size // 24)
    return rss([Item(title=f"Report {n}", guid=str(n), html=html) for n in range(count)])


def in_json(inner: bytes, *, more: bytes = b"") -> bytes:
    return b'{"items":[{"id":"1","title":"a"' + inner + b"}" + more + b"]}"


# Name: document, and how many items must come through (None: it may be refused).
Documents = Mapping[str, tuple[bytes, int | None]]
# The table of the paper.
DOCUMENTS: Documents = {
    "a backslash in an entity": (DOCTYPE % b'<!ENTITY a "\\1">' + REFERRING, 2),
    "references to no character": (with_text("&#1114112;&#55296;&#xFFFF;&#0;"), 2),
    "a long entity many times": (DOCTYPE % (b'<!ENTITY a "%s">' % (b"A" * 20_000)) + OPEN + b"&a;" * 20_000 + CLOSE, 2),
    "attributes": (OPEN + b"<a" + b"".join(b" a%d='1'" % n for n in range(50_000)) + b"/>" + CLOSE, None),
    "namespaces": (OPEN + b"".join(b"<a xmlns:n%d='u:%d'/>" % (n, n) for n in range(20_000)) + CLOSE, None),
    "tiny items": (OPEN + b"".join(b"<item><title>%d</title></item>" % n for n in range(100_000)) + CLOSE, 2_000),
    "unclosed tags": (OPEN + b"<a>" * 200_000 + CLOSE, None),
    "less-than signs": (OPEN + b"<" * MIB + CLOSE, 2),
    "ampersands": (OPEN + b"&" * MIB + CLOSE, 2),
    "billion laughs": (DOCTYPE % (b'<!ENTITY l0 "ha">' + LAUGHS) + REFERRING, 2),
    "an external entity": (DOCTYPE % b'<!ENTITY e SYSTEM "file:///etc/passwd">' + REFERRING, 2),
    "a parameter entity": (DOCTYPE % b'<!ENTITY % e SYSTEM "http://127.0.0.1/x"> %e;' + ROOT, 2),
    "an external entity in a broken item": (
        ROOT.replace(b"</title><link>", b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;<link>'),
        2,
    ),
    "a path": (b"/etc/passwd", None),
    "an end in the middle of an item": (GOOD[: GOOD.rindex(b"left the")], 2),
    "a wrong encoding": (TEXT.replace("utf-8", "koi8-r").replace("Report 1", "Évacuation 1").encode(), 2),
    "windows-1252 undeclared": (TEXT.replace(' encoding="utf-8"', "").replace("Report 1", "“Oui”").encode("cp1252"), 2),
    "comments before the prolog": (b"<!-- a -->\n<!-- b --> \n" + GOOD, 2),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, 2),
    "items in items": (OPEN + b"<item>" * 20_000 + CLOSE, None),
    "ampersands apart": (OPEN + b"& " * 30_000 + CLOSE, 2),
    "open CDATA": (OPEN + b"<![CDATA[" * 10_000 + CLOSE, 2),
    "open comments": (OPEN + b"<!--" * 20_000 + CLOSE, 2),
    "quotes": (OPEN + b"<a '\"" * 60_000 + CLOSE, None),
    "blanks": (OPEN.replace(b"<title>Report 1", b"<title>&lt;" + b" " * MIB + b"Report 1") + CLOSE, 2),
    "brackets of JSON": (b'{"items": [' + b"[" * MIB, None),
    "zeros": (b"\x00" * 300_000, None),
    "all bytes": (bytes(range(256)) * 500, None),
    "elements in elements": (with_text("<div>" * 1900 + "</div>" * 1900), 2),
    "elements in CDATA": (with_text("<![CDATA[" + "<div>" * 100_000 + "]]>"), 2),
    "entities of sixty letters": (
        DOCTYPE % (b'<!ENTITY a "%s">' % (b"A" * 60)) + OPEN[38:] + b"&a;" * 30_000 + CLOSE,
        2,
    ),
    "such entities in an attribute": (
        DOCTYPE % (b'<!ENTITY a "%s">' % (b"A" * 60)) + OPEN[38:] + b"<a b='" + b"&a;" * 50_000 + b"'/>" + CLOSE,
        2,
    ),
    "a huge attribute": (OPEN + b"<a b='" + b"A" * MIB + b"'/>" + CLOSE, 2),
    "zeros in a text": (with_text("\x00" * 300_000), 2),
    "halves of characters": (TEXT.encode("utf-16-le").replace("Report".encode("utf-16-le"), b"\x00\xd8R\x00"), 2),
    "impossible dates": (in_item(b"".join(b"<pubDate>%s</pubDate>" % date.encode() for date in DATES)), 3),
    "declarations of entities": (DOCTYPE % b"".join(b'<!ENTITY a%d "%d">' % (n, n) for n in range(20_000)) + ROOT, 2),
    "a prolog without end": (b"<!DOCTYPE a [" + b"<!ENTITY b " * 50_000 + ROOT, None),
    "DOCTYPEs": (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" * 20_000 + ROOT, 2),
    "instructions": (OPEN + b"<?a " * 50_000 + CLOSE, 2),
    "a duration": (in_item(b"<duration>" + b"1:" * 50_000 + b"</duration>"), 3),
    "a ttl": (GOOD.replace(b"<title>", b"<ttl>" + b"9" * 500_000 + b"</ttl><title>", 1), 2),
    "unclosed CDATA in each item": (OPEN + b"<item><description><![CDATA[x</description></item>" * 100 + CLOSE, 3),
    "a million digits in JSON": (in_json(b',"x":' + b"9" * 1_000_000), 1),
    "a million decimals in JSON": (in_json(b',"x":0.' + b"9" * 1_000_000 + b"e" + b"9" * 1000), 1),
    "nested JSON in an item": (in_json(b"", more=b',{"id":"2","x":' + b"[" * 300_000), 1),
    "one key many times in JSON": (in_json(b',"a":1' * 200_000), 1),
    "strings without end in JSON": (in_json(b"", more=b',{"a":"' * 100_000), 1),
}
# Those that take a second or more each.
LONG: Documents = {
    "tiny items of JSON": (b'{"items": [' + b"{}," * MIB + b"{}]}", 1),
    "tiny items of broken JSON": (b'{"items": [' + b"{}," * MIB, 1),
    "keys of JSON": (in_json(b"".join(b',"k%d":1' % n for n in range(200_000))), 1),
    "escapes of JSON": (in_json(b',"x":"' + b"\\ud83d\\ude00" * 400_000 + b'"'), 1),
    "closing tags": (OPEN + b"</a>" * 300_000 + CLOSE, 2),
    "entities of HTML": (with_text("&eacute;" * 300_000), 2),
    "entities of sixty letters": (
        DOCTYPE % (b'<!ENTITY a "%s">' % (b"A" * 60)) + OPEN[38:] + b"&a;" * 400_000 + CLOSE,
        2,
    ),
    "a huge name": (OPEN + b"<" + b"A" * 4 * MIB + b">" + CLOSE, 2),
    "an attribute without end": (OPEN + b"<a b='" + b"A " * 2 * MIB + CLOSE, 2),
    "ten megabytes of CDATA": (with_text("<![CDATA[" + "x" * 10_000_000 + "]]>"), 1),
    "five megabytes of pictures": (with_text("<![CDATA[" + "😀" * 1_250_000 + "]]>"), 2),
    "a feed of five megabytes": (with_items(1000, 4800), 1000),
    "a feed of five megabytes with pictures": (with_items(1000, 4800, "😀"), 50),
    "a broken feed of five megabytes": (with_items(1000, 4800).replace(b"</title>", b""), 50),
    "a broken feed of five megabytes with pictures": (with_items(1000, 4800, "😀").replace(b"</title>", b""), 50),
    "links": (in_item(b"<link>https://example.org/</link>" * 50_000), 2),
    "categories": (in_item(b"".join(b"<category>%d</category>" % n for n in range(50_000))), 2),
    "authors": (in_item(b"<author>a@example.org (x)</author>" * 50_000), 2),
    "texts": (in_item(b"<description>a &amp;amp; b</description>" * 50_000), 2),
    "a polygon": (in_item(b"<x:polygon xmlns:x='http://www.georss.org/georss'>" + b"1 " * MIB + b"</x:polygon>"), 2),
    "tags without end in CDATA": (with_text("<![CDATA[" + "<p <a " * 500_000 + "]]>"), 1),
    "ampersands in CDATA": (with_text("<![CDATA[" + "&" * 3_000_000 + "]]>"), 2),
    "base64": (
        b'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><id>1</id><content mode="base64">'
        + b"AAAA" * 1_000_000
        + b"</content></entry></feed>",
        1,
    ),
    "items that open three hundred elements": (
        OPEN + b"".join(b"<item><title>%d<link>https://e.org/%d" % (n, n) + b"<b>" * 300 for n in range(1900)) + CLOSE,
        2,
    ),
}


async def _read(pool: ParserPool, body: bytes) -> Parsed | ParseError:
    try:
        return await pool.parse(body, {"content-type": "application/xml"}, URL)
    except ParseError as error:
        return error


def _used(pool: ParserPool) -> tuple[float, int]:
    """Processor time of all parser processes so far, and the most memory the present one has had."""
    seconds, pid = _children(), pool.status()[0].pid
    if pid is None or sys.platform != "linux":
        return seconds, 0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds, int(peak.split()[1]) * 1024


def _children() -> float:
    """Processor time of all ended children of this process."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def _faults(pool: ParserPool, name: str, body: bytes, items: int | None) -> list[str]:
    before, _ = _used(pool)
    result = await _read(pool, body)
    after, memory = _used(pool)
    good = await _read(pool, GOOD)
    faults = []
    if after - before > MOST_CPU:
        faults.append(f"{after - before:.1f} s of processor time")
    if memory > MOST_MEMORY:
        faults.append(f"{memory} bytes of memory")
    if not isinstance(good, Parsed) or len(good.entries) != 2:
        faults.append(f"the next document suffers: {good}")
    if "root:" in str(result):
        faults.append("a file was read")
    if isinstance(result, Parsed) and items is not None and len(result.entries) < items:
        faults.append(f"{len(result.entries)} items of {items}: {result.warnings}")
    if isinstance(result, ParseError) and (items is not None or result.reason not in PARSE_REASONS):
        faults.append(f"refused: {result}")
    return [f"{name}: {fault}" for fault in faults]


async def _all_faults(documents: Documents) -> list[str]:
    async with ParserPool(CollectSettings()) as pool:
        return [fault for name, (body, items) in documents.items() for fault in await _faults(pool, name, body, items)]


async def test_hostile_documents_cost_little_and_harm_no_other() -> None:
    assert await _all_faults(DOCUMENTS) == []


@pytest.mark.soak
async def test_documents_at_the_limits_cost_little_and_harm_no_other() -> None:
    assert await _all_faults(LONG) == []


async def test_a_document_that_costs_too_much_everywhere_is_refused() -> None:
    """Well-formed and without a trick that can be seen beforehand: half a million references, before any item."""
    body = GOOD.replace(b"<title>", b"<title>" + b"&#65;&lt;" * (4 * MIB // 9), 1)
    used = _children()
    async with ParserPool(CollectSettings(parse_cpu=0.1)) as pool:
        with pytest.raises(ParseError, match=r"took more than 0.1 s of processor time") as caught:
            await pool.parse(body, {}, URL)
        assert pool.status()[0].pid is None
        assert len((await pool.parse(GOOD, {}, URL)).entries) == 2
    assert caught.value.reason == "parser_killed"
    assert _children() - used < 3


@pytest.mark.parametrize(
    "limits", [CollectSettings(parse_cpu=0.5), CollectSettings(parse_memory=40 * MIB)], ids=["time", "memory"]
)
async def test_of_a_document_that_costs_too_much_the_first_items_are_read(limits: CollectSettings) -> None:
    body = with_items(1900, 2400, "😀")
    async with ParserPool(limits) as pool:
        parsed = await pool.parse(body, {}, URL)
    assert [entry.title for entry in parsed.entries] == [f"Report {n}" for n in range(50)]
    assert parsed.truncated
    assert not parsed.broken  # else its validators would be dropped, and all of it asked for again
    assert parsed.warnings[0] == "takes too much time or memory to read: only its beginning was read"


async def test_memory_is_bounded() -> None:
    async with ParserPool(CollectSettings(parse_memory=8 * MIB)) as pool:
        with pytest.raises(ParseError) as caught:
            await pool.parse(rss([Item(html="x" * 6 * MIB)]), {}, URL)
        assert caught.value.reason == "parser_killed"
        assert len((await pool.parse(GOOD, {}, URL)).entries) == 2


async def test_a_slow_document_does_not_stop_the_loop() -> None:
    async with ParserPool(CollectSettings()) as pool:
        await pool.parse(GOOD, {}, URL)
        parsing = asyncio.create_task(pool.parse(rss(story(500)), {}, URL))
        turns = 0
        while not parsing.done():
            await asyncio.sleep(0.005)
            turns += 1
        assert turns >= 3
        assert len((await parsing).entries) == 500
