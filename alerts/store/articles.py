"""Articles: what the feeds brought, as plain text, and which of them still wait to be read.

An article is known by its feed and key. The same key with another text is a revision: it waits again, so
that "2 dead" become "200 dead" is seen. The same text again changes nothing.

An article that cannot be read or tracked is set aside with the reason (`mark_faulty`), so that it holds up no
other; it is counted in the status, and tried again at the next start of the service.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from alerts.collect.formats.identity import by_id, content_hash, other_keys
from alerts.read.text import plain
from alerts.store import linked
from alerts.store.codec import clean, clean_or_none
from alerts.store.schema import article, feed
from alerts.types import Article, Entry

_KEYS_AT_ONCE: Final = 500
_CLOCKS_DIFFER: Final = timedelta(days=1)
_LONGEST_FAULT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry as it is stored: plain text and the digest of it. `published` is None when unknown."""

    key: str
    content_hash: str
    title: str
    text: str
    url: str
    language: str | None
    published: datetime | None
    sections: tuple[str, ...] = ()
    cap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An article that is to be read, with what tracking needs to know of its feed."""

    article: Article
    revision: int
    feed_id: int
    owner: str
    tier: int
    backlog: bool
    first_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a document came to: how many articles were new, revised, or there as they are; the keys of the first two."""

    new: int = 0
    revised: int = 0
    same: int = 0
    keys: tuple[str, ...] = ()


def drafts(entries: Iterable[Entry], *, seen: datetime, language: str | None = None) -> list[Draft]:
    """What will be stored of a document's entries; to be made before the transaction, for it takes time.

    A key that comes twice in one document is taken once, the first time. `language` is the document's. An
    article cannot have appeared after it was `seen`: a date somewhat ahead is a clock or a time zone and
    becomes `seen`, one far ahead is none.
    """
    made: dict[str, Draft] = {}
    for entry in entries:
        if entry.key in made:
            continue
        title, text = " ".join(clean(plain(entry.title)).split()), clean(plain(entry.html))
        made[entry.key] = Draft(
            key=entry.key,
            content_hash=content_hash(title, text),
            title=title,
            text=text,
            url=clean(entry.url),
            language=clean_or_none(entry.language or language, 20),
            sections=tuple(clean(section) for section in entry.sections),
            published=_believable(entry.published, seen),
            cap=clean(entry.cap),
        )
    return list(made.values())


def _believable(published: datetime | None, seen: datetime) -> datetime | None:
    if published is None or published > seen + _CLOCKS_DIFFER:
        return None
    return min(published, seen)


def store(
    conn: Connection,
    feed_id: int,
    found: Sequence[Draft],
    *,
    now: datetime,
    backlog: bool = False,
    full_text: bool = False,
) -> Stored:
    """Store what is new or changed. `backlog` marks new articles as those of a feed's first document; with `full_text`
    the pages behind articles are wanted."""
    there = known(conn, feed_id, [draft.key for draft in found])
    if any(_differs(draft, there) for draft in found):
        found = _ids_used_again(conn, feed_id, found, there)
    new = [draft for draft in found if draft.key not in there]
    revised = [draft for draft in found if _differs(draft, there)]
    if new:
        new.sort(key=lambda draft: draft.published or now)  # feeds have the newest on top; it is read as it happened
        rows = [_new_row(draft, feed_id=feed_id, now=now, backlog=backlog) for draft in new]
        conn.execute(insert(article), rows)
    if revised:
        revised = linked.revised(conn, feed_id, revised, full_text=full_text)
    for dated in (True, False):
        rows = [_revision(draft, feed_id) for draft in revised if (draft.published is not None) is dated]
        if rows:
            conn.execute(_REVISE_DATED if dated else _REVISE, rows)
    if full_text or any(draft.cap for draft in found):
        linked.want(conn, feed_id, [*new, *revised], now=now, full_text=full_text)
    keys = tuple(draft.key for draft in (*new, *revised))
    return Stored(new=len(new), revised=len(revised), same=len(found) - len(keys), keys=keys)


def _differs(draft: Draft, there: Mapping[str, str]) -> bool:
    return there.get(draft.key, draft.content_hash) != draft.content_hash


