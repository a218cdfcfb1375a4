"""A version as a CAP message: valid by the schema and by the standard's text, and saying what is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xmlschema import XMLSchemaValidationError

from alerts.render.cap import Issuer, cap, identifier, utc
from alerts.types import CERTAINTIES, PRECISIONS, SEVERITIES, Place, Quantity
from tests.cap import NS, closed_list, offences, read, schema
from tests.render.cap_world import DESK, QUOTE, START, USUAL, messages, version
from tests.store import values

ODD = "a\x00\x0b\ud800\ufffe<b>&amp;]]>\u202eשלום\u2069 \U0001f4a3\r\n\t"


def one(**more: Any) -> dict[str, Any]:
    """The only message of an alert, taken apart."""
    [document] = messages(version(**more))
    return read(document).whole


def info(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = one(**more)["info"][0]
    return found


def pairs(items: list[dict[str, str]]) -> dict[str, str]:
    return {item["valueName"]: item["value"] for item in items}


def test_the_envelope_says_who_what_and_when() -> None:
    found = one()
    assert (found["identifier"], found["sender"]) == ("haf-2026-000007-1", "alerts.example")
    assert found["sent"] == "2026-03-01T12:00:00-00:00"
    assert (found["status"], found["msgType"]) == ("Actual", "Alert")
    assert (found["scope"], found["restriction"]) == ("Restricted", "For the readers of the desk.")
    assert found["incidents"] == "haf-incident-3"
    assert "references" not in found and "note" not in found and "addresses" not in found


def test_the_content_says_what_is_known_and_who_says_so() -> None:
    found = info(confirmed=True, certainty="likely")
    assert (found["language"], found["category"], found["event"]) == ("en", ["Security"], "Shelling")
    assert found["responseType"] == ["Monitor"]
    assert (found["urgency"], found["severity"], found["certainty"]) == ("Expected", "Severe", "Likely")
    assert pairs(found["eventCode"]) == {"family": "shelling", "event": "attack"}
    assert found["effective"] == "2026-03-01T12:00:00-00:00"
    assert found["onset"] == "2026-03-01T11:00:00-00:00"
    assert found["expires"] == "2026-03-04T12:00:00-00:00"
    assert (found["senderName"], found["contact"]) == ("Northern Desk", "desk@alerts.example")
    assert found["headline"] == "Shelling in Taiz"
    assert found["description"] == (
        "A dozen were killed.\n\n“Shells fell on Taiz, killing a dozen civilians.” "
        "(Example News, Sunday 1 March 2026, 11:00 UTC)"
    )
    assert found["web"] == "https://alerts.example/alerts/7"
    assert "instruction" not in found


def test_numbers_sources_and_the_rule_are_parameters() -> None:
    families = Quantity(low=6000, high=float("inf"), stated=1200, unit="households", text="families", factor=5)
    homes = Quantity(low=40, high=40, stated=40, unit="housing", text="40 homes")
    found = pairs(info(numbers={"displaced": families, "destroyed": homes}, origins=2, articles=3)["parameter"])
    assert found == {
        "people.displaced.low": "6000", "housing.destroyed.low": "40", "housing.destroyed.high": "40",
        "sources": "2", "articles": "3", "rule": "shelling", "ruleVersion": "a" * 64, "confirmed": "false",
    }  # fmt: skip


def test_articles_are_linked_once_each_and_not_copied() -> None:
    again, unsafe = {**QUOTE, "source": "Radio"}, {**QUOTE, "url": "javascript:alert(1)"}
    [resource] = info(quotes=[QUOTE, again, unsafe])["resource"]
    assert resource == {
        "resourceDesc": "Example News: Shells fall on Taiz", "mimeType": "text/html", "uri": "https://news.example/a",
    }  # fmt: skip


def test_a_denial_stands_in_the_description() -> None:
    assert "Denied by State Agency." in info(told={"denied_by": ["State Agency"]})["description"]


def test_a_town_is_named_coded_and_circled() -> None:
    [area] = info()["area"]
    assert area["areaDesc"] == "Taiz, Taizz, Yemen"
    assert area["circle"] == ["13.5000,44.0000 5"]
    assert pairs(area["geocode"]) == {"GeoNames": "70225", "ISO3166-2": "YE-TA", "ISO3166-1": "YEM"}


def test_a_province_has_its_code_once_and_a_country_no_circle() -> None:
    province = Place(id="SY-ID", name="Idlib", country="SYR", precision="admin1", admin1="SY-ID", lat=35.9, lon=36.6)
    [area] = info(place=province)["area"]
    assert area["circle"] == ["35.9000,36.6000 100"]
    assert [code["value"] for code in area["geocode"]] == ["SY-ID", "SYR"]
    [area] = info(place=Place(id="SYR", name="Syria", country="SYR", precision="country", lat=35, lon=38))["area"]
    assert "circle" not in area and area["areaDesc"] == "Syria"


def test_a_place_in_doubt_says_so_and_an_unknown_one_is_no_area() -> None:
    doubtful = Place(id="gn:1", name="Salem", country="USA", precision="city", confidence=0.3)
    assert info(place=doubtful)["area"][0]["areaDesc"] == "Salem, United States (the place is in doubt)"
    assert "area" not in info(place=None)


def test_a_long_title_is_cut_to_a_headline() -> None:
    long = info(title="word " * 100)["headline"]
    assert 140 <= len(long) <= 160 and long.endswith("…")


def test_an_update_says_what_changed_and_a_cancellation_why() -> None:
    told = [
        version(),
        version(2, why="more killed", changes=("killed: 12 → 45",)),
        version(3, "cancel", why="withdrawn", state="cancelled"),
    ]
    update, cancelled = (read(document).whole for document in messages(*told)[1:])
    assert update["note"] == "more killed; killed: 12 → 45"
    assert (cancelled["msgType"], cancelled["note"]) == ("Cancel", "withdrawn")
    assert cancelled["info"][0]["headline"] == "Cancelled: Shelling in Taiz"


def test_references_name_sender_identifier_and_time() -> None:
    document = messages(version(), version(2, hours=1.5), version(3, hours=2))[2]
    assert read(document).whole["references"] == (
        "alerts.example,haf-2026-000007-1,2026-03-01T12:00:00-00:00 "
        "alerts.example,haf-2026-000007-2,2026-03-01T13:30:00-00:00"
    )


def test_an_update_names_what_is_in_force_and_a_cancellation_all_that_was_told() -> None:
    told = [version(hours=0), version(2, hours=100), version(3, hours=200), version(4, hours=210)]
    closed = version(5, "close", hours=220, state="closed")
    names = [[name[1][-1] for name in read(document).references] for document in messages(*told, closed)]
    assert names == [[], ["1"], ["2"], ["3"], ["3", "4"]]
    cancelled = version(5, "cancel", hours=220, state="cancelled")
    assert [name[1][-1] for name in read(messages(*told, cancelled)[4]).references] == ["1", "2", "3", "4"]


def test_a_reference_keeps_the_sender_that_the_message_had() -> None:
    moved = Issuer(sender="new.example", restriction="For the readers.")
    second = read(messages(version(), version(2, issuer=moved))[1])
    assert second.name[0] == "new.example"
    assert second.references[0][0] == "alerts.example"


def test_a_message_depends_on_nothing_but_what_was_stored() -> None:
    told = [version(), version(2)]
    elsewhere = Issuer(sender="other.example", name="Other", base_url="https://other.example", scope="Public")
    assert cap(told[1], told[:1], USUAL) == cap(told[1], told[:1], elsewhere)


def test_a_version_that_took_nothing_along_is_issued_by_the_usual_issuer() -> None:
    old = version()
    bare = {name: value for name, value in old.fields.items() if name != "issued"}
    document = cap(type(old)(**{**_parts(old), "fields": bare}), (), DESK)
    assert not list(offences(document))
    found = read(document).whole
    assert (found["sender"], found["info"][0]["event"]) == ("alerts.example", "attack")
    assert found["info"][0]["expires"] == "2026-03-04T12:00:00-00:00"


def _parts(old: Any) -> dict[str, Any]:
    return {name: getattr(old, name) for name in ("alert_id", "version", "kind", "at", "why", "changes")}


@pytest.mark.parametrize("lasts", [0.0, 0.4])
def test_a_message_expires_after_it_was_sent_however_short_it_lasts(lasts: float) -> None:
    document = messages(version(terms={"lasts": lasts}))[0]
    assert read(document).expires == START + timedelta(minutes=1)


def test_the_schema_takes_both_forms_of_utc_and_refuses_z() -> None:
    document = messages(version())[0].decode()
    schema().validate(document.replace("-00:00<", "+00:00<"))
    assert list(offences(document.replace("-00:00<", "+00:00<").encode()))
    with pytest.raises(XMLSchemaValidationError):
        schema().validate(document.replace("-00:00<", "Z<"))


def test_times_are_told_in_utc_and_whole_seconds() -> None:
    assert utc(datetime.fromisoformat("2026-03-01T23:30:59.999+02:00")) == "2026-03-01T21:30:59-00:00"
    assert utc(datetime(987, 1, 2, tzinfo=UTC)) == "0987-01-02T00:00:00-00:00"


def test_identifiers_tell_alerts_and_versions_apart() -> None:
    made = [
        version(1),
        version(2),
        version(1, alert_id="71"),
        version(11, alert_id="7"),
        version(1, alert_id="7000001"),
    ]
    assert len({identifier(one) for one in made}) == 5
    assert identifier(made[4]) == "haf-2026-7000001-1"


def test_our_closed_lists_are_those_of_the_schema() -> None:
    from alerts.match.check import CATEGORIES, RESPONSES

    assert set(CATEGORIES) == closed_list("category")
    assert set(RESPONSES) == closed_list("responseType")
    assert {level.capitalize() for level in SEVERITIES} < closed_list("severity")
    assert {word.capitalize() for word in CERTAINTIES} < closed_list("certainty")


# --- whatever an alert holds

_words = st.text(max_size=40) | st.sampled_from([ODD, "", " ", "word " * 90, "العربية"])
_bound = st.floats(min_value=0, max_value=1e9) | st.just(float("inf"))
_number = st.builds(
    lambda low, more, unit: Quantity(low=low, high=low + more, stated=low, unit=unit, text="x"),
    st.floats(min_value=0, max_value=1e9), _bound, st.sampled_from(["people", "households", "housing", None]),
)  # fmt: skip
_place = st.none() | st.builds(
    Place,
    id=st.sampled_from(["gn:1", "SY-ID", "SYR"]), name=_words, country=st.sampled_from(["SYR", "XKX", "???"]),
    precision=st.sampled_from(PRECISIONS), admin1=st.sampled_from([None, "SY-ID", "gn:3"]), admin1_name=_words,
    lat=st.none() | st.floats(-90, 90), lon=st.none() | st.floats(-180, 180), confidence=st.floats(0, 1),
)  # fmt: skip
_quote = st.fixed_dictionaries(
    {
        "source": _words, "published": st.just("2026-03-01T11:00:00+00:00"), "title": _words, "sentence": _words,
        "url": st.sampled_from(["", "javascript:x", "https://a.example/ü?q=<\"'>&x", "http://b.example"]) | _words,
    }
)  # fmt: skip
_kinds = st.sampled_from(["update", "update", "update", "close", "cancel"])


@st.composite
def _fields(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "title": draw(_words), "summary": draw(_words), "why": draw(_words),
        "changes": tuple(draw(st.lists(_words, max_size=3))),
        "place": draw(_place), "numbers": draw(st.dictionaries(st.sampled_from(["killed", "displaced"]), _number)),
        "severity": draw(st.sampled_from(SEVERITIES)), "certainty": draw(st.sampled_from(CERTAINTIES)),
        "confirmed": draw(st.booleans()), "quotes": draw(st.lists(_quote, max_size=8)),
        "event": draw(st.sampled_from(["attack", "made_up"])), "incident": draw(st.sampled_from(["", "12"])),
        "told": {"denied_by": draw(st.lists(_words, max_size=2))},
        "last_event": values.NOW - timedelta(hours=draw(st.integers(0, 200))),
        "terms": {
            "title": draw(_words), "test": draw(st.booleans()), "lasts": draw(st.floats(0, 1e7)),
            "category": draw(st.sampled_from(sorted(closed_list("category")))),
            "response": draw(st.sampled_from(sorted(closed_list("responseType")))),
            "stands": draw(st.booleans()), "unrated": draw(st.booleans()),
        },
        "issuer": draw(st.sampled_from([
            DESK, Issuer(sender="a@b.example", scope="Public", name="\x01 ", contact=ODD, exercise=True),
            Issuer(sender="::1", restriction=ODD),
        ])),
    }  # fmt: skip


@settings(max_examples=50)
@given(st.lists(st.tuples(_fields(), _kinds, st.integers(0, 90)), min_size=1, max_size=6))
def test_every_version_of_any_alert_is_valid_by_the_schema_and_by_the_text(
    told: list[tuple[dict[str, Any], Any, int]],
) -> None:
    made, hours = [], 0
    for number, (fields, kind, later) in enumerate(told, start=1):
        hours += later
        made.append(version(number, "new" if number == 1 else kind, hours=hours, **fields))
    for document in messages(*made):
        schema().validate(document.decode())
        assert not list(offences(document))


def test_an_alert_of_very_many_versions_stays_valid() -> None:
    told = [version(number, hours=number / 100) for number in range(1, 401)]
    document = cap(told[-1], told[:-1], USUAL)
    assert len(read(document).references) == 399
    assert not list(offences(document))


def test_odd_text_is_text_and_direction_marks_are_gone() -> None:
    found = one(title=ODD, summary=ODD, quotes=[{**QUOTE, "source": ODD, "sentence": ODD}])
    assert found["info"][0]["headline"] == "a <b>&amp;]]>שלום \U0001f4a3"
    assert "\u202e" not in found["info"][0]["description"]


def test_the_document_says_its_encoding_and_namespace() -> None:
    document = messages(version())[0]
    assert document.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert ElementTree.fromstring(document).tag == f"{{{NS['cap']}}}alert"
