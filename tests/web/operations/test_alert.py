"""What can be done with an alert, on its own page."""

from __future__ import annotations

import pytest

from tests.web.client import ask
from tests.web.operations.office import Clerk, Office, notice, sheet

ONE, TWO = "/operations/alerts/1", "/operations/alerts/2"


def test_it_shows_what_readers_were_told_and_what_became_of_the_mails(office: Office, viewer: Clerk) -> None:
    assert "1 sent" in viewer.see(ONE).text
    found = viewer.see(TWO)
    assert "3 waiting" in found.text and "First alert: first report: North Wire (unconfirmed)" in found.text
    assert "Nobody was told." in viewer.see("/operations/alerts/4").text
    assert found.forms == {}


def test_there_is_no_page_of_what_is_not_there(viewer: Clerk) -> None:
    for wanted in ("99", "0", "x", "1'", "9" * 30, "٣"):
        assert ask(viewer.office.app, f"/operations/alerts/{wanted}", headers=viewer.headers).status == 404


DOES: dict[str, tuple[dict[str, str], str]] = {
    "I have it": ({}, "Version 1 of alert 2 is acknowledged: nobody is reminded of it."),
    "Give it this title": ({"title": "Aleppo is shelled"}, "Alert 2 has another title"),
    "Say so": ({"verdict": "duplicate", "other": "1"}, "Alert 2 was a duplicate of alert 1: noted."),
}
ENDS: dict[str, tuple[dict[str, str], str, str]] = {
    "Close it": ({"why": "a truce holds"}, "Alert 2 is closed: no reader is told.", "closed"),
    "Take it back": ({"why": "another war"}, "Alert 2 is cancelled: no reader is told.", "cancelled"),
    "Say so": ({"verdict": "wrong", "why": "a film"}, "Alert 2 is cancelled: no reader is told.", "cancelled"),
}


def test_every_button_does_what_it_says(office: Office, analyst: Clerk) -> None:
    for button, (typed, said) in DOES.items():
        assert analyst.do(TWO, button, **typed).startswith(said)
    for verdict in ("right", "wrong_place", "wrong_number"):
        assert analyst.do(TWO, "Say so", verdict=verdict).startswith("Alert 2 was")
    assert office.state(2) == "unconfirmed"
    entries = office.audited()
    assert [one.action for one in reversed(entries)] == [
        *("alert acknowledged", "alert retitled"),
        *("alert judged",) * 4,
    ]
    assert {(one.name, one.subject) for one in entries} == {("Ana", "alert 2")}


@pytest.mark.parametrize("button", ENDS)
def test_every_button_that_ends_an_alert_says_by_whom_and_why(office: Office, analyst: Clerk, button: str) -> None:
    typed, said, state = ENDS[button]
    assert (analyst.do(TWO, button, **typed), office.state(2)) == (said, state)
    text = analyst.see(TWO).text
    assert f"Ana {'closed it' if state == 'closed' else 'took it back'}, version 2: {typed['why']}" in text
    assert said in text.partition("In the audit log")[2]


def test_who_was_told_hears_that_it_was_wrong(office: Office, analyst: Clerk) -> None:
    assert analyst.do(ONE, "Take it back", why="it was an exercise") == "Alert 1 is cancelled: 1 reader is told."
    assert (office.readers[2], 2) in office.world.mails("queued")
    assert "wrong" in analyst.see(ONE).text.partition("What was said of it")[2]


def test_a_false_alarm_that_is_over_only_counts(office: Office, analyst: Clerk) -> None:
    analyst.do(TWO, "Close it", why="a truce holds")
    said = analyst.do(TWO, "Say so", verdict="wrong")
    assert said == "Alert 2 counts as a false alarm; nobody is told, for it is over."
    assert office.state(2) == "closed"


REFUSED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("Close it", {}, "Say why"),
    ("Take it back", {"why": "\t"}, "Say why"),
    ("Give it this title", {"title": "x" * 400}, "A title has 1 to"),
    ("Say so", {"verdict": "nonsense"}, "Say what became of it."),
    ("Say so", {"verdict": "duplicate"}, "Name the other alert by its number."),
    ("Say so", {"verdict": "duplicate", "other": "77"}, "There is no alert 77."),
    ("Say so", {"verdict": "duplicate", "other": "2"}, "An alert is no duplicate of itself."),
    ("Say so", {"verdict": "right", "seen": "x"}, "This button was not ours"),
    ("Say so", {"verdict": "right", "alert": "1"}, "Say what is to be done with it."),
    ("Show what merging would do", {"why": "same"}, "Say which alert is the same event"),
    ("Show what merging would do", {"number": "77", "why": "same"}, "There is no alert 77."),
    ("Show what merging would do", {"number": "1"}, "Say why"),
)


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(office: Office, analyst: Clerk) -> None:
    page = analyst.see(TWO)
    before = office.dump()
    for button, typed, said in REFUSED:
        answer = analyst.press(page, button, **typed)
        assert answer.status == 409 and notice(sheet(answer)).startswith(said), (button, typed)
    assert office.dump() == before


def test_the_same_verdict_is_kept_once(office: Office, analyst: Clerk) -> None:
    analyst.do(TWO, "Say so", verdict="right")
    answer = analyst.press(analyst.see(TWO), "Say so", verdict="right")
    assert (answer.status, notice(sheet(answer))) == (409, "You said so before: it was right.")


def test_an_alert_is_split_after_it_was_shown(office: Office, analyst: Clerk) -> None:
    office.world.hear("Shells fell on Aleppo, killing 31 civilians.", source="Other Wire", title="Aleppo as well")
    page = analyst.see(TWO)
    before = office.dump()
    articles = [one["value"] for one in page.page.all("input") if one["name"] == "article"]
    assert len(articles) == 2
    asked = sheet(analyst.press(page, "Show what splitting would do", article=articles[1], why="two attacks"))
    assert office.dump() == before and "alert 5 (new)" in asked.text
    assert analyst.follow(analyst.press(asked, "Split it")).text.count("alert 5 is new") >= 1
    assert len(office.world.alerts()) == 5


def test_every_reader_is_told_of_by_number_with_why_to_who_needs_it(office: Office, viewer: Clerk) -> None:
    assert ask(office.app, "/operations/alerts/1/mails", headers=viewer.headers).status == 403
    analyst = office.enter("analyst")
    found = analyst.see("/operations/alerts/1/mails")
    sami, _, ines = office.readers
    assert f"Reader {ines}, version 1" in found.text and "because you asked for all alerts" in found.text
    assert f"Reader {sami}" in found.text and "Not asked for: places: Syria" in found.text
    assert "Nobody was told of it yet." in analyst.see("/operations/alerts/4/mails").text
