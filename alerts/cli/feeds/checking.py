"""`alerts feeds check`."""

from __future__ import annotations

import asyncio
import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.collect.lists.checkup import Look, Sight
    from alerts.collect.lists.findings import Finding, Rhythm
    from alerts.collect.outcome import Parsed
    from alerts.collect.settings import CollectSettings
    from alerts.types import Entry

_SHOWN = 5
_WORDS = 120


@click.command(name="check", short_help="See what the service would see at an address; stores nothing.")
@click.argument("url")
@common.config_option
@common.json_option
@click.option("--items", type=click.IntRange(0, 1000), default=_SHOWN, show_default=True, help="Show so many items.")
def command(url: str, config_path: Path, as_json: bool, items: int) -> None:
    """See what the service would see at URL, and what is wrong with it; nothing is stored. Of a web page the feed is
    looked at that it names, or that lies where many sites have theirs. URL may be a file too: a saved document.

    \b
      alerts feeds check https://example.org/
      alerts feeds check saved/feed-3-20260131-120500-ok-17.xml

    Exit status 1 if there is no feed. Needs no installation.
    """
    from alerts.collect.lists.findings import findings, rhythm
    from alerts.configured import collect_settings

    settings = collect_settings(common.config_or_defaults(config_path))
    found, now = asyncio.run(_look(url, _document(url), settings)), common.now()
    parsed = found.sight.parsed
    if parsed is None:
        _tell_no_feed(found, settings, as_json)
        raise SystemExit(1)
    said, pace = findings(found.sight, parsed, now, settings), rhythm(found.sight, parsed, now, settings)
    if as_json:
        click.echo(common.as_json(_json(found, parsed, said, pace, items)))
        return
    for line in (*_way(found), *_facts(found.sight, parsed, pace, now), *_items(parsed, items), *_findings(said)):
        click.echo(line)
    for line in (*_others(found), *_add(found, parsed, said, url)):
        click.echo(line)


def _document(given: str) -> bytes | None:
    """The content of the file that `given` names; None if it is an address."""
    from alerts.errors import InputError

    if "://" in given:
        return None
    path = Path(given)
    if path.is_file():
        return path.read_bytes()
    if path.is_dir():
        raise InputError(f"{given[:200]}: this is a folder; name a file in it")
    if not _like_a_host(given) and (path.suffix or "/" in given):
        raise InputError(f"{given[:200]}: there is no such file; an address begins with https://")
    return None


async def _look(given: str, document: bytes | None, settings: CollectSettings) -> Look:
    from alerts.collect.asking.fetch import Fetcher
    from alerts.collect.lists import checkup
    from alerts.collect.worker import ParserPool
    from alerts.errors import InputError

    async with ParserPool(settings) as pool, Fetcher(settings) as fetcher:
        if document is not None:
            return await checkup.look_at_document(document, given, pool)
        try:
            # people write names of hosts as they say them
            return await checkup.look(given if ":" in given else f"https://{given}", fetcher, pool)
        except ValueError as error:
            raise InputError(f"{given[:200]}: {error}") from None


def _like_a_host(given: str) -> bool:
    host = given.partition("/")[0]
    return "." in host.strip(".") and not host.endswith((".xml", ".rss", ".json", ".atom", ".opml", ".html", ".rdf"))


