"""An installation for tests of the whole service: a feed server on loopback, a configuration, rules, readers."""

from __future__ import annotations

import email
import email.policy
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from alerts.config import Config, load
from alerts.configured import open_store
from alerts.reports import Watch
from alerts.service import Service
from alerts.store import feeds, people
from alerts.store.database import open_database, reading, writing
from alerts.types import SEVERITIES
from tests.engine.world import SHELLING
from tests.fakes.feeds import FeedServer, Item, rss

READERS = ("one@example.org", "two@example.org")
# Nobody waits, and nobody gets a digest because many reports came at once.
AT_ONCE = "\n".join(
    ("most_per_hour = 10000", "most_per_day = 10000", *(f'wait_{level} = "0 seconds"' for level in SEVERITIES))
)
CONFIG = """\
[service]
data = "data"
name = "Duty desk"
{service}
[rules]
shipped = false
folders = ["rules"]
[templates]
folder = "templates"
[collect]
interval = "1 second"
min_interval = "1 second"
host_gap = "0 seconds"
max_backoff = "1 second"
allow_hosts = {hosts}
[read]
gazetteer = {gazetteer}
[notify]
{notify}
retry_first = "1 second"
retry_max = "2 seconds"
[web]
port = {port}
{more}
"""


def report(town: str, number: int = 0, *, killed: int = 12, ago: float = 60.0, dated: bool = True) -> Item:
    """A report that fires, published `ago` seconds ago."""
    at = datetime.now(UTC) - timedelta(seconds=ago)
    return Item(
        title=f"Report {number} from {town}",
        guid=f"tag:example.org,2026:{town}-{number}",
        link=f"https://example.org/{town}/{number}",
        html=f"<p>Government forces shelled {town}, killing {killed} people.</p>",
        published=format_datetime(at, usegmt=True) if dated else "",
    )


async def look(service: Service) -> None:
    """Let it see what changed in its folders of rules. Where machines share them, the first look waits for whoever is
    still writing."""
    if service.heart is not None:
        await service.keeper.look()
    await service.keeper.look()


@dataclass(slots=True)
class Newsdesk:
    """The installation in `folder`; make it with `set_up`. `service_lines` of its configuration may make it one of the
    machines that share the work (`tests.engines`)."""

    folder: Path
    server: FeedServer
    gazetteer: Path
    items: dict[str, list[Item]] = field(default_factory=dict)
    service_lines: str = ""
    _looked: Engine | None = None

    @property
    def config_path(self) -> Path:
        return self.folder / "config.toml"

    @property
    def config(self) -> Config:
        return load(self.config_path)

    @property
    def shares(self) -> bool:
        """Whether it is one of the machines that share the work; it is the only one."""
        return "cluster" in self.service_lines

    @property
    def database(self) -> Path:
        """Of one machine alone, on SQLite."""
        assert not self.service_lines
        return self.folder / "data" / "alerts.db"

    def set_up(
        self,
        *,
        papers: Iterable[str] = ("daily",),
        readers: Iterable[str] = READERS,
        port: int = 8080,
        service: str = "",
        notify: str = AT_ONCE,
        more: str = "",
        hosts: Iterable[str] = (),
    ) -> None:
        """Write the files, and add feeds and readers to the database."""
        hosts = [self.server.address, f"localhost:{self.server.port}", *hosts]
        words = CONFIG.format(
            hosts=json.dumps(hosts),
            gazetteer=json.dumps(str(self.gazetteer)),
            port=port,
            service=self.service_lines + service,
            notify=notify,
            more=more,
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config_path.write_text(words, encoding="utf-8")
        (self.folder / "templates").mkdir()
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "shelling.toml").write_text(SHELLING, encoding="utf-8")
        engine = open_store(self.config)
        now = datetime.now(UTC)
        with writing(engine) as conn:
            for address in readers:
                people.add_person(conn, address, now=now)
        engine.dispose()
        for paper in papers:
            self.add_paper(paper)

    def add_paper(self, paper: str, url: str = "") -> None:
        """A feed, polled each second; without items it is served empty."""
        self.publish(paper)
        engine = open_store(self.config)
        with writing(engine) as conn:
            feeds.add_feed(
                conn,
                url or self.server.url(f"/{paper}"),
                now=datetime.now(UTC),
                interval=timedelta(seconds=1),
                source=paper.capitalize(),
            )
        engine.dispose()

    def publish(self, paper: str, *items: Item) -> None:
        """Put items on top of a paper's feed; one with the same guid replaces the old."""
        new = {item.guid for item in items}
        self.items[paper] = [*items, *(item for item in self.items.get(paper, []) if item.guid not in new)]
        self.server.serve(rss(self.items[paper], title=paper), f"/{paper}")

    def service(self, watch: Watch | None = None) -> Service:
        """A prepared service on it."""
        made = Service(self.config, watch=watch)
        made.prepare()
        return made

    def mails(self) -> list[tuple[str, str]]:
        """(reader, subject) of each mail in the Maildir, in order."""
        found = []
        for path in (self.folder / "data" / "mail" / "new").glob("*"):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            found.append((str(mail["To"]), str(mail["Subject"])))
        return sorted(found)

    def mail_texts(self) -> list[str]:
        """The texts of the mails, as they are on disk and decoded."""
        found = []
        for path in sorted((self.folder / "data" / "mail" / "new").glob("*")):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = mail.get_body(("plain",))
            assert body is not None
            found.append(str(body.get_content()))
        return found

    @property
    def store(self) -> Engine:
        """The database, opened from outside the service and without its secret."""
        if self._looked is None:
            self._looked = open_database(self.config.database_url)
        return self._looked

    def close(self) -> None:
        """Look into the database no more."""
        if self._looked is not None:
            self._looked.dispose()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database. Times are strings in SQLite and times in PostgreSQL."""
        with reading(self.store) as conn:
            return [tuple(row) for row in conn.execute(text(query))]

    def all_due(self) -> None:
        """Let all feeds be polled as soon as somebody looks."""
        with writing(self.store) as conn:
            conn.execute(text("UPDATE feed SET next_due = added"))

    def number(self, query: str) -> int:
        [[found]] = self.ask(query)
        assert isinstance(found, int)
        return found

    def states(self) -> Counter[str]:
        """How many mails are in which state."""
        return Counter(str(state) for (state,) in self.ask("SELECT state FROM outbox"))

    def left_half(self) -> list[str]:
        """What a service that has ended cleanly leaves in none of these places."""
        found = [f"leased feed {url}" for (url,) in self.ask("SELECT url FROM feed WHERE lease_token IS NOT NULL")]
        found += [f"{state} mail {number}" for number, state in self.ask(
            "SELECT id, state FROM outbox WHERE state = 'sending' OR lease_token IS NOT NULL"
        )]  # fmt: skip
        if self.shares:
            found += [f"a job of {queue}" for (queue,) in self.ask(
                "SELECT queue_name FROM procrastinate_jobs WHERE status = 'doing'"
            )]  # fmt: skip
            found += [f"the machine {name}" for (name,) in self.ask("SELECT name FROM machine")]
        found += [f"file {path.name}" for path in (self.folder / "data" / "mail" / "tmp").glob("*")]
        return found
