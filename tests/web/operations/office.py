"""A service with readers and alerts, some of which wait for a person, and who works there: each in a browser that keeps
its cookie and sends what the forms of a page hold."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from alerts.engine.rulebook import Rulebook
from alerts.notify.joining.entering import mark_of
from alerts.notify.message.compose import Sender
from alerts.notify.preview import Preview
from alerts.read.places import Gazetteer
from alerts.readers import Wishes
from alerts.render.mail import MailRenderer, mail_renderer
from alerts.render.pictures import Pictures
from alerts.render.view import Site
from alerts.roles import OperatorRole
from alerts.store import audit, operators, people, sessions
from alerts.store.audit import Entry
from alerts.store.database import reading, writing
from alerts.store.feeds import FeedRow
from alerts.track.policy import Desk
from alerts.web.access.visitor import COOKIE
from alerts.web.app import WebSettings, create_app
from alerts.web.operations.operating import Operating
from tests.engine.world import World
from tests.store.dumped import dump
from tests.web.client import FORM, Answer, ask
from tests.web.html import Page

BASE = "https://alerts.example/desk"
SECRET = b"s" * 32
NAMES: Mapping[OperatorRole, str] = {"viewer": "Vera", "analyst": "Ana", "admin": "Adam"}
DESK = Desk(triage_from="severe", triage_for=timedelta(hours=1))


@dataclass(slots=True)
class Office:
    """Alert 1 (Djibo, severe) was told and its mails are sent, alert 2 (Aleppo, severe) was told and waits in the
    queue; 3 (Idlib, severe) and 4 (Homs, extreme) wait for a person, and are told in an hour if nobody comes. Two
    readers want Syria, the third everything."""

    rulebook: Rulebook
    gazetteer: Gazetteer
    world: World = field(init=False)
    app: Starlette = field(init=False)
    operating: Operating = field(init=False)
    readers: list[int] = field(init=False)
    _kept: bytes = field(init=False)
    _began: datetime = field(init=False)
    _feeds: dict[str, FeedRow] = field(init=False)

    def __post_init__(self) -> None:
        world = self.world = World(self.rulebook, self.gazetteer)
        syria = Wishes(countries=("SYR",))
        with writing(world.engine) as conn:
            self.readers = [
                people.add_person(conn, f"{name}@readers.example", now=world.now, wishes=wishes).id
                for name, wishes in (("sami", syria), ("rim", syria), ("ines", Wishes()))
            ]
        world.hear("Shells fell on Djibo, killing 12 civilians.", title="Shelling in the north")
        world.send_all()
        world.later(minutes=30)
        world.hear("Shells fell on Aleppo, killing 30 civilians.", source="North Wire", title="Aleppo")
        world.tracker.desk = DESK
        world.later(minutes=10)
        world.hear("Shells fell on Idlib, killing 14 civilians.", source="North Wire", title="Idlib")
        world.later(minutes=10)
        world.hear("Shells fell on Homs, killing 120 civilians.", source="Ministry <script>", title="Homs & around")
        world.later(minutes=5)
        self.operating = Operating(tracker=world.tracker, preview=Preview(renderer=_renderer(), sender=_SENDER))
        settings = WebSettings(name="Northern Desk", base_url=BASE, overview_kept=0.0)
        self.app = create_app(
            world.engine,
            settings,
            now=lambda: world.now,
            operating=self.operating,
            rulebook=lambda: world.rulebook,
            places=self.gazetteer,
        )
        self._kept, self._began, self._feeds = self._database().serialize(), world.now, dict(world._feeds)

    def enter(self, role: OperatorRole) -> Clerk:
        """Somebody of this role logs in."""
        with writing(self.world.engine) as conn:
            known = next((one for one in operators.list_all(conn) if one.role == role), None)
            known = known or operators.add(conn, f"{role}@desk.example", role, NAMES[role], self.world.now)
            sessions.begin(conn, mark_of(f"{role}'s"), person_id=known.person_id, series=0, now=self.world.now)
        return Clerk(self, {"cookie": f"{COOKIE}={role}'s"})

    def _database(self) -> sqlite3.Connection:
        found = self.world.engine.raw_connection().driver_connection
        assert isinstance(found, sqlite3.Connection)
        return found

    def begin_anew(self) -> None:
        """As it was at first: an office that is furnished once for all tests, with its statements compiled."""
        self._database().deserialize(self._kept)
        self.world.now, self.world._feeds = self._began, dict(self._feeds)
        self.world.tracker.desk = DESK
        self.operating.faults._met.clear()

    def dump(self) -> dict[str, list[Any]]:
        """All that is stored."""
        return dump(self.world.engine)

    def audited(self) -> list[Entry]:
        """What stands in the audit log, the latest first."""
        with reading(self.world.engine) as conn:
            return audit.list_entries(conn, 100)

    def state(self, number: int) -> str:
        return self.world.alerts()[number - 1].alert.state

    def triage(self, number: int) -> str | None:
        return self.world.alerts()[number - 1].alert.triage


def _renderer() -> Callable[[], MailRenderer]:
    site, pictures = Site(name="Northern Desk", base_url=BASE), Pictures()
    return lambda: mail_renderer(site, report=lambda fault: None, pictures=pictures)


_SENDER = Sender(
    address="desk@alerts.example",
    name="Northern Desk",
    secret=SECRET,
    links_expire=timedelta(days=7),
    base_url=BASE,
    inbox=False,
    subscribe=True,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with its forms, each by what its button says."""

    answer: Answer
    page: Page
    forms: Mapping[str, tuple[str, list[tuple[str, str]]]]

    @property
    def text(self) -> str:
        return self.page.text


