"""Whose mails are written: of a rule in test, or one that fell, only its owner's."""

from __future__ import annotations

from dataclasses import replace

from alerts.match.rule import About, Rule
from alerts.notify.posting import readers
from alerts.types import Person
from tests.match.rules import SOUND, check

ANA, BEN, CLEO = (
    Person(id=number, address=f"{name}@example.org") for number, name in enumerate(("ana", "ben", "cleo"))
)
RULE = check(SOUND)


def _test(owner: str) -> Rule:
    return replace(RULE, status="test", about=About(owner=owner))


def test_everybody_may_hear_of_a_rule_in_force() -> None:
    assert readers(RULE, [ANA, BEN]) == [ANA, BEN]


def test_only_the_owner_hears_of_a_rule_in_test_and_who_was_told_before() -> None:
    assert readers(_test("Ana@Example.org"), [ANA, BEN, CLEO]) == [ANA]
    assert readers(_test("ana@example.org"), [ANA, BEN, CLEO], {CLEO.id}) == [ANA, CLEO]


def test_somebody_hears_of_a_fallen_rule_whose_owner_is_no_reader() -> None:
    assert readers(_test("A. Analyst"), [ANA, BEN], instead=[CLEO]) == [CLEO]
    assert readers(_test("ana@example.org"), [ANA, BEN], instead=[CLEO]) == [ANA]
    assert readers(_test("A. Analyst"), [ANA, BEN], {BEN.id}, instead=[BEN]) == [BEN]
