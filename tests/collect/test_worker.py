from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.collect.child import resident
from alerts.collect.formats.parse import parse_document
from alerts.collect.outcome import Hints
from alerts.collect.settings import MIB, CollectSettings
from alerts.collect.worker import ParserPool
from alerts.errors import ParseError
from tests.fakes.feeds import Item, rss, story

URL = "https://example.org/feed"


def _pid(pool: ParserPool) -> int:
    pid = pool.status()[0].pid
    assert pid is not None
    return pid


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_what_comes_back_is_what_was_parsed(pool: ParserPool) -> None:
    item = Item(title="Évacuation", guid="1", link="/1", published="Mon, 06 Jan 2020 12:00:00 GMT", section="War")
    parsed = await pool.parse(rss([item, Item()]), {"content-type": "text/xml"}, URL)
    first, second = parsed.entries
    assert (first.title, first.url, first.sections) == ("Évacuation", "https://example.org/1", ("War",))
    assert first.published is not None and first.published.isoformat() == "2020-01-06T12:00:00+00:00"
    assert second.published is None
    assert (parsed.title, parsed.language, parsed.version) == ("Example news", "en-gb", "RSS 2.0")


async def test_what_was_seen_and_all_that_was_found_pass_the_pipe(pool: ParserPool) -> None:
    around = (
        b"<ttl>45</ttl><skipHours><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
        b'<link rel="prev-archive" href="/2019" xmlns="http://www.w3.org/2005/Atom"/></channel>'
    )
    old = rss(story(3)).replace(b"</channel>", around)
    new = b'<item><guid>new</guid><enclosure url="/1.cap" type="application/cap+xml"/></item></channel>'
    body = old.replace(b"</channel>", new)
    first = await pool.parse(old, {}, URL)
    second = await pool.parse(body, {}, URL, seen=first.marks)
    assert second == parse_document(body, {}, URL, seen=first.marks)
    assert (second.rung, second.unchanged, second.older) == ("delta", 3, "https://example.org/2019")
    assert second.hints == Hints(every=timedelta(minutes=45), skip_hours=(3,), skip_days=(6,))
    assert [entry.cap for entry in second.entries] == ["https://example.org/1.cap"]
    assert await pool.parse(body, {}, URL) == parse_document(body, {}, URL)


async def test_a_refusal_comes_back_with_its_reason(pool: ParserPool) -> None:
    with pytest.raises(ParseError) as caught:
        await pool.parse(b"<html><body>Sign in</body></html>", {}, URL)
    assert caught.value.reason == "html"
    assert str(caught.value) == f"{URL}: a web page, not a feed"


async def test_no_process_is_started_before_it_is_needed(pool: ParserPool) -> None:
    assert pool.status()[0].pid is None


async def test_one_process_reads_many_documents(pool: ParserPool) -> None:
    await asyncio.gather(*(pool.parse(rss(story(n % 5)), {}, URL) for n in range(20)))
    (status,) = pool.status()
    assert (status.documents, status.restarts) == (20, 0)
    assert 5 * MIB < status.rss < 100 * MIB


async def test_a_process_killed_while_idle_is_replaced(pool: ParserPool) -> None:
    await pool.parse(rss(story()), {}, URL)
    first = _pid(pool)
    os.kill(first, signal.SIGKILL)
    assert len((await pool.parse(rss(story()), {}, URL)).entries) == 3
    assert _pid(pool) != first


async def test_a_document_whose_process_is_killed_is_read_by_the_next() -> None:
    async with ParserPool(CollectSettings(parse_cpu=10)) as pool:
        await pool.parse(rss(story()), {}, URL)
        parsing = asyncio.create_task(pool.parse(rss(story(500)), {}, URL))
        await asyncio.sleep(0.05)
        os.kill(_pid(pool), signal.SIGKILL)
        assert len((await parsing).entries) == 500


async def test_a_process_that_hangs_is_ended() -> None:
    async with ParserPool(CollectSettings(parse_wall=2.5)) as pool:
        await pool.parse(rss(story()), {}, URL)
        first = _pid(pool)
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(ParseError, match=r"took more than 2.5 s") as caught:
            await pool.parse(rss(story()), {}, URL)
        assert caught.value.reason == "parser_killed"
        assert _gone(first)


async def test_a_cancelled_poll_leaves_no_half_answer_behind(pool: ParserPool) -> None:
    await pool.parse(rss(story()), {}, URL)
    parsing = asyncio.create_task(pool.parse(rss(story(500)), {}, URL))
    await asyncio.sleep(0.02)
    parsing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await parsing
    assert len((await pool.parse(rss(story(1)), {}, URL)).entries) == 1


async def test_closing_ends_the_process_and_what_it_was_reading() -> None:
    pool = ParserPool(CollectSettings())
    await pool.parse(rss(story()), {}, URL)
    pid = _pid(pool)
    os.kill(pid, signal.SIGSTOP)
    parsing = asyncio.create_task(pool.parse(rss(story()), {}, URL))
    await asyncio.sleep(0.02)
    await pool.close()
    assert _gone(pid)
    assert isinstance((await asyncio.gather(parsing, return_exceptions=True))[0], ParseError)
    await pool.close()


async def test_signals_meant_for_the_service_do_not_end_the_process(pool: ParserPool) -> None:
    await pool.parse(rss(story()), {}, URL)
    first = _pid(pool)
    os.kill(first, signal.SIGINT)
    os.kill(first, signal.SIGTERM)
    await pool.parse(rss(story()), {}, URL)
    assert _pid(pool) == first


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_the_process_knows_nothing_of_our_secrets(pool: ParserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS_SMTP_PASSWORD", "hunter2")
    await pool.parse(rss(story()), {}, URL)
    environment = await asyncio.to_thread(Path(f"/proc/{_pid(pool)}/environ").read_bytes)
    assert b"hunter2" not in environment


async def test_a_library_in_the_current_folder_is_not_run(
    pool: ParserPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feedparser.py").write_text("raise SystemExit('wrong library')")
    monkeypatch.chdir(tmp_path)
    assert len((await pool.parse(rss(story()), {}, URL)).entries) == 3


def test_memory_in_use_is_told_in_bytes() -> None:
    assert 5 * MIB < resident() < 4096 * MIB
