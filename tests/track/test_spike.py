"""Spikes in made-up series: what must be told, and what must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.track.spike import (
    Day,
    Series,
    Terms,
    Told,
    ears,
    independent,
    new_wave,
    record,
    usual_reports,
    weigh,
    words,
)
from alerts.types import Wave

BEGIN = date(2022, 1, 3)  # a Monday
DAY = timedelta(days=1)
PEOPLE = Terms(window=7, baseline=56, history=28, at_least=5_000, times=3, noun="people", reports=False)
REPORTS = Terms(window=3, baseline=42, history=14, at_least=3, times=3)


def day(number: int) -> date:
    return BEGIN + number * DAY


def flows(values: Sequence[float], origins: int = 1) -> Series:
    """A series of counts of people, from the first day on."""
    made = (
        Day(day=day(i), voices=(frozenset({"a"}),), value=float(value), counting=origins)
        for i, value in enumerate(values)
        if value
    )
    return Series(made, BEGIN)


def press(counts: Sequence[int], since: date = BEGIN) -> Series:
    """A series of so many reports a day, each by an outlet of its own."""
    names = (tuple(frozenset({f"{i} {n}"}) for n in range(count)) for i, count in enumerate(counts))
    return Series((Day(day=day(i), voices=voices) for i, voices in enumerate(names) if voices), since)


def alarms(series: Series, terms: Terms, last: int, first: int = 0) -> list[Wave]:
    """What is told when the series is looked at at the end of each day from `first` on."""
    told: Told | None = None
    found = []
    for number in range(first, last):
        verdict = weigh(series, terms, [day(number)], told)
        if verdict.wave is not None:
            told = Told(day=verdict.wave.day, level=verdict.wave.level, severity=verdict.wave.severity)
            found.append(verdict.wave)
    return found


def wave(people: float, days: int) -> list[float]:
    return [people / days] * days


def test_a_few_reports_where_there_are_usually_none_are_a_spike() -> None:
    [found] = alarms(press([0] * 30 + [1, 1, 1] + [0] * 10), REPORTS, 43)
    assert (found.test, found.count, found.day) == ("reports", 3, day(32))
    assert words(found) == "3 reports in 3 days, usual 0.3"


def test_one_report_after_none_is_never_a_spike() -> None:
    assert alarms(press([0] * 30 + [1] + [0] * 10), replace(REPORTS, at_least=2), 41) == []


def test_as_many_reports_as_usual_are_none() -> None:
    assert alarms(press([2] * 120), REPORTS, 120) == []


def test_the_baseline_ends_where_the_window_begins() -> None:
    series = press([1] * 60 + [9, 9, 9])
    assert usual_reports(series, day(60), REPORTS) == 3
    assert [one.count for one in alarms(series, REPORTS, 63)] == [11]


def test_nothing_is_told_before_there_is_a_history() -> None:
    counts = [3] * 3 + [0] * 40
    assert alarms(press(counts), REPORTS, 43) == []
    assert alarms(press([0] * 11 + counts), REPORTS, 54) == []
    assert alarms(press([0] * 16 + counts), REPORTS, 59) != []


def test_a_short_history_is_not_thinned_by_days_nobody_watched() -> None:
    assert usual_reports(press([2] * 21), day(21), REPORTS) == 6


def test_days_before_the_watch_do_not_count() -> None:
    series = press([5] * 40, since=day(35))
    assert series.tellers(day(39), 10) == 25


def test_a_flat_spike_is_told_once_and_a_growing_one_again() -> None:
    flat = alarms(press([0] * 30 + [3] * 12), REPORTS, 42)
    assert [one.count for one in flat] == [3, 9]
    growing = alarms(press([0] * 30 + [3, 3, 3, 9, 9, 9, 9]), REPORTS, 37)
    assert [one.count for one in growing] == [3, 9, 27]


def test_it_is_told_again_only_after_a_fall_below_half() -> None:
    wavering = [0] * 30 + [4, 4, 4] + [2, 2, 2, 2, 4, 4, 4]
    assert len(alarms(press(wavering), REPORTS, len(wavering))) == 2  # the first day, and when it has tripled
    fallen = [0] * 30 + [4, 4, 4] + [0] * 4 + [12, 12, 12]
    assert [one.day for one in alarms(press(fallen), REPORTS, len(fallen))] == [day(30), day(32), day(37), day(39)]


def test_a_day_that_has_just_begun_is_no_fall() -> None:
    terms = replace(REPORTS, window=1)
    told = Told(day=day(30), level=9)
    early = press([0] * 30 + [9, 1])
    assert weigh(early, terms, [day(31)], told).what == "goes on"
    assert weigh(press([0] * 30 + [9, 9]), terms, [day(31)], told).what == "goes on"
    assert weigh(press([0] * 30 + [9, 1, 9]), terms, [day(32)], told).what == "fires"


def test_an_outlet_that_speaks_on_two_days_of_a_window_is_one() -> None:
    same = Series((Day(day=day(i), voices=(frozenset({"post"}),)) for i in range(30, 33)), BEGIN)
    assert same.tellers(day(32), 3) == 1
    assert weigh(same, REPORTS, [day(32)], None).what == "quiet"


def test_who_leans_on_a_teller_or_has_no_name_is_no_new_one() -> None:
    post, star, nobody = frozenset({"post", "agency"}), frozenset({"star", "agency"}), frozenset[str]()
    assert independent([post, star]) == [post]
    assert independent([nobody, post]) == [nobody]
    assert independent([post, frozenset({"star"}), nobody]) == [post, frozenset({"star"})]


@pytest.mark.parametrize("length", [1, 7, 14, 30])
@pytest.mark.parametrize("gap", [60, 90, 180, 270, 364])
def test_a_wave_after_a_greater_one_is_told(length: int, gap: int) -> None:
    """235,000 people sixty to 364 days after 300,000: no record, and still a wave."""
    begin = 400
    values = [0.0] * (begin + gap + length + 10)
    for at, people in ((begin, 300_000), (begin + gap, 235_000)):
        for i in range(length):
            values[at + i] += people / length
    found = alarms(flows(values), PEOPLE, len(values), begin - 5)
    assert [one.day for one in found if one.day < day(begin + 30)]
    second = [one for one in found if one.day >= day(begin + gap)]
    assert second and second[0].day <= day(begin + gap + 2)
    assert "new wave" in {one.test for one in second}
    assert not any(one.test == "record" for one in second)


def test_the_second_wave_is_told_inside_a_crisis_that_goes_on() -> None:
    values = [400.0] * 900
    for at, people in ((400, 300_000), (520, 235_000)):
        for i in range(14):
            values[at + i] += people / 14
    days = [one.day for one in alarms(flows(values), PEOPLE, 700, 380)]
    assert any(day(520) <= one <= day(523) for one in days)
    assert not [one for one in days if one < day(400) or day(440) < one < day(520) or one > day(560)]


@pytest.mark.parametrize("flow", [0, 100, 1_000, 20_000])
def test_flat_months_are_told_nothing(flow: float) -> None:
    assert alarms(flows([flow] * 150, origins=5), PEOPLE, 150) == []
    assert alarms(flows([flow] * 1200, origins=5), PEOPLE, 1200, 1170) == []


def test_a_record_of_a_year_is_moderate_and_one_of_three_years_severe() -> None:
    values = [0.0] * 1300
    values[10:40] = wave(300_000, 30)
    values[1230:1260] = wave(60_000, 30)
    found = record(flows(values), day(1259), PEOPLE)
    assert found is not None
    assert (found.severity, found.span, found.usual) == ("severe", 1096, 0)
    values[900:930] = wave(90_000, 30)
    found = record(flows(values), day(1259), PEOPLE)
    assert found is None or found.severity == "moderate"
    values[1230:1260] = wave(200_000, 30)
    values[500:530] = wave(250_000, 30)
    found = record(flows(values), day(1259), PEOPLE)
    assert found is not None
    assert (found.severity, found.span, found.usual) == ("moderate", 366, 90_000)
    assert words(found) == "200,000 people in 30 days, the most in 366 days (before: 90,000)"


def test_as_much_as_ever_is_no_record_and_who_has_seen_nothing_knows_none() -> None:
    assert record(flows([1_000] * 400), day(399), PEOPLE) is None
    assert record(flows([0] * 20 + [9_000] * 20), day(39), PEOPLE) is None


def test_a_higher_level_is_not_held_back_by_an_earlier_lower_one() -> None:
    values = [0.0] * 1200
    values[1100:1110] = [2_000] * 10
    series = flows(values)
    told = Told(day=day(1103), level=8_000, severity="moderate")
    verdict = weigh(series, PEOPLE, [day(1104)], told)
    assert (verdict.what, verdict.wave and verdict.wave.severity) == ("grows", "severe")
    assert weigh(series, PEOPLE, [day(1104)], replace(told, severity="severe")).what == "goes on"


def test_a_wave_that_is_over_makes_no_second_record() -> None:
    values = [0.0] * 400 + [9_000] + [0] * 10 + [300] + [0] * 20
    assert [one.day for one in alarms(flows(values), PEOPLE, len(values), 395)] == [day(400)]
    values[411] = 6_000
    assert [one.day for one in alarms(flows(values), PEOPLE, len(values), 395)] == [day(400), day(411)]


def test_the_daily_test_wants_the_floor_three_origins_and_a_day_unlike_others() -> None:
    values = [500.0, 520, 480, 510, 490, 800, 900] * 10
    jump = [*values, 9_000.0]
    found = ears(flows(jump, origins=3), day(70), PEOPLE)
    assert found is not None
    assert (found.test, found.count, found.usual) == ("ears", 9_000, 500)
    assert words(found) == "9,000 people on 2022-03-14, usual 500 a day"
    assert ears(flows(jump, origins=2), day(70), PEOPLE) is None
    assert ears(flows([*values, 4_000.0], origins=3), day(70), PEOPLE) is None


def test_weekends_are_held_against_weekends() -> None:
    week = [1_000.0] * 5 + [9_000.0] * 2
    series = flows(week * 10, origins=5)
    assert [ears(series, day(number), PEOPLE) for number in range(40, 70)] == [None] * 30


def test_days_all_alike_have_no_spread_to_divide_by() -> None:
    flat = flows([4_000.0] * 60 + [7_000.0, 9_000.0], origins=3)
    assert ears(flat, day(60), PEOPLE) is None  # not the double
    assert ears(flat, day(61), PEOPLE) is not None
    nothing = flows([0.0] * 60 + [6_000.0], origins=3)
    assert ears(nothing, day(60), PEOPLE) is not None


def test_what_an_earlier_wave_brought_is_not_usual() -> None:
    values = [100.0] * 100 + wave(70_000, 14) + [100.0] * 14 + wave(21_000, 7)
    found = new_wave(flows(values), day(129), PEOPLE)
    assert found is not None
    assert (round(found.usual), found.test) == (700, "new wave")
    assert words(found) == "6,500 people in 7 days after a lull, usual 700"


def test_a_wave_without_a_lull_is_no_new_one() -> None:
    values = [100.0] * 100 + wave(70_000, 14) + [2_000.0] * 20 + wave(70_000, 14)
    began = [number for number in range(len(values)) if new_wave(flows(values), day(number), PEOPLE)]
    assert began == [100]


def test_why_there_is_no_spike_is_said() -> None:
    assert weigh(press([0] * 30 + [2]), REPORTS, [day(30)], None).why == (
        "2 reports in 3 days, usual 0.3: no spike; at_least is 3"
    )
    assert weigh(press([0] * 30 + [1]), REPORTS, [day(30)], None).why.startswith("1 report in 3 days")
    assert "watched for 3 days before, and history is 14" in weigh(press([0] * 6), REPORTS, [day(5)], None).why


@given(
    st.lists(st.integers(0, 50_000), max_size=70),
    st.integers(1, 14),
    st.integers(2, 8),
    st.floats(1.1, 10),
    st.integers(1, 20_000),
)
def test_no_series_divides_by_nought_or_tells_less_than_the_floor(
    values: list[int], window: int, windows: int, times: float, floor: int
) -> None:
    terms = Terms(
        window=window,
        baseline=window * windows,
        history=window,
        at_least=floor,
        times=times,
        noun="people",
        reports=False,
    )
    for found in alarms(flows(values, origins=3), terms, len(values)):
        assert found.count >= floor
        assert found.level > 0
        assert words(found)


@given(st.lists(st.integers(0, 4), min_size=20, max_size=45))
def test_a_spike_of_reports_is_above_the_least_and_the_usual(counts: list[int]) -> None:
    for found in alarms(press(counts), REPORTS, len(counts)):
        if found.test == "reports":
            assert found.count >= max(REPORTS.at_least, REPORTS.times * found.usual)
            assert found.usual >= 1 / 3
