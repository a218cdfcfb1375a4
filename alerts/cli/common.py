"""What the commands share: the configuration option, places, tables, JSON, and progress on long work."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alerts.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alerts.config import Config
    from alerts.engine.loading import RuleSources
    from alerts.engine.rulebook import Rulebook
    from alerts.errors import Fault
    from alerts.read.places import Gazetteer

T = TypeVar("T")

DEFAULT_CONFIG = "config.toml"

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="ALERTS_CONFIG",
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The configuration file (or set ALERTS_CONFIG).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON lines instead of a table.")


class Group(click.Group):
    """A group of commands that guesses what a mistyped name meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command '{args[0]}'{meant(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)


def meant(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: what was probably meant, or what there is."""
    names = list(known)
    return did_you_mean(name, names, cutoff=0.5) or f" (there are {', '.join(names)})"


def now() -> datetime:
    return datetime.now(UTC)


def user() -> str:
    """The name of the person at the terminal; "" for a process without one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def load_config(path: Path) -> Config:
    """The configuration at `path`. Raises ConfigError."""
    from alerts.config import load
    from alerts.errors import ConfigError, Fault
    from alerts.resources import shipped

    if not os.path.exists(path):
        advice = f"there is no such file; begin with a copy: cp {shipped('config.example.toml')} {path}"
        raise ConfigError([Fault(str(path), 0, advice)])
    return load(path)


def config_or_defaults(path: Path) -> Config:
    """The configuration, or what holds without one when the usual file is not there: for commands that need
    no installation. A file that was asked for by name must be there."""
    from alerts.config import defaults

    if str(path) == DEFAULT_CONFIG and not path.exists():
        return defaults(Path.cwd())
    return load_config(path)


@contextmanager
def store(config: Config) -> Iterator[Engine]:
    """The database of a configuration, up to date; closed afterwards."""
    from alerts.configured import open_store

    with progress("bringing the database up to date") as show:
        engine = open_store(config, show)
    try:
        yield engine
    finally:
        engine.dispose()


def cache_folder() -> Path:
    """Where what can be made again is kept between runs without a configuration."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "alerts"


def gazetteer(config: Config, config_path: Path) -> Gazetteer:
    """The index of places: the installation's, or without one the user's; made first if it is missing."""
    from alerts.configured import open_gazetteer

    installed = config.read.gazetteer is not None or config_path.exists()
    path = config.gazetteer_path if installed else places_cache()
    with progress("making the index of places (once)") as show:
        return open_gazetteer(path, show)


def rulebook(
    config: Config, config_path: Path, *, only: Sequence[str] = (), with_leaders: bool = False
) -> tuple[Rulebook, Gazetteer]:
    """The rules in force and the places. Faults of rules are told on standard error; the others go on. With `only`
    those that keep states are there too, and `with_leaders` those after which the others come.

    Raises InputError for a name in `only` that no rule has.
    """
    from alerts.configured import households, rule_sources
    from alerts.engine import loading
    from alerts.engine.rulebook import compiled, with_those_before

    places, sources = gazetteer(config, config_path), rule_sources(config)
    book = loading.load(sources, gazetteer=places, households=households(config))
    for fault in placed(book.errors, sources):
        click.echo(str(fault), err=True)
    known = book.ruleset.by_name
    for name in only:
        if name not in known:
            raise InputError(f"there is no rule '{name}' in force{meant(name, sorted(known))}")
    if only:
        wanted = with_those_before(only, known) if with_leaders else only
        keepers = [rule for rule in book.ruleset.rules if rule.state is not None]
        book = compiled({rule.name: rule for rule in (*keepers, *(known[name] for name in wanted))}.values())
    return book, places


def placed(faults: Iterable[Fault], sources: RuleSources, given: Sequence[Path] = ()) -> list[Fault]:
    """Faults of rules and word lists with the paths of their files, as `given` or from the folders: the loader
    knows them by their names."""
    from alerts.match.files import rule_paths

    paths = {path.name: path for path in rule_paths(sources.folders).values()} | {path.name: path for path in given}
    for folder in (*sources.folders, *sources.list_folders):
        paths |= {f"lexicon/{path.name}": path for path in (folder / "lexicon").glob("*.toml")}
    return [replace(fault, file=str(paths.get(fault.file, fault.file))) for fault in faults]


def country_code(places: Gazetteer, name: str) -> str:
    """Alpha-3 of a country as people write it. Raises InputError."""

    code = places.country_of(name)
    if code is None:
        raise InputError(f"'{name}' is no country: write its English name or its ISO code (SYR)")
    return code


def language_code(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The callback of options that take a language."""
    if value is not None and not (len(value) == 2 and value.isascii() and value.isalpha() and value.islower()):
        raise click.BadParameter(f"'{value}' is no language code; write two small letters (ISO 639-1), such as en")
    return value


def all_events(config: Config, config_path: Path) -> list[str]:
    """The events that rules flag."""
    from alerts.configured import rule_sources
    from alerts.match import files

    places, sources = gazetteer(config, config_path), rule_sources(config)
    rules = files.load(sources.folders, country=places.country_of, off=sources.off).rules
    return sorted({rule.event for rule in rules if rule.event})


def known_events(config: Config, config_path: Path, events: Sequence[str]) -> None:
    """Raise InputError for an event that no rule flags."""

    known = all_events(config, config_path)
    for name in events:
        if name not in known:
            raise InputError(f"no rule flags the event '{name}'{meant(name, known)}")


def tell(faults: Sequence[Fault]) -> None:
    """Faults of the input on standard error; exit status 1 if any is an error."""
    for fault in faults:
        click.echo(str(fault), err=True)
    if any(fault.level == "error" for fault in faults):
        sys.exit(1)


@contextmanager
def counting(items: Iterable[T], title: str) -> Iterator[Iterable[T]]:
    """`items` with a bar on standard error, where that is a terminal and the results go elsewhere."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if console.is_terminal and not sys.stdout.isatty():
        yield track(items, description=title, console=console, transient=True)
    else:
        yield items


def places_cache() -> Path:
    """The index of places for work without an installation (ALERTS_GAZETTEER names another folder)."""
    return Path(os.environ.get("ALERTS_GAZETTEER") or cache_folder() / "places").absolute()


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error that appears when the first step is told; plain lines where there is no
    terminal."""
    with ExitStack() as shown:
        begun: list[Callable[[str, float], None]] = []

        def show(stage: str, share: float) -> None:
            if not begun:
                begun.append(shown.enter_context(_bar(title)))
            begun[0](stage, share)

        yield show


@contextmanager
def _bar(title: str) -> Iterator[Callable[[str, float], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        said: set[str] = set()

        def line(stage: str, share: float) -> None:
            if stage not in said:
                said.add(stage)
                click.echo(f"{title}: {stage}", err=True)

        yield line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = None

        def show(stage: str, share: float) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task(title, total=1.0)
            bar.update(task, description=f"{title}: {stage}", completed=share)

        yield show


def address_of(given: str) -> str:
    """The address, or for - the one on standard input: then it does not stay in the shell's history. Raises
    InputError."""
    if given != "-":
        return given
    word = sys.stdin.buffer.readline().decode("utf-8-sig", "replace").strip()
    if not word:
        raise InputError("there is no address on standard input")
    return word


def write_private(path: Path, data: bytes, *, what: str) -> None:
    """Write a file that is its owner's alone, also where it was open to others before. Raises InputError, which says
    that `what` was not written."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            file.write(data)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; {what} was not written") from None


def print_json(rows: Sequence[dict[str, Any]]) -> None:
    """One JSON object a line."""
    for row in rows:
        click.echo(as_json(row))


def as_json(row: object) -> str:
    """One line of JSON: letters as they are where standard output can take them, else escaped."""
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    return json.dumps(row, ensure_ascii=not unicode, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    return str(value)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table for people; `empty` is what is said when there are no rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        click.echo(empty)
        return
    # Where there is no terminal, nothing is cut off to fit one.
    console = Console() if sys.stdout.isatty() else Console(width=400)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    console.print(table)


def ago(moment: datetime | None, at: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    if moment is None:
        return "never"
    seconds = (at - moment).total_seconds()
    if seconds < 0:
        return f"in {_span(-seconds)}"
    return f"{_span(seconds)} ago"


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
