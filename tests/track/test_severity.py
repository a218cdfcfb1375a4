from __future__ import annotations

from alerts.track.severity import certainty, ladder, level, worst
from alerts.types import Severity
from tests.track.make import ARLO, BELL, count, evidence, hit

STEPS: dict[str, list[tuple[float, Severity]]] = {"killed": [(1, "moderate"), (10, "severe"), (50, "extreme")]}


def test_the_worst_of_no_levels_is_minor() -> None:
    assert worst([]) == "minor"
    assert worst(["moderate", "extreme", "minor"]) == "extreme"


def test_a_ladder_decides_by_the_low_bound() -> None:
    assert ladder({"killed": count(9, 80)}, STEPS) == "moderate"
    assert ladder({"killed": count(50)}, STEPS) == "extreme"


def test_a_number_below_the_ladder_reaches_no_level() -> None:
    assert ladder({"killed": count(0, 5)}, STEPS) is None
    assert ladder({"injured": count(90)}, STEPS) is None


def test_a_level_owed_to_a_number_follows_the_alerts_number() -> None:
    hits = [hit(severity="extreme", numbers={"killed": count(60)})]
    assert level(hits, {"killed": count(12)}, STEPS) == "severe"


def test_a_level_owed_to_words_stands_whatever_the_number() -> None:
    hits = [hit(severity="extreme", numbers={"killed": count(12)}), hit(severity="moderate")]
    assert level(hits, {"killed": count(2)}, STEPS) == "extreme"


def test_without_a_ladder_the_worst_hit_decides() -> None:
    assert level([hit(severity="severe"), hit(severity="minor")], {}, {}) == "severe"


def test_one_origin_is_possible_however_many_copies() -> None:
    assert certainty([evidence("1", origin="1"), evidence("2", origin="1")]) == "possible"


def test_two_independent_origins_are_likely() -> None:
    assert certainty([evidence("1", origin="1"), evidence("2", origin="2")]) == "likely"


def test_one_official_origin_is_likely() -> None:
    assert certainty([evidence("1", origin="1", tier=1)]) == "likely"


def test_three_independent_origins_are_observed() -> None:
    assert certainty([evidence(name, origin=name) for name in "123"]) == "observed"


def test_an_official_and_an_independent_origin_that_agree_are_observed() -> None:
    official = evidence("1", hit(ARLO, numbers={"killed": count(10, 14)}), origin="1", tier=1)
    other = evidence("2", hit(ARLO, numbers={"killed": count(12)}), origin="2")
    assert certainty([official, other]) == "observed"


def test_an_official_and_an_independent_origin_that_differ_are_likely() -> None:
    official = evidence("1", hit(ARLO, numbers={"killed": count(10)}), origin="1", tier=1)
    for differs in (hit(ARLO, numbers={"killed": count(40)}), hit(BELL, numbers={"killed": count(10)}), hit(ARLO)):
        assert certainty([official, evidence("2", differs, origin="2")]) == "likely"


def test_an_official_report_and_its_own_copy_are_no_agreement() -> None:
    assert certainty([evidence("1", origin="1", tier=1), evidence("2", origin="1")]) == "likely"


def test_what_is_only_alleged_is_never_above_likely() -> None:
    assert certainty([evidence(name, hit(alleged=True), origin=name) for name in "1234"]) == "likely"
    assert certainty([evidence("1", hit(alleged=True), origin="1")]) == "possible"


def test_what_only_might_be_is_never_above_possible() -> None:
    assert certainty([evidence(name, hit(lowered=True), origin=name, tier=1) for name in "1234"]) == "possible"


def test_what_a_party_denies_is_never_above_likely() -> None:
    told = [evidence(name, origin=name) for name in "1234"]
    assert certainty(told, contradicted=True) == "likely"
    assert certainty(told[:1], contradicted=True) == "possible"


def test_nothing_is_possible() -> None:
    assert certainty([]) == "possible"
