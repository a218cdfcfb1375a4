"""Which articles tell one story: near-copies, found again among all articles of the days before and after.

All of it follows from the set of known texts: each article copies the one published first, of those within `WINDOW`
before it, that is a near-copy (`track.copies`), and tells the story of that. So it is the same whatever order they
came in: an earlier print that comes in late takes over what copies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, select, update

from alerts.store.schema import UtcTime, alert, evidence, minhash, story
from alerts.track.copies import DIGEST, IN_COMMON, digest, near_copies, print_of
from alerts.types import Evidence

# A text printed again within so many days of another is a copy of it.
WINDOW: Final = timedelta(days=7)
# So long after its publication a text can be found: what comes in later than two weeks late is looked for in vain.
FOUND_FOR: Final = timedelta(days=21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What one article tells: `first` is the article that told it first of all known ones, `text` its own print.
    `moved` are the other articles that now tell another story than before; `shared`: others tell this one, too."""

    first: str
    text: bytes
    shared: bool = False
    moved: tuple[str, ...] = ()


def know(conn: Connection, article_id: str, *, revision: int, published: datetime, text: str) -> Story:
    """Put an article (or its new revision) with the story it tells."""
    own, found = int(article_id), print_of(text)
    before = conn.execute(_ONE, {"own": own}).one_or_none()
    if before is not None and (before.revision, before.published, before.shingles) == (revision, published, found):
        return Story(first=str(before.first_id), text=found, shared=_is_shared(conn, before.first_id))
    moved: set[int] = set()
    if before is not None:
        moved |= _forget(conn, own)
    row = {"article_id": own, "revision": revision, "first_id": own, "published": published, "shingles": found}
    conn.execute(insert(story), row)
    marks = digest(found)
    if marks:
        conn.execute(insert(minhash), [{"value": mark, "article_id": own} for mark in marks])
    copies = _copies(conn, own, found, published, marks, until=published + WINDOW)
    if not copies:
        return Story(first=str(own), text=found, moved=tuple(map(str, sorted(moved))))
    earlier = [one for one in copies if _order(one) < (published, own)]
    if earlier:
        conn.execute(_COPIES, {"own": own, "of": earlier[0].article_id})
    later = [
        one for one in copies[len(earlier) :] if one.copied is None or (published, own) < (one.copied, one.copies_id)
    ]
    for one in later:
        conn.execute(_COPIES, {"own": one.article_id, "of": own})
    moved |= _point(conn, [own]) - {own}
    first = conn.execute(select(story.c.first_id).where(story.c.article_id == own)).scalar_one()
    return Story(first=str(first), text=found, shared=True, moved=tuple(map(str, sorted(moved))))


@dataclass(frozen=True, slots=True)
class Telling:
    """An article of a story as evidence of an alert."""

    alert_id: str
    article_id: str
    sentence: str


def telling(conn: Connection, family: str, new: Evidence) -> list[Telling]:
    """Where articles that tell the story of `new` are evidence of a family, by publication; an earlier revision of its
    own is one. (What is printed every day may be one story for ever: only the days before and after are looked at.)"""
    given = {
        "family": family,
        "own": int(new.article_id),
        "first": int(new.story or new.article_id),
        "since": new.published - WINDOW,
        "until": new.published + WINDOW,
    }
    rows = conn.execute(_TELLING, given)
    return [Telling(str(row.alert_id), str(row.article_id), row.hit["sentence"]) for row in rows]


def forget_before(conn: Connection, when: datetime) -> None:
    """Let go of what finds texts published before: by the ids, which grow as articles come in."""
    oldest = select(func.min(story.c.article_id)).where(story.c.published >= when).scalar_subquery()
    conn.execute(delete(minhash).where(minhash.c.article_id < oldest))


