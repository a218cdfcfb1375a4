"""An alert's title and summary come from its rule, and from plain words when the rule's line fails."""

from __future__ import annotations

from dataclasses import replace

from alerts.engine.rulebook import Rulebook
from alerts.engine.texts import LONGEST_TITLE, texts
from alerts.match.rule import Rule
from tests.engine.world import World

HEARD = "Government forces shelled Taiz on Monday, killing 12 people."


def rule_with(book: Rulebook, **lines: str) -> Rule:
    rule = book.ruleset.by_name["shelling"]
    assert rule.alert is not None
    return replace(rule, alert=replace(rule.alert, **lines))  # type: ignore[arg-type]


def said(world: World, **lines: str) -> tuple[str, str, str]:
    """Title, summary and fault of an alert whose rule has these lines."""
    world.hear(HEARD)
    [record] = world.alerts()
    title, summary, fault = texts(rule_with(world.rulebook, **lines), record.alert, record.evidence)
    return title, summary, str(fault or "")


def test_lines_have_the_words_and_numbers_of_the_alert(world: World) -> None:
    line = "{{ attack }} in {{ place }} ({{ country }}): {{ killed | people }}, {{ severity }}, by {{ source }}"
    assert said(world, title=line)[0] == "shelled in Taiz (YEM): 12 people, severe, by The Daily"


def test_a_title_that_fails_falls_back_to_plain_words(world: World) -> None:
    title, summary, fault = said(world, title="{{ place | upper }} {{ 1 / 0 }}")
    assert (title, summary) == ("Shelling: Taiz", HEARD)
    assert "shelling.toml" in fault


def test_a_summary_that_fails_falls_back_to_the_sentence(world: World) -> None:
    title, summary, fault = said(world, summary="{{ nothing.of.this }}")
    assert (title, summary) == ("Shelling in Taiz: 12 people killed", HEARD)
    assert "shelling.toml" in fault


def test_a_title_stays_one_short_line(world: World) -> None:
    title, _, _ = said(world, title="{{ quote }}\n" * 9)
    assert len(title) <= LONGEST_TITLE
    assert "\n" not in title


def test_the_sentence_quoted_is_one_that_gives_the_number(world: World) -> None:
    world.hear(HEARD)
    world.hear("Troops shelled Taiz on Monday, killing 14 people, the hospital said.", source="Evening Post")
    world.later(hours=1)
    world.hear("Shells fell on Taiz again, our reporter says.", source="Radio")
    [record] = world.alerts()
    assert record.alert.numbers["killed"].low == 14
    title, summary, _ = texts(rule_with(world.rulebook), record.alert, record.evidence)
    assert (title, summary.split(",")[1]) == ("Shelling in Taiz: 14 people killed", " killing 14 people")


def test_a_summary_begins_with_a_capital(world: World) -> None:
    assert said(world, summary="as reported, {{ killed | people }} died")[1] == "As reported, 12 people died"
