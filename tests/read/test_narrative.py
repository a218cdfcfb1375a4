"""Paragraphs that tell of long ago."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import Article

PUBLISHED = datetime(2021, 6, 10, tzinfo=UTC)


def past(text: str, words: str, gazetteer: Gazetteer) -> bool:
    """Whether the sentence with these words is told as past."""
    article = Article(id="1", title="Talks open in the capital", text=text, published=PUBLISHED)
    for sentence in Reading(article, gazetteer).sentences:
        at = sentence.words.norm.index(words) if words in sentence.words.norm else -1
        if at >= 0:
            return any(claim.kind == "past" for claim in sentence.claims(at, at + 1))
    raise AssertionError(words)


@pytest.mark.parametrize(
    "text",
    [
        "Envoys arrived.\nIn 2008 the talks broke down over land. Rebels overran two towns in the lake district.",
        "Envoys arrived.\nThe war began in March 2009. Soldiers ringed the port. Rebels overran the base beside it.",
    ],
)
def test_a_paragraph_that_begins_long_ago_goes_on_long_ago(text: str, gazetteer: Gazetteer) -> None:
    assert past(text, "overran", gazetteer)


@pytest.mark.parametrize(
    "text",
    [
        "Envoys arrived.\nIn 2008 the talks broke down over land.\nRebels overran two towns in the lake district.",
        "Envoys arrived.\nIn 2008 the talks broke down over land. On Tuesday rebels overran two towns.",
        "Envoys arrived.\nIn 2008 the talks broke down over land. Rebels have now overran two towns, elders say.",
        "Envoys arrived.\nThe war began in May 2021. Rebels overran two towns in the lake district.",
        "Rebels overran two towns. The talks had broken down in 2008.",
    ],
)
def test_a_new_paragraph_a_day_or_a_word_of_today_ends_the_tale(text: str, gazetteer: Gazetteer) -> None:
    assert not past(text, "overran", gazetteer)
