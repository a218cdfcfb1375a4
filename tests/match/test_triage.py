"""`[alert] triage`: from which level on a person looks before an alert is told."""

from __future__ import annotations

import pytest

from alerts.engine.rulebook import compiled
from alerts.errors import Faults
from alerts.match.showing import show
from alerts.track.policy import DAY, Desk
from alerts.types import Severity
from tests.match.rules import ALONE, check


def asking(value: str) -> str:
    """A sound rule that asks for triage so."""
    return ALONE.replace("[alert]\n", f"[alert]\ntriage = {value}\n")


@pytest.mark.parametrize(
    ("value", "level"), [("true", "minor"), ("false", None), ('"severe"', "severe"), ('"extreme"', "extreme")]
)
def test_a_rule_asks_from_a_level_or_for_all(value: str, level: Severity | None) -> None:
    alert = check(asking(value)).alert
    assert alert is not None
    assert alert.triage == level


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('"sever"', "'sever' is no level for 'triage'; did you mean 'severe'?"),
        ('"always"', "'always' is no level for 'triage'; write 'minor', 'moderate', 'severe' or 'extreme'"),
        ("3", "'triage' must be true, or the level from which a person looks first"),
    ],
)
def test_what_is_no_level_is_a_fault_with_its_line(value: str, says: str) -> None:
    with pytest.raises(Faults) as caught:
        check(asking(value))
    [fault] = caught.value.faults
    line = next(at for at, text in enumerate(asking(value).splitlines(), 1) if text.startswith("triage"))
    assert fault.line == line
    assert says in fault.message


@pytest.mark.parametrize(
    ("rule", "configured", "level"),
    [
        ("false", None, None),
        ("false", "extreme", "extreme"),
        ('"severe"', None, "severe"),
        ('"severe"', "extreme", "severe"),
        ('"extreme"', "moderate", "moderate"),
    ],
)
def test_of_the_rule_and_the_configuration_the_stricter_holds(
    rule: str, configured: Severity | None, level: Severity | None
) -> None:
    checked = check(asking(rule))
    policy = compiled([checked]).policy(checked.name, DAY, Desk(triage_from=configured, triage_for=DAY))
    assert (policy.triage_from, policy.triage_for) == (level, DAY)


def test_where_nobody_is_there_to_look_nothing_waits() -> None:
    checked = check(asking("true"))
    assert compiled([checked]).policy(checked.name, DAY).triage_from is None


def test_it_is_shown_what_a_rule_asks_for() -> None:
    lines = [line for section in show(check(asking('"severe"'))) for line in section.lines]
    assert "from severe on a person looks before it is told: alerts triage list" in lines
