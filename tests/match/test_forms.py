from __future__ import annotations

import pytest

from alerts.match.forms import forms


@pytest.mark.parametrize(
    ("lemma", "expected"),
    [
        ("flee", {"flee", "flees", "fled", "fleeing"}),
        ("besiege", {"besiege", "besieges", "besieged", "besieging"}),
        ("hit", {"hit", "hits", "hitting"}),
        ("seize", {"seize", "seizes", "seized", "seizing"}),
        ("withdraw", {"withdraw", "withdraws", "withdrew", "withdrawn", "withdrawing"}),
        ("retake", {"retake", "retakes", "retook", "retaken", "retaking"}),
        ("die", {"die", "dies", "died", "dying"}),
        ("occupy", {"occupy", "occupies", "occupied", "occupying"}),
        ("stop", {"stop", "stops", "stopped", "stopping"}),
        ("clash", {"clash", "clashes", "clashed", "clashing"}),
    ],
)
def test_a_verb_gives_all_its_forms(lemma: str, expected: set[str]) -> None:
    assert forms(lemma) == expected


def test_where_usage_differs_both_spellings_are_given() -> None:
    assert {"kidnapped", "kidnaped"} <= forms("kidnap")
    assert {"burnt", "burned"} <= forms("burn")
