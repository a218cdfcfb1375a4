"""Documents that articles link to: the page with the full text, the CAP message that an item stands for. What is still
to be fetched is queued here, so that a kill loses nothing.

An article is read at once with what the feed gave; what a page adds makes a revision of it. `article.content_hash`
stays that of the feed's own words, so the next poll finds nothing changed and leaves the fuller text where it is. When
the feed does change its words, they are put in front of the page's text until the page has been fetched again: without
that text the article would seem to have taken back what only the page says, and readers would be told so.

An item that stands for a CAP message is held back until the message came, for half a minute at most: only the message
says whether "Tsunami warning" is an exercise, and a mail cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, exists, func, or_, select, update

from alerts.collect.links.extracted import KINDS, Kind
from alerts.store.schema import article, feed, linked
from alerts.store.upsert import upsert

if TYPE_CHECKING:
    from alerts.store.articles import Draft

HOLD: Final = timedelta(seconds=30)
# Older articles alert nobody; a feed that is added, or changes all its ids, must not cause a flood of requests.
_OLDEST: Final = timedelta(days=7)
_OLDEST_OF_BACKLOG: Final = timedelta(days=1)
_KEYS_AT_ONCE: Final = 500
_LONGEST_ERROR: Final = 500
_BETWEEN: Final = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A document to fetch for one revision of an article. `given` are the feed's own words of its text, `languages`
    what to take of a document in several. `off`: the feed is polled no more, or wants no full text any more."""

    article_id: int
    kind: Kind
    url: str
    host: str
    revision: int
    tries: int
    wanted: datetime
    title: str
    text: str
    given: str
    languages: tuple[str, ...] = ()
    off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of the documents that a feed's articles link to: `taken` into articles, or such as say `no_more`, still
    `waiting`, or not to be had (`failed`). `error` and `at` tell of the last that failed."""

    taken: int
    no_more: int
    waiting: int
    failed: int
    error: str | None
    at: datetime | None


def want(conn: Connection, feed_id: int, drafts: Sequence[Draft], *, now: datetime, full_text: bool) -> None:
    """Queue what these articles, new or revised, link to: their CAP message, or with `full_text` their page."""
    links = {draft.key: link for draft in drafts if (link := _link(draft, full_text)) is not None}
    rows = [
        {
            "article_id": row.id,
            "kind": links[row.key][0],
            "url": links[row.key][1],
            "host": links[row.key][2],
            "revision": row.revision,
            "wanted": now,
            "holds_until": now + HOLD if links[row.key][0] == "cap" else None,
            "next_try": now,
            "tries": 0,
            "error": None,
        }
        for row in _articles(conn, feed_id, list(links))
        if row.published >= now - (_OLDEST_OF_BACKLOG if row.backlog else _OLDEST)
    ]
    if rows:
        conn.execute(upsert(conn, linked, ["article_id"], keep=("fetched", "text")), rows)


def _link(draft: Draft, full_text: bool) -> tuple[Kind, str, str] | None:
    kind: Kind = "cap" if draft.cap else "page"
    url = draft.cap or (draft.url if full_text else "")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "")[:255]
    except ValueError:
        return None
    front = kind == "page" and not parts.path.strip("/") and not parts.query  # there stands everybody's news
    return None if front or not host else (kind, url, host)


def _articles(conn: Connection, feed_id: int, keys: Sequence[str]) -> Iterator[Any]:
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield from conn.execute(_ARTICLES, {"of_feed": feed_id, "keys": keys[start : start + _KEYS_AT_ONCE]}).all()


_OF_KEYS: Final = (article.c.feed_id == bindparam("of_feed")) & article.c.key.in_(bindparam("keys", expanding=True))
_ARTICLES: Final = select(
    article.c.id, article.c.key, article.c.revision, article.c.published, article.c.backlog
).where(_OF_KEYS)
_READ: Final = (
    select(article.c.key, article.c.title, article.c.text, linked.c.article_id, linked.c.kind, linked.c.url)
    .add_columns(linked.c.text.label("found"))
    .join(linked, linked.c.article_id == article.c.id)
    .where(_OF_KEYS)
)


def revised(conn: Connection, feed_id: int, drafts: Sequence[Draft], *, full_text: bool) -> list[Draft]:
    """These revisions by the feed, with what their documents said before; what no longer belongs to them is dropped."""
    keys = [draft.key for draft in drafts]
    rows: dict[str, Row[Any]] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        found = conn.execute(_READ, {"of_feed": feed_id, "keys": keys[start : start + _KEYS_AT_ONCE]})
        rows |= {row.key: row for row in found}
    made, gone = [], []
    for draft in drafts:
        row = rows.get(draft.key)
        if row is None:
            made.append(draft)
        elif full_text if row.kind == "page" else draft.cap == row.url:
            made.append(_with_found(draft, row))
        else:
            made.append(draft)
            gone.append({"of_id": row.article_id})
    if gone:
        conn.execute(_FORGET, gone)
    return made


_FORGET: Final = linked.delete().where(linked.c.article_id == bindparam("of_id"))


def _with_found(draft: Draft, row: Row[Any]) -> Draft:
    if row.found is None:
        return draft
    if not row.found:  # it said that nothing happened, and says so of these words too
        return replace(draft, title=row.title, text=row.text)
    return replace(draft, text=f"{draft.text}{_BETWEEN}{row.found}")


def held(now: datetime) -> ColumnElement[bool]:
    """Of an article: it is not to be read yet."""
    return exists(select(linked.c.article_id).where(linked.c.article_id == article.c.id, linked.c.holds_until > now))


def is_due(conn: Connection, now: datetime, kinds: Collection[Kind] = KINDS) -> bool:
    """Is there anything to fetch?"""
    return conn.execute(select(exists(select(linked.c.article_id).where(_due(now, kinds))))).scalar_one()


def is_wanted(conn: Connection, host: str) -> bool:
    """Is anything of this host to be fetched, now or later?"""
    here = (linked.c.host == host) & linked.c.next_try.is_not(None)
    return conn.execute(select(exists(select(linked.c.article_id).where(here)))).scalar_one()


def _due(now: datetime, kinds: Collection[Kind]) -> ColumnElement[bool]:
    return linked.c.next_try.is_not(None) & (linked.c.next_try <= now) & linked.c.kind.in_(kinds)


def claim(
    conn: Connection,
    now: datetime,
    *,
    hosts: int,
    lease: timedelta,
    kinds: Collection[Kind] = KINDS,
    only: str | None = None,
    but: Collection[str] = (),
    no_pages_of: Collection[str] = (),
) -> list[list[Link]]:
    """Take one document of each of up to `hosts` hosts; for each the articles that link to it. They are due again after
    `lease`, unless something is said of them before. `only`: of this host; none of the hosts `but`, and no pages of
    `no_pages_of`. Of a host messages come before pages, what was tried less before the rest (a page that always fails
    must not keep its host to itself), and the longest due first. A host that said at a feed of its own that it has had
    too many requests is left alone."""
    resting = select(feed.c.host).where(feed.c.last_status == "throttled", feed.c.next_due > now)
    due = _due(now, kinds) & linked.c.host.not_in(but) & linked.c.host.not_in(resting)
    if only is not None:
        due &= linked.c.host == only
    due &= or_(linked.c.kind == "cap", linked.c.host.not_in(no_pages_of))
    order = (linked.c.kind, linked.c.tries, linked.c.next_try, linked.c.article_id)  # "cap" comes before "page"
    turn = func.row_number().over(partition_by=linked.c.host, order_by=order)
    ranked = select(linked.c.kind, linked.c.url, linked.c.next_try, turn.label("turn")).where(due).subquery()
    first = select(ranked.c.kind, ranked.c.url).where(ranked.c.turn == 1).order_by(ranked.c.next_try).limit(hosts)
    taken: list[list[Link]] = []
    for row in conn.execute(first).all():
        same = due & (linked.c.kind == row.kind) & (linked.c.url == row.url)
        some = select(linked.c.article_id).where(same).with_for_update(skip_locked=True)
        mine = linked.c.article_id.in_(some.scalar_subquery())
        change = update(linked).where(mine).values(next_try=now + lease, tries=linked.c.tries + 1, error=None)
        ids = conn.execute(change.returning(linked.c.article_id)).scalars().all()
        if ids:
            taken.append([_claimed(one) for one in conn.execute(_LINKS, {"ids": ids})])
    return taken


_LINKS: Final[Select[Any]] = (
    select(linked, article.c.title, article.c.text.label("whole"), article.c.language)
    .add_columns(feed.c.language.label("feed_language"), feed.c.full_text, feed.c.active)
    .join(article, article.c.id == linked.c.article_id)
    .join(feed, feed.c.id == article.c.feed_id)
    .where(linked.c.article_id.in_(bindparam("ids", expanding=True)))
    .order_by(linked.c.article_id)
)


def _claimed(row: Row[Any]) -> Link:
    added = _BETWEEN + row.text if row.text else ""
    return Link(
        article_id=row.article_id,
        kind=cast(Kind, row.kind),
        url=row.url,
        host=row.host,
        revision=row.revision,
        tries=row.tries,
        wanted=row.wanted,
        title=row.title,
        text=row.whole,
        given=row.whole.removesuffix(added),
        languages=tuple(filter(None, (row.language, row.feed_language))),
        off=not row.active or (row.kind == "page" and not row.full_text),
    )


def settle(
    conn: Connection,
    link: Link,
    *,
    now: datetime,
    title: str,
    text: str,
    found: str | None,
    language: str | None = None,
    error: str | None = None,
) -> bool:
    """There is nothing more to fetch: the article reads so now. `found` is the document's part of it, None when there
    is none. Returns whether that made a revision. Does nothing when the feed has revised the article meanwhile."""
    changed = (title, text) != (link.title, link.text)
    if changed:
        values: dict[str, Any] = {"title": title, "text": text, "revision": link.revision + 1}
        values |= {"analysed": None, "fault": None} | ({"language": language} if language else {})
        mine = (article.c.id == link.article_id) & (article.c.revision == link.revision)
        changed = conn.execute(update(article).where(mine).values(values)).rowcount == 1
    done: dict[str, Any] = {"next_try": None, "holds_until": None}
    if error is None:
        done["fetched"] = now
    done |= {"error": error and error[:_LONGEST_ERROR], "text": found, "revision": link.revision + changed}
    conn.execute(update(linked).where(_same(link)).values(done))
    return changed


def postpone(conn: Connection, link: Link, until: datetime, error: str) -> None:
    """It could not be had; the article need not wait for it."""
    values = {"next_try": until, "holds_until": None, "error": error[:_LONGEST_ERROR]}
    conn.execute(update(linked).where(_same(link)).values(values))


def give_back(conn: Connection, link: Link, now: datetime) -> None:
    """It was claimed, and not asked for."""
    unsettled = _same(link) & linked.c.next_try.is_not(None)
    conn.execute(update(linked).where(unsettled).values(next_try=now, tries=linked.c.tries - 1))


def forget_claims(conn: Connection, now: datetime, *, host: str | None = None) -> int:
    """End all claims (of a host): for the start of the only process that fetches (there), when whoever had claimed is
    dead. (What failed before, and waits, has an error.)"""
    held = (linked.c.next_try > now) & (linked.c.tries > 0) & linked.c.error.is_(None)
    if host is not None:
        held &= linked.c.host == host
    return conn.execute(update(linked).where(held).values(next_try=now)).rowcount


def put_off(conn: Connection, host: str, until: datetime, kinds: Collection[Kind] = KINDS) -> None:
    """Ask nothing (of these kinds) of a host before a time."""
    here = (linked.c.host == host) & (linked.c.next_try < until) & linked.c.kind.in_(kinds)
    conn.execute(update(linked).where(here).values(next_try=until, holds_until=None))


def _same(link: Link) -> ColumnElement[bool]:
    return (linked.c.article_id == link.article_id) & (linked.c.revision == link.revision)


def fetched(conn: Connection, feed_id: int, since: datetime) -> Fetched | None:
    """What came of what a feed's articles have linked to since a time; None where that is nothing."""
    mine = (article.c.feed_id == feed_id) & (linked.c.wanted >= since)
    of_mine = select(linked).join(article, article.c.id == linked.c.article_id).where(mine)
    waits, failed = linked.c.next_try.is_not(None), linked.c.error.is_not(None)
    columns = {
        "taken": ~waits & ~failed & linked.c.text.is_not(None),
        "no_more": ~waits & ~failed & linked.c.text.is_(None),
        "waiting": waits,
        "failed": ~waits & failed,
    }
    counts = [func.count().filter(condition).label(name) for name, condition in columns.items()]
    row = conn.execute(of_mine.with_only_columns(*counts)).one()
    last = conn.execute(of_mine.where(failed).order_by(linked.c.wanted.desc()).limit(1)).one_or_none()
    if not any(row):
        return None
    return Fetched(**row._asdict(), error=last.error if last else None, at=last.wanted if last else None)


def count_waiting(conn: Connection) -> int:
    """How many articles link to something that is still to be fetched."""
    return conn.execute(select(func.count()).where(linked.c.next_try.is_not(None))).scalar_one()
