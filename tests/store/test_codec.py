"""Values come back from the database as they went in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from alerts.store import codec
from alerts.types import Alert, Claim, Hit, Place, Quantity, Wave
from tests.store import values

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_NUMBER = st.floats(0, 1e9)
_TIME = st.datetimes(timezones=st.just(UTC))
_PLACE = st.none() | st.builds(
    Place,
    id=_TEXT,
    name=_TEXT,
    country=st.sampled_from(["SYR", "YEM"]),
    precision=st.sampled_from(["city", "country"]),
    lat=st.none() | st.floats(-90, 90),
    runner_up=st.none() | _TEXT,
)
_QUANTITIES = st.dictionaries(
    _TEXT,
    st.builds(Quantity, low=_NUMBER, high=_NUMBER, stated=_NUMBER, unit=st.just("people"), text=_TEXT),
    max_size=2,
)
_CLAIMS = st.lists(st.builds(Claim, kind=st.just("denied"), cue=_TEXT, at=st.integers(0, 99)), max_size=2).map(tuple)


@given(_PLACE, _QUANTITIES, _CLAIMS, _TIME, st.dictionaries(_TEXT, _TEXT, max_size=2))
def test_a_hit_comes_back_as_it_was(
    place: Place | None,
    numbers: dict[str, Quantity],
    claims: tuple[Claim, ...],
    time: datetime,
    parts: dict[str, str],
) -> None:
    hit = replace(values.hit(), place=place, numbers=numbers, claims=claims, event_time=time, parts=parts)
    assert codec.hit(json.loads(json.dumps(codec.to_json(hit)))) == hit


_WAVES = st.none() | st.builds(
    Wave,
    test=st.sampled_from(["reports", "record"]),
    noun=_TEXT,
    count=_NUMBER,
    usual=_NUMBER,
    days=st.integers(1, 30),
    day=st.dates(),
    level=_NUMBER,
    severity=st.none() | st.just("severe"),
)


@given(_PLACE, _QUANTITIES, _TIME, _WAVES)
def test_an_alert_comes_back_as_it_was(
    place: Place | None, numbers: dict[str, Quantity], time: datetime, spike: Wave | None
) -> None:
    alert = replace(values.alert(), place=place, numbers=numbers, last_event=time, spike=spike)
    assert codec.alert(json.loads(json.dumps(codec.to_json(alert)))) == alert


def test_a_field_of_a_newer_version_is_left_out_and_a_missing_one_has_its_default() -> None:
    data = codec.to_json(values.hit()) | {"mood": "tense"}
    del data["needs_state"]
    assert codec.hit(data) == values.hit()


def test_what_cannot_be_stored_is_left_out_of_texts() -> None:
    hit: Hit = replace(values.hit(), sentence="a\x00b\ud800c")
    assert codec.to_json(hit)["sentence"] == "abc"
    assert codec.clean_or_none("\x00") is None
    assert codec.clean_or_none("abc", 2) == "ab"


def test_an_alert_in_json_has_times_as_text() -> None:
    alert: Alert = values.alert()
    assert codec.to_json(alert)["opened"] == "2026-03-01T12:00:00+00:00"
