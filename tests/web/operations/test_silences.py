"""Silences: shown before they are saved, with what they would have hidden."""

from __future__ import annotations

from sqlalchemy import update

from alerts.store import silences
from alerts.store.database import reading, writing
from alerts.store.schema import outbox
from tests.web.operations.office import Clerk, Office, Sheet, notice, sheet

SILENCES = "/operations/silences"
LOOK, SAVE = "Show what it would hide", "Save it"
TYPED = {"rule": "shelling", "place": "Aleppo", "until": "7 days", "why": "known"}


def shown(clerk: Clerk, **typed: str) -> Sheet:
    return sheet(clerk.press(clerk.see(SILENCES), LOOK, **{**TYPED, **typed}))


def test_what_a_silence_would_have_hidden_is_shown_first(office: Office, analyst: Clerk) -> None:
    before = office.dump()
    found = shown(analyst)
    assert found.page.inside("h1") == ["Save this silence?"]
    assert "It would have hidden 1 alert in the last 30 days, 1 of them severe" in found.text
    assert "shelling in Aleppo" in found.text and "2026-03-09 12:55 UTC" in found.text
    assert office.dump() == before


def test_it_is_saved_once_however_often_the_button_is_pressed(office: Office, analyst: Clerk) -> None:
    found = shown(analyst)
    after = analyst.follow(analyst.press(found, SAVE))
    assert notice(after).startswith("Silence 1 is in force until 2026-03-09 12:55 UTC: shelling in Aleppo")
    office.world.later(minutes=1)
    again = analyst.press(found, SAVE)
    assert again.status == 409 and notice(sheet(again)) == "This is silenced already: silence 1, by Ana."
    with reading(office.world.engine) as conn:
        [made] = silences.list_silences(conn, ended=True)
    assert (made.author, made.why, made.up_to) == ("Ana", "known", "severe")
    assert [one.action for one in office.audited()] == ["silence added"]


FAULTS: tuple[tuple[dict[str, str], str], ...] = (
    ({"place": "Nowhereville"}, "No place 'Nowhereville' is known"),
    ({"until": "70 days"}, "Must be at most 30 days ahead"),
    ({"until": "yesterday"}, "'yesterday' is no length of time"),
    ({"until": ""}, "Is missing: say when it ends"),
    ({"why": ""}, "Is missing: say why"),
    ({"rule": "", "place": ""}, "A silence of everything is refused"),
    ({"rule": "shellings"}, "There is no rule 'shellings'"),
    ({"up_to": "extreme"}, "Extreme alerts cannot be silenced"),
    ({"idle_days": "99"}, "Must be between 1 and 30"),
    ({"idle_days": "some"}, "Write idle days as a number"),
    ({"why": "sami@readers.example"}, "Leave mail addresses out"),
)


def test_what_cannot_be_silenced_is_said_and_what_was_typed_stays(office: Office, analyst: Clerk) -> None:
    page = analyst.see(SILENCES)
    before = office.dump()
    for typed, said in FAULTS:
        sent = {**TYPED, **typed}
        answer = analyst.press(page, LOOK, **sent)
        found = sheet(answer)
        assert answer.status == 422 and said in found.text, typed
        kept = {one.get("name"): one.get("value") for one in found.page.all("input")}
        assert (kept["until"], kept["place"]) == (sent["until"], sent["place"])
    assert office.dump() == before


def test_who_has_no_right_to_it_silences_nothing(office: Office, viewer: Clerk, analyst: Clerk) -> None:
    ready = shown(analyst)
    before = office.dump()
    assert viewer.see(SILENCES).forms == {}
    assert viewer.press(ready, SAVE).status == 403
    assert office.dump() == before


def test_it_shows_what_it_hid_and_ends_before_its_time(office: Office, analyst: Clerk) -> None:
    analyst.press(shown(analyst, place="Syria"), SAVE)
    with writing(office.world.engine) as conn:  # as the courier does it
        conn.execute(update(outbox).where(outbox.c.state == "queued").values(state="silenced", silence_id=1))
    page = analyst.see(f"{SILENCES}/1")
    assert "Shelling in Aleppo" in page.text and "3 mails" in page.text
    assert notice(analyst.follow(analyst.press(page, "End it now", why="over"))) == "Silence 1 is over; it hid 1 alert."
    again = analyst.press(page, "End it now", why="over")
    assert again.status == 409 and notice(sheet(again)) == "Silence 1 is over already: by Ana: over."
    assert "by Ana: over" in analyst.see(SILENCES).text
