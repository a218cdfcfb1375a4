"""Articles come out of the spool as they were put in, in order."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.store.spool import Spool
from alerts.types import Article
from tests.store.values import HOUR, NOW

_ARTICLES = st.lists(
    st.builds(
        Article,
        id=st.text(max_size=3),
        title=st.text(max_size=5),
        text=st.text(max_size=5),
        published=st.timedeltas(timedelta(days=-9999), timedelta(days=9999)).map(lambda after: NOW + after),
        source=st.text(max_size=3),
        language=st.none() | st.just("en"),
        country=st.none() | st.just("SYR"),
        dated=st.booleans(),
        tier=st.sampled_from([1, 2]),
        sections=st.lists(st.text(max_size=3), max_size=2).map(tuple),
    ),
    max_size=6,
)


@given(_ARTICLES)
def test_they_are_in_the_order_of_publication_source_and_id(articles: list[Article]) -> None:
    with closing(Spool()) as spool:
        for article in articles:
            spool.put(article)
        assert len(spool) == len(articles)
        assert list(spool) == sorted(articles, key=lambda one: (one.published, one.source, one.id))


def test_more_than_are_written_at_once_come_back_and_nothing_is_left_behind() -> None:
    one = Article(id="", title="", text="half a \ud800 letter", published=NOW)
    with closing(Spool()) as spool:
        for number in range(1_201):
            spool.put(replace(one, id=str(number), published=NOW - number * HOUR))
        assert [article.id for article in spool] == [str(number) for number in reversed(range(1_201))]
        folder = spool.folder
        assert folder.exists()
    assert not folder.exists()