def _forget(conn: Connection, own: int) -> set[int]:
    """Take an article out, and put those that copied it with what they copy now; which tell another story."""
    left = conn.execute(select(story).where(story.c.copies_id == own).order_by(story.c.published, story.c.article_id))
    orphans = left.all()
    conn.execute(delete(minhash).where(minhash.c.article_id == own))
    conn.execute(delete(story).where(story.c.article_id == own))
    for one in orphans:
        marks = digest(one.shingles)
        found = _copies(conn, one.article_id, one.shingles, one.published, marks, until=one.published)
        first = next((other.article_id for other in found if _order(other) < _order(one)), None)
        conn.execute(_COPIES, {"own": one.article_id, "of": first})
    return _point(conn, [one.article_id for one in orphans])


def _copies(
    conn: Connection, own: int, text: bytes, published: datetime, marks: Sequence[int], *, until: datetime
) -> list[Row[Any]]:
    """The near-copies of a text, in order of publication, with what they copy themselves (`copied`: when that was
    published)."""
    if not marks:
        return []
    given = {f"mark{i}": mark for i, mark in enumerate(marks)}
    near = conn.execute(_ALIKE, given | {"own": own, "since": published - WINDOW, "until": until})
    return [one for one in near if near_copies(text, one.shingles)]


def _point(conn: Connection, changed: Iterable[int]) -> set[int]:
    """Let articles, and those that copy them, tell the story of what they copy; which of them told another before."""
    moved: set[int] = set()
    waiting = list(changed)
    while waiting:
        own = waiting.pop(0)
        row = conn.execute(_FIRST, {"own": own}).one()
        first = row.article_id if row.told is None else row.told
        if first != row.first_id:
            conn.execute(update(story).where(story.c.article_id == own).values(first_id=first))
            moved.add(own)
        copying = conn.execute(_COPYING, {"own": own})
        waiting += [copy.article_id for copy in copying if copy.first_id != first]
    return moved


def _is_shared(conn: Connection, first_id: int) -> bool:
    return len(conn.execute(select(story.c.article_id).where(story.c.first_id == first_id).limit(2)).all()) > 1


def _order(row: Row[Any]) -> tuple[datetime, int]:
    return row.published, row.article_id


_OTHER: Final = story.alias("other")
_ONE: Final = select(story).where(story.c.article_id == bindparam("own"))
_COPIES: Final = update(story).where(story.c.article_id == bindparam("own")).values(copies_id=bindparam("of"))
_COPYING: Final = select(story.c.article_id, story.c.first_id).where(story.c.copies_id == bindparam("own"))
_FIRST: Final = (
    select(story.c.article_id, story.c.first_id, _OTHER.c.first_id.label("told"))
    .outerjoin(_OTHER, _OTHER.c.article_id == story.c.copies_id)
    .where(story.c.article_id == bindparam("own"))
)
_MARKED: Final = (
    select(minhash.c.article_id)
    .where(minhash.c.value.in_([bindparam(f"mark{i}") for i in range(DIGEST)]))
    .group_by(minhash.c.article_id)
    .having(func.count() >= IN_COMMON)
)
_ALIKE: Final[Select[Any]] = (
    select(
        story.c.article_id, story.c.published, story.c.shingles, story.c.copies_id, _OTHER.c.published.label("copied")
    )
    .outerjoin(_OTHER, _OTHER.c.article_id == story.c.copies_id)
    .where(
        story.c.article_id.in_(_MARKED),
        story.c.article_id != bindparam("own"),
        story.c.published.between(bindparam("since", type_=UtcTime), bindparam("until", type_=UtcTime)),
    )
    .order_by(story.c.published, story.c.article_id)
)
_TELLING: Final = (
    select(evidence.c.alert_id, evidence.c.article_id, evidence.c.hit)
    .join(story, story.c.article_id == evidence.c.article_id)
    .join(alert, alert.c.id == evidence.c.alert_id)
    .where(
        (
            (story.c.first_id == bindparam("first"))
            & story.c.published.between(bindparam("since", type_=UtcTime), bindparam("until", type_=UtcTime))
        )
        | (story.c.article_id == bindparam("own")),
        alert.c.family == bindparam("family"),
    )
    .order_by(story.c.published, story.c.article_id, evidence.c.id)
)