def _ids_used_again(conn: Connection, feed_id: int, found: Sequence[Draft], there: dict[str, str]) -> list[Draft]:
    """`found`, with keys of their own for articles that only have the id of a known one. Such an article was known
    beside the other while both were in the document; or it has neither the link nor the title of the known one, so it
    is none that was rewritten: that would take back what the known one told. What is known of those is put into
    `there`."""
    doubtful = [draft for draft in found if by_id(draft.key) and _differs(draft, there)]
    others = {draft.key: other_keys(draft.key, draft.url, draft.content_hash) for draft in doubtful}
    there |= known(conn, feed_id, [key for keys in others.values() for key in keys])
    rows = conn.execute(_NAMES, {"of_feed": feed_id, "keys": list(others)})
    names = {row.key: (row.url, row.title) for row in rows}
    taken = {draft.key for draft in found}
    own: dict[str, str] = {}
    for draft in doubtful:
        url, title = names[draft.key]
        strange = draft.url != url and draft.title.casefold() != title.casefold()
        by_link = others[draft.key][0]
        key = next((key for key in others[draft.key] if key in there), by_link if strange else draft.key)
        if key not in taken:
            own[draft.key] = key
    return [replace(draft, key=own.get(draft.key, draft.key)) for draft in found]


def known(conn: Connection, feed_id: int, keys: Sequence[str]) -> dict[str, str]:
    """Which of these keys a feed has, with the digests of what the feed says there."""
    found: dict[str, str] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        rows = conn.execute(_KNOWN, {"of_feed": feed_id, "keys": some})
        found.update((row.key, row.content_hash) for row in rows)
    return found


_KNOWN: Final = select(article.c.key, article.c.content_hash).where(
    article.c.feed_id == bindparam("of_feed"), article.c.key.in_(bindparam("keys", expanding=True))
)


def _new_row(draft: Draft, *, feed_id: int, now: datetime, backlog: bool) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "key": draft.key,
        "content_hash": draft.content_hash,
        "title": draft.title,
        "text": draft.text,
        "url": draft.url,
        "language": draft.language,
        "sections": draft.sections,
        "published": draft.published or now,
        "dated": draft.published is not None,
        "first_seen": now,
        "backlog": backlog,
    }


_NAMES: Final = select(article.c.key, article.c.url, article.c.title).where(
    article.c.feed_id == bindparam("of_feed"), article.c.key.in_(bindparam("keys", expanding=True))
)
_REVISE: Final = (
    update(article)
    .where(article.c.feed_id == bindparam("of_feed"), article.c.key == bindparam("of_key"))
    .values(
        revision=article.c.revision + 1,
        content_hash=bindparam("content_hash"),
        title=bindparam("title"),
        text=bindparam("text"),
        url=bindparam("url"),
        language=bindparam("language"),
        sections=bindparam("sections"),
        analysed=None,
        fault=None,
    )
)
_REVISE_DATED: Final = _REVISE.values(published=bindparam("published"), dated=True)


def _revision(draft: Draft, feed_id: int) -> dict[str, Any]:
    row = {
        "of_feed": feed_id,
        "of_key": draft.key,
        "content_hash": draft.content_hash,
        "title": draft.title,
        "text": draft.text,
        "url": draft.url,
        "language": draft.language,
        "sections": draft.sections,
    }
    return row if draft.published is None else {**row, "published": draft.published}


_ARTICLES: Final[Select[Any]] = select(
    article, feed.c.source, feed.c.owner, feed.c.tier, feed.c.country, feed.c.language.label("feed_language")
).join(feed, feed.c.id == article.c.feed_id)


def waiting(conn: Connection, limit: int, *, claim: bool = False, now: datetime | None = None) -> list[Waiting]:
    """The articles that wait to be read, as they came in (of one document the oldest first), but those of new feeds'
    backlogs after the news. With `claim` (in a writing transaction) those are left out that another worker has
    claimed, and with `now` those that are held back for a moment (`linked`)."""
    query = _ARTICLES.where(article.c.analysed.is_(None)).order_by(article.c.backlog, article.c.id).limit(limit)
    if now is not None:
        query = query.where(~linked.held(now))
    if claim:
        query = query.with_for_update(of=article, skip_locked=True)
    return [_waiting(row) for row in conn.execute(query)]


def waiting_of(conn: Connection, ids: Collection[int], *, now: datetime) -> list[Waiting]:
    """Those of these articles that wait to be read, and are not held back, as they came in."""
    mine = article.c.id.in_(ids) & article.c.analysed.is_(None) & ~linked.held(now)
    return [_waiting(row) for row in conn.execute(_ARTICLES.where(mine).order_by(article.c.id))]


def overlooked(conn: Connection, seen_before: datetime, *, limit: int, now: datetime) -> list[int]:
    """Articles that wait to be read though they, or their feed's news, came before a time; as they came in."""
    wait = article.c.analysed.is_(None) & (article.c.first_seen < seen_before) & ~linked.held(now)
    return list(conn.execute(select(article.c.id).where(wait).order_by(article.c.id).limit(limit)).scalars())


