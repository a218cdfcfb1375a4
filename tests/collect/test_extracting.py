"""Pages and messages are read in a process of their own, which hostile ones cannot hurt."""

from __future__ import annotations

import pytest

from alerts.collect.links.extracted import Kind
from alerts.collect.settings import MIB, CollectSettings
from alerts.collect.worker import ParserPool
from alerts.errors import ParseError
from tests.fakes.linked import PARAGRAPHS, cap, info, story_page

URL = "https://news.example/1"
HTML = {"content-type": "text/html"}


async def test_pages_and_messages_are_read_by_one_process_that_survives_refusing_them_and_not_a_bomb() -> None:
    """One test, as a process that reads pages takes its time to start."""
    async with ParserPool(CollectSettings(parse_cpu=0.8), "linked") as pool:
        found = await pool.extract("page", story_page(), HTML, URL)
        assert found.text.split("\n")[-1] == PARAGRAPHS[-1]
        both = cap(info("Aviso de cheias", language="pt-MZ"), info("Flood warning", language="en"))
        message = await pool.extract("cap", both, {}, URL, ("pt",))
        assert (message.text.partition("\n")[0], message.language, message.nothing) == ("Aviso de cheias", "pt-mz", "")
        assert (await pool.extract("cap", cap(status="Test"), {}, URL)).nothing == "a test"
        pdf = {"content-type": "application/pdf"}
        assert await refused(pool, "page", b"%PDF", pdf) == ("not_a_page", URL)
        assert await refused(pool, "cap", story_page(), HTML) == ("not_cap", URL)
        (status,) = pool.status()
        assert (status.documents, status.restarts) == (5, 0)
        assert 5 * MIB < status.rss < 100 * MIB
        # the parser of HTML compares each attribute of a tag with each other one
        attributes = b" ".join(b"a%d='1'" % number for number in range(50_000))
        assert await refused(pool, "page", b"<html><body><p " + attributes + b">x</p>", HTML) == ("parser_killed", URL)
        assert pool.status()[0].pid is None  # ended, and not tried a second time


async def refused(pool: ParserPool, kind: Kind, body: bytes, headers: dict[str, str]) -> tuple[str, str]:
    """Why it is."""
    with pytest.raises(ParseError) as caught:
        await pool.extract(kind, body, headers, URL)
    return caught.value.reason, caught.value.url
