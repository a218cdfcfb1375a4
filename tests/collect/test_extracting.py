"""Pages and messages are read in a process of their own, which hostile ones cannot hurt."""

from __future__ import annotations

import pytest

from alerts.collect.settings import MIB, CollectSettings
from alerts.collect.worker import ParserPool
from alerts.errors import ParseError
from tests.fakes.linked import PARAGRAPHS, cap, info, story_page

URL = "https://news.example/1"
HTML = {"content-type": "text/html"}


async def test_pages_and_messages_are_read_by_one_process_that_survives_refusing_them() -> None:
    """One test, as a process that reads pages takes its time to start."""
    async with ParserPool(CollectSettings(), "linked") as pool:
        found = await pool.extract("page", story_page(), HTML, URL)
        assert found.text.split("\n")[-1] == PARAGRAPHS[-1]
        both = cap(info("Aviso de cheias", language="pt-MZ"), info("Flood warning", language="en"))
        message = await pool.extract("cap", both, {}, URL, ("pt",))
        assert (message.text.partition("\n")[0], message.language, message.nothing) == ("Aviso de cheias", "pt-mz", "")
        assert (await pool.extract("cap", cap(status="Test"), {}, URL)).nothing == "a test"
        for kind, body, reason in (("page", b"%PDF", "not_a_page"), ("cap", story_page(), "not_cap")):
            with pytest.raises(ParseError) as caught:
                await pool.extract(kind, body, {"content-type": "application/pdf"}, URL)  # type: ignore[arg-type]
            assert (caught.value.reason, caught.value.url) == (reason, URL)
        (status,) = pool.status()
        assert (status.documents, status.restarts) == (5, 0)
        assert 5 * MIB < status.rss < 100 * MIB


async def test_a_page_that_costs_too_much_is_ended_once_and_the_next_is_read() -> None:
    attributes = b" ".join(
        b"a%d='1'" % number for number in range(50_000)
    )  # the parser of HTML compares each with each
    async with ParserPool(CollectSettings(parse_cpu=0.6), "linked") as pool:
        with pytest.raises(ParseError) as caught:
            await pool.extract("page", b"<html><body><p " + attributes + b">x</p>", HTML, URL)
        assert caught.value.reason == "parser_killed"
        assert (await pool.extract("page", story_page(), HTML, URL)).text
        assert pool.status()[0].restarts == 1
