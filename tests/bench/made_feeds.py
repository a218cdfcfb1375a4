"""Feed documents as thousands of publishers write them, made from a seed: RSS with whole articles in CDATA or escaped
in the description, Atom, and a few that are awkward in ways that make readers lose items."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Final, Literal, get_args

from tests.bench.made_news import Mix, stream

Awkward = Literal["no guid and no link", "a guid used again", "a bare &"]
AWKWARD: Final[tuple[Awkward, ...]] = get_args(Awkward)
_NAMED = ("Desk", "Observer", "Monitor", "Gazette", "Bulletin", "Courier", "Dispatch", "Review")
_ANCHOR = '<a href="https://{host}/archive/{n}?from=feed&amp;page={page}" rel="bookmark" class="more">{words}</a>'
_FIGURE = (
    '<figure class="wp-block-image size-large"><img decoding="async" width="1024" height="683" alt="{words}" '
    'src="https://{host}/media/2026/{n}-1024x683.jpg" srcset="https://{host}/media/2026/{n}-300x200.jpg 300w, '
    'https://{host}/media/2026/{n}-768x512.jpg 768w"/><figcaption>Photo&nbsp;&#8211; {words}</figcaption></figure>\n'
)
_INLINE = (
    "<em>{words}</em>",
    "<strong>{words}</strong>",
    '<a href="https://{host}/tag/{n}/" title="More of this">{words}</a>',
    '<a href="/archive/{n}/" target="_blank" rel="noopener">{words}</a>',
    '<span class="highlight" style="font-weight: 400;">{words}</span>',
)
_RSS = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" \
xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel>
<title>{title}</title>
<atom:link href="https://{host}/feed/" rel="self" type="application/rss+xml"/>
<link>https://{host}/</link>
<description>News from {title}</description>
<lastBuildDate>{newest}</lastBuildDate>
<language>en-US</language>
<sy:updatePeriod>hourly</sy:updatePeriod>
<sy:updateFrequency>1</sy:updateFrequency>
{items}</channel>
</rss>
"""
_ATOM = """\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title type="text">{title}</title>
<subtitle>News from {title}</subtitle>
<updated>{newest}</updated>
<id>https://{host}/</id>
<link rel="alternate" type="text/html" href="https://{host}/"/>
<link rel="self" type="application/atom+xml" href="https://{host}/atom.xml"/>
<generator uri="https://{host}/">publisher</generator>
{items}</feed>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article of a feed. Titles are unique within their feed: by them it is seen who kept what."""

    title: str
    html: str
    guid: str
    link: str
    at: datetime
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed's document at one moment: its newest items, newest first."""

    number: int
    kind: Literal["rss, CDATA", "rss, escaped", "atom"]
    awkward: Awkward | None
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        return f"{_NAMED[self.number % len(_NAMED)]} {self.number}"

    @property
    def content_type(self) -> str:
        return "application/atom+xml; charset=utf-8" if self.kind == "atom" else "application/rss+xml; charset=UTF-8"


