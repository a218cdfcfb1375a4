"""What goes wrong in daily life is said once, with its place, and loses nothing."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from alerts.cli import main
from alerts.match.engine import Detection, Ruleset
from alerts.service import Service
from alerts.store.database import reading, writing
from alerts.types import Article
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.engine.world import SHELLING
from tests.fakes import waiting
from tests.fakes.feeds import RSS, FeedServer, rss
from tests.fakes.ports import free_port
from tests.fakes.smtp import FakeSmtp

Start = Callable[[], Awaitable[Service]]
HEADLINE = "Shelling in Taiz: 12 people killed"
ALL = [(reader, HEADLINE) for reader in READERS]
BROKEN_RULE = SHELLING.replace('event  = "attack"', 'event  = "attack"\nsevrity = "minor"')


def said(caplog: pytest.LogCaptureFixture, what: str) -> list[str]:
    """The lines of the log that hold `what`."""
    return [record.getMessage() for record in caplog.records if what in record.getMessage()]


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run an `alerts` command here; its exit status."""
    monkeypatch.setattr(sys, "argv", ["alerts", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


async def test_a_broken_rule_is_told_with_its_line_and_stops_no_other(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    desk.set_up()
    (desk.folder / "rules" / "broken.toml").write_text(BROKEN_RULE)
    await start()
    desk.publish("daily", report("Taiz"))
    await waiting.until(lambda: len(desk.mails()) == 2)
    assert desk.mails() == ALL
    [line] = said(caplog, "broken.toml")
    assert "\n  broken.toml:4: error: " in line
    assert "did you mean 'severity'" in line


def test_check_tells_all_faults_of_rules_and_templates_with_their_lines(
    tmp_path: Path, gazetteer_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Newsdesk(tmp_path / "desk", FeedServer(port=9), gazetteer_path)
    desk.set_up()
    assert command(monkeypatch, "check", "-c", str(desk.config_path)) == 0
    (desk.folder / "rules" / "broken.toml").write_text(BROKEN_RULE)
    (desk.folder / "templates" / "mail").mkdir()
    (desk.folder / "templates" / "mail" / "alert.txt").write_text("{{ title }}\n{{ plase }}\n")
    capsys.readouterr()
    assert command(monkeypatch, "check", "-c", str(desk.config_path)) == 1
    out = capsys.readouterr().out
    assert "broken.toml:4: error: " in out
    assert "mail/alert.txt:2: error: there is no 'plase' here; did you mean 'place'?" in out


async def test_a_broken_template_is_told_with_its_line_and_the_mail_goes_out(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    desk.set_up()
    (desk.folder / "templates" / "mail").mkdir()
    (desk.folder / "templates" / "mail" / "alert.txt").write_text("{{ title }}\n{{ plase.name }}\n")
    await start()
    desk.publish("daily", report("Taiz"), report("Marib"))
    await waiting.until(lambda: len(desk.mails()) == 4)
    assert "Government forces shelled Marib, killing 12 people." in "".join(desk.mail_texts())
    lines = said(caplog, "alert.txt")
    assert len(lines) == 1 + desk.shares  # those that share it say so when it comes, too
    assert lines[-1].startswith(f"{desk.folder}/templates/mail/alert.txt:2: error: ")
    assert "plase" in lines[-1]


async def test_a_feed_that_cannot_be_reached_is_told_and_harms_no_other(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    desk.set_up(hosts=[f"127.0.0.1:{port}"])
    desk.add_paper("gone", f"http://127.0.0.1:{port}/gone")
    desk.publish("daily", report("Taiz"))
    await start()
    await waiting.until(lambda: len(desk.mails()) == 2)
    await waiting.until(lambda: said(caplog, f"127.0.0.1:{port}/gone: "))
    async with FeedServer(port=port) as back:
        back.serve(rss([report("Marib")]), "/gone")
        await waiting.until(lambda: len(desk.mails()) == 4, what="the mails of the feed that came back")


MALFORMED = {
    "page": (b"<!doctype html><html><body>Please sign in.</body></html>", "text/html", "web page"),
    "cut": (b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>Re', RSS, ""),
    "junk": (b"\x00\x01\x02 nothing that anybody could read", RSS, ""),
    "empty": (b"", RSS, "the answer is empty"),
}


async def test_malformed_feeds_are_told_by_address_and_read_once_they_are_mended(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alerts")
    desk.set_up(papers=("daily", *MALFORMED), readers=READERS[:1])
    desk.publish("daily", report("Taiz"))
    for paper, (body, kind, _) in MALFORMED.items():
        desk.server.serve(body, f"/{paper}", kind=kind, etag='"broken"')
    await start()
    await waiting.until(lambda: len(desk.mails()) == 1)
    await waiting.until(lambda: all(said(caplog, f"{desk.server.address}/{paper}: ") for paper in MALFORMED))
    for paper, (_, _, words) in MALFORMED.items():
        assert words in said(caplog, f"/{paper}: ")[0]
    for paper, town in zip(MALFORMED, ("Marib", "Aden", "Goma", "Djibo"), strict=True):
        desk.publish(paper, report(town))
    await waiting.until(lambda: len(desk.mails()) == 5, what="the mails of the mended feeds")


async def test_an_undated_article_is_told_as_of_when_it_was_seen(desk: Newsdesk, start: Start) -> None:
    desk.set_up()
    await start()
    desk.publish("daily", report("Taiz", dated=False))
    await waiting.until(lambda: len(desk.mails()) == 2)
    assert desk.ask("SELECT dated, published = first_seen FROM article") == [(0, 1)]


def small_disk(service: Service) -> Callable[[bool], None]:
    """Says whether the disk of the service's SQLite database is full: whether it may have more pages."""
    most = [2**31]

    @event.listens_for(service.engine, "connect")
    def bound(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {most[0]}")

    def limit(full: bool) -> None:
        with reading(service.engine) as conn:
            most[0] = conn.execute(text("PRAGMA page_count")).scalar_one() if full else 2**31
        service.engine.dispose()

    return limit


def servers_disk(service: Service) -> Callable[[bool], None]:
    """Says whether PostgreSQL is to answer as if its disk were full."""
    with writing(service.engine) as conn:
        conn.execute(text(_FULL))

    def limit(full: bool) -> None:
        with writing(service.engine) as conn:
            for table in ("article", "poll"):
                trigger = f"TRIGGER full_disk {'BEFORE INSERT' if full else ''} ON {table}"
                conn.execute(text(f"CREATE {trigger} EXECUTE FUNCTION full_disk()" if full else f"DROP {trigger}"))

    return limit


_FULL = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""


@pytest.mark.engines("local", "cluster")
async def test_a_full_disk_is_told_once_and_work_goes_on_when_there_is_space(
    desk: Newsdesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.set_up(papers=("daily", "post"))
    service = desk.service()
    full_disk = servers_disk(service) if desk.service_lines else small_disk(service)
    full_disk(True)
    await service.start()
    service.collector.recorder.retry_s = 0.2
    try:
        long = "A long line of other news. " * 4000
        for paper, town in (("daily", "Taiz"), ("post", "Marib")):
            item = report(town)
            desk.publish(paper, type(item)(title=item.title, guid=item.guid, link=item.link, html=item.html + long))
        await waiting.until(lambda: said(caplog, "the database is full"))
        asked = len(desk.server.asked)
        await asyncio.sleep(1.5)  # some more ticks
        assert len(desk.server.asked) <= asked + 2
        assert desk.mails() == []
        full = said(caplog, "the database is full")
        assert len(full) == len({line.split()[0] for line in full}) <= 3  # once a stage
        assert "free space on its disk" in full[0]
        full_disk(False)
        await waiting.until(lambda: len(desk.mails()) == 4, what="the mails of what came in meanwhile")
    finally:
        await service.stop()
    assert desk.number("SELECT count(*) FROM article") == 2
    assert desk.left_half() == []


async def test_an_article_that_cannot_be_read_is_set_aside_counted_and_tried_at_the_next_start(
    desk: Newsdesk,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO, "alerts")
    desk.set_up()
    real = Ruleset.detect

    def detect(self: Ruleset, article: Article, *rest: Any) -> Detection:
        if "Taiz" in article.text:
            raise RecursionError("too deep")
        return real(self, article, *rest)

    desk.publish("daily", report("Taiz"), report("Marib"))
    with monkeypatch.context() as faulty:
        faulty.setattr(Ruleset, "detect", detect)
        service = await start()
        await waiting.until(lambda: len(desk.mails()) == 2)
        assert len(said(caplog, "cannot be read, and is set aside")) == 1
        assert command(monkeypatch, "status", "-c", str(desk.config_path)) == 0
        assert "; 1 set aside: they cannot be read" in capsys.readouterr().out
        await service.stop()
    await start()
    await waiting.until(lambda: len(desk.mails()) == 4)
    assert said(caplog, "1 articles that were set aside are tried again")


def smtp(port: int) -> str:
    return f'[smtp]\nhost = "127.0.0.1"\nport = {port}\n'


def readers(server: FakeSmtp) -> list[str]:
    return sorted(got.recipients[0] for got in server.received)


async def test_while_no_mail_server_answers_mails_wait(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    desk.set_up(more=smtp(port))
    desk.publish("daily", report("Taiz"))
    await start()
    await waiting.until(lambda: said(caplog, "mail is held up"))
    assert f"127.0.0.1:{port}" in said(caplog, "mail is held up")[0]
    await waiting.until(lambda: desk.states() == {"queued": 2})
    async with FakeSmtp(port=port) as server:
        await waiting.until(lambda: desk.states() == {"accepted": 2})
        assert readers(server) == [*READERS]


async def test_a_mail_server_that_is_busy_gets_the_mails_later(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeSmtp() as server:
        server.answers["MAIL"].extend(["421 4.3.2 too busy", "421 4.3.2 too busy"])
        desk.set_up(more=smtp(server.port))
        desk.publish("daily", report("Taiz"))
        await start()
        await waiting.until(lambda: desk.states() == {"accepted": 2})
        assert readers(server) == [*READERS]
        assert said(caplog, "too busy")


async def test_a_reader_who_is_refused_for_good_is_noted_and_the_others_get_theirs(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("550 5.1.1 no such mailbox")
        desk.set_up(more=smtp(server.port))
        desk.publish("daily", report("Taiz"))
        await start()
        await waiting.until(lambda: desk.states() == {"accepted": 1, "failed": 1})
        assert len(server.received) == 1
        assert said(caplog, "no such mailbox")
        assert not [record for record in caplog.records if "example.org" in record.getMessage()]
