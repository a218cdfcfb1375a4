"""Reading articles from files for `detect` and `replay`: JSON lines, a feed document, or plain text.

A line that cannot be used is told with file and line, and the others are read all the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from alerts.errors import Fault, ParseError
from alerts.read.text import plain
from alerts.types import Article

STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds where a file does not say: the time of publication (None: now), and the feed's facts."""

    now: datetime
    published: datetime | None = None
    source: str = ""
    language: str | None = None
    country: str | None = None


@dataclass(slots=True)
class Reader:
    """Reads files; `faults` grows as they are read."""

    defaults: Defaults
    faults: list[Fault] = field(default_factory=list)

    def read(self, paths: Sequence[str]) -> Iterator[Article]:
        """The articles of all files, in order."""
        for path in paths:
            yield from self._file(path)

    def _file(self, path: str) -> Iterator[Article]:
        try:
            raw = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
        except OSError as error:
            self.faults.append(Fault(path, 0, f"the file cannot be read: {error.strerror}"))
            return
        start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:4096]
        if start.startswith(b"<") or _is_json_feed(start):
            yield from self._feed(path, raw)
        elif start.startswith(b"{"):
            yield from self._lines(path, raw)
        else:
            yield from self._text(path, raw)

    def _lines(self, path: str, raw: bytes) -> Iterator[Article]:
        for number, line in enumerate(raw.split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                yield self._article(json.loads(line), f"{Path(path).stem}-{number}")
            except (ValueError, RecursionError) as error:
                why = f"this is no JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)
                self.faults.append(Fault(path, number, why))

    def _article(self, data: object, name: str) -> Article:
        if not isinstance(data, dict):
            raise ValueError('a line must be an object such as {"id": "1", "title": "...", "text": "..."}')
        known = self.defaults
        title, text = _text(data, "title"), _text(data, "text")
        if not title and not text:
            raise ValueError("the article has neither 'title' nor 'text'")
        published = data.get("published")
        return Article(
            id=str(data.get("id", name)),
            title=" ".join(plain(title).split()),
            text=plain(text),
            published=moment(published) if published else known.published or known.now,
            source=_text(data, "source") or known.source,
            language=_text(data, "language") or known.language,
            url=_text(data, "url"),
            country=_text(data, "country") if isinstance(data.get("country"), str) else known.country,
            dated=bool(published),
        )

    def _text(self, path: str, raw: bytes) -> Iterator[Article]:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.faults.append(Fault(path, line, "the file is not UTF-8 text"))
            return
        if not text.strip():
            self.faults.append(Fault(path, 0, "the file is empty"))
            return
        known = self.defaults
        yield Article(
            id=Path(path).stem if path != STDIN else "text",
            title="",
            text=plain(text),
            published=known.published or known.now,
            source=known.source,
            language=known.language,
            country=known.country,
            dated=known.published is not None,
        )

    def _feed(self, path: str, raw: bytes) -> Iterator[Article]:
        from alerts.collect.parse import parse_document

        known = self.defaults
        try:
            parsed = parse_document(raw, {}, "")
        except ParseError as error:
            self.faults.append(Fault(path, 0, str(error).removeprefix(": ")))
            return
        self.faults += [Fault(path, 0, warning, "warning") for warning in parsed.warnings]
        for entry in parsed.entries:
            yield Article(
                id=entry.key,
                title=" ".join(plain(entry.title).split()),
                text=plain(entry.html),
                published=entry.published or known.published or known.now,
                source=known.source or parsed.title,
                language=entry.language or parsed.language or known.language,
                url=entry.url,
                country=known.country,
                dated=entry.published is not None,
            )


def _is_json_feed(start: bytes) -> bool:
    return start.startswith(b"{") and b"jsonfeed.org/version" in start


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        if key == "country":
            return ""
        raise ValueError(f"'{key}' must be text")
    return value


def moment(value: object) -> datetime:
    """A time or a day as people and JSON write it; noon of the day, UTC where no zone is given.

    Raises ValueError.
    """
    if not isinstance(value, str):
        raise ValueError(f"'published' must be a time in quotes, such as \"2026-01-31T12:00:00Z\", not {value!r}")
    text = value.strip().replace("Z", "+00:00")
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{value}' is no time; write it as 2026-01-31T12:00:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
