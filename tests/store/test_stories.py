"""Which articles tell one story follows from their texts and dates, in whatever order they come in."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from sqlalchemy import Connection, Engine, func, select

from alerts.store import stories
from alerts.store.database import writing
from alerts.store.schema import minhash, story
from tests.store.values import NOW, add_articles

DAY = timedelta(days=1)
WIRE = (
    "Shells fell on the old town at dawn and set a row of shops on fire near the northern gate of the city, killing a "
    "baker and two of his sons, a nurse at the field hospital said on Monday. "
)
MORE = (
    "The spice market beside the great mosque burned for two more days until rain fell on the roofs of the quarter, "
    "and the governor told merchants that nobody would be paid for what was lost there. "
)
LAST = (
    "Farmers in the hills said that the harvest could not be brought in while the road to the coast was mined, and "
    "asked for tractors, diesel and a truce of at least ten days. "
)


def ids(conn: Connection, number: int) -> list[int]:
    return [int(item.article.id) for item in add_articles(conn, *(f"a{i}" for i in range(number)))]


def know(conn: Connection, own: int, text: str, *, days: float = 0, revision: int = 1) -> stories.Story:
    return stories.know(conn, str(own), revision=revision, published=NOW + days * DAY, text=text)


def firsts(conn: Connection) -> dict[int, int]:
    return {row.article_id: row.first_id for row in conn.execute(select(story.c.article_id, story.c.first_id))}


def test_a_copy_tells_the_story_of_the_first_print(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two, three = ids(conn, 3)
        assert know(conn, one, WIRE + MORE) == stories.Story(first=str(one), text=know(conn, one, WIRE + MORE).text)
        told = know(conn, two, f"Dawn attack kills three\n{WIRE}", days=1)
        assert (told.first, told.shared, told.moved) == (str(one), True, ())
        other = know(conn, three, LAST, days=1)
        assert (other.first, other.shared) == (str(three), False)


def test_an_earlier_print_that_comes_in_late_told_it_first(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two, three = ids(conn, 3)
        know(conn, one, WIRE, days=1)
        know(conn, two, WIRE, days=2)
        told = know(conn, three, WIRE)
        assert (told.first, told.moved) == (str(three), (str(one), str(two)))
        assert set(firsts(conn).values()) == {three}


def test_of_two_prints_of_one_moment_the_one_known_first_is_first(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = ids(conn, 2)
        know(conn, two, WIRE)
        assert know(conn, one, WIRE).moved == (str(two),)
        assert set(firsts(conn).values()) == {one}


def test_the_same_text_a_week_later_is_another_story(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two, three = ids(conn, 3)
        know(conn, one, WIRE)
        assert know(conn, two, WIRE, days=7.5).first == str(two)
        assert know(conn, three, WIRE, days=7).first == str(one)


def test_stories_are_the_same_in_whatever_order_they_come_in(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        one, two, three, four, five = ids(conn, 5)
    texts = [
        (one, WIRE, 0.0),
        (two, WIRE + MORE, 3.0),
        (three, MORE, 6.0),  # copies nothing but the second
        (four, LAST, 6.0),
        (five, WIRE, 9.0),  # too late after the first, but not after the second
    ]
    for order in permutations(texts):
        with writing(sqlite_engine) as conn:
            conn.execute(minhash.delete())
            conn.execute(story.delete())
            before: dict[int, int] = {}
            for own, text, days in order:
                told = know(conn, own, text, days=days)
                after = firsts(conn)
                changed = {str(other) for other in before if before[other] != after[other]}
                assert set(told.moved) == changed
                before = after
            assert before == {one: one, two: one, three: one, four: four, five: one}


def test_a_rewritten_article_leaves_its_story(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two, three = ids(conn, 3)
        know(conn, one, WIRE)
        know(conn, two, WIRE, days=1)
        know(conn, three, WIRE, days=2)
        told = know(conn, one, LAST, revision=2)
        assert (told.first, told.moved) == (str(one), (str(two), str(three)))
        assert firsts(conn) == {one: one, two: two, three: two}
        assert know(conn, one, WIRE, revision=3).moved == (str(two), str(three))
        assert firsts(conn) == {one: one, two: one, three: one}


def test_what_is_known_already_changes_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = ids(conn, 2)
        know(conn, one, WIRE)
        first = know(conn, two, WIRE, days=1)
        assert know(conn, two, WIRE, days=1) == first
        assert know(conn, one, WIRE).shared


def test_a_text_without_words_tells_a_story_of_its_own(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = ids(conn, 2)
        assert know(conn, one, " — ").first == str(one)
        assert know(conn, two, "").first == str(two)


def test_what_finds_old_texts_is_let_go_of_and_their_stories_stay(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two, three = ids(conn, 3)
        know(conn, one, WIRE)
        know(conn, two, WIRE, days=1)
        know(conn, three, LAST, days=30)
        stories.forget_before(conn, NOW + 20 * DAY)
        assert conn.execute(select(func.count(minhash.c.article_id.distinct()))).scalar_one() == 1
        assert firsts(conn) == {one: one, two: one, three: three}


def test_looking_for_copies_takes_the_indexes(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        query = stories._ALIKE.compile(conn.engine, compile_kwargs={"render_postcompile": True})
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", tuple(query.params.values()))]
    assert not [step for step in plan if step.startswith("SCAN") and "subquery" not in step.lower()], plan
