"""Whose mails are written: of a rule in test, or one that fell, only its owner's."""

from __future__ import annotations

from dataclasses import replace

from alerts.notify.posting import readers
from alerts.readers import Person
from tests.match.rules import SOUND, check

ANA, BEN, CLEO = (Person(id=number) for number in (1, 2, 3))
RULE = check(SOUND)
IN_TEST = replace(RULE, status="test")


def test_everybody_may_hear_of_a_rule_in_force() -> None:
    assert readers(RULE, [ANA, BEN]) == [ANA, BEN]


def test_only_the_owner_hears_of_a_rule_in_test_and_who_was_told_before() -> None:
    assert readers(IN_TEST, [ANA, BEN, CLEO], owner=ANA.id) == [ANA]
    assert readers(IN_TEST, [ANA, BEN, CLEO], {CLEO.id}, owner=ANA.id) == [ANA, CLEO]


def test_somebody_hears_of_a_fallen_rule_whose_owner_is_no_reader() -> None:
    assert readers(IN_TEST, [ANA, BEN], instead=[CLEO]) == [CLEO]
    assert readers(IN_TEST, [ANA, BEN], owner=ANA.id, instead=[CLEO]) == [ANA]
    assert readers(IN_TEST, [ANA, BEN], {BEN.id}, instead=[BEN]) == [BEN]
