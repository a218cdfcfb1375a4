"""Their own sessions and keys: seen, ended, made and withdrawn by whose they are, and by nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from alerts.notify.joining.entering import mark_of
from alerts.store import keys, operators, sessions
from alerts.store.database import reading, writing
from alerts.web.access.visitor import COOKIE
from tests.web.client import ask
from tests.web.operations.office import Clerk, Office, notice, sheet

SESSIONS = "/operations/sessions"


def second(office: Office, name: str = "Vera") -> Clerk:
    """The same person in another browser."""
    with writing(office.world.engine) as conn:
        known = operators.find_by_name(conn, name)
        assert known is not None
        sessions.begin(conn, mark_of("other"), person_id=known.person_id, series=0, now=office.world.now)
    return Clerk(office, {"cookie": f"{COOKIE}=other"})


def is_in(clerk: Clerk) -> bool:
    return ask(clerk.office.app, SESSIONS, headers=clerk.headers).status == 200


def known_keys(office: Office) -> list[keys.Key]:
    with reading(office.world.engine) as conn:
        return keys.list_all(conn)


def test_a_session_is_ended_from_another_browser_at_once(office: Office, viewer: Clerk) -> None:
    other = second(office)
    page = viewer.see(SESSIONS)
    assert page.text.count("this browser") == 1 and "End all others" in page.text
    assert viewer.do(SESSIONS, "End it") == "That session is over."
    assert not is_in(other) and is_in(viewer)
    again = viewer.press(page, "End it")
    assert again.status == 409 and notice(sheet(again)) == "This session is over already."


def test_all_others_are_ended_and_nobody_else_is_logged_out(office: Office, viewer: Clerk, admin: Clerk) -> None:
    other = second(office)
    assert viewer.do(SESSIONS, "End all others") == "You are logged in here alone; 1 other session ended."
    assert (is_in(viewer), is_in(other), is_in(admin)) == (True, False, True)
    assert "End all others" not in viewer.see(SESSIONS).text


def test_nobody_sees_or_ends_what_is_anothers(office: Office, viewer: Clerk, admin: Clerk) -> None:
    page = admin.see(SESSIONS)
    admin.press(page, "Make a key", label="the admin's map")
    second(office, "Adam")
    page = admin.see(SESSIONS)
    forms = [sent for sent in (page.forms[name][1] for name in ("End it", "Withdraw it"))]
    text = viewer.see(SESSIONS).text
    assert "the admin's map" not in text and "End it" not in viewer.see(SESSIONS).forms
    token = viewer.see(SESSIONS).forms["Make a key"][1][0]
    for sent in forms:
        stolen = [token, *(pair for pair in sent if pair[0] != "csrf")]
        assert viewer.send(SESSIONS, stolen).status == 409
    assert len(known_keys(office)) == 1


def test_a_key_is_shown_once_and_opens_the_data_until_it_is_withdrawn(office: Office, viewer: Clerk) -> None:
    answer = viewer.press(viewer.see(SESSIONS), "Make a key", label="the map in Goma")
    found = re.search(r"<code>([\w-]{32})</code>", answer.text)
    assert answer.status == 200 and found is not None and answer.headers["cache-control"] == "no-store"
    later = viewer.see(SESSIONS)
    assert found[1] not in later.answer.text and "the map in Goma" in later.text and "Never used" in later.text
    [made] = known_keys(office)
    with reading(office.world.engine) as conn:
        assert keys.find(conn, mark_of(found[1])) == made
    assert viewer.do(SESSIONS, "Withdraw it") == "The key for the map in Goma opens nothing any more."
    assert known_keys(office) == []
    assert [one.action for one in office.audited()] == ["key withdrawn", "key made"]
    assert found[1] not in str(office.audited())


@pytest.mark.parametrize("label", ["", "ana@desk.example"])
def test_a_key_wants_to_be_told_apart(office: Office, viewer: Clerk, label: str) -> None:
    answer = viewer.press(viewer.see(SESSIONS), "Make a key", label=label)
    assert answer.status == 422 and "what the key is for" in notice(sheet(answer)) and known_keys(office) == []


@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/key"])
def test_without_the_token_of_its_page_nothing_is_done(office: Office, viewer: Clerk, admin: Clerk, path: str) -> None:
    theirs = admin.see(SESSIONS).forms["Make a key"][1]
    before = office.dump()
    for token in ("", "0" * 64, theirs[0][1]):
        assert viewer.send(path, [("csrf", token), ("label", "x"), ("act", "others")]).status == 403
    assert office.dump() == before


def test_who_lost_the_role_is_out_at_once_and_so_are_their_programs(office: Office, viewer: Clerk) -> None:
    page = viewer.see(SESSIONS)
    viewer.press(page, "Make a key", label="map")
    with writing(office.world.engine) as conn:
        known = operators.find_by_name(conn, "Vera")
        assert known is not None
        operators.remove(conn, known.person_id)
    assert not is_in(viewer) and known_keys(office) == []
    assert viewer.press(page, "Make a key", label="map").status == 403


def test_when_a_session_was_used_is_told(office: Office, viewer: Clerk) -> None:
    second(office)
    office.world.now += timedelta(hours=3)
    text = viewer.see(SESSIONS).text
    assert text.count("3 hours ago") == 1 and text.count("less than a minute ago") == 1


def test_who_asks_on_the_machine_itself_is_told_that_there_is_nothing_of_theirs(office: Office) -> None:
    from alerts.web.app import WebSettings, create_app

    app = create_app(office.world.engine, WebSettings(), now=lambda: office.world.now)
    answer = ask(app, SESSIONS, headers={"host": "localhost:8080"})
    assert answer.status == 200 and "Only who has" in answer.text and "Make a key" not in answer.text
