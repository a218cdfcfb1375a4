"""What is to be said of a feed before it is added: its rhythm, and every fault in plain words with what to do. Pure:
from what a look saw, and the time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final, Literal
from urllib.parse import urlsplit

from alerts.collect import politeness
from alerts.collect.lists.checkup import Sight
from alerts.collect.outcome import Outcome, Parsed, PollTarget
from alerts.collect.settings import CollectSettings
from alerts.read.text import plain
from alerts.sizes import about, say_size
from alerts.types import Entry

KeyKind = Literal["id", "link", "content", "id used again"]

_DAY: Final = timedelta(days=1)
_AHEAD: Final = timedelta(hours=1)  # clocks differ
_DEAD: Final = timedelta(days=90)
_FEW_WORDS: Final = 400  # letters: a summary, not an article
_SLOW_MS: Final = 10_000
_NOT_WELL_FORMED: Final = re.compile(r"not well-formed: [^:]*:(\d+):\d+: (.+)")
_MANY: Final = 5  # items, from which on a share of them says something


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to know: a warning wants to be acted on, a note not. `options` are those of `alerts feeds add` that it
    speaks for."""

    level: Literal["warning", "note"]
    text: str
    advice: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a feed seems to bring news, by the dates of its items: from `oldest` to `newest`, `a_day` of them; and
    how soon it would be asked again, and why."""

    oldest: datetime | None = None
    newest: datetime | None = None
    a_day: float | None = None
    interval: timedelta = timedelta(0)
    because: str = ""


def rhythm(sight: Sight, parsed: Parsed, now: datetime, settings: CollectSettings) -> Rhythm:
    """The rhythm of the feed that was seen, and what the poller would make of it."""
    times = sorted(one.published for one in parsed.entries if one.published is not None and one.published <= now)
    span = times[-1] - times[0] if times else timedelta(0)
    recent = [time for time in times if now - time <= _DAY]
    # a document that does not reach back a day says nothing of what came before
    window = _DAY if len(recent) < len(times) or not times else max(now - times[0], timedelta(hours=1))
    rate = len(recent) / (window / timedelta(hours=1))
    newest = times[-1] if times else None
    target = PollTarget(id=0, url="", interval=timedelta(seconds=settings.interval), rate=rate, last_new=newest)
    outcome = Outcome(status="ok", hints=parsed.hints, max_age=politeness.parse_max_age(sight.headers))
    settled = politeness.settle(target, outcome, new=0, items=len(parsed.entries), now=now, settings=settings)
    return Rhythm(
        oldest=times[0] if times else None,
        newest=newest,
        a_day=(len(times) - 1) / (span / _DAY) if span > timedelta(minutes=1) else None,
        interval=_whole_minutes(settled.next_due - now),
        because=settled.due_reason,
    )


def _whole_minutes(length: timedelta) -> timedelta:
    return timedelta(minutes=round(length / timedelta(minutes=1))) if length > timedelta(minutes=2) else length


def key_kind(key: str) -> KeyKind:
    """By what an item is known again, from its key (`collect.formats.identity`)."""
    if len(key) > 66 or key[:2] not in ("g-", "l-", "c-"):
        return "id used again"
    return "id" if key[0] == "g" else "link" if key[0] == "l" else "content"


def findings(sight: Sight, parsed: Parsed, now: datetime, settings: CollectSettings) -> list[Finding]:
    """All there is to say of a feed, the warnings first."""
    entries = parsed.entries
    found = [*_of_answer(sight, settings), *_of_document(sight, parsed, settings)]
    if entries:
        found += [*_of_dates(entries, now), *_of_keys(entries), *_of_texts(entries)]
    return sorted(found, key=lambda one: one.level != "warning")


def _warning(text: str, advice: str = "", *options: str) -> Finding:
    return Finding(level="warning", text=text, advice=advice, options=options)


def _note(text: str, advice: str = "") -> Finding:
    return Finding(level="note", text=text, advice=advice)


# By `Sight.reason`; the message itself says what to do where none stands here.
_ADVICE: Final = {
    "dns": "see that the name is spelled right, and that this machine can resolve others",
    "connect": "see whether a browser reaches it from this machine: it may be down, or closed to us",
    "tls": "a browser would warn too; tell the publisher. What cannot be verified is not read",
    "timeout": "try again later; where it is always so slow, raise read_timeout and total_timeout of [collect]",
    "protocol": "try again later; if it stays so, tell the publisher",
    "redirects": "look in a browser where it leads, and take the address that stands there",
    "throttled": "we are asked to wait, and so would the service; try again later",
    "gone": "the publisher has taken it off for good: look on the site for another",
    "http_client": "see that the address is right; what the site has: alerts feeds check {home}",
    "http_server": "the site is in trouble: try again later",
    "empty": "try again later; if it stays so, look on the site for another",
    "html": "look on the site for a sign of RSS, or ask the publisher for the address of the feed",
    "not_a_feed": "look on the site for a sign of RSS, or ask the publisher for the address of the feed",
    "unreadable": "tell the publisher what is wrong with it",
    "hostile": "no honest feed looks so; the service would refuse it as well",
    "parser_killed": "no honest feed costs so much; the service would give it up as well",
}
_DENIED: Final = {
    401: "it wants a login: write it into the address, https://NAME:PASSWORD@host/...",
    403: "the site turns programs away, often by its robots.txt or a wall against robots: ask the publisher to let "
    "'{agent}' in",
    451: "it is withheld for legal reasons where this machine is",
}


def what_to_do(sight: Sight, settings: CollectSettings) -> str:
    """Advice on an address that has no feed."""
    if sight.reason == "denied":
        return _DENIED.get(sight.http or 0, _DENIED[403]).format(agent=settings.user_agent)
    if "<opml" in sight.message:
        return "this is a list of feeds (OPML); save it, and add them all: alerts feeds import FILE"
    parts = urlsplit(sight.asked)
    if sight.reason == "http_client" and parts.path in ("", "/"):
        return "see that the address is right"
    return _ADVICE.get(sight.reason, "").format(home=f"{parts.scheme}://{parts.netloc}/")


def _of_answer(sight: Sight, settings: CollectSettings) -> Iterator[Finding]:
    if sight.moved_to:
        yield _note(f"it has moved for good to {sight.moved_to}", "add it under that address")
    elif sight.asked.partition("#")[0] != sight.url and sight.http:
        yield _note(
            f"it is redirected to {sight.url}, for the time being", "the address that was given stays the right one"
        )
    if sight.http and not (sight.etag or sight.last_modified):
        yield _note(
            f"the server gives no ETag and no Last-Modified: all {about(sight.size)} of it are sent at each poll",
            "where you know the publisher, ask for them",
        )
    kind = sight.headers.get("content-type", "")
    if kind.startswith("text/html"):
        yield _note("the server calls it a web page (text/html); it is read as the feed that it is")
    if sight.ms > _SLOW_MS:
        yield _warning(
            f"the answer took {sight.ms / 1000:.0f} seconds", f"after {settings.total_timeout:g} it would be given up"
        )


def _of_document(sight: Sight, parsed: Parsed, settings: CollectSettings) -> Iterator[Finding]:
    if sight.cut and any(said.startswith("longer than") for said in sight.warnings):
        twice = say_size(2 * (sight.size // 2**20 + 1) * 2**20)
        yield _warning(
            f"longer than {about(sight.size)}: only its first {len(parsed.entries)} items are read",
            f'give it more room: --max-body "{twice}"',
            "--max-body",
            twice,
        )
    elif sight.cut:
        yield _warning(sight.warnings[-1] if sight.warnings else "the answer broke off", "look again in a while")
    elif parsed.broken:
        yield _warning(
            "the document ends in the middle", "its whole items are read; look again, and tell the publisher"
        )
    if not parsed.entries:
        yield _warning("it holds no items", "that may be so when there is no news; if not, look for another feed")
    faults = [said for said in parsed.warnings if said.startswith("not well-formed")]
    if faults or parsed.rung in ("repaired", "recovered"):
        places = (_NOT_WELL_FORMED.match(said) for said in faults)
        where = next((f" (line {found[1]}: {found[2]})" for found in places if found), "")
        yield _note(f"it is no well-formed XML{where}, and was mended to be read", "tell the publisher")
    for said in parsed.warnings:
        yield from _of_warning(said)


def _of_warning(said: str) -> Iterator[Finding]:
    """What the parser remarked, with what to do about it; nothing for what is told already."""
    if said.startswith("declared as"):
        yield _note(f"its encoding is wrongly {said}", "nothing is lost; tell the publisher")
    elif "only the first" in said:
        yield _note(said, "new items come on top, so nothing new is missed")
    elif "of them readable" in said:
        yield _warning(said, "items are lost: tell the publisher")
    elif "ends in the middle" not in said and not said.startswith("not well-formed"):
        yield _note(said)


def _of_dates(entries: Sequence[Entry], now: datetime) -> Iterator[Finding]:
    dates = [one.published for one in entries if one.published is not None]
    undated = len(entries) - len(dates)
    if undated:
        who = "no item has a date" if not dates else f"{undated} of {len(entries)} items have no date"
        yield _warning(f"{who} that can be read", "they count as published when they are first seen")
    ahead = [date for date in dates if date > now + _AHEAD]
    if ahead:
        yield _warning(
            f"{_items(ahead)} dated in the future, up to {max(ahead):%Y-%m-%d %H:%M} UTC: a wrong clock or time zone",
            "such an item counts as published when it is first seen",
        )
    if len(dates) >= _MANY and len(set(dates)) == 1:
        yield _warning(
            f"all items have the same date, {dates[0]:%Y-%m-%d %H:%M} UTC: that of the document, not theirs",
            "old items may be taken for news of today",
        )
    past = [date for date in dates if date <= now]
    if past and now - max(past) > _DEAD and not ahead:
        months = round((now - max(past)) / timedelta(days=30.4))
        yield _warning(
            f"its newest item is of {max(past):%Y-%m-%d}, {months} months ago: the feed seems to be dead",
            "look on the publisher's site for another",
        )


def _items(some: Sequence[object]) -> str:
    return "1 item is" if len(some) == 1 else f"{len(some)} items are"


def _of_keys(entries: Sequence[Entry]) -> Iterator[Finding]:
    kinds = Counter(key_kind(one.key) for one in entries)
    if kinds["id used again"]:
        yield _warning(
            f"{kinds['id used again']} of {len(entries)} items have an id that another item has too",
            "they are told apart by link and text, and none is lost; tell the publisher",
        )
    if kinds["content"]:
        yield _warning(
            f"{kinds['content']} of {len(entries)} items have no id, and no link of their own",
            "they are known again by their text: a corrected one counts as a new article",
        )
    elif kinds["link"]:
        yield _note(f"{kinds['link']} of {len(entries)} items have no id, and are known again by their links")


def _of_texts(entries: Sequence[Entry]) -> Iterator[Finding]:
    lengths = [len(plain(one.html)) for one in entries]
    usual, linked = median(lengths), sum(bool(one.url) for one in entries)
    if usual < _FEW_WORDS and linked * 2 > len(entries):
        what = "only titles" if usual < 20 else f"only summaries, of about {usual:.0f} letters"
        yield _warning(f"the items hold {what}", "--full-text reads the pages that they link to", "--full-text")
    elif usual < 20:
        yield _warning("the items hold only titles, and no links to the articles", "look for another feed")
