"""The demo: the real service from end to end, on a clock that runs through twelve weeks in seconds."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from alerts.config import Config, read
from alerts.demo.server import USUAL_MISHAPS, DemoServer
from alerts.demo.story import Story, load
from alerts.engine.analysis import Report
from alerts.errors import WebError
from alerts.readers import Wishes
from alerts.reports import Watch
from alerts.service import Service
from alerts.store import alerts, feeds, outbox, people
from alerts.store.database import reading, writing
from alerts.toml_lines import Document
from alerts.types import Severity
from alerts.web.running import pages_of
from alerts.web.serve import WebServer

# What is published is polled this long afterwards, in story time.
_DELAY = timedelta(minutes=2)
_POLL_EVERY = timedelta(minutes=1)
_WATCHED = ("displacement", "siege", "ceasefire", "ceasefire_violation", "aid_obstruction")
_READERS: tuple[tuple[str, tuple[str, ...], Severity], ...] = (
    ("duty-officer@example.org", (), "minor"),
    ("analyst@example.org", _WATCHED, "moderate"),
)
_CONFIG = """\
# The configuration of the demo. A real one starts from config.example.toml.
[service]
name = "alerts demo"
{service}
[collect]
interval = "1 minute"
min_interval = "1 minute"
host_gap = "0 seconds"
max_backoff = "2 minutes"
allow_hosts = ["127.0.0.1:{feeds}"]

[notify]
# The story's clock leaps from one report to the next: what belongs together arrives at one moment.
wait_extreme = "0 seconds"
wait_severe = "0 seconds"
wait_moderate = "0 seconds"
wait_minor = "0 seconds"

[escalation]
times = 0

[read]
gazetteer = "{places}"

[web]
port = {web}
base_url = "http://127.0.0.1:{web}"

