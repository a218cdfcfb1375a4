"""One happening, one mail, and extreme ones again: the whole service between a feed server and a mail server."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from alerts.engine.acts import Actor, acknowledge
from alerts.service import Service
from alerts.store import people
from alerts.store.database import writing
from tests.e2e.newsdesk import Newsdesk
from tests.fakes.feeds import Item
from tests.fakes.smtp import FakeSmtp

STRIKE = (
    "Government warplanes bombed a hospital in Taiz despite the ceasefire, killing 12 people and wounding 30, "
    "doctors said."
)
SHELLED = "Government forces shelled Taiz, killing 120 people."
AGAIN = "At least 14 people were killed when warplanes bombed a hospital in Taiz, rescuers told reporters at the scene."


@dataclass(slots=True)
class Clock:
    """The present, and some more."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **length: float) -> None:
        self.ahead += timedelta(**length)


def item(number: int, text: str) -> Item:
    return Item(
        title=f"Report {number}",
        guid=f"tag:example.org,2026:strike-{number}",
        link=f"https://example.org/strike/{number}",
        html=f"<p>{text}</p>",
        published=format_datetime(datetime.now(UTC) - timedelta(seconds=60), usegmt=True),
    )


def set_up(desk: Newsdesk, mail: FakeSmtp, *, more: str = "") -> None:
    """The waits of the example, and a mail server."""
    more += f'[smtp]\nhost = "127.0.0.1"\nport = {mail.port}\n'
    desk.set_up(papers=("daily", "post"), notify="", more=more)


def take_shipped_rules(desk: Newsdesk) -> None:
    text = desk.config_path.read_text(encoding="utf-8")
    desk.config_path.write_text(text.replace("shipped = false", "shipped = true"), encoding="utf-8")
    (desk.folder / "rules" / "shelling.toml").unlink()


@asynccontextmanager
async def opened(desk: Newsdesk, clock: Clock) -> AsyncIterator[Service]:
    service = Service(desk.config, clock=clock)
    service.prepare()
    await service.open()
    try:
        yield service
    finally:
        await service.close()


def got(mail: FakeSmtp) -> list[EmailMessage]:
    found = []
    for one in mail.received:
        message = email.message_from_bytes(one.message, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def test_a_strike_on_a_hospital_in_a_ceasefire_is_one_mail(desk: Newsdesk) -> None:
    clock = Clock()
    async with FakeSmtp() as mail:
        set_up(desk, mail)
        take_shipped_rules(desk)
        desk.publish("daily", item(1, STRIKE))
        async with opened(desk, clock) as service:
            await service.step()
            assert got(mail) == []
            told = {str(rule) for (rule,) in desk.ask("SELECT rule FROM alert")}
            assert {"health_attack", "ceasefire_violation", "protected_attack", "attack"} <= told
            clock.advance(seconds=10)
            desk.publish("post", item(2, AGAIN))
            await service.step()
            assert got(mail) == []
            clock.advance(seconds=25)
            await service.step()
            assert sorted(str(one["To"]) for one in got(mail)) == ["one@example.org", "two@example.org"]
            clock.advance(hours=1)
            await service.step()
        assert len(got(mail)) == 2
    for one in got(mail):
        lead, _, rest = text(one).partition("IN THE SAME MAIL")
        assert str(one["Subject"]).startswith("Attack on health care in Taiz")
        assert str(one["Subject"]).endswith("(and 1 more)")
        assert "Daily" in lead and "Post" in lead
        truce, _, covered = rest.partition("ALSO REPORTED (covered by the above)")
        assert "ceasefire" in truce.lower()
        assert covered.count("\n- ") == 2
    assert set(desk.states()) == {"accepted", "inhibited", "withdrawn"}


async def test_an_extreme_alert_is_told_again_until_somebody_has_it(desk: Newsdesk) -> None:
    clock = Clock()
    async with FakeSmtp() as mail:
        set_up(desk, mail, more='[escalation]\nto = ["night@example.org"]\ntimes = 1\n')
        desk.publish("daily", item(1, SHELLED))
        async with opened(desk, clock) as service:
            await service.step()
            clock.advance(minutes=1)
            await service.step()
            [(alert_id,)] = desk.ask("SELECT id FROM alert WHERE rule = 'shelling'")
            with writing(service.engine) as conn:
                one = people.find_person(conn, "one@example.org")
                assert one is not None
                acknowledge(conn, str(alert_id), Actor(who="one", person_id=one.id), now=clock())
            for _ in range(3):
                clock.advance(hours=2)
                await service.step()
                await service.deliver()
    again = [str(one["To"]) for one in got(mail) if str(one["Subject"]).startswith("[Reminder 1] Shelling in Taiz")]
    assert again == ["two@example.org"]
    assert "night@example.org" not in [one["To"] for one in got(mail)]


async def test_what_nobody_has_comes_to_those_who_are_named(desk: Newsdesk) -> None:
    clock = Clock()
    async with FakeSmtp() as mail:
        set_up(desk, mail, more='[escalation]\nto = ["night@example.org"]\ntimes = 0\n')
        desk.publish("daily", item(1, SHELLED))
        async with opened(desk, clock) as service:
            for hours in (0, 1, 2):
                await service.step()
                await service.deliver()
                clock.advance(hours=hours, minutes=1)
            await service.step()
            await service.deliver()
    [last] = [one for one in got(mail) if one["To"] == "night@example.org"]
    assert "nobody has acknowledged this alert" in text(last)
