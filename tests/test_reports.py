"""What the log is told of feeds: of their addresses the host and the path, never what lets somebody in."""

from __future__ import annotations

import logging

import pytest

from alerts.collect.outcome import Outcome
from alerts.engine.collecting import Polled
from alerts.errors import FetchError
from alerts.reports import Watch
from alerts.store.database import open_scratch, writing
from alerts.store.linked import Link
from alerts.store.polling import PollResult
from tests.store.values import NOW, add_feed

SECRET = "https://me:letmein@news.example/{}?token=letmein"


def test_the_log_has_no_password_and_no_token_of_an_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    engine = open_scratch()
    with writing(engine) as conn:
        feed = add_feed(conn, SECRET.format("feed"))
    engine.dispose()
    watch = Watch()
    moved = PollResult(url=SECRET.format("moved"), next_due=NOW, due_reason="interval")
    failed = Outcome(status="http_server", error=f"{SECRET.format('feed')}: 500", warnings=("odd",))
    watch.on_poll(Polled(feed=feed, outcome=failed, result=moved))
    page = SECRET.format("page")
    link = Link(
        article_id=1, kind="page", url=page, host="x", revision=1, tries=1, wanted=NOW, title="", text="", given=""
    )
    for error in (FetchError(page, "gone", "it is not there"), ValueError("odd")):
        watch.on_link_error(link, error)
    assert "letmein" not in caplog.text
    assert [one in caplog.text for one in ("news.example/feed", "news.example/moved", "news.example/page")] == [
        True
    ] * 3
