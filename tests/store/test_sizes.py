"""What takes how much room is counted by kind, and what would go is what then goes."""

from __future__ import annotations

from sqlalchemy import Engine, func, select, update

from alerts.store import audit, people, pruning, sizes
from alerts.store.database import writing
from alerts.store.schema import metadata
from alerts.store.schema import outbox as outbox_table
from alerts.store.sizes import Before, Size
from tests.store.longago import OLD, YEAR_AGO, alert_of, evidence_of, ids, items, left, listed, mail, walk
from tests.store.values import NOW, add_feed

BEFORE = Before(articles=YEAR_AGO, prints=YEAR_AGO, mails=YEAR_AGO, over=YEAR_AGO, polls=YEAR_AGO, audit=YEAR_AGO)


def test_what_would_go_is_what_then_goes(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, 3, 4))
        listed(conn, feed, items(4, 5), NOW)
        evidence_of(conn, ids(conn)["Report 1"])
        reader = people.add_person(conn, "a@example.org", now=OLD).id
        mail(conn, alert_of(conn, "a"), reader)
        mail(conn, alert_of(conn, "b", state="active"), reader)
        audit.note(conn, audit.ByCommand(), "x", "y", now=OLD)
        audit.note(conn, audit.ByCommand(), "x", "y", now=NOW)
        found = {one.what: one for one in sizes.sizes(conn, BEFORE).kinds}
        assert found["articles"].oldest == OLD
        assert {what: (one.rows, one.going) for what, one in found.items()} == {
            "articles": (5, 3),
            "prints of texts": (5, 4),
            "alerts": (3, None),
            "mails": (2, 1),
            "polls": (2, 1),
            "documents": (0, None),
            "counts of rules": (0, None),
            "audit log": (2, 1),
            "all else": (0, None),
        }
        gone = walk(conn, pruning.articles, YEAR_AGO)
        assert sum(gone.values()) == found["articles"].going
        assert walk(conn, pruning.mails, YEAR_AGO, YEAR_AGO)["mails"] == found["mails"].going
        again = {one.what: one.going for one in sizes.sizes(conn, BEFORE).kinds}
        assert (again["articles"], again["mails"]) == (0, 0)


def test_all_that_the_database_takes_is_somewhere(engine: Engine) -> None:
    with writing(engine) as conn:
        found = sizes.sizes(conn, Before())
        rooms = [one.room for one in found.kinds if one.room is not None]
        assert len(rooms) == len(found.kinds)
        assert min(rooms) >= 0
        assert sum(rooms) <= found.whole
        assert {one.going for one in found.kinds} == {None}
        assert {name for kind in sizes._KINDS for name in kind.tables} <= set(metadata.tables)


def test_many_mails_are_counted_in_pieces(engine: Engine) -> None:
    with writing(engine) as conn:
        reader = people.add_person(conn, "a@example.org", now=OLD).id
        number = alert_of(conn, "a")
        for version in range(1, 8):
            mail(conn, number, reader, version=version)
        conn.execute(update(outbox_table).where(outbox_table.c.id == min(left(conn))).values(state="held"))
        assert conn.execute(select(func.count()).select_from(outbox_table)).scalar_one() == 7
        by_threes = sizes._mails(conn, YEAR_AGO, YEAR_AGO, at_once=3)
        assert by_threes == 6
        found: dict[str, Size] = {one.what: one for one in sizes.sizes(conn, BEFORE).kinds}
        assert found["mails"].going == 6
