"""Reading articles from files for `detect` and `replay`: JSON lines, a feed document, or plain text.

A line that cannot be used is told with file and line, and the others are read all the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from alerts.errors import Fault, ParseError
from alerts.read.text import plain
from alerts.types import Article

STDIN = "-"
_LONGEST_LINE = 16 * 2**20
_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds where a file does not say: the time of publication (None: now), and the feed's facts.
    `country_of` makes a country's name or code the alpha-3 code, or None."""

    now: datetime
    country_of: Callable[[str], str | None]
    published: datetime | None = None
    source: str = ""
    country: str | None = None


@dataclass(slots=True)
class Reader:
    """Reads files; `faults` and `undated` (articles that count as published now) grow as they are read."""

    defaults: Defaults
    faults: list[Fault] = field(default_factory=list)
    undated: int = 0
    _odd: set[str] = field(default_factory=set)

    def read(self, paths: Sequence[str]) -> Iterator[Article]:
        """The articles of all files, in order."""
        for path in paths:
            yield from self._counted(self._file(path))

    def document(self, path: str, raw: bytes) -> Iterator[Article]:
        """The articles of a document that is not a file; `path` is what faults call it."""
        yield from self._counted(self._document(path, raw))

    def _counted(self, articles: Iterator[Article]) -> Iterator[Article]:
        for article in articles:
            self.undated += not article.dated
            yield article

    def _file(self, path: str) -> Iterator[Article]:
        if path != STDIN and Path(path).is_dir():
            self.faults.append(Fault(path, 0, "this is a folder; name the files in it"))
            return
        try:
            opened = nullcontext(sys.stdin.buffer) if path == STDIN else Path(path).open("rb")
        except (OSError, ValueError) as error:
            said = (error.strerror or error) if isinstance(error, OSError) else error
            self.faults.append(Fault(path, 0, f"the file cannot be read: {said}"))
            return
        with opened as file:
            try:
                yield from self._read(path, file)
            except OSError as error:
                self.faults.append(Fault(path, 0, f"the file cannot be read: {error.strerror or error}"))

    def _read(self, path: str, file: BinaryIO) -> Iterator[Article]:
        """Line by line where there is an article a line, of any number; else as a whole."""
        first = file.readline(_LONGEST_LINE)
        if _is_line(first):
            yield from self._lines(path, chain([first], file))
        else:
            yield from self._document(path, first + file.read())

    def _document(self, path: str, raw: bytes) -> Iterator[Article]:
        start = raw.lstrip(_BLANK)[:4096]
        if start.startswith(b"<") or _is_json_feed(start):
            yield from self._feed(path, raw)
        elif start.startswith((b"{", b"[")) and (whole := _whole(raw)) is not None:
            yield from self._list(path, whole)
        elif start.startswith(b"{"):
            yield from self._lines(path, raw.split(b"\n"))
        else:
            yield from self._text(path, raw)

    def _list(self, path: str, items: list[object]) -> Iterator[Article]:
        """One JSON document: an article over several lines, or a list of articles."""
        for number, item in enumerate(items, 1):
            try:
                yield self._article(item, f"{Path(path).stem}-{number}", path)
            except ValueError as error:
                self.faults.append(Fault(path, 0, f"article {number}: {error}"))

    def _lines(self, path: str, lines: Iterable[bytes]) -> Iterator[Article]:
        for number, line in enumerate(lines, 1):
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not line.strip():
                continue
            try:
                yield self._article(json.loads(line), f"{Path(path).stem}-{number}", path, number)
            except json.JSONDecodeError as error:
                self.faults.append(Fault(path, number, f"this is no JSON: {error.msg} at column {error.colno}"))
            except UnicodeDecodeError:
                self.faults.append(Fault(path, number, "the line is not UTF-8 text"))
            except RecursionError:
                self.faults.append(Fault(path, number, "this is no article: brackets are nested too deeply"))
            except ValueError as error:
                self.faults.append(Fault(path, number, str(error)))

    def _article(self, data: object, name: str, path: str, line: int = 0) -> Article:
        if not isinstance(data, dict):
            raise ValueError('an article is an object such as {"id": "1", "title": "...", "text": "..."}')
        known = self.defaults
        title, text = _text(data, "title"), _text(data, "text")
        if not title and not text:
            raise ValueError("the article has neither 'title' nor 'text'")
        published = data.get("published")
        return Article(
            id=_id(data, name),
            title=" ".join(plain(title).split()),
            text=plain(text),
            published=moment(published) if published else known.published or known.now,
            source=self._hint(data, "source", path, line) or known.source,
            language=self._hint(data, "language", path, line) or None,
            url=self._hint(data, "url", path, line),
            country=self._country(self._hint(data, "country", path, line), path, line),
            dated=bool(published) or known.published is not None,
        )

    def _hint(self, data: dict[str, Any], key: str, path: str, line: int) -> str:
        """A text that helps to read an article but is not needed. Files of other tools keep other things under
        such names: then it is left out, and told once."""
        value = data.get(key)
        if value is None or isinstance(value, str):
            return _sound(value or "")
        if key not in self._odd:
            self._odd.add(key)
            self.faults.append(
                Fault(path, line, f"'{key}' is not text: it is left out, here and wherever it is so", "warning")
            )
        return ""

    def _country(self, name: str, path: str, line: int) -> str | None:
        if not name:
            return self.defaults.country
        code = self.defaults.country_of(name)
        if code is None:
            self.faults.append(Fault(path, line, f"'{name}' is no country that is known here", "warning"))
        return code or self.defaults.country

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
        yield self.of_text(text, Path(path).stem if path != STDIN else "text")

    def of_text(self, text: str, name: str = "text") -> Article:
        """A text without title as an article, with the facts that hold where nothing is said."""
        known = self.defaults
        return Article(
            id=name,
            title="",
            text=plain(text),
            published=known.published or known.now,
            source=known.source,
            country=known.country,
            dated=known.published is not None,
        )

    def _feed(self, path: str, raw: bytes) -> Iterator[Article]:
        from alerts.collect.formats.parse import parse_document

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
                language=entry.language or parsed.language,
                url=entry.url,
                country=known.country,
                dated=entry.published is not None or known.published is not None,
                sections=entry.sections,
            )


