"""A person looks first, through the whole service: from a report to the mail, or to no mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.cli.run import alerts
from tests.e2e.newsdesk import READERS, Newsdesk, report

TRIAGE = '[triage]\nfrom = "extreme"\nlet_go = "1 hour"'


@dataclass(slots=True)
class Clock:
    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def subjects(desk: Newsdesk) -> set[str]:
    return {subject for _, subject in desk.mails()}


def waiting(desk: Newsdesk) -> dict[str, str]:
    """What waits for a person: the ids of alerts by the town."""
    rows = alerts("triage", "list", "--json", "-c", desk.config_path).rows
    return {row["place"]["name"]: row["id"] for row in rows}


async def test_one_is_approved_one_dropped_and_one_let_go(desk: Newsdesk) -> None:
    desk.set_up(readers=READERS[:1], more=TRIAGE)
    desk.publish("daily", *(report(town, killed=150) for town in ("Taiz", "Marib", "Mokha")), report("Hodeidah"))
    service, clock = desk.service(), Clock()
    service.clock = clock
    await service.open()
    try:
        await service.step()
        told = {"Shelling in Hodeidah: 12 people killed"}
        assert subjects(desk) == told
        ids = waiting(desk)
        assert set(ids) == {"Taiz", "Marib", "Mokha"}

        approved = alerts("triage", "approve", ids["Taiz"], "--title", "Market of Taiz shelled", "-c", desk.config_path)
        assert (approved.code, approved.err) == (0, "")
        assert alerts("triage", "drop", ids["Marib"], "--why", "a film", "-c", desk.config_path).code == 0
        await service.step()
        assert subjects(desk) == told | {"Market of Taiz shelled"}
        assert set(waiting(desk)) == {"Mokha"}

        clock.ahead = timedelta(hours=1)
        await service.step()
        await service.step()
    finally:
        await service.close()
    assert subjects(desk) == told | {"Market of Taiz shelled", "Shelling in Mokha: 150 people killed"}
    assert len(desk.mails()) == 3
    [unreviewed] = [text for text in desk.mail_texts() if "not reviewed by a person" in text]
    assert unreviewed.startswith("Shelling in Mokha")
    assert not any("Marib" in text for text in desk.mail_texts())
    assert waiting(desk) == {}
