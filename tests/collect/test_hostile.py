"""Documents made to hurt: each is refused, or read at a small cost, in a process under the usual limits."""

from __future__ import annotations

import asyncio
import resource
import time

import pytest

from alerts.collect.outcome import PARSE_REASONS, Parsed
from alerts.collect.settings import MIB, CollectSettings
from alerts.collect.worker import ParserPool
from alerts.errors import ParseError
from tests.fakes.feeds import Item, rss, story

URL = "https://example.org/feed"
GOOD = rss(story(2))
OPEN = GOOD[: GOOD.rindex(b"</channel>")]
CLOSE = b"</channel></rss>"
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE rss [%s]>'
ROOT = GOOD[GOOD.index(b"<rss") :]
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
REFERRING = ROOT.replace(b"Report 1:", b"&l9;&a;&e; Report 1:")

# Name: document, and how many items must come through (None: it may be refused).
DOCUMENTS: dict[str, tuple[bytes, int | None]] = {
    "billion laughs": (DOCTYPE % (b'<!ENTITY l0 "ha">' + LAUGHS) + REFERRING, 2),
    "a long entity many times": (DOCTYPE % (b'<!ENTITY a "%s">' % (b"A" * 20_000)) + OPEN + b"&a;" * 20_000 + CLOSE, 2),
    "an external entity": (DOCTYPE % b'<!ENTITY e SYSTEM "file:///etc/passwd">' + REFERRING, 2),
    "a parameter entity": (DOCTYPE % b'<!ENTITY % e SYSTEM "http://127.0.0.1/x"> %e;' + ROOT, 2),
    "attributes": (OPEN + b"<a" + b"".join(b" a%d='1'" % n for n in range(50_000)) + b"/>" + CLOSE, None),
    "namespaces": (OPEN + b"".join(b"<a xmlns:n%d='u:%d'/>" % (n, n) for n in range(20_000)) + CLOSE, None),
    "tiny items": (OPEN + b"".join(b"<item><title>%d</title></item>" % n for n in range(100_000)) + CLOSE, 2_000),
    "unclosed tags": (OPEN + b"<a>" * 200_000 + CLOSE, None),
    "items in items": (OPEN + b"<item>" * 200_000 + CLOSE, None),
    "less-than signs": (OPEN + b"<" * MIB + CLOSE, 2),
    "ampersands": (OPEN + b"&" * MIB + CLOSE, 2),
    "ampersands apart": (OPEN + b"& " * (MIB // 2) + CLOSE, 2),
    "open CDATA": (OPEN + b"<![CDATA[" * (MIB // 9) + CLOSE, 2),
    "open comments": (OPEN + b"<!--" * (MIB // 4) + CLOSE, 2),
    "quotes": (OPEN + b"<a '\"" * (MIB // 5) + CLOSE, None),
    "blanks": (OPEN.replace(b"<title>Report 1", b"<title>&lt;" + b" " * MIB + b"Report 1") + CLOSE, 2),
    "brackets of JSON": (b'{"items": [' + b"[" * MIB, None),
    "tiny items of JSON": (b'{"items": [' + b"{}," * MIB + b"{}]}", 1),
    "zeros": (b"\x00" * MIB, None),
    "all bytes": (bytes(range(256)) * 4096, None),
}


async def _read(pool: ParserPool, body: bytes) -> Parsed | ParseError:
    try:
        return await pool.parse(body, {"content-type": "application/xml"}, URL)
    except ParseError as error:
        return error


async def test_hostile_documents_cost_little_and_harm_no_other() -> None:
    results: dict[str, Parsed | ParseError] = {}
    cost: dict[str, float] = {}
    async with ParserPool(CollectSettings()) as pool:
        for name, (body, _) in DOCUMENTS.items():
            started = time.monotonic()
            results[name] = await _read(pool, body)
            cost[name] = time.monotonic() - started
            good = await _read(pool, GOOD)
            assert isinstance(good, Parsed) and len(good.entries) == 2, f"after {name}"
    for name, (_, items) in DOCUMENTS.items():
        result = results[name]
        assert cost[name] < 10, name  # of a loaded machine; processor time is bounded below
        assert "root:" not in str(result), name
        if isinstance(result, Parsed):
            assert items is None or len(result.entries) >= items, name
        else:
            assert items is None, f"{name}: {result}"
            assert result.reason in PARSE_REASONS
            assert str(result).startswith(f"{URL}: ")


async def test_the_costliest_document_is_ended_in_time() -> None:
    """Well-formed and without a trick that can be seen beforehand: a million references."""
    body = OPEN + b"<item><title>" + b"&#65;&lt;" * (4 * MIB // 9) + b"</title></item>" + CLOSE
    used = _children()
    async with ParserPool(CollectSettings(parse_cpu=0.2)) as pool:
        with pytest.raises(ParseError, match=r"took more than 0.2 s of processor time") as caught:
            await pool.parse(body, {}, URL)
        assert pool.status()[0].pid is None
        assert len((await pool.parse(GOOD, {}, URL)).entries) == 2
    assert caught.value.reason == "parser_killed"
    assert _children() - used < 3


async def test_a_document_that_costs_too_much_gives_its_first_items() -> None:
    body = rss(story(1_900))
    async with ParserPool(CollectSettings(parse_cpu=0.3)) as pool:
        parsed = await pool.parse(body, {}, URL)
    if len(parsed.entries) < 1_900:  # a very fast machine reads them all
        assert len(parsed.entries) == 50
        assert parsed.truncated
        assert parsed.entries[0].title == "Report 1900"


async def test_memory_is_bounded() -> None:
    async with ParserPool(CollectSettings(parse_memory=8 * MIB)) as pool:
        with pytest.raises(ParseError) as caught:
            await pool.parse(rss([Item(html="x" * 6 * MIB)]), {}, URL)
        assert caught.value.reason == "parser_killed"
        assert len((await pool.parse(GOOD, {}, URL)).entries) == 2


def _children() -> float:
    """Processor time of all ended children of this process."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
