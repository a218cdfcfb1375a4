"""The article of a command line, however it is given: a file, an address, the id of a stored one, or its text."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from alerts.cli.articles import Reader
    from alerts.collect.asking.fetch import Response
    from alerts.config import Config
    from alerts.store.articles import Waiting
    from alerts.types import Article

_SCHEMES = ("http://", "https://")
_LONGEST_ID = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An article; `stored` when it is one of the database."""

    article: Article
    stored: Waiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """Finds the articles that a word of the command line means. `title` and `language` are for those that give none;
    `database` opens the configured one, or is None where there is none."""

    config: Config
    reader: Reader
    title: str
    language: str | None
    database: Callable[[], Engine] | None

    def articles(self, given: str) -> Iterator[Given]:
        """Raises InputError, FetchError, ParseError, StoreError; faults of a file are the reader's."""
        if given.lower().startswith(_SCHEMES):
            yield from map(self._completed, self._fetched(given))
        elif given == "-" or _exists(given):
            yield from map(self._completed, self.reader.read([given]))
        elif given.isascii() and given.isdigit() and len(given) <= _LONGEST_ID:
            yield self._stored(given)
        elif not given.strip():
            raise InputError("the text is empty")
        elif len(given.split()) == 1 and (Path(given).suffix or "/" in given):
            raise InputError(f"{given}: there is no such file")
        elif len(given.split()) == 1:
            raise InputError(
                f"'{given}' is no file, no address (https://...), no id of a stored article, and too short for a text"
            )
        else:
            yield self._completed(self.reader.of_text(given))

    def _completed(self, article: Article) -> Given:
        title = article.title or self.title
        return Given(article=replace(article, title=title, language=self.language or article.language))

    def _stored(self, article_id: str) -> Given:
        from alerts.store import articles
        from alerts.store.database import reading

        if self.database is None:
            raise InputError(f"'{article_id}' is no file, and there is no database to look for such an article in")
        engine = self.database()
        try:
            with reading(engine) as conn:
                found = articles.get(conn, article_id)
        finally:
            engine.dispose()
        if found is None:
            raise InputError(f"there is no article {article_id} in the database")
        return Given(article=found.article, stored=found)

    def _fetched(self, url: str) -> Iterator[Article]:
        """The article of a web page, or those of a feed."""
        response = asyncio.run(self._get(url))
        start = response.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024].lower()
        kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if "html" in kind or start.startswith((b"<!doctype html", b"<html")):
            yield self._page(response, url)
        elif kind.startswith("text/plain") and not start.startswith((b"<", b"{")):
            text = response.body.decode("utf-8", "replace")
            yield replace(self.reader.of_text(text), id=url, url=response.url)
        elif kind.startswith(("image/", "audio/", "video/", "application/pdf", "application/zip")):
            raise InputError(f"{url}: this is {kind}, which cannot be read; give the text of the article instead")
        else:
            yield from self.reader.document(url, response.body)

    async def _get(self, url: str) -> Response:
        from alerts.collect.asking.fetch import Fetcher
        from alerts.configured import collect_settings

        async with Fetcher(collect_settings(self.config)) as fetcher:
            return await fetcher.get(url)

    def _page(self, response: Response, url: str) -> Article:
        from alerts.collect.links.page import read_page

        page = read_page(response.body, response.headers.get("content-type", ""))
        if not page.text:
            raise InputError(
                f"{url}: no paragraphs were found in this page (it may be put together by a script); give the text"
                " of the article instead"
            )
        known = self.reader.defaults
        published = known.published or page.published
        return replace(
            self.reader.of_text(page.text),
            id=url,
            url=response.url,
            title=page.title,
            language=page.language,
            published=published or known.now,
            dated=published is not None,
        )


def _exists(path: str) -> bool:
    """Whether this is a file or a folder; a text is often too long for a path."""
    try:
        return stat.S_IFMT(os.stat(path).st_mode) != 0
    except (OSError, ValueError):
        return False


def database_of(config: Config, config_path: Path) -> Callable[[], Engine] | None:
    """Opens the database of a configuration as it is; None where there is no configuration, or none was made yet."""
    from alerts.store.database import open_database

    if not config_path.exists():
        return None
    if config.service.database == "sqlite" and not (config.service.data / "alerts.db").exists():
        return None
    return lambda: open_database(config.database_url)
