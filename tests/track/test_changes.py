from __future__ import annotations

import json
from typing import Any

from alerts.track.changes import changes, first, snapshot
from alerts.track.facts import gather
from alerts.track.origins import assign
from alerts.track.policy import Policy
from tests.track.make import COUNTRY, count, denial, evidence, hit


def told(**how: Any) -> dict[str, Any]:
    base = {
        "severity": "severe",
        "certainty": "possible",
        "confirmed": False,
        "place": {"id": "gn:1", "name": "Arlo"},
        "numbers": {},
        "origins": {"1": "Wire"},
        "denied_by": [],
    }
    return base | how


def test_nothing_changed_says_nothing() -> None:
    assert changes(told(), told()) == ()


def test_a_snapshot_survives_the_database() -> None:
    items = assign([evidence("1", hit(COUNTRY, numbers={"killed": count(3, 5)})), denial("2")])
    made = snapshot(gather(items, Policy()))
    assert json.loads(json.dumps(made)) == made
    assert changes(made, json.loads(json.dumps(made))) == ()


def test_counts_are_worded_as_in_titles() -> None:
    before = told(numbers={"displaced": [1200, 1200], "killed": [12, 24], "injured": [12, 45]})
    now = told(numbers={"displaced": [45_000, 55_000], "killed": [24, 99], "injured": [100, 200], "old_homes": [3, 3]})
    assert changes(before, now) == (
        "1,200 → about 50,000 displaced",
        "12 to 45 → at least 100 injured",
        "at least 12 → dozens killed",
        "3 old homes",
    )


def test_a_number_that_nobody_gives_any_more_is_said() -> None:
    assert changes(told(numbers={"killed": [9, 9]}), told()) == ("9 killed no longer reported",)


def test_the_source_that_confirms_is_named() -> None:
    one_more = told(confirmed=True, origins={"1": "Wire", "2": "Post"})
    assert changes(told(), one_more) == ("confirmed by a second source: Post",)
    two_more = told(confirmed=True, origins={"1": "Wire", "2": "Post", "3": "Radio"})
    assert changes(told(), two_more) == ("confirmed by 2 more sources: Post and Radio",)


def test_a_further_source_is_named() -> None:
    before = told(confirmed=True, origins={"1": "Wire", "2": "Post"})
    assert changes(before, before | {"origins": {"1": "Wire", "2": "Post", "3": "Radio"}}) == (
        "also reported by Radio",
    )


def test_a_source_lost_is_said() -> None:
    before = told(confirmed=True, origins={"1": "Wire", "2": "Post"})
    assert changes(before, told()) == ("no longer confirmed", "no longer reported by Post")


def test_confirmation_without_a_new_source_is_said() -> None:
    assert changes(told(), told(confirmed=True)) == ("confirmed",)


def test_a_first_teller_that_only_changed_its_article_is_no_news() -> None:
    assert changes(told(origins={"1": "Wire"}), told(origins={"0": "Post"})) == ()


def test_denials_are_named_once() -> None:
    assert changes(told(denied_by=["Army"]), told(denied_by=["Army", "Mayor"])) == ("denied by Mayor",)


def test_a_new_alert_says_who_reports_it() -> None:
    assert first(told()) == "first report: Wire (unconfirmed)"
    assert first(told(confirmed=True)) == "reported by Wire"
