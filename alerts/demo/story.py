"""The shipped story of `alerts demo`: what six invented outlets print over twelve weeks, and which events a
careful duty officer would flag in it.

The story is data (`story/*.toml`), read here into frozen values. Its clock is an argument: `standing` gives
what an outlet's feed holds at a moment. `expect` was written by judgement, before any rule was run on it.
"""

from __future__ import annotations

import html
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from alerts.errors import AlertsError
from alerts.read.text import plain
from alerts.types import Article

Format = Literal["rss-full", "rss-cdata", "atom-full", "atom-summary", "rdf", "json"]
FORMATS: frozenset[str] = frozenset(get_args(Format))
EVENTS = frozenset(
    "displacement ceasefire_violation ceasefire siege attack protected_attack territory aid_obstruction"
    " disaster abduction".split()
)
NUMBERS = frozenset("killed injured displaced households abducted settlements people".split())
WINDOW = 15

_OUTLET = frozenset("id name owner tier country format encoding about".split())
_NEEDED = frozenset("id outlet published title text".split())
_ITEM = _NEEDED | frozenset("more html copy_of revises undated bare expect".split())
_EXPECT = frozenset("event place country unsure".split()) | NUMBERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented publisher. `country` is the alpha-3 code of where its news comes from, None for the world."""

    id: str
    name: str
    owner: str
    tier: int
    country: str | None
    format: Format
    encoding: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One event that an article reports as current.

    `numbers` are as printed, with the low bound of words ("dozens": 24); `households` are families, not people.
    `unsure`: a second careful reader could well leave it out, so neither answer is an error.
    """

    event: str
    place: str
    country: str
    numbers: Mapping[str, int]
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article, or one revision of an article (`revises` names the first version).

    `body` is the HTML that the feed carries; `more` is on the article's page only. `copy_of` names the item
    whose wire text this is. `undated` items have no date in the feed, `bare` ones neither guid nor link.
    """

    id: str
    outlet: str
    published: datetime
    title: str
    body: str
    more: str = ""
    copy_of: str | None = None
    revises: str | None = None
    undated: bool = False
    bare: bool = False
    expect: tuple[Expected, ...] = ()

    @property
    def key(self) -> str:
        """The id that all versions of the article share."""
        return self.revises or self.id

    @property
    def path(self) -> str:
        """Where its page is, below the server's root."""
        return f"/{self.outlet}/{self.key}"

    @property
    def lead(self) -> str:
        """Its first paragraph as plain text."""
        return plain(self.body).partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An article as it stands in a feed: `item` is the version in force, `published` the first version's time."""

    item: Item
    published: datetime

    @property
    def changed(self) -> datetime:
        return self.item.published


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Outlets by id, and all items in order of publication."""

    outlets: Mapping[str, Outlet]
    items: tuple[Item, ...]

    @property
    def begins(self) -> datetime:
        return self.items[0].published

    @property
    def ends(self) -> datetime:
        return self.items[-1].published


def load(folder: Path | None = None) -> Story:
    """The story in `folder`, by default the shipped one. Raises AlertsError naming the file and the article."""
    folder = folder or Path(__file__).parent / "story"
    outlets = {outlet.id: outlet for outlet in _outlets(folder / "outlets.toml")}
    items = [item for file in sorted(folder.glob("week-*.toml")) for item in _items(file)]
    items.sort(key=lambda item: (item.published, item.id))
    _check(folder, outlets, items)
    return Story(outlets=outlets, items=tuple(items))


def standing(story: Story, outlet: str, at: datetime, *, window: int = WINDOW) -> tuple[Standing, ...]:
    """The newest `window` articles of an outlet at a moment, newest first, each in the version then in force.

    A revision keeps its article's place: correcting a text does not make it news of today.
    """
    first: dict[str, datetime] = {}
    latest: dict[str, Item] = {}
    for item in story.items:
        if item.outlet == outlet and item.published <= at:
            first.setdefault(item.key, item.published)
            latest[item.key] = item
    newest = sorted(latest, key=lambda key: (first[key], key), reverse=True)[:window]
    return tuple(Standing(item=latest[key], published=first[key]) for key in newest)


def articles(story: Story, base: str = "http://127.0.0.1") -> tuple[Article, ...]:
    """Every item as the reading stages see it, for `detect`, `replay` and measuring without a server.

    Revisions are articles of their own here, since `detect` knows none.
    """
    return tuple(_article(item, story.outlets[item.outlet], base) for item in story.items)


def _article(item: Item, outlet: Outlet, base: str) -> Article:
    return Article(
        id=item.id,
        title=plain(html.escape(item.title)),
        text=plain(item.body),
        published=item.published,
        source=outlet.name,
        language="en",
        url="" if item.bare else base + item.path,
        country=outlet.country,
        dated=not item.undated,
    )


def _outlets(file: Path) -> Iterable[Outlet]:
    for table in _read(file).get("outlet", []):
        _keys(file, table, needed=_OUTLET, known=_OUTLET)
        if table["format"] not in FORMATS:
            raise AlertsError(f"{file}: {table['id']}: there is no format '{table['format']}'")
        yield Outlet(**{**table, "country": table["country"] or None})


def _items(file: Path) -> Iterable[Item]:
    for table in _read(file).get("article", []):
        _keys(file, table, needed=_NEEDED, known=_ITEM)
        marked_up = bool(table.get("html", False))
        yield Item(
            id=table["id"],
            outlet=table["outlet"],
            published=table["published"].astimezone(UTC),
            title=table["title"],
            body=_markup(table["text"], marked_up=marked_up),
            more=_markup(table.get("more", ""), marked_up=marked_up),
            copy_of=table.get("copy_of"),
            revises=table.get("revises"),
            undated=table.get("undated", False),
            bare=table.get("bare", False),
            expect=tuple(_expected(file, table["id"], one) for one in table.get("expect", [])),
        )


def _expected(file: Path, article: str, table: dict[str, Any]) -> Expected:
    unknown = table.keys() - _EXPECT
    if unknown or table.get("event") not in EVENTS:
        raise AlertsError(f"{file}: {article}: expect: {sorted(unknown) or table.get('event')} is not known")
    return Expected(
        event=table["event"],
        place=table["place"],
        country=table["country"],
        numbers={name: table[name] for name in sorted(NUMBERS & table.keys())},
        unsure=table.get("unsure", False),
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise AlertsError(f"{file}: the demo's story cannot be read: {error}") from error


def _keys(file: Path, table: Mapping[str, Any], *, needed: frozenset[str], known: frozenset[str]) -> None:
    name = table.get("id", "an entry without id")
    if missing := sorted(needed - table.keys()):
        raise AlertsError(f"{file}: {name}: {', '.join(missing)} is missing")
    if unknown := sorted(table.keys() - known):
        raise AlertsError(f"{file}: {name}: {', '.join(unknown)} is not known")


def _markup(text: str, *, marked_up: bool) -> str:
    """Paragraphs are set apart by empty lines; text that is no markup yet becomes it."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]
    if marked_up:
        return "\n".join(paragraphs)
    return "\n".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)


def _check(folder: Path, outlets: Mapping[str, Outlet], items: Sequence[Item]) -> None:
    """What no reader of the files would notice: twins, unknown outlets, and references to nothing."""
    by_id: dict[str, Item] = {}
    for item in items:
        if item.id in by_id:
            raise AlertsError(f"{folder}: two articles are called '{item.id}'")
        by_id[item.id] = item
        if item.outlet not in outlets:
            raise AlertsError(f"{folder}: {item.id}: there is no outlet '{item.outlet}'")
        for other in filter(None, (item.copy_of, item.revises)):
            if other not in by_id:
                raise AlertsError(f"{folder}: {item.id}: there is no earlier article '{other}'")
        if item.revises and by_id[item.revises].outlet != item.outlet:
            raise AlertsError(f"{folder}: {item.id}: an outlet revises its own articles only")
