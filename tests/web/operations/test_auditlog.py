"""Who did what: only an admin reads it, and nothing is done without it."""

from __future__ import annotations

import pytest

from alerts.roles import OperatorRole
from alerts.store import audit
from alerts.store.audit import ByCommand
from alerts.store.database import writing
from tests.web.client import ask
from tests.web.operations.office import Clerk, Office

AUDIT = "/operations/audit"


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_an_admin_reads_it(office: Office, role: OperatorRole) -> None:
    other = office.enter(role)
    assert ask(office.app, AUDIT, headers=other.headers).status == 403
    assert "Audit log" not in other.see("/operations").text


def test_it_says_who_did_what_and_what_came_of_it(analyst: Clerk, admin: Clerk) -> None:
    analyst.do("/operations/triage", "Drop it", why="an old story")
    text = admin.see(AUDIT).text
    assert "Ana" in text and "Alert dropped: alert 4" in text and "Alert 4 is dropped: nobody is told of it" in text
    assert "an old story" in text


def test_it_is_filtered_by_who_what_and_to_what(office: Office, analyst: Clerk, admin: Clerk) -> None:
    analyst.do("/operations/triage", "Drop it", why="an old story")
    admin.do("/operations/mails", "Hold them", why="an exercise")
    assert "alert 4" not in admin.see(f"{AUDIT}?who=Adam").text
    assert "hold 1" not in admin.see(f"{AUDIT}?what=alert+dropped").text
    assert "hold 1" not in admin.see(f"{AUDIT}?subject=alert+4").text
    assert "Nothing fits this choice." in admin.see(f"{AUDIT}?who=%3Cscript%3E").text


def test_it_goes_on_page_by_page(office: Office, admin: Clerk) -> None:
    with writing(office.world.engine) as conn:
        for number in range(60):
            audit.note(conn, ByCommand(user="root"), "feed added", f"feed {number}", now=office.world.now)
    first = admin.see(f"{AUDIT}?what=feed+added")
    [older] = [one["href"] for one in first.page.all("a") if one.get("rel") == "next"]
    second = admin.see(older.removeprefix("/desk"))
    assert "feed 59" in first.text and "feed 9 " not in first.text
    assert "feed 9" in second.text and "feed 10" not in second.text
    assert ask(office.app, f"{AUDIT}?before=x", headers=admin.headers).status == 400