def _is_line(first: bytes) -> bool:
    """Whether a file that begins so has an article a line, so that it need not be read as a whole."""
    if not first.lstrip(_BLANK).startswith(b"{") or not first.endswith(b"\n") or _is_json_feed(first.lstrip(_BLANK)):
        return False
    try:
        return isinstance(json.loads(first.decode("utf-8-sig")), dict)
    except (ValueError, RecursionError):
        return False


def _is_json_feed(start: bytes) -> bool:
    return start.startswith(b"{") and b"jsonfeed.org/version" in start


def _whole(raw: bytes) -> list[object] | None:
    """The articles of a file that is one JSON document over several lines, or a list; else None."""
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list):
        return found
    return [found] if b"\n" in raw.strip() else None


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"'{key}' must be text")
    return _sound(value)


def _id(data: dict[str, Any], name: str) -> str:
    value = data.get("id")
    if value is None or value == "":
        return name
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("'id' must be text or a number")
    return _sound(str(value))


def _sound(text: str) -> str:
    """Without halves of characters (JSON's \\ud800), which nothing can write."""
    return text.encode("utf-8", "replace").decode("utf-8")


def moment(value: object) -> datetime:
    """A time or a day as people, JSON and mails write it; noon of a day, UTC where no zone is given.

    Raises ValueError.
    """
    if not isinstance(value, str):
        raise ValueError(f"'published' must be a time in quotes, such as \"2026-01-31T12:00:00Z\", not {value!r}")
    try:
        found = _moment(value.strip())
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        found = datetime.min.replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"'{value[:60]}' is no time; write it as 2026-01-31T12:00:00Z") from None
    if not 1900 <= found.year <= 2200:
        raise ValueError(f"'{value[:60]}' lies outside the years 1900 to 2200")
    return found


def _moment(text: str) -> datetime:
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
