"""A story of what was merged or split: what opens an alert in it, and whether the rule makes it so."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime

from alerts.match.retelling import as_toml, retold
from alerts.match.rule import Example, Story


def story(*texts: str) -> Story:
    articles = tuple(Example(text=text, line=0, fires=False, day=float(day)) for day, text in enumerate(texts))
    return Story(name="a story", line=0, articles=articles)


def by_first_word(one: Story) -> Sequence[bool]:
    """A rule that opens an alert for each place; "late" opens none, but the next report of the place does."""
    seen: set[str] = set()
    opened = []
    for article in one.articles:
        place, *more = article.text.split()
        opened.append(place not in seen and "late" not in more)
        seen |= {place} if opened[-1] else set()
    return opened


def test_one_event_opens_at_the_first_article_that_would_and_what_the_rule_tells_twice_is_a_known_problem() -> None:
    made = retold(story("Taiz late", "Taiz", "Marib"), [0, 0, 0], by_first_word, "merged by hand")
    assert made is not None
    assert [article.fires for article in made.story.articles] == [False, True, False]
    assert (made.kept, made.story.known_problem) == (False, "merged by hand")


def test_two_events_open_at_the_first_article_of_each() -> None:
    made = retold(story("Taiz", "Taiz", "Taiz", "Taiz"), [0, 1, 0, 1], by_first_word, "split by hand")
    assert made is not None
    assert [article.fires for article in made.story.articles] == [True, True, False, False]
    assert not made.kept


def test_what_the_rule_tells_as_it_should_has_no_problem() -> None:
    for texts, events in ((("Taiz", "Taiz"), [0, 0]), (("Taiz", "Marib"), [0, 1])):
        made = retold(story(*texts), events, by_first_word, "by hand")
        assert made is not None
        assert (made.kept, made.story.known_problem) == (True, None)


def test_a_story_in_which_some_event_opens_nothing_proves_nothing() -> None:
    assert retold(story("Taiz", "Marib late"), [0, 1], by_first_word, "split") is None


def test_a_story_is_written_so_that_it_reads_the_same() -> None:
    article = Example(
        text='They said "no"\nand fled.',
        title="A title",
        line=0,
        fires=True,
        day=0.25,
        source="The Daily",
        country="YEM",
    )
    told = Story(
        name="a story", line=0, articles=(article,), published=datetime(2026, 3, 2, 12, tzinfo=UTC), known_problem="so"
    )
    text = as_toml(told, "adopted\nfrom 12")
    assert text.startswith("# adopted from 12\n[[story]]\n")
    [found] = tomllib.loads(text)["story"]
    assert found == {
        "name": "a story",
        "published": datetime(2026, 3, 2, 12, tzinfo=UTC),
        "known_problem": "so",
        "article": [
            {
                "day": 0.25,
                "title": "A title",
                "text": article.text,
                "source": "The Daily",
                "country": "YEM",
                "fires": True,
            }
        ],
    }
