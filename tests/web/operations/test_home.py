"""The overview: who is on duty sees in ten seconds whether all is well."""

from __future__ import annotations

from sqlalchemy import insert

from alerts.errors import Fault
from alerts.store import notices
from alerts.store.database import writing
from alerts.store.schema import machine
from tests.web.operations.office import Clerk, Office


def test_where_all_is_well_it_says_so_first(office: Office, viewer: Clerk) -> None:
    office.world.send_all()
    with writing(office.world.engine) as conn:
        notices.put_look(conn, office.world.now, office.world.now)
    analyst = office.enter("analyst")
    for _ in range(2):
        analyst.do("/operations/triage", "Drop it", why="an old story")
    office.world.send_all()
    assert "All is well: nothing wants a person." in viewer.see("/operations").text


def test_what_wants_a_person_comes_first_with_a_way_there(office: Office, viewer: Clerk) -> None:
    with writing(office.world.engine) as conn:
        notices.put_look(conn, office.world.now, office.world.now)
    office.operating.faults.add(Fault("mail/alert.txt", 3, "there is no 'tite'"), office.world.now)
    found = viewer.see("/operations")
    assert "3 things want a person." in found.text
    links = [one["href"] for one in found.page.all("a")]
    assert {"/desk/operations/triage", "/desk/operations/triage?alert=4", "/desk/operations/alerts/2"} <= set(links)
    assert "mail/alert.txt:3" in found.text
    assert found.text.index("2 alerts wait for a person") < found.text.index("A template of yours has a fault")


def test_machines_that_share_the_work_are_named_with_the_edition_they_go_by(office: Office, viewer: Clerk) -> None:
    assert "Machines" not in viewer.see("/operations").text
    now = office.world.now
    row = {"home": "h", "roles": ["web"], "version": "1", "settings": "", "skew_ms": 0, "started": now, "seen": now}
    with writing(office.world.engine) as conn:
        for name, edition in (("alpha", 7), ("beta", None)):
            conn.execute(insert(machine).values({**row, "name": name, "life": name, "edition": edition}))
    told = viewer.see("/operations").text
    assert "alpha (seen" in told and "edition 7); beta (seen" in told and "edition –)" in told


def test_a_notice_is_shown_to_who_made_the_change_alone(office: Office, analyst: Clerk, admin: Clerk) -> None:
    answer = analyst.press(analyst.see("/operations/triage"), "Drop it", why="an old story")
    goal = answer.headers["location"].removeprefix("/desk")
    assert "Alert 4 is dropped" in analyst.see(goal).text
    assert "Alert 4 is dropped" not in admin.see(goal).text
    office.world.later(hours=1)
    for later in (goal, "/operations/triage?done=999", "/operations/triage?done=%3Cb%3E"):
        assert "Alert 4 is dropped" not in analyst.see(later).text