@dataclass(slots=True)
class Clerk:
    """Somebody who works there, at a browser."""

    office: Office
    headers: dict[str, str]

    def see(self, path: str) -> Sheet:
        """A page, which must be one."""
        answer = ask(self.office.app, path, headers=self.headers)
        assert answer.status == 200, (path, answer.status, answer.text)
        return sheet(answer)

    def press(self, before: Sheet, button: str, **typed: str) -> Answer:
        """Press a button of a page, with what was typed into the fields of its form."""
        action, fields = before.forms[button]
        sent = [(name, typed.pop(name, value)) for name, value in fields]
        sent += [(name, value) for name, value in typed.items()]
        return self.send(action, sent)

    def send(self, action: str, sent: list[tuple[str, str]]) -> Answer:
        headers = {**self.headers, "Content-Type": FORM, "Sec-Fetch-Site": "same-origin"}
        path = action.removeprefix("/desk")
        return ask(self.office.app, path, method="POST", headers=headers, body=urlencode(sent).encode())

    def follow(self, answer: Answer) -> Sheet:
        """The page to which an answer leads."""
        assert answer.status == 303, (answer.status, Page(answer.text).text)
        return self.see(answer.headers["location"].removeprefix("/desk"))

    def do(self, path: str, button: str, **typed: str) -> str:
        """Press a button of a page; what the next page says of it."""
        return notice(self.follow(self.press(self.see(path), button, **typed)))


def notice(found: Sheet) -> str:
    """What a page says came of the last button, or why nothing did."""
    said = re.search(r'<p class="notice (?:done|alarm)" role="\w+">(.*?)</p>', found.answer.text, re.DOTALL)
    return unescape(said[1]) if said else ""


def sheet(answer: Answer) -> Sheet:
    """A page that was answered, with its forms."""
    return Sheet(answer, Page(answer.text), dict(_forms(answer.text)))


def _forms(text: str) -> list[tuple[str, tuple[str, list[tuple[str, str]]]]]:
    """Each form that sends something: the words of its button, where it goes, and what it sends unless changed."""
    found = []
    for part in text.split("<form ")[1:]:
        inside = Page(f"<!DOCTYPE html><form {part.partition('</form>')[0]}</form>")
        [form] = inside.all("form")
        if form.get("method") != "post":
            continue
        fields = [
            (one["name"], one.get("value", ""))
            for tag, one in inside.elements
            if tag == "input" and (one.get("type") != "checkbox" or "checked" in one)
        ]
        chosen = _selected(inside)
        [button] = inside.inside("button")
        found.append((button, (form["action"], [*fields, *chosen])))
    return found


def _selected(form: Page) -> list[tuple[str, str]]:
    """What the fields to choose from send: what is selected, or the first."""
    found: dict[str, str] = {}
    name = ""
    for tag, one in form.elements:
        if tag == "select":
            name = one["name"]
        elif tag == "option" and (name not in found or "selected" in one):
            found[name] = one["value"]
    return list(found.items())
