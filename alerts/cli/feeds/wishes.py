"""What an operator may say of a feed, as options: the same for `add`, which says it of a new one, and for `set`, which
changes it (there `usual` takes a wish back, and what is not given stays)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alerts.cli import common

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.store.feeds import FeedRow

Command = TypeVar("Command", bound=Callable[..., object])


class Usual(Enum):
    """A wish is taken back: what the configuration says holds."""

    USUAL = "usual"


def _reading(read: Callable[[str], object], *, usual: bool = False) -> Callable[..., Any]:
    """The callback of an option whose values `read` reads (it raises ValueError); with `usual` that word too."""

    def one(text: str) -> object:
        if usual and text.strip().lower() == Usual.USUAL.value:
            return Usual.USUAL
        try:
            return read(text)
        except ValueError as error:
            also = "; or 'usual', for what the configuration says" if usual else ""
            raise click.BadParameter(f"{error}{also}") from None

    def callback(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(dict.fromkeys(one(text) for text in value))
        return None if value is None else one(value)

    return callback


def _length(text: str) -> object:
    from alerts.durations import duration

    found = duration(text)
    if not found:
        raise ValueError(f"'{text}' is no time to wait")
    return found


def _size(text: str) -> int:
    from alerts.sizes import size

    found = size(text)
    if not 1024 <= found <= 256 * 2**20:
        raise ValueError(f"'{text}': write at least 1 KiB and at most 256 MiB")
    return found


def _tier(text: str) -> int:
    from alerts.collect.lists.opml import tier

    return tier(text)


def _language(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isalpha() and text.islower()):
        raise ValueError(f"'{text}' is no language code; write two small letters (ISO 639-1), such as en")
    return text


def _name(text: str) -> str:
    name = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not name or len(name) > 200:
        raise ValueError("a name has 1 to 200 letters")
    return name


def tag(text: str) -> str:
    """A tag in the one form that is kept. Raises ValueError."""
    found = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not found or len(found) > 60:
        raise ValueError("a tag has 1 to 60 letters")
    return found


def tags_option(*names: str, says: str) -> Callable[[Command], Command]:
    """An option that names tags, repeatable."""
    return click.option(*names, multiple=True, metavar="TAG", callback=_reading(tag), help=f"{says} (repeatable).")


def options(*, usual: bool) -> Callable[[Command], Command]:
    """The options of all wishes, as keyword arguments of the command; what was not given is None. `usual`: each can be
    taken back by that word."""

    def text(says: str, default: str) -> str:
        return says if usual else f"{says} [default: {default}]"

    def value(name: str, kind: str, read: Callable[[str], object], says: str) -> Any:
        metavar = f"{kind}|usual" if usual else kind
        return click.option(name, metavar=metavar, callback=_reading(read, usual=usual), help=says)

    here = "the configuration's"
    made = [
        click.option("--source", metavar="NAME", callback=_reading(_name), help=_SOURCE[usual]),
        value("--owner", "NAME", _name, text("Whose it is: feeds of one owner count as one source.", here)),
        value("--tier", "1-5", _tier, text("How far its word counts: 1 (UN, ICRC) to 5.", here)),
        value("--country", "COUNTRY", str, "The country it reports on, if one: SYR or Syria."),
        value("--language", "CODE", _language, "Its language (en). Only a hint: each article is looked at."),
        value("--every", "TIME", _length, text('How often to poll: "10 minutes".', "by its rhythm")),
        value("--max-staleness", "TIME", _length, text("Polled at least so often, whatever the feed hints at.", here)),
        value("--max-body", "SIZE", _size, text('The longest document that is read: "20 MiB".', here)),
        click.option(
            "--critical/--no-critical", default=None, help="A feed that must not be missed: asked more often."
        ),
        click.option("--full-text/--no-full-text", default=None, help="Read the pages that its items link to as well."),
    ]

    def decorated(command: Command) -> Command:
        for one in reversed(made):
            command = one(command)
        return command

    return decorated


_SOURCE = {False: "The publisher's name, as readers know it. [default: the host]", True: "The publisher's name."}

# options to the fields of a feed
_FIELDS = {
    "source": "source",
    "owner": "own_owner",
    "tier": "own_tier",
    "country": "country",
    "language": "language",
    "every": "own_interval",
    "max_staleness": "max_staleness",
    "max_body": "max_body",
    "critical": "critical",
    "full_text": "full_text",
}


def fields(given: Mapping[str, Any], config: Config, config_path: Path) -> dict[str, Any]:
    """The fields of a feed that the options name; None for what is taken back. Raises InputError."""
    found = {_FIELDS[name]: value for name, value in given.items() if name in _FIELDS and value is not None}
    country = found.get("country")
    if isinstance(country, str):
        found["country"] = common.country_code(common.gazetteer(config, config_path), country)
    return {name: None if value is Usual.USUAL else value for name, value in found.items()}


def address(text: str) -> str:
    """An address in the form that is kept. Raises InputError."""
    from alerts.collect.lists.discovery import feed_address
    from alerts.errors import InputError
    from alerts.urls import without_password

    try:
        return feed_address(text)
    except ValueError as error:
        raise InputError(f"{without_password(text.strip())[:200]}: {error}") from None


def add(conn: Connection, url: str, said: dict[str, Any], config: Config) -> FeedRow:
    """Add the feed at `url` with what is said of it, by the names of its fields; the rest is as the configuration says.
    Raises InputError."""
    from alerts.store import feeds

    about = {name: said[name] for name in ("source", "country", "language", "tags") if name in said}
    own = {name: said[name] for name in feeds.Wishes.__dataclass_fields__ if name in said}
    source = about.get("source", "")
    feed = feeds.add_feed(
        conn,
        url,
        now=common.now(),
        interval=config.collect.interval,
        owner=config.owner_of(source) if source else "",
        tier=config.tier_of(source) if source else 2,
        own=feeds.Wishes(**own),
        **about,
    )
    if not said.get("active", True):
        feeds.set_active(conn, feed.id, False)
    return feed


def obstacles(
    config: Config, url: str, *, full_text: bool | None = None, every: timedelta | None = None
) -> Iterator[str]:
    """What will keep a feed from being polled as wished, as far as its address and the configuration show."""
    from yarl import URL

    from alerts.collect.asking import guard
    from alerts.collect.links import fulltext
    from alerts.durations import say

    parsed = URL(url)
    own = guard.allowed(config.collect.allow_hosts, config.collect.allow_ports)
    if not own.port(parsed):
        yield f"port {parsed.port} is not allowed; add it to [collect] allow_ports, or the host to allow_hosts"
    if parsed.host and _is_address(parsed.host) and not guard.is_public(parsed.host) and not own.host(parsed):
        yield (
            f"{parsed.host} is a private address, which no feed may have; "
            "add it to [collect] allow_hosts if it is yours"
        )
    least = config.collect.min_interval
    if every is not None and every < least:
        yield f"no feed is polled more often than every {say(least)}: see [collect] min_interval"
    if full_text and (missing := fulltext.missing()):
        yield f"--full-text has no effect yet: {missing}"


def _is_address(host: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def twins(url: str, feeds: Sequence[FeedRow]) -> list[FeedRow]:
    """Feeds that most likely are the same under another address."""
    from alerts.collect.lists.discovery import likeness

    alike = likeness(url)
    return [feed for feed in feeds if feed.url != url and likeness(feed.url) == alike]