@dataclass(slots=True)
class Maker:
    """Makes feeds and their new items; the same from the same seed. `length`: about how many bytes of HTML an item
    has; `now`: no item is younger."""

    seed: int
    now: datetime
    _texts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        news = stream(4_000, self.seed, timedelta(days=10), Mix())
        self._texts = [(article.title.rstrip("."), article.text) for article in news]

    def feed(self, number: int, *, size: int, items: tuple[int, int], awkward: Awkward | None = None) -> Feed:
        """The feed of this number: a document of about `size` bytes, with a number of items from `items`."""
        rng = random.Random(f"{self.seed} {number}")
        count = rng.randint(*items)
        kinds: tuple[Literal["rss, CDATA", "rss, escaped", "atom"], ...] = ("rss, CDATA", "rss, escaped", "atom")
        kind = kinds[number % 3] if awkward is None else kinds[number % 2]  # in Atom an id is a duty
        empty = Feed(number=number, kind=kind, awkward=awkward, items=())
        times = [self.now - timedelta(hours=(count - serial) * 5, minutes=serial) for serial in range(count)]
        made = [self._item(rng, empty, serial, at, size // count) for serial, at in enumerate(times)]
        return replace(empty, items=tuple(reversed(made)))

    def later(self, feed: Feed, new: int, *, serial: int, at: datetime, length: int) -> Feed:
        """The feed when `new` items have come on top (and as many have left at the bottom); `serial` is the number
        of its items so far."""
        rng = random.Random(f"{self.seed} {feed.number} {serial}")
        made = [self._item(rng, feed, serial + n, at, length) for n in range(new)]
        return replace(feed, items=(*reversed(made), *feed.items[: len(feed.items) - new]))

    def _item(self, rng: random.Random, feed: Feed, serial: int, at: datetime, length: int) -> Item:
        title, text = rng.choice(self._texts)
        host = host_of(feed.number)
        link = f"https://{host}/{at:%Y/%m}/{_slug(title)}-{serial}/"
        return Item(
            title=f"{title} ({serial}{', R&D' if feed.awkward == 'a bare &' else ''})",
            html=self._html(rng, host, text, max(200, int(length * rng.uniform(0.8, 1.0)) - 740)),
            guid=f"https://{host}/?p={feed.number * 1000 + serial}",
            link=link,
            at=at,
            section=rng.choice(("World", "Politics", "Economy", "Sport", "Culture & Arts")),
        )

    def _html(self, rng: random.Random, host: str, first: str, length: int) -> str:
        """`length` bytes or a little more, as a publisher's editor writes them."""
        parts, size = [f"<p><strong>{escape(first)}</strong></p>\n"], len(first)
        while size < length:
            part = self._part(rng, host)
            parts.append(part)
            size += len(part)
        return "".join(parts)

    def _part(self, rng: random.Random, host: str) -> str:
        title, text = rng.choice(self._texts)
        text = _woven(rng, host, escape(text[:600], quote=False).replace("'", "&#8217;"))
        kind = rng.random()
        if kind < 0.1:
            return _FIGURE.format(host=host, n=rng.randint(1, 99_999), words=escape(title))
        if kind < 0.15:
            return f"<blockquote class='wp-block-quote'><p>&#8220;{text}&#8221;</p></blockquote>\n"
        if kind < 0.25:
            more = _ANCHOR.format(host=host, n=rng.randint(1, 9_999), page=rng.randint(1, 9), words=escape(title))
            return f'<p class="has-text">{text} {more}</p>\n'
        if kind < 0.32:
            return f"<ul><li>{'</li><li>'.join(text.split('. '))}</li></ul>\n"
        return f"<p>{text}</p>\n"


def _woven(rng: random.Random, host: str, text: str) -> str:
    """A paragraph with links and stress in it, one in about every fourth sentence."""
    sentences = text.split(". ")
    for at in range(0, len(sentences), 4):
        words = sentences[at].split(" ")
        start = rng.randrange(max(1, len(words) - 3))
        some, form = " ".join(words[start : start + 3]), rng.choice(_INLINE)
        words[start : start + 3] = [form.format(host=host, n=rng.randint(1, 9_999), words=some)]
        sentences[at] = " ".join(words)
    return ". ".join(sentences)


def host_of(feed: int) -> str:
    """The name of the publisher's own pages, as the feed's links have it."""
    return f"news{feed}.example.org"


def rendered(feed: Feed) -> bytes:
    """The document."""
    show, form = (_entry, _ATOM) if feed.kind == "atom" else (_item, _RSS)
    newest = feed.items[0].at
    text = form.format(
        title=feed.title,
        host=host_of(feed.number),
        newest=newest.isoformat() if feed.kind == "atom" else format_datetime(newest),
        items="".join(show(feed, item) for item in feed.items),
    )
    return text.encode()


def size_of(feeds: Sequence[bytes]) -> float:
    """KiB of a document, on average."""
    return sum(map(len, feeds)) / max(1, len(feeds)) / 1024


def _item(feed: Feed, item: Item) -> str:
    if feed.kind == "rss, CDATA":
        body = (
            f"<description><![CDATA[{item.title} [&#8230;]]]></description>\n"
            f"<content:encoded><![CDATA[{item.html}]]></content:encoded>\n"
        )
    else:
        body = f"<description>{escape(item.html)}</description>\n"
    title, names = escape(item.title), f'<link>{item.link}</link>\n<guid isPermaLink="false">{escape(item.guid)}</guid>'
    if feed.awkward == "no guid and no link":
        names = ""
    elif feed.awkward == "a guid used again":  # as programs do that number what is on the page, not what they publish
        names = f'<link>{item.link}</link>\n<guid isPermaLink="false">top-{item.at.day % 7}</guid>'
    elif feed.awkward == "a bare &":
        title = title.replace("&amp;", "&")
    return (
        f"<item>\n<title>{title}</title>\n{names}\n<dc:creator><![CDATA[Staff writer]]></dc:creator>\n"
        f"<pubDate>{format_datetime(item.at)}</pubDate>\n<category><![CDATA[{item.section}]]></category>\n"
        f"{body}</item>\n"
    )


def _entry(_feed: Feed, item: Item) -> str:
    return (
        f'<entry>\n<title type="html">{escape(escape(item.title))}</title>\n<link rel="alternate" type="text/html" '
        f'href="{item.link}"/>\n<id>{escape(item.guid)}</id>\n<published>{item.at.isoformat()}</published>\n'
        f"<updated>{item.at.isoformat()}</updated>\n<author><name>Staff writer</name></author>\n"
        f'<category term="{escape(item.section)}"/>\n<content type="html" xml:base="https://{host_of(_feed.number)}/">'
        f"{escape(item.html)}</content>\n</entry>\n"
    )


def _slug(title: str) -> str:
    return "-".join("".join(char for char in word if char.isalnum()) for word in title.lower().split())
