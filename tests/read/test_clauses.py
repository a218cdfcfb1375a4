"""Which words of a sentence hang together."""

from __future__ import annotations

import pytest

from alerts.read.clauses import Clauses, clauses
from alerts.read.dates import find
from alerts.read.text import Words, words
from tests.read.test_claims import SUNDAY


def divide(text: str) -> tuple[Words, Clauses]:
    divided = words(text)
    dated = {i for when in find(divided, SUNDAY) for i in range(when.first, when.last + 1)}
    return divided, clauses(divided, 0, len(divided), dated.__contains__)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("A truce agreed in May has been broken", "truce", "broken"),
        ("Rebels who took the port in 2012 were driven out", "rebels", "driven"),
        ("The war which began in 2011 has ruined the port", "war", "ruined"),
        ("The town, where 9,000 people live, was shelled", "town", "shelled"),
        ('The envoy spoke of "grave concern" and warned of more', "envoy", "spoke"),
    ],
)
def test_an_aside_does_not_part_subject_and_verb(text: str, one: str, other: str) -> None:
    divided, found = divide(text)
    assert found.of(divided.norm.index(one)) == found.of(divided.norm.index(other))


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("Raids go on despite a truce agreed in May", "raids", "agreed"),
        ("The army denied that it shelled the port but said it hit a depot", "shelled", "hit"),
        ("Rebels killed six soldiers and the town was emptied", "killed", "emptied"),
        ("Troops left; villagers came back", "left", "came"),
        ("They fled when the shelling began", "fled", "began"),
    ],
)
def test_another_statement_is_another_clause(text: str, one: str, other: str) -> None:
    divided, found = divide(text)
    assert found.of(divided.norm.index(one)) != found.of(divided.norm.index(other))


def test_a_participle_hangs_on_the_clause_that_gives_its_time() -> None:
    divided, found = divide("Troops attacked in May, killing nine")
    assert found.above(divided.norm.index("killing")) == [1, 0]


def test_clauses_never_nest_without_end() -> None:
    _, found = divide("rebels " + "who said that " * 300 + "fled")
    assert max(clause.depth for clause in found.all) <= 8