def _clean(text: str, most: int = 300) -> str:
    """Foreign text for a terminal: on one line, without what could command it."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= most else f"{text[:most].rstrip()}..."


def _tell_no_feed(found: Look, settings: CollectSettings, as_json: bool) -> None:
    from alerts.collect.lists.findings import what_to_do

    sight, advice = found.sight, what_to_do(found.sight, settings)
    if as_json:
        click.echo(common.as_json({"feed": False, **_answer(sight), **_ways(found), "advice": advice}))
    click.echo(f"{_clean(sight.asked)}: {_clean(sight.message)}", err=True)
    for one in found.tried:
        click.echo(f"  tried {_clean(one.asked)}: {_clean(one.message)}", err=True)
    if advice:
        click.echo(f"  -> {advice}", err=True)


def _way(found: Look) -> list[str]:
    if found.page is None:
        return []
    what = f"{_clean(found.page.asked)} is {_clean(found.page.message.partition(';')[0])}"
    many = len(found.others) + len(found.tried) + 1
    names = "a feed" if many == 1 else f"{many} feeds, of which this is looked at"
    how = (
        f"it names {names}" if found.way == "named" else "it names none, but there is one where many sites have theirs"
    )
    return [f"{what}; {how}:", ""]


def _facts(sight: Sight, parsed: Parsed, pace: Rhythm, now: datetime) -> list[str]:
    from alerts.durations import say
    from alerts.sizes import about

    title = f", '{_clean(parsed.title)}'" if parsed.title else ""
    language = f", language {parsed.language}" if parsed.language else ""
    lines = [f"feed     {_clean(sight.asked)}", f"format   {parsed.version or 'unknown'}{title}{language}"]
    size = about(sight.size)
    if sight.http:
        given = [name for name, value in (("ETag", sight.etag), ("Last-Modified", sight.last_modified)) if value]
        validators = " and ".join(given) or "neither ETag nor Last-Modified"
        lines.append(f"answer   {sight.http} in {sight.ms / 1000:.1f} s, {size}, {validators}")
    else:
        lines.append(f"file     {size}")
    span = ""
    if pace.newest is not None and pace.oldest is not None:
        span = (
            f", from {pace.oldest:%Y-%m-%d %H:%M} to {pace.newest:%Y-%m-%d %H:%M} UTC ({common.ago(pace.newest, now)})"
        )
    lines.append(f"items    {len(parsed.entries)}{span}{_pace(pace)}")
    if parsed.entries:
        lines.append(f"known    {_known_by(parsed)}")
    if sight.http:
        lines.append(f"polled   about every {say(pace.interval)}{_because(pace)}")
    return lines


def _known_by(parsed: Parsed) -> str:
    """By what items are known again at the next poll."""
    from collections import Counter

    from alerts.collect.lists.findings import key_kind

    kinds = Counter(key_kind(one.key) for one in parsed.entries)
    if len(kinds) == 1:
        return f"again by {next(iter(kinds))}"
    return f"again by {', '.join(f'{kind} ({count})' for kind, count in kinds.most_common())}"


def _pace(pace: Rhythm) -> str:
    if pace.a_day is None:
        return ""
    if pace.a_day >= 1.5:
        return f"; about {pace.a_day:.0f} a day"
    return f"; about {pace.a_day * 7:.0f} a week" if pace.a_day * 7 >= 1.5 else f"; about {pace.a_day * 30:.1f} a month"


def _because(pace: Rhythm) -> str:
    return ", as the feed asks" if pace.because == "the feed's hint" else ", by its rhythm and [collect]"


def _items(parsed: Parsed, most: int) -> list[str]:
    lines = [""] if parsed.entries and most else []
    for entry in parsed.entries[:most]:
        row = _item(entry)
        when = entry.published.strftime("%Y-%m-%d %H:%M") if entry.published else "no date         "
        lines += [f"  {when}  {_clean(entry.title) or '(no title)'}", f"    {row['text'] or '(no text)'}"]
    rest = len(parsed.entries) - most
    return [*lines, f"  and {rest} more"] if most and rest > 0 else lines


def _item(entry: Entry) -> dict[str, Any]:
    from alerts.collect.lists.findings import key_kind
    from alerts.read.text import plain

    return {
        "title": entry.title,
        "published": entry.published,
        "url": entry.url,
        "text": _clean(plain(entry.html), _WORDS),
        "known_by": key_kind(entry.key),
    }


def _findings(said: list[Finding]) -> list[str]:
    lines = [""] if said else []
    for one in said:
        lines.append(f"{one.level}: {_clean(one.text)}")
        if one.advice:
            lines.append(f"  -> {_clean(one.advice)}")
    return lines


def _others(found: Look) -> list[str]:
    lines = ["", "the page also names:"] if found.others else []
    return lines + [f"  {_clean(one.url)}{f'  ({_clean(one.title)})' if one.title else ''}" for one in found.others]


def _add(found: Look, parsed: Parsed, said: list[Finding], given: str) -> list[str]:
    from alerts.urls import without_password

    if found.way == "file":
        return []
    login = ", with the login before its host that you gave" if without_password(given) != given else ""
    return ["", f"to add it{login}:", f"  {_add_line(found.sight, parsed, said)}"]


def _add_line(sight: Sight, parsed: Parsed, said: list[Finding]) -> str:
    words = ["alerts", "feeds", "add", sight.moved_to or sight.asked]
    if parsed.title:
        words += ["--source", _clean(parsed.title, 60).removesuffix("...")]
    if parsed.language and parsed.language[:2].isalpha() and len(parsed.language.partition("-")[0]) == 2:
        words += ["--language", parsed.language[:2].lower()]
    for one in said:
        words += one.options
    return shlex.join(words)


def _answer(sight: Sight) -> dict[str, Any]:
    return {
        "url": sight.asked,
        "from": sight.url,
        "moved_to": sight.moved_to,
        "http": sight.http,
        "type": sight.headers.get("content-type"),
        "bytes": sight.size,
        "ms": sight.ms,
        "reason": sight.reason,
        "message": sight.message,
    }


def _ways(found: Look) -> dict[str, Any]:
    return {
        "way": found.way,
        "page": found.page.asked if found.page else None,
        "others": [{"url": one.url, "title": one.title, "kind": one.kind} for one in found.others],
        "tried": [{"url": one.asked, "reason": one.reason, "message": one.message} for one in found.tried],
    }


def _json(found: Look, parsed: Parsed, said: list[Finding], pace: Rhythm, items: int) -> dict[str, Any]:
    sight = found.sight
    return {
        "feed": True,
        **_answer(sight),
        **_ways(found),
        "etag": sight.etag,
        "last_modified": sight.last_modified,
        "format": parsed.version,
        "title": parsed.title,
        "language": parsed.language,
        "rung": parsed.rung,
        "entries": len(parsed.entries),
        "oldest": pace.oldest,
        "newest": pace.newest,
        "a_day": None if pace.a_day is None else round(pace.a_day, 2),
        "interval_s": pace.interval.total_seconds(),
        "items": [_item(entry) for entry in parsed.entries[:items]],
        "findings": [{"level": one.level, "text": one.text, "advice": one.advice} for one in said],
        "add": None if found.way == "file" else _add_line(sight, parsed, said),
    }
