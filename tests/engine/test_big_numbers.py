"""What comes by the million a day has numbers beyond two thousand millions within some years."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from alerts.read.places import Gazetteer
from alerts.store import counters
from alerts.store.database import open_database, reading, writing
from alerts.store.schema import article, evidence, outbox, report, story
from tests.engine.test_spikes import FLIGHT, LONG
from tests.engine.world import SHELLING, World, sound
from tests.sealed import VAULT

USED = 2**31 + 5


def test_articles_alerts_and_mails_go_on_beyond_what_four_bytes_hold(
    own_postgres: str, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    engine = open_database(own_postgres, vault=VAULT)
    with writing(engine) as conn:
        counters.put(conn, dict.fromkeys(("article", "document", "outbox", "poll"), USED))
    lists = tmp_path / "lexicon"
    lists.mkdir()
    (lists / "number.displaced.toml").write_text('about = "x"\nwords = ["{people} fled"]\n', encoding="utf-8")
    world = World(sound(tmp_path, gazetteer, shelling=SHELLING, flight=FLIGHT), gazetteer, engine)
    world.reader("one@example.org")
    assert world.hear("Shells fell on Taiz, killing 12 people.") == ["new 1 Shelling in Taiz: 12 people killed"]
    for source in ("The Daily", "The Copyist"):
        world.hear(LONG, source=source, key=source)
    world.hear("Shells fell on Taiz, killing 120 people.", source="Another")
    with reading(engine) as conn:
        for column in (article.c.id, evidence.c.article_id, report.c.article_id, report.c.origin, story.c.first_id,
                       story.c.copies_id, outbox.c.id, outbox.c.trigger_id):  # fmt: skip
            found = conn.execute(select(column).where(column.is_not(None))).scalars().all()
            assert found and min(found) > USED, column
    engine.dispose()
