"""Machines that share one database of editions, each with folders of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from alerts.engine.editions import Editions, EditionSettings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rule(word: str) -> str:
    """The text of some rule; what it is about, nobody asks here."""
    return f'title = "{word}"\n'


class Machine:
    """One machine: its own folders, and its service, which can be started again."""

    def __init__(self, engine: Engine, home: Path, name: str, *, templates: bool = True) -> None:
        self.engine, self.home, self.name = engine, home / name, name
        self.rules = self.home / "my-rules"
        self.templates = self.home / "my-templates" if templates else None
        for folder in (self.rules, self.templates):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
        self.restart()

    def restart(self) -> None:
        """A process of its own, that knows nothing but what is on the disk and in the database."""
        settings = EditionSettings(
            home=self.home / "data" / "editions",
            rules=(self.rules,),
            templates=self.templates,
            machine=self.name,
        )
        self.editions = Editions(self.engine, settings, clock=lambda: NOW)

    def start(self) -> Machine:
        self.editions.prepare()
        return self

    def write(self, name: str, text: str) -> Machine:
        """What an operator does at this machine."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return self

    def tick(self) -> bool:
        """Two looks: what was changed is left alone until nothing changes any more."""
        looks = [self.editions._look(), self.editions._look()]
        return any(looks)

    @property
    def own(self) -> dict[str, str]:
        """What stands in its own folders."""
        return _texts(self.rules, self.home) | (_texts(self.templates, self.home) if self.templates else {})

    @property
    def goes_by(self) -> dict[str, str]:
        """What its rules and templates are loaded from."""
        files = self.editions.files
        return _texts(files.rules, files.rules.parent) | _texts(files.templates, files.rules.parent)

    @property
    def trouble(self) -> str:
        return self.editions.trouble


def _texts(folder: Path, base: Path) -> dict[str, str]:
    return {
        path.relative_to(base).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
