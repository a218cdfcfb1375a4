"""A silence in the whole service: mails are kept back and nothing else; what is extreme passes; and the first mail
after it says what was missed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from alerts.service import Service
from alerts.store import alerts, silences
from alerts.store.database import reading, writing
from alerts.store.status import status
from alerts.track.silence import Silence
from tests.e2e.newsdesk import READERS, Newsdesk, report


@asynccontextmanager
async def opened(desk: Newsdesk) -> AsyncIterator[Service]:
    """A service whose clock somebody else moves, with two papers and a reader."""
    desk.set_up(papers=("daily", "courier", "herald"), readers=READERS[:1])
    service = desk.service()
    await service.open()
    try:
        yield service
    finally:
        await service.close()


def silence(service: Service, place: str) -> Silence:
    now = service.clock()
    wanted = Silence(
        rules=("shelling",),
        place=service.gazetteer.lookup(place),
        author="ana",
        why="an exercise",
        created=now,
        until=now + timedelta(days=7),
    )
    with writing(service.engine) as conn:
        return silences.add(conn, wanted, now)


async def print_in(service: Service, desk: Newsdesk, paper: str, number: int, killed: int) -> None:
    desk.publish(paper, report("Taiz", number, killed=killed))
    with writing(service.engine) as conn:
        conn.execute(text("UPDATE feed SET next_due = added"))
    await service.step()


async def test_a_silenced_alert_mails_nobody_and_is_kept_in_all_else(desk: Newsdesk) -> None:
    async with opened(desk) as service:
        made = silence(service, "Yemen")
        await print_in(service, desk, "daily", 0, 12)
        await print_in(service, desk, "courier", 1, 40)
        assert desk.mails() == []
        with reading(service.engine) as conn:
            [listed] = alerts.list_alerts(conn)
            record = alerts.get_alert(conn, listed.alert.id)
            now = status(conn, service.clock())
            hidden = silences.hidden_by(conn, made.id)
            kept = silences.get(conn, made.id)
        assert record is not None
        assert (record.alert.severity, len(record.evidence)) == ("severe", 2)
        assert (now.silences, now.silenced_today) == (1, 1)
        assert [(one.alert_id, one.severity) for one in hidden] == [(record.alert.id, "severe")]
        assert desk.states().keys() == {"silenced"}
        assert kept is not None
        assert kept.last_hid is not None


@pytest.mark.engines("local", "cluster")
async def test_what_becomes_extreme_passes_and_says_what_was_kept_back(desk: Newsdesk) -> None:
    async with opened(desk) as service:
        silence(service, "Taiz")
        await print_in(service, desk, "daily", 0, 12)
        assert desk.mails() == []
        await print_in(service, desk, "courier", 1, 120)
        [mail] = desk.mail_texts()
        assert "about this alert did not reach you, because of a silence: first report" in mail


async def test_the_first_mail_after_a_silence_says_what_was_missed_and_the_next_one_does_not(desk: Newsdesk) -> None:
    async with opened(desk) as service:
        made = silence(service, "Taiz")
        await print_in(service, desk, "daily", 0, 12)
        with writing(service.engine) as conn:
            silences.end(conn, made.id, service.clock(), "it is over")
        await print_in(service, desk, "courier", 1, 50)
        [first] = desk.mail_texts()
        assert "One mail about this alert did not reach you, because of a silence: first report" in first
        await print_in(service, desk, "herald", 2, 200)
        assert len(desk.mail_texts()) == 2
        [second] = [one for one in desk.mail_texts() if one != first]
        assert "did not reach you" not in second


async def test_alerts_of_another_place_are_mailed_meanwhile(desk: Newsdesk) -> None:
    async with opened(desk) as service:
        silence(service, "Aden")
        await print_in(service, desk, "daily", 0, 12)
        assert len(desk.mails()) == 1
        assert desk.states() == {"accepted": 1}
