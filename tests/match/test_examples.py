"""A rule's own examples: what they prove, and what is said of those that prove nothing."""

from __future__ import annotations

from alerts.match.bind import Households
from alerts.match.engine import Ruleset
from alerts.match.examples import run_examples
from alerts.read.places import Gazetteer
from tests.match.rules import SOUND, check


def problems(gazetteer: Gazetteer, *examples: str) -> list[str]:
    text = SOUND[: SOUND.index("[[fires]]")] + "\n".join(examples)
    rule = check(text)
    return [fault.message for fault in run_examples(rule, Ruleset([rule]), gazetteer, Households())]


def test_sound_examples_have_no_fault(gazetteer: Gazetteer) -> None:
    rule = check(SOUND)
    assert run_examples(rule, Ruleset([rule]), gazetteer, Households()) == []


def test_an_example_that_does_not_fire_is_told_with_the_reason(gazetteer: Gazetteer) -> None:
    (said,) = problems(gazetteer, '[[fires]]\ntext = "Gunmen could besiege the town of Djibo."')
    assert said.startswith("the example does not fire (possible: 'could')")


def test_a_quiet_example_that_fires_is_a_fault(gazetteer: Gazetteer) -> None:
    (said,) = problems(gazetteer, '[[quiet]]\ntext = "Gunmen besieged the town of Djibo."')
    assert said.startswith("the quiet example fires on 'besieged the town")


def test_a_quiet_example_without_any_part_of_the_rule_proves_nothing(gazetteer: Gazetteer) -> None:
    (said,) = problems(gazetteer, '[[quiet]]\ntext = "The harvest was good."')
    assert said.startswith("the quiet example proves nothing, no part of the rule occurs in it")


def test_a_quiet_example_must_be_quiet_for_the_reason_given(gazetteer: Gazetteer) -> None:
    (said,) = problems(gazetteer, '[[quiet]]\ntext = "Gunmen could besiege the town of Djibo."\nbecause = "denied"')
    assert said.startswith("quiet for another reason than 'denied': possible: 'could'")


def test_an_expectation_that_is_not_met_is_told_with_what_was_found(gazetteer: Gazetteer) -> None:
    fires = '[[fires]]\ntext = "Gunmen besieged the town of Djibo."\nexpect.'
    (place,) = problems(gazetteer, fires + 'place = "Goma"')
    assert place.startswith("expected place Goma, but it is Djibo")
    (severity,) = problems(gazetteer, fires + 'severity = "minor"')
    assert severity.startswith("expected severity minor, but it is severe")
    (number,) = problems(gazetteer, fires + "trapped = 12")
    assert number.startswith("expected trapped 12, but it is not found")


def test_a_known_problem_is_no_fault_until_it_is_solved(gazetteer: Gazetteer) -> None:
    known = '\nknown_problem = "asked in issue 9"'
    assert problems(gazetteer, '[[fires]]\ntext = "Gunmen could besiege the town of Djibo."' + known) == []
    (said,) = problems(gazetteer, '[[fires]]\ntext = "Gunmen besieged the town of Djibo."' + known)
    assert said.startswith("the known problem is solved")
