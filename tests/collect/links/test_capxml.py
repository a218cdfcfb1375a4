"""A CAP message becomes the text of an article; one that tells of no event gives no words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.collect.links import capxml
from alerts.collect.links.extracted import Extracted
from alerts.errors import ParseError
from tests.fakes.linked import cap, info

URL = "https://met.example/1.cap"


def read(message: bytes, *languages: str) -> Extracted:
    return capxml.read(message, {"content-type": "application/cap+xml"}, URL, languages)


def test_the_text_tells_what_and_where_and_then_how_bad() -> None:
    assert read(cap()).text.split("\n") == [
        "Flood warning for Mocuba",
        "Area: Mocuba; Nicoadala.",
        "The Licungo has burst its banks. Eight people were killed and 3,000 families left their homes.",
        "Valid from 1 March 2026, 16:00 UTC until 2 March 2026, 06:00 UTC.",
        "Severity: extreme. Urgency: immediate. Certainty: observed.",
        "Issued by Institute of Meteorology.",
    ]


def test_what_people_are_to_do_is_no_news_unless_they_are_to_leave() -> None:
    for answer, told in (("Prepare", False), ("Evacuate", True)):
        text = read(cap(info(more=f"<responseType>{answer}</responseType>"))).text
        assert ("Move to higher ground." in text) is told


@pytest.mark.parametrize(
    "namespace",
    [
        "urn:oasis:names:tc:emergency:cap:1.2",
        "urn:oasis:names:tc:emergency:cap:1.1",
        "http://www.incident.com/cap/1.0",
        "",
    ],
)
def test_all_versions_are_read(namespace: str) -> None:
    assert read(cap(namespace=namespace)).text.startswith("Flood warning for Mocuba\n")


@pytest.mark.parametrize("status", ["Exercise", "Test", "System", "Draft", "TEST", " test "])
def test_not_a_word_is_taken_of_what_is_no_real_message(status: str) -> None:
    found = read(cap(status=status))
    assert found.text == ""
    assert found.nothing


@pytest.mark.parametrize("kind", ["Cancel", "Error", "Ack", "cancel"])
def test_not_a_word_is_taken_of_a_message_that_takes_another_back(kind: str) -> None:
    found = read(cap(kind=kind))
    assert (found.text, bool(found.nothing)) == ("", True)


@pytest.mark.parametrize("kind", ["Alert", "Update", "", "Somethingelse"])
def test_all_other_kinds_are_taken_at_their_word(kind: str) -> None:
    found = read(cap(kind=kind))
    assert (bool(found.text), found.nothing) == (True, "")


def test_an_all_clear_is_no_event() -> None:
    found = read(cap(info(more="<responseType>AllClear</responseType>")))
    assert (found.text, found.nothing) == ("", "it says that the danger is over")


def test_what_is_not_expected_to_happen_is_no_event() -> None:
    message = cap(info()).replace(b"<certainty>Observed", b"<certainty>Unlikely")
    assert read(message).nothing == "it says that nothing is expected to happen"


def test_the_danger_that_goes_on_elsewhere_is_told() -> None:
    over = info("All clear for Beira", more="<responseType>AllClear</responseType>")
    text = read(cap(over, info())).text
    assert "Beira" not in text
    assert "Mocuba" in text


def test_of_several_languages_the_first_that_is_wanted_is_taken() -> None:
    message = cap(info("Aviso de cheias", language="pt-MZ"), info("Flood warning", language="en"))
    for languages, headline in ((("en", "pt"), "Flood warning"), (("fr", "pt-BR"), "Aviso de cheias")):
        assert read(message, *languages).text.startswith(headline)


def test_without_a_language_that_is_wanted_the_first_is_taken() -> None:
    message = cap(info("Aviso de cheias", language="pt-MZ"), info("Avertissement", language="fr"))
    found = read(message, "en")
    assert (found.text.partition("\n")[0], found.language) == ("Aviso de cheias", "pt-mz")


def test_a_message_that_names_no_language_is_taken_for_english() -> None:
    message = cap(info("Aviso de cheias", language="pt-MZ"), info("Flood warning", language=""))
    assert read(message, "en").text.startswith("Flood warning")


def test_all_areas_of_one_language_are_told_and_what_they_share_once() -> None:
    north = info("Flood warning for the north", areas=["North"])
    south = info("Flood warning for the south", areas=["South"])
    text = read(cap(north, south), "en").text
    assert text.count("The Licungo has burst its banks.") == 1
    assert "Area: North." in text and "Area: South." in text


def test_lines_that_were_wrapped_are_joined_and_points_are_kept_apart() -> None:
    described = "* WHAT...Flooding caused by\nrain.\n* WHERE...The lower\n  valley.\n\nThe next bulletin\nis at noon."
    lines = read(cap(info(description=described))).text.split("\n")
    assert lines[2:5] == [
        "* WHAT...Flooding caused by rain.",
        "* WHERE...The lower valley.",
        "The next bulletin is at noon.",
    ]


def test_markup_inside_a_description_is_no_text() -> None:
    text = read(cap(info(description="<p>Rivers&nbsp;rise.</p><br/><b>Bridges</b> are closed."))).text
    assert "Rivers rise.\nBridges are closed." in text


def test_the_event_is_named_where_the_headline_does_not() -> None:
    assert read(cap(info("Warning for Mocuba", event="Tsunami"))).text.startswith("Warning for Mocuba\nTsunami\n")


def test_what_an_office_does_not_know_is_left_out() -> None:
    message = cap(info(areas=[])).replace(b"<severity>Extreme", b"<severity>Unknown")
    text = read(message).text
    assert "Severity" not in text and "Area" not in text


def test_unreadable_times_are_left_out() -> None:
    message = cap().replace(b"2026-03-01T18:00:00+02:00", b"soon").replace(b"2026-03-02T06:00:00-00:00", b"")
    assert "Valid" not in read(message).text


def test_an_encoding_that_is_declared_wrongly_does_no_harm() -> None:
    message = cap(info("Überschwemmung in Köln")).replace(b"UTF-8", b"ISO-8859-1")
    assert read(message).text.startswith("Überschwemmung in Köln")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Sign in</body></html>",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b"<rss><channel/></rss>",
        b'<alert xmlns="urn:example:other"><status>Actual</status></alert>',
        b'<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0"/>',
        b"{}",
        cap()[:300],
        b"<alert><status>Actual</status></alert>",
    ],
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        read(body)
    assert (caught.value.reason, caught.value.url) == ("not_cap", URL)


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE alert [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><alert><info><event>&b;</event></info></alert>',
        b'<!DOCTYPE alert SYSTEM "file:///etc/passwd"><alert/>',
        b"<alert>" + b"<a/>" * 51_000 + b"</alert>",
        b"<alert>" + b"<a>" * 40 + b"</a>" * 40 + b"</alert>",
    ],
)
def test_what_no_office_writes_is_refused_before_it_costs_anything(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        read(body)
    assert caught.value.reason == "hostile"


@settings(max_examples=40)
@given(st.binary(max_size=200), st.integers(0, 900), st.integers(0, 50))
def test_no_bytes_bring_anything_but_text_or_a_refusal(junk: bytes, at: int, gone: int) -> None:
    message = cap()
    try:
        read(message[:at] + junk + message[at + gone :])
    except ParseError as error:
        assert error.reason in ("not_cap", "hostile")