[cap]
# A story of years ago: no other system may take it for news.
exercise = true
"""
_LEVELS = {"minor": "dim", "moderate": "yellow", "severe": "red", "extreme": "bold red"}


class Clock:
    """Story time."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Demo:
    """One run of the demo in a folder of its own. `service`: more lines of [service] in its configuration."""

    def __init__(
        self, folder: Path, *, places: Path, port: int, progress: Callable[[str, float], None], service: str = ""
    ) -> None:
        self.folder, self.places, self.port, self.progress, self.service = folder, places, port, progress, service
        self.story: Story = load()
        self.clock = Clock(self.story.begins - timedelta(hours=1))
        self.server = DemoServer(self.story, at=self.clock.at, mishaps=USUAL_MISHAPS)
        self.console = Console(highlight=False)
        self.kinds: Counter[str] = Counter()

    async def play(self, *, stay: bool) -> None:
        """Play the story to its end; then, with `stay`, show the pages until Ctrl-C."""
        logging.getLogger("alerts").setLevel(logging.CRITICAL)  # the mishaps of the story are part of it
        async with self.server:
            web, service = await self._set_up()
            try:
                self._introduce(service)
                await self._tell(service)
                self._conclude(service)
                if stay:
                    await self._wait()
            finally:
                await service.close()
                await web.stop()

    async def _set_up(self) -> tuple[WebServer, Service]:
        web_port = await self._free_port()
        config = self._configure(web_port)
        service = Service(config, clock=self.clock, watch=Watch(analysed=self._show))
        await asyncio.to_thread(service.prepare, self.progress)
        web = WebServer(pages_of(service), host="127.0.0.1", port=web_port)
        await web.start()
        await service.open()
        with writing(service.engine) as conn:
            for outlet in self.story.outlets.values():
                feeds.add_feed(
                    conn,
                    self.server.feeds()[outlet.id],
                    now=self.clock(),
                    interval=_POLL_EVERY,
                    source=outlet.name,
                    owner=outlet.owner,
                    tier=outlet.tier,
                    country=outlet.country,
                )
            for address, events, severity in _READERS:
                wishes = Wishes(events=events, min_severity=severity)
                people.add_person(conn, address, now=self.clock(), wishes=wishes)
        return web, service

    async def _free_port(self) -> int:
        """The port asked for, or another when it is taken: a demo should not fail for that."""
        from alerts.web.serve import bind

        try:
            found = await asyncio.to_thread(bind, "127.0.0.1", self.port)
        except WebError:
            found = await asyncio.to_thread(bind, "127.0.0.1", 0)
        port = int(found.getsockname()[1])
        found.close()
        return port

    def _configure(self, web_port: int) -> Config:
        text = _CONFIG.format(service=self.service, feeds=self.server.port, places=self.places, web=web_port)
        path = self.folder / "config.toml"
        path.write_text(text, encoding="utf-8")
        return read(Document(text, str(path)), base=self.folder)

    def _introduce(self, service: Service) -> None:
        story = self.story
        rules = service.rulebook.ruleset.rules
        self.console.print(
            f"[bold]{len(story.outlets)} outlets, {len(story.items)} articles[/bold] from "
            f"{story.begins:%d %B %Y} to {story.ends:%d %B %Y}, served as feeds at {self.server.base}\n"
            f"[bold]{len(rules)} rules[/bold]: {', '.join(rule.name for rule in rules)}\n"
        )

    async def _tell(self, service: Service) -> None:
        moments = sorted({item.published for item in self.story.items})
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} moments"))
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            task = bar.add_task("", total=len(moments))
            for moment in moments:
                bar.update(task, description=f"{moment:%d %B %Y}", advance=1)
                await self._at(service, moment + _DELAY)
            await self._at(service, self.story.ends + timedelta(hours=6))

    async def _at(self, service: Service, moment: datetime) -> None:
        """Go on to a moment of the story, and let the service do all it has to do there."""
        self.server.advance(moment)
        self.clock.at = moment
        await service.step()

    def _show(self, report: Report) -> None:
        for told in report.told:
            self.kinds[told.message.kind] += 1
            alert, message = told.alert, told.message
            first = f"{message.at:%d %b %H:%M}  {message.kind:7}"
            level = _LEVELS[alert.severity]
            why = "" if message.kind == "new" else f"  [dim]{_plain(message.why)}[/dim]"
            self.console.print(
                f"{first} [{level}]{alert.severity:9}[/{level}] {_plain(told.title)}{why}", soft_wrap=True
            )

    def _conclude(self, service: Service) -> None:
        counts = service.watch.counts
        with reading(service.engine) as conn:
            states = outbox.counts(conn)
            events = Counter(one.alert.event for one in alerts.list_alerts(conn, limit=10_000) if one.alert.version)
        mails = sorted((self.folder / "data" / "mail" / "new").glob("*"))
        said = ", ".join(f"{number} {event}" for event, number in events.most_common())
        self.console.print(
            f"\n[bold]The story is through.[/bold] {counts.polls} polls brought {counts.new} articles "
            f"({counts.articles} readings with revisions); {counts.hits} sentences fired.\n"
            f"{sum(events.values())} alerts ({said}): "
            f"{self.kinds['new']} new, {self.kinds['update']} updates, {self.kinds['close'] + self.kinds['cancel']} "
            f"ended or withdrawn.\n{states['accepted']} mails to {len(_READERS)} readers"
            f"{'' if states['accepted'] == len(mails) else f' ({len(mails)} files)'}.\n"
        )
        folder = self.folder
        self.console.print(
            f"Look around:\n  pages   {service.config.web.base_url}\n"
            f"  mails   {service.config.web.base_url}/operations/mailbox (files: {folder / 'data' / 'mail' / 'new'})\n"
            f"  alerts  {_program()} list -c {folder / 'config.toml'}\n"
            f"  one     {_program()} show 1 -c {folder / 'config.toml'}",
            soft_wrap=True,
        )

    async def _wait(self) -> None:
        click.echo("\nThe pages stay up until you press Ctrl-C.")
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await stop.wait()
        click.echo("\nThe demo is over.")


def _program() -> str:
    """How this program is called from the shell: it need not be on the path (./dev demo)."""
    if shutil.which("alerts"):
        return "alerts"
    beside = Path(sys.executable).parent / "alerts"
    return str(beside) if beside.exists() else f"{sys.executable} -m alerts"


def _plain(text: str) -> str:
    """Text without what rich would take for markup."""
    return text.replace("[", "\\[")
