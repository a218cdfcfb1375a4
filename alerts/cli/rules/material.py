"""The articles that `backtest` and `overlap` go through: those of the stored archive, or of files."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from alerts.cli import common

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alerts.cli.articles import Reader
    from alerts.config import Config
    from alerts.types import Article

T = TypeVar("T")

_PAGE = 200
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def _since(ctx: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    from alerts.cli.articles import moment
    from alerts.durations import duration

    if value is None:
        return None
    text = value.strip()
    try:
        if re.match(r"\d{4}-", text):
            return moment(text)
        if short := re.fullmatch(r"(\d+(?:\.\d+)?) ?([hdw])", text):
            text = f"{short[1]} {_UNITS[short[2]]}"
        return common.now() - duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


since_option = click.option(
    "--since",
    metavar="TIME",
    callback=_since,
    help='Only what is newer: "90 days", 90d, or 2026-01-31; all, if not given.',
)


@dataclass(slots=True, kw_only=True)
class Material:
    """Articles by their dates, once. `owners` (owner groups by publisher) grows as they are read; `reader` is that of
    files."""

    articles: Iterable[Article]
    total: int | None
    owners: dict[str, str] = field(default_factory=dict)
    reader: Reader | None = None


def of_files(reader: Reader, files: tuple[str, ...], config: Config, since: datetime | None) -> Material:
    """The articles of files. Raises InputError when there is none."""
    from alerts.errors import InputError

    found = [replace(article, tier=config.tier_of(article.source)) for article in reader.read(files)]
    chosen = [article for article in found if since is None or article.published >= since]
    if not chosen:
        for fault in reader.faults:
            click.echo(str(fault), err=True)
        raise InputError(_none("in these files", since if found else None))
    chosen.sort(key=lambda article: (article.published, article.source, article.id))
    owners = {article.source: config.owner_of(article.source) for article in chosen}
    return Material(articles=chosen, total=len(chosen), owners=owners, reader=reader)


def of_archive(engine: Engine, since: datetime | None) -> Material:
    """The articles of the archive, page by page: nothing is locked meanwhile. Raises InputError when there is none."""
    from alerts.errors import InputError
    from alerts.store.articles import count_since
    from alerts.store.database import reading

    with reading(engine) as conn:
        total = count_since(conn, since)
        if not total:
            raise InputError(_none("in the archive", since if count_since(conn, None) else None))
    owners: dict[str, str] = {}
    return Material(articles=_pages(engine, since, owners), total=total, owners=owners)


def _none(where: str, since: datetime | None) -> str:
    return f"there is no article {where}{f' that is newer than {since:%Y-%m-%d %H:%M}' if since else ''}"


def _pages(engine: Engine, since: datetime | None, owners: dict[str, str]) -> Iterator[Article]:
    from alerts.store.articles import Page, published_since
    from alerts.store.database import reading

    after = None
    while True:
        with reading(engine) as conn:
            page = published_since(conn, since, after=after, limit=_PAGE)
        if not page:
            return
        for item in page:
            owners[item.article.source] = item.owner
            yield item.article
        after = Page(published=page[-1].article.published, id=int(page[-1].article.id))


def has_archive(config: Config, config_path: Path) -> bool:
    """Whether there is a database to look into; one is not made for a look."""
    if not config_path.exists():
        return False
    return config.service.database != "sqlite" or (config.service.data / "alerts.db").exists()


def need_archive(config: Config, config_path: Path) -> None:
    """Raise InputError unless there is a database."""
    from alerts.errors import InputError

    if not config_path.exists():
        raise InputError(
            f"there is no {config_path}, hence no archive: name the configuration with -c, or give files with articles"
        )
    if not has_archive(config, config_path):
        raise InputError(
            f"there is no archive yet: the service makes {config.service.data / 'alerts.db'} when it runs;"
            " give files with articles meanwhile"
        )


def go_through(material: Material, title: str, take: Callable[[Article], None]) -> bool:
    """Take each article, with a bar on standard error where that is a terminal. False when the user stopped it:
    what was taken until then holds."""
    try:
        for article in _shown(material.articles, title, material.total):
            take(article)
    except KeyboardInterrupt:
        click.echo("stopped: what follows is of the articles read until then", err=True)
        return False
    return True


def _shown(items: Iterable[T], title: str, total: int | None) -> Iterable[T]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not console.is_terminal:
        return items
    return track(items, description=title, total=total, console=console, transient=True)


def end(material: Material, whole: bool) -> None:
    """Tell what was wrong with the input, and leave with what it comes to."""
    reader = material.reader
    if reader is not None and reader.undated:
        click.echo(f"{reader.undated} without a date of publication count as published now; see --published", err=True)
    if not whole:
        sys.exit(130)
    if reader is not None:
        common.tell(reader.faults)