def claim_waiting(conn: Connection, items: Sequence[Waiting]) -> list[Waiting]:
    """Those of `items` that still wait, in the revision that was read; nobody else marks them before this transaction
    ends. Others were read meanwhile, or are being read, by another."""
    mine = article.c.id.in_([int(item.article.id) for item in items]) & article.c.analysed.is_(None)
    query = select(article.c.id, article.c.revision).where(mine).order_by(article.c.id)
    there = {str(row.id): row.revision for row in conn.execute(query.with_for_update(skip_locked=True))}
    return [item for item in items if there.get(item.article.id) == item.revision]


def ids_of(conn: Connection, feed_id: int, keys: Sequence[str]) -> list[int]:
    """The articles of a feed with these keys."""
    found: list[int] = []
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = article.c.key.in_(keys[start : start + _KEYS_AT_ONCE])
        found += conn.execute(select(article.c.id).where(article.c.feed_id == feed_id, some)).scalars()
    return sorted(found)


def mark_analysed(conn: Connection, done: Sequence[Waiting], now: datetime) -> None:
    """These need not be read again, in the revision that was read: a newer one still waits."""
    if done:
        conn.execute(_MARK, [_mark(item, now) for item in done])


def mark_faulty(conn: Connection, item: Waiting, error: str, now: datetime) -> None:
    """This one is set aside, in the revision that was tried, and `error` says why."""
    conn.execute(_MARK, [_mark(item, now, clean(error)[:_LONGEST_FAULT])])


def retry_faulty(conn: Connection, *, but: Collection[str] = ()) -> int:
    """Let what was set aside wait again: the program or a rule may be mended; returns how many. `but`: not what was set
    aside for one of these reasons."""
    aside = article.c.fault.is_not(None) & article.c.analysed.is_not(None) & article.c.fault.not_in(but)
    again = update(article).where(aside)
    return conn.execute(again.values(analysed=None)).rowcount


def count_faulty(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(article).where(article.c.fault.is_not(None))).scalar_one()


def _mark(item: Waiting, now: datetime, why: str | None = None) -> dict[str, Any]:
    return {"of_id": int(item.article.id), "of_revision": item.revision, "now": now, "why": why}


_MARK: Final = (
    update(article)
    .where(article.c.id == bindparam("of_id"), article.c.revision == bindparam("of_revision"))
    .values(analysed=bindparam("now"), fault=bindparam("why"))
)


def published(conn: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """When these articles were published; without those whose feed did not say."""
    query, wanted = select(article.c.id, article.c.published).where(article.c.dated), sorted(ids)
    found: dict[int, datetime] = {}
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        some = query.where(article.c.id.in_(wanted[start : start + _KEYS_AT_ONCE]))
        found |= {number: when for number, when in conn.execute(some)}
    return found


def get(conn: Connection, article_id: str) -> Waiting | None:
    """One article, read or not."""
    row = conn.execute(_ARTICLES.where(article.c.id == int(article_id))).one_or_none()
    return None if row is None else _waiting(row)


def find(conn: Connection, feed_id: int, key: str) -> Waiting | None:
    """The article with this identity, read or not."""
    row = conn.execute(_FIND, {"of_feed": feed_id, "of_key": key}).one_or_none()
    return None if row is None else _waiting(row)


_FIND: Final = _ARTICLES.where(article.c.feed_id == bindparam("of_feed"), article.c.key == bindparam("of_key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A place in the archive of articles: after the article `id`, published at `published`."""

    published: datetime
    id: int


def published_since(conn: Connection, since: datetime | None, *, after: Page | None, limit: int) -> list[Waiting]:
    """Articles by their date of publication, read or not, from `since` on; `after` the last one of the page before."""
    query = _ARTICLES.order_by(article.c.published, article.c.id).limit(limit)
    if since is not None:
        query = query.where(article.c.published >= since)
    if after is not None:
        later = (article.c.published == after.published) & (article.c.id > after.id)
        query = query.where((article.c.published > after.published) | later)
    return [_waiting(row) for row in conn.execute(query)]


def count_since(conn: Connection, since: datetime | None) -> int:
    """How many articles were published from `since` on."""
    query = select(func.count()).select_from(article)
    if since is not None:
        query = query.where(article.c.published >= since)
    return conn.execute(query).scalar_one()


def count_waiting(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(article).where(article.c.analysed.is_(None))).scalar_one()


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(
        article=Article(
            id=str(row.id),
            title=row.title,
            text=row.text,
            published=row.published,
            source=row.source,
            language=row.language or row.feed_language,
            url=row.url,
            country=row.country,
            dated=row.dated,
            tier=row.tier,
            sections=tuple(row.sections),
        ),
        revision=row.revision,
        feed_id=row.feed_id,
        owner=row.owner,
        tier=row.tier,
        backlog=row.backlog,
        first_seen=row.first_seen,
    )
