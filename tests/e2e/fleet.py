"""Machines that share the work, as processes on one PostgreSQL database, each with a data folder of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Engine, make_url, text

from alerts.config import Config, load
from alerts.configured import open_store
from alerts.store import feeds, people
from alerts.store.database import reading, writing
from tests.e2e.daemon import Daemon
from tests.e2e.newsdesk import AT_ONCE, CONFIG
from tests.e2e.press import Press
from tests.engine.world import SHELLING
from tests.fakes.cable import Cable

_OURS = "ours"  # the folder by which the test itself looks into the database
READERS = ("one@example.org", "two@example.org")


def _keep(log: Path) -> None:
    """Beside what the next start will say, for who looks afterwards what went on."""
    if log.exists():
        with log.with_name("log of earlier starts").open("ab") as earlier:
            earlier.write(log.read_bytes())


@dataclass(slots=True)
class Place:
    """What `Daemon` needs to know of a machine."""

    folder: Path

    @property
    def config_path(self) -> Path:
        return self.folder / "config.toml"

    @property
    def config(self) -> Config:
        return load(self.config_path)


@dataclass(slots=True, kw_only=True)
class Fleet:
    """`async with Fleet(...) as fleet`: set up, not started; all machines are killed at the end. Mails go to the
    Maildir `mail` in the folder, unless `smtp` says otherwise."""

    folder: Path
    database: str
    press: Press
    gazetteer: Path
    names: tuple[str, ...] = ("one", "two", "three")
    gap_s: float = 0.3
    smtp: str = ""
    more: str = ""
    readers: Iterable[str] = READERS
    machines: dict[str, Daemon] = field(default_factory=dict)
    cables: dict[str, Cable] = field(default_factory=dict)
    _engine: Engine | None = None

    async def __aenter__(self) -> Fleet:
        for name in self.names:
            self.cables[name] = Cable(to_port=make_url(self.database).port or 5432)
            await self.cables[name].__aenter__()
            self._set_up(name, self.cables[name].port)
        self._set_up(_OURS, make_url(self.database).port or 5432)
        self._engine = open_store(Place(self.folder / _OURS).config)
        now = datetime.now(UTC)
        with writing(self._engine) as conn:
            for address in self.readers:
                people.add_person(conn, address, now=now)
            for number, url in enumerate(self.press.urls()):
                feeds.add_feed(conn, url, now=now, interval=timedelta(seconds=1), source=f"Paper {number}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for machine in self.machines.values():
            await machine.kill()
        for cable in self.cables.values():
            await cable.__aexit__(None, None, None)
        assert self._engine is not None
        self._engine.dispose()

    def _set_up(self, name: str, port: int) -> None:
        """`port`: where it finds the database."""
        database = make_url(self.database).set(port=port).render_as_string(hide_password=False)
        folder = self.folder / name
        service = "\n".join(
            (
                f"database = {json.dumps(database)}",
                'engine = "cluster"',
                f'machine = "{name}"',
                f"secret_file = {json.dumps(str(self.folder / 'secret'))}",
            )
        )
        configuration = CONFIG.format(
            hosts=json.dumps(self.press.addresses),
            gazetteer=json.dumps(str(self.gazetteer)),
            port=8080,
            service=service,
            notify=AT_ONCE,
            more=f"{self.smtp}\n{self.more}",
        ).replace('host_gap = "0 seconds"', f'host_gap = "{self.gap_s:g} seconds"')
        (folder / "rules").mkdir(parents=True)
        (folder / "templates").mkdir()
        (folder / "data").mkdir(mode=0o700)
        (self.folder / "mail").mkdir(mode=0o700, exist_ok=True)
        (folder / "data" / "mail").symlink_to(self.folder / "mail")
        (self.folder / "secret").write_bytes(b"0123456789abcdef0123456789abcdef")
        (self.folder / "secret").chmod(0o600)
        (folder / "config.toml").write_text(configuration, encoding="utf-8")
        (folder / "rules" / "shelling.toml").write_text(SHELLING, encoding="utf-8")

    async def start(self, *names: str) -> None:
        """Start these machines, or all, and wait until they run."""
        for name in names or self.names:
            self.machines[name] = Daemon(Place(self.folder / name))
            _keep(self.machines[name].log_path)
            await self.machines[name].start()
        for name in names or self.names:
            await self.machines[name].running()

    def ask(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        assert self._engine is not None
        with reading(self._engine) as conn:
            return [tuple(row) for row in conn.execute(text(query), values)]

    def number(self, query: str) -> int:
        [[found]] = self.ask(query)
        return int(found)

    def states(self) -> Counter[str]:
        """How many mails are in which state."""
        return Counter(str(state) for (state,) in self.ask("SELECT state FROM outbox"))
