"""Whatever a feed carries, reading it neither fails nor takes long. `./dev soak` looks for longer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.cli.output import all_figures
from alerts.read.claims import event_date
from alerts.read.languages import detect
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.read.sources import cited_sources
from alerts.read.text import plain
from alerts.types import Article
from tests.texts import NEWS, PIECES, articles, cost

MOST = 50.0  # milliseconds a kilobyte
AS_NOTHING = 3.0  # below this many no growth is looked at: it would be noise
SHORT, LONG = 4_000, 32_000
PUBLISHED = datetime(2026, 1, 15, tzinfo=UTC)
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
soak = settings(quick, max_examples=4_000)
Read = Callable[[str], object]


def read_all(article: Article, gazetteer: Gazetteer) -> Reading:
    """Everything there is to read of an article."""
    reading = Reading(article, gazetteer)
    detect(f"{article.title}\n{article.text}", article.language)
    for sentence in reading.sentences:
        words = sentence.words
        cited_sources(words)
        assert len(sentence.places) == len(sentence.mentions)
        for first in range(0, len(words), 25):
            end = min(len(words), first + 2)
            sentence.claims(first, end)
            event_date(words, first, end, dates=sentence.dates, published=article.published)
            if first % 50 == 0:
                reading.place_of(sentence.index, first, end)
        for number in sentence.numbers:
            assert number.low <= number.high and number.first < number.end <= number.noun_end <= len(words)
    all_figures(reading)
    return reading


@pytest.fixture(scope="module")
def as_text(gazetteer: Gazetteer) -> Read:
    return lambda text: read_all(Article(id="1", title="", text=text, published=PUBLISHED), gazetteer)


@pytest.fixture(scope="module")
def as_title(gazetteer: Gazetteer) -> Read:
    return lambda text: read_all(Article(id="1", title=text, text="", published=PUBLISHED), gazetteer)


def check(text: str, gazetteer: Gazetteer) -> None:
    """Reading `text` does not fail, and what is read of it can be written down again."""
    plain(text)
    reading = read_all(Article(id="1", title=text[:300], text=text, published=PUBLISHED), gazetteer)
    for sentence in reading.sentences:
        said = sentence.sentence
        source = reading.article.title if said.part == "title" else reading.article.text
        assert source[said.start : said.start + len(said.text)] == said.text
        json.dumps([asdict(number) for number in sentence.numbers])


@quick
@given(articles())
def test_no_text_is_too_odd_to_read(gazetteer: Gazetteer, text: str) -> None:
    check(text, gazetteer)


@quick
@given(st.text(max_size=300))
def test_no_run_of_characters_is_too_odd_to_read(gazetteer: Gazetteer, text: str) -> None:
    check(text, gazetteer)


def grows(work: Read, unit: str) -> float:
    """How many times more a kilobyte of a long run of `unit` costs than one of a short run; 0 for almost nothing."""
    short, long = (cost(work, (unit * (size // len(unit) + 1))[:size], enough=AS_NOTHING) for size in (SHORT, LONG))
    assert long < MOST, f"{long:.0f} ms a kilobyte"
    return long / short if long > AS_NOTHING else 0.0


HARD = (
    "A", "a", "1", " ", "\n", ".", "a\n", ".\n", "و", "U.S. ", "20 ", "a, ", "killed 20 ", "in Maarrat ", "could ",
    "5 May ", "Al ", "(", "Go\ufffda ", "Go\ufffd",
)  # fmt: skip


@pytest.mark.parametrize("unit", HARD, ids=repr)
def test_the_cost_of_a_text_grows_no_faster_than_the_text(as_text: Read, unit: str) -> None:
    assert grows(as_text, unit) < 4


@pytest.mark.parametrize("unit", ["A", "U.S. ", "killed 20 ", "Idlib "], ids=repr)
def test_nor_does_that_of_a_title(as_title: Read, unit: str) -> None:
    assert grows(as_title, unit) < 4


@pytest.mark.parametrize(
    "text",
    [
        "May 3, 2013 by " + "A" * LONG,
        "May 3, 2013" + " " * LONG + "x",
        "BEIRUT" + "A" * LONG,
        "BEIRUT" + " -AB" * (LONG // 4),
        "GOMA" + " " * LONG + "- x",
        "in M" + "a" * LONG + "rrat al-Numan",
        NEWS + "x" * 200_000,
        "He fled. " * 4_000,
        ("a" + " " * 90 + "\n") * 1_000,
        "The post " + "a " * (LONG // 2),
        'Why?" ' + "Aaaa " * (LONG // 5),
    ],
    ids=lambda text: text[:16].strip(),
)
def test_no_beginning_of_a_text_makes_its_end_dear(as_text: Read, text: str) -> None:
    assert cost(as_text, text, enough=AS_NOTHING) < MOST


@pytest.mark.soak
@soak
@given(articles(most=20_000))
def test_no_text_is_too_odd_or_too_dear_to_read_however_long_one_looks(gazetteer: Gazetteer, text: str) -> None:
    check(text, gazetteer)
    article = Article(id="1", title="", text=text, published=PUBLISHED)
    assert cost(lambda _: read_all(article, gazetteer), text, enough=MOST / 2) < MOST


@pytest.mark.soak
@pytest.mark.parametrize("unit", PIECES, ids=repr)
def test_the_cost_of_no_piece_grows_faster_than_the_text(as_text: Read, as_title: Read, unit: str) -> None:
    assert grows(as_text, unit) < 4
    assert grows(as_title, unit) < 4
    assert grows(lambda text: as_text(NEWS + text + NEWS), unit) < 4
