"""What a spike does to the life of an alert: its counts are said, its growth is told, its level is the least."""

from __future__ import annotations

from datetime import date

from alerts.track.lifecycle import Policy, Step, advance
from alerts.track.policy import Confirm
from alerts.types import Evidence, Severity, Wave
from tests.track.make import ARLO, Tracked, at, evidence, hit

POLICY = Policy()


def wave(count: float, severity: Severity | None = None) -> Wave:
    return Wave(
        test="reports",
        noun="reports",
        count=count,
        usual=1 / 3,
        days=3,
        day=date(2024, 5, 6),
        level=count,
        severity=severity,
    )


def spike(
    tracked: Tracked,
    new: Evidence,
    found: Wave | None,
    *,
    together: tuple[Evidence, ...] = (),
    policy: Policy = POLICY,
    days_late: float = 0,
) -> Step:
    before = [*tracked.evidence.values(), *together]
    step = advance(
        tracked.alert,
        before,
        new,
        now=at((new.published - at(0)).total_seconds() / 3600 + 24 * days_late),
        policy=policy,
        spike=found,
    )
    assert step.evidence is not None
    tracked.evidence |= {item.article_id: item for item in (*together, *step.regrouped, step.evidence)}
    return tracked.after(step)


def opened(count: float = 3, **how: object) -> Tracked:
    tracked = Tracked()
    together = tuple(evidence(number, when=int(number), origin=number) for number in "12")
    spike(tracked, evidence("3", when=3), wave(count), together=together, **how)  # type: ignore[arg-type]
    return tracked


def test_a_spike_opens_with_all_its_reports_in_one_message() -> None:
    tracked = opened()
    assert (tracked.now.articles, tracked.now.origins, tracked.now.spike) == (3, 3, wave(3))
    assert tracked.now.first_event == at(1)
    assert tracked.whys == [
        "3 reports in 3 days, usual 0.3; reported by 3 independent sources: Daily 1, Daily 2 and Daily 3"
    ]


def test_its_growth_is_told_though_nothing_else_has_changed() -> None:
    tracked = opened()
    assert not spike(tracked, evidence("4", when=4), None).tell
    assert spike(tracked, evidence("5", when=5), wave(9)).tell
    assert tracked.whys[1] == "9 reports in 3 days, usual 0.3"
    assert tracked.now.spike == wave(9)


def test_growth_that_comes_in_late_is_told_nobody() -> None:
    tracked = opened()
    step = spike(tracked, evidence("5", when=5), wave(9), days_late=3)
    assert (step.tell, step.alert.version) == (False, 1)


def test_a_spike_known_too_late_is_told_with_the_next_report_and_its_counts() -> None:
    tracked = opened(days_late=3)
    assert (tracked.whys, tracked.now.version, tracked.now.spike) == ([], 0, wave(3))
    assert spike(tracked, evidence("4", when=80), None).tell
    assert tracked.whys[0].startswith("3 reports in 3 days, usual 0.3; reported by")


def test_the_level_of_the_test_is_the_least_of_the_alert() -> None:
    tracked = Tracked()
    steps = [spike(tracked, evidence("0", hit(ARLO, severity="minor")), wave(3, "severe"))]
    levels: tuple[Severity, ...] = ("minor", "extreme")
    for number, level in zip("12", levels, strict=True):
        found = hit(ARLO, severity=level, when=int(number))
        steps.append(spike(tracked, evidence(number, found, when=int(number)), None))
    assert [step.alert.severity for step in steps] == ["severe", "severe", "extreme"]


def test_a_spike_that_is_held_waits_for_its_confirmation() -> None:
    held = Policy(confirm=Confirm(sources=2, until_then="hold"))
    tracked = Tracked(held)
    assert not spike(tracked, evidence("1"), wave(3), policy=held).tell
    assert spike(tracked, evidence("2", when=1), None, policy=held).tell
    assert tracked.whys[0].startswith("3 reports in 3 days")


def test_what_waited_for_other_news_is_as_late_as_that_news() -> None:
    waited, came = evidence("1", when=0), evidence("2", when=60)
    soon = advance(None, [], waited, now=at(60), policy=POLICY, arrived=came)
    assert soon.tell
    late = advance(None, [], waited, now=at(60), policy=POLICY)
    assert not late.tell
