"""The canary: it comes out as long as the way is open, and says where it stopped when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.engine import canary as canary_module
from alerts.engine.analysis import Analyst
from alerts.engine.canary import READER, Canary, Way
from alerts.errors import MailError
from alerts.notify.ways.transport import Envelope
from alerts.read.places import Gazetteer
from alerts.render.mail import mail_renderer
from alerts.render.view import Site
from tests.drawn import PICTURES
from tests.engine.world import HOUR, MINUTE, NOON, sound


class Clock:
    def __init__(self) -> None:
        self.now = NOON


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def canary(gazetteer: Gazetteer, clock: Clock) -> Iterator[Canary]:
    site = Site(name="Duty desk", base_url="https://alerts.example")
    made = Canary(
        gazetteer=gazetteer,
        renderer=mail_renderer(site, report=lambda fault: None, pictures=PICTURES),
        clock=lambda: clock.now,
    )
    yield made
    made.close()


def said(canary: Canary, clock: Clock, later: timedelta = timedelta(0)) -> list[str]:
    """What it says after so long."""
    clock.now += later
    return [trouble.text for trouble in canary.look(clock.now)]


async def test_it_comes_out_as_one_mail_to_nobody(canary: Canary, clock: Clock) -> None:
    assert said(canary, clock) == []
    canary.read()
    await canary.deliver()
    assert canary.came_out == NOON
    assert said(canary, clock, HOUR / 2) == []
    [mail] = canary._way.came
    assert mail.recipient == READER
    assert b"The canary sang in Geneva" in mail.message


async def test_another_is_put_in_each_hour(canary: Canary, clock: Clock) -> None:
    for _ in range(3):
        assert said(canary, clock) == []
        canary.read()
        await canary.deliver()
        assert canary.came_out == clock.now
        clock.now += HOUR / 2
        canary.read()
        await canary.deliver()
        assert canary.came_out == clock.now - HOUR / 2
        clock.now += HOUR / 2


async def test_it_says_that_it_was_never_read(canary: Canary, clock: Clock) -> None:
    said(canary, clock)
    await canary.deliver()
    assert said(canary, clock, 9 * MINUTE) == []
    [text] = said(canary, clock, 2 * MINUTE)
    assert "put in at 2026-03-02 12:00 UTC, did not come out as a mail: it was not read" in text
    canary.read()
    await canary.deliver()
    assert said(canary, clock, MINUTE) == []


async def test_it_says_that_no_mail_of_it_came_out(canary: Canary, clock: Clock) -> None:
    said(canary, clock)
    canary.read()
    [text] = said(canary, clock, 11 * MINUTE)
    assert "it was read, but no mail of it came out" in text


async def test_it_says_that_reading_broke_off_and_another_one_follows(
    canary: Canary, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: object, clock: object) -> None:
        raise ZeroDivisionError("never mind")

    with monkeypatch.context() as patched:
        patched.setattr(Analyst, "run", broken)
        said(canary, clock)
        canary.read()
    [text] = said(canary, clock, MINUTE)
    assert "reading it broke off (ZeroDivisionError: never mind)" in text
    assert "the canary broke off in reading" in caplog.text
    canary.read()
    await canary.deliver()
    assert said(canary, clock, 5 * MINUTE) == []
    assert canary.came_out == NOON + MINUTE


async def test_it_says_that_its_article_made_no_alert(
    canary: Canary, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary_module, "TEXT", "Nobody sang at noon on the roof of the mill in Geneva.")
    said(canary, clock)
    canary.read()
    [text] = said(canary, clock, MINUTE)
    assert "it was read, and made no alert" in text


async def test_it_says_that_its_mail_did_not_come_out(
    canary: Canary, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: Way, envelope: Envelope) -> None:
        raise MailError("no", reason="broken", permanent=True)

    monkeypatch.setattr(Way, "send", refused)
    said(canary, clock)
    canary.read()
    await canary.deliver()
    [text] = said(canary, clock, MINUTE)
    assert "0 mails came out instead of one" in text


def test_its_rule_is_sound(canary: Canary, tmp_path: Path, gazetteer: Gazetteer) -> None:

    assert sound(tmp_path, gazetteer, canary=canary_module.RULE).ruleset.by_name
