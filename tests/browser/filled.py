"""A service with something of everything, furnished once a run: alerts in every state, some that wait for a person,
silences, held mails, rules with faults, readers, operators. Each test that wants it gets a copy of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select, update
from starlette.applications import Starlette

from alerts.config import load
from alerts.configured import desk_of
from alerts.notify.joining import signup
from alerts.notify.joining.entering import mark_of
from alerts.notify.message import links, passes
from alerts.readers import ALL
from alerts.service import Service
from alerts.store import bulletins, judgements, operators, people, sessions
from alerts.store import silences as silence_store
from alerts.store.database import reading, writing
from alerts.store.schema import alert, outbox
from alerts.track.silence import Silence
from alerts.web.running import pages_of
from tests.e2e.newsdesk import Newsdesk, report
from tests.engine.lab.texts import WATER
from tests.engine.world import CUT_OFF, TRUCE
from tests.fakes.feeds import FeedServer, Item
from tests.store.dumped import dump
from tests.web.archive import GOMA, LEBANON, Report, Told, tell
from tests.web.archive import people as number_of

ADMIN: Final = "secret-of-an-admin"
LOGIN: Final = "0" * 40
IN_MAILS: Final = "http://127.0.0.1:8080"
"""How mails call the service: as it was when they were written."""
MORE: Final = '[triage]\nfrom = "extreme"\nlet_go = "1 hour"\n[subscribe]\nopen = true\n'


@dataclass(frozen=True, slots=True)
class Filled:
    """`tokens`: for each page that is reached by the link of a mail, one that makes it do something. `told`: the first
    alerts that readers were told of."""

    service: Service
    app: Starlette
    site: str
    tokens: Mapping[str, str]
    told: tuple[int, ...]

    @property
    def links(self) -> list[str]:
        """The paths of the links of mails."""
        return [page.format(token=token) for page, token in self.tokens.items()]

    def enter(self) -> None:
        """The admin logs in, unless they are in."""
        with writing(self.service.engine) as conn:
            now = datetime.now(UTC)
            if sessions.find(conn, mark_of(ADMIN), now) is None:
                sessions.begin(conn, mark_of(ADMIN), person_id=_number(conn, "Adam"), series=0, now=now)

    def send_link(self) -> None:
        """The viewer is sent a link to log in: now, for it is good for a quarter of an hour only."""
        with writing(self.service.engine) as conn:
            who, now = _number(conn, "Vera"), datetime.now(UTC)
            sessions.put_link(conn, mark_of(LOGIN), person_id=who, series=0, goal="/", now=now)

    def dump(self) -> dict[str, list[Any]]:
        """All that is stored."""
        return dump(self.service.engine)


def furnish(gazetteer: Path, folder: Path) -> None:
    asyncio.run(_furnish(gazetteer, folder))


async def _furnish(gazetteer: Path, folder: Path) -> None:
    async with FeedServer() as server:
        desk = Newsdesk(folder / "desk", server, gazetteer)
        desk.set_up(readers=("ana@readers.example", "rim@readers.example"), papers=("daily", "wire"), more=MORE)
        rules = {"cut_off": CUT_OFF, "truce": TRUCE, "water": WATER, "broken": WATER.replace("[severity]", "[severty]")}
        for name, text in rules.items():
            (desk.folder / "rules" / f"{name}.toml").write_text(text, encoding="utf-8")
        desk.publish("daily", *(report(town) for town in ("Taiz", "Aden")), report("Marib", 1, killed=150))
        desk.publish("daily", report("Mokha", 2, killed=250), *_happened("Gunmen besieged Djibo.", "Djibo"))
        desk.publish("wire", *_happened("The army and the rebels agreed to a truce in Burkina Faso.", "Ouagadougou"))
        service = desk.service()
        await service.open()
        try:
            await service.step()
            desk.publish("wire", report("Taiz", 5, killed=45, ago=30))
            with writing(service.engine) as conn:
                conn.exec_driver_sql("UPDATE feed SET next_due = added")
            await service.step()
            with writing(service.engine) as conn:
                now = datetime.now(UTC)
                _tell(conn, now)
                _people(conn, service, now)
                _desk(conn, now)
        finally:
            await service.close()


def _happened(text: str, name: str) -> list[Item]:
    return [Item(title=name, guid=name, link=f"https://example.org/{name}", html=f"<p>{text}</p>")]


def _tell(conn: Connection, now: datetime) -> None:
    """Alerts in every state, with words of other scripts and markup in them."""
    start = now - timedelta(days=3)
    copied = (
        Report(source="أخبار", title="قصف على جيبو", sentence="<b>Shells</b> & worse fell.", quote="<b>Shells</b>"),
        Report(source="Copying Times", copies=0, hours=1),
    )
    toll = tuple(Told(why="more victims", changes=("12 → 45 killed",), hours=hours) for hours in (3, 6))
    numbers = {"killed": number_of(45, 60)}
    told = tell(conn, *copied, versions=(Told(), *toll), severity="extreme", start=start, numbers=numbers)
    judgements.judge(conn, told, "right", who="Adam", why="seen by us", now=now)
    denied = {"denied_by": ["Radio"]}
    tell(conn, Report(counts=False), place=LEBANON, start=start, severity="moderate", state="ended", told=denied)
    tell(conn, place=GOMA, severity="minor", state="cancelled", start=start, versions=(Told(), Told(kind="cancel")))
    tell(conn, place=None, state="closed", start=start, versions=(Told(), Told(kind="close")))
    for number in range(6):
        tell(conn, title=f"Attack {number} in Goma", place=GOMA, start=start - timedelta(hours=number))


def _people(conn: Connection, service: Service, now: datetime) -> None:
    """An admin, a viewer, and a stranger who was asked for a yes."""
    operators.add(conn, "adam@desk.example", "admin", "Adam", now)
    operators.add(conn, "vera@desk.example", "viewer", "Vera", now)
    signup.ask(desk_of(service.config, service.secret), conn, "zoe@readers.example", ALL, how="web", now=now)


def _desk(conn: Connection, now: datetime) -> None:
    """What operators did, and mails that failed, are held, or may have gone twice."""
    until = now + timedelta(days=7)
    draft = Silence(rules=("shelling",), place=GOMA, author="Adam", why="known", created=now, until=until)
    silence_store.add(conn, draft, now)
    bulletins.add(conn, kind="test", subject="A test", body="It is one.", now=now)
    for number, state in ((1, "failed"), (2, "ambiguous"), (3, "held")):
        conn.execute(update(outbox).where(outbox.c.id == number).values(state=state, last_error="550 no"))


def opened(folder: Path, site: str) -> Filled:
    """What was furnished there, as a prepared service with its pages at the address `site`."""
    settings = folder / "desk" / "config.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[web]\n", f'[web]\nbase_url = "{site}"\n'), encoding="utf-8")
    service = Service(load(settings))
    service.prepare()
    with reading(service.engine) as conn:
        told = tuple(
            conn.execute(select(alert.c.id).where(alert.c.version > 0).order_by(alert.c.id).limit(7)).scalars()
        )
    app = pages_of(service)
    app.state.web.checks["stages"] = lambda: "ok"  # it stands still here, and `/readyz` would say so
    made = Filled(service, app, site, _tokens(service, told[0]), told)
    made.enter()
    made.send_link()
    return made


def _number(conn: Connection, operator: str) -> int:
    known = operators.find_by_name(conn, operator)
    assert known is not None
    return known.person_id


def _tokens(service: Service, told: int) -> dict[str, str]:
    now, secret = datetime.now(UTC), service.secret
    with reading(service.engine) as conn:
        ana, rim, zoe = (people.find_person(conn, f"{name}@readers.example") for name in ("ana", "rim", "zoe"))
    assert ana is not None and rim is not None and zoe is not None
    preferences = passes.make(secret, "preferences", ana.id, now=now)
    return {
        "/v/{token}": links.sign(secret, alert_id=str(told), version=1, person_id=ana.id, now=now),
        "/confirm/{token}": passes.make(secret, "confirm", zoe.id, series=zoe.series, now=now),
        "/unsubscribe/{token}": passes.make(secret, "unsubscribe", rim.id),
        "/preferences/{token}": preferences,
        "/preferences/{token}/copy.json": preferences,
        "/forget/{token}": preferences,
        "/login/{token}": LOGIN,
    }
