"""What tracking would make of an article is told, and leaves no trace."""

from __future__ import annotations

from sqlalchemy import func, select

from alerts.engine.rehearsal import rehearse
from alerts.match.bind import Households
from alerts.store import articles
from alerts.store.database import reading
from alerts.store.schema import metadata
from alerts.types import Article
from tests.engine.world import World

TAIZ = "Government forces shelled Taiz on Monday, killing 12 people."


def would(world: World, text: str, *, source: str = "Evening Post", stored: str | None = None) -> dict[str, list[str]]:
    """What is said of the text, or of the stored article; checks that nothing was stored."""
    before = rows(world)
    article = Article(id="text", title="", text=text, published=world.now, source=source)
    if stored is not None:
        with reading(world.engine) as conn:
            waiting = articles.get(conn, stored)
        assert waiting is not None
        found = world.tracker.rulebook.ruleset.detect(waiting.article, world.tracker.gazetteer, Households())
        said = rehearse(world.engine, world.tracker, waiting, found, world.now)
    else:
        found = world.tracker.rulebook.ruleset.detect(article, world.tracker.gazetteer, Households())
        said = rehearse(world.engine, world.tracker, article, found, world.now)
    assert rows(world) == before
    return said


def rows(world: World) -> dict[str, int]:
    with reading(world.engine) as conn:
        return {
            table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_a_first_report_would_open_an_alert(world: World) -> None:
    world.reader("one@example.org")
    assert would(world, TAIZ) == {
        "shelling": ["would open an alert and tell of it: Shelling in Taiz: 12 people killed"]
    }


def test_a_second_report_would_join_it(world: World) -> None:
    world.hear(TAIZ)
    [line] = would(world, "The army shelled Taiz for hours, killing 14 people, the mayor told us.")["shelling"]
    assert line.startswith("would join alert 1 and tell of it (")


def test_a_copy_would_join_without_a_message(world: World) -> None:
    world.hear(TAIZ, source="Morning Post")
    lines = would(world, TAIZ)["shelling"]
    assert lines[-1] == "would join alert 1 (unconfirmed: Shelling in Taiz: 12 people killed), without a message"


def test_a_stored_article_is_evidence_already(world: World) -> None:
    world.hear(TAIZ)
    lines = would(world, TAIZ, stored="1")["shelling"]
    assert lines[-1] == "is evidence of alert 1 (unconfirmed: Shelling in Taiz: 12 people killed), without a message"


def test_the_ledger_is_asked(world: World) -> None:
    ambush = "Rebels ambushed a convoy in Juba on Monday."
    assert would(world, ambush) == {"breach": ["nobody would be told: no 'truce' is known to hold there"]}
    world.hear("South Sudan and the rebels agreed to a truce.")
    world.later(days=1)
    assert would(world, ambush) == {"breach": ["would open an alert and tell of it: Truce broken in Juba"]}


def test_of_an_article_without_hits_nothing_is_said(world: World) -> None:
    assert would(world, "A bakery opened in Taiz.") == {}
