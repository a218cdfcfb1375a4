"""Any number of articles put in order without holding them in memory: a scratch file, gone with its user."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from alerts.types import Article

_AT_ONCE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NAMES: Final = tuple(field.name for field in fields(Article) if field.name != "published")
_BY_DATE: Final = "SELECT published, article FROM spool ORDER BY published, source, id, number"


class Spool:
    """Articles by publication, then source and id; those alike in all three stay as they were put in. Close it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="alerts-replay-")
        self._file = sqlite3.connect(self.folder / "articles.db", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(
            "CREATE TABLE spool (published INTEGER, source TEXT, id TEXT, number INTEGER, article TEXT,"
            " PRIMARY KEY (published, source, id, number)) WITHOUT ROWID"
        )
        self._length = 0
        self._waiting: list[tuple[Any, ...]] = []

    @property
    def folder(self) -> Path:
        """Room for other scratch files."""
        return Path(self._folder.name)

    def close(self) -> None:
        self._file.close()
        self._folder.cleanup()

    def __len__(self) -> int:
        return self._length

    def put(self, article: Article) -> None:
        """Put one in."""
        self._length += 1
        published = (article.published - _EPOCH) // _MICROSECOND
        text = json.dumps({name: getattr(article, name) for name in _NAMES})
        self._waiting.append((published, _sortable(article.source), _sortable(article.id), self._length, text))
        if len(self._waiting) == _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO spool VALUES (?, ?, ?, ?, ?)", self._waiting)
        self._file.execute("COMMIT")
        self._waiting.clear()

    def __iter__(self) -> Iterator[Article]:
        self._write()
        for published, text in self._file.execute(_BY_DATE):
            data = json.loads(text)
            data["sections"] = tuple(data["sections"])
            yield Article(published=_EPOCH + published * _MICROSECOND, **data)


def _sortable(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
