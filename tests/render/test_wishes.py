"""What a reader asked for is said in words that they can check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from alerts.readers import ALL, Near, Quiet, Wishes
from alerts.render.wishes import aspects, changed, sentence

GOMA = Near(name="Goma", lat=-1.67, lon=29.22, km=50)
NIGHT = Quiet(begin=time(22), end=time(6))


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (ALL, "all alerts, at once"),
        (Wishes(events=("attack", "siege")), "alerts about attack and siege, at once"),
        (Wishes(countries=("SYR", "YEM")), "all alerts in Syria or Yemen, at once"),
        (Wishes(countries=("SYR",), near=(GOMA,)), "all alerts in Syria or within 50 km of Goma, at once"),
        (Wishes(regions=("SY-ID",)), "all alerts in province SY-ID, at once"),
        (Wishes(min_severity="severe"), "all alerts, severe or worse, at once"),
        (Wishes(min_severity="extreme", min_certainty="observed"), "all alerts, extreme, if observed, at once"),
        (Wishes(rhythm="hourly", wake_from=None), "all alerts, in one mail an hour"),
        (Wishes(rhythm="hourly"), "all alerts, in one mail an hour, and at once what is severe or worse"),
        (
            Wishes(rhythm="daily", quiet=NIGHT, wake_from="extreme"),
            "all alerts, in one mail a day, at 07:00, but not from 22:00 to 06:00 (UTC), and at once what is extreme",
        ),
        (
            Wishes(rhythm="weekly", weekday=4, hour=6, time_zone="Asia/Aden", wake_from=None),
            "all alerts, in one mail a week, on Friday at 06:00 (Asia/Aden)",
        ),
        (
            Wishes(quiet=NIGHT, wake_from="extreme"),
            "all alerts, at once, but not from 22:00 to 06:00 unless extreme (UTC)",
        ),
        (Wishes(quiet=NIGHT, wake_from=None), "all alerts, at once, but not from 22:00 to 06:00 (UTC)"),
    ],
)
def test_wishes_are_said_in_a_sentence(wishes: Wishes, said: str) -> None:
    assert sentence(wishes, lambda region: f"province {region}") == said


def test_a_pause_ends_on_a_day_of_the_readers_own_calendar() -> None:
    until = datetime(2026, 5, 4, 21, 0, tzinfo=UTC)
    assert "nothing before 5 May 2026" in sentence(Wishes(time_zone="Asia/Aden", paused_until=until))
    assert "nothing before 4 May 2026" in sentence(Wishes(time_zone="no/such", paused_until=until))


def test_only_what_changed_is_told() -> None:
    before = Wishes(countries=("SYR",), key="one")
    after = replace(before, min_severity="severe", countries=(), discreet=True, key="two")
    assert changed(before, before) == []
    assert changed(before, after) == [
        "Places: everywhere (before: Syria)",
        "Severity: severe or worse (before: minor or worse)",
        "Discreet: yes: sender and subject do not show what a mail is about (before: no)",
        "Encryption: with another OpenPGP key than before",
    ]


def test_no_wish_is_left_out_of_what_can_change() -> None:
    different = Wishes(
        events=("siege",), countries=("SYR",), min_severity="severe", min_certainty="likely", language="fr",
        text_only=True, rhythm="daily", time_zone="Asia/Aden", quiet=NIGHT, wake_from=None,
        paused_until=datetime(2026, 5, 5, tzinfo=UTC), discreet=True, key="x",
    )  # fmt: skip
    assert [line.partition(":")[0] for line in changed(ALL, different)] == list(aspects(ALL))


def test_a_name_of_several_lines_is_one() -> None:
    assert "\n" not in sentence(Wishes(near=(replace(GOMA, name="Go\nma"),)))


def test_a_region_whose_name_nobody_can_be_asked_for_is_told_by_its_country() -> None:
    assert sentence(Wishes(regions=("SY-ID",))) == "all alerts in SY-ID in Syria, at once"
    assert sentence(Wishes(regions=("??",))) == "all alerts in ??, at once"


def test_the_regions_of_a_country_are_named_together() -> None:
    names = {"SY-ID": "Idlib, Syria", "LB-AS": "North, Lebanon", "SY-HL": "Aleppo, Syria", "?": "?"}
    wishes = Wishes(countries=("YEM",), regions=tuple(names))
    assert sentence(wishes, names.__getitem__) == (
        "all alerts in Yemen, Idlib and Aleppo (Syria), North, Lebanon or ?, at once"
    )
    assert aspects(wishes, names.__getitem__)["Places"].startswith("Yemen, Idlib and Aleppo (Syria)")
