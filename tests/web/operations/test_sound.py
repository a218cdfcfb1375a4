"""The pages of operators, before the programs of others: valid HTML, and nobody kept out. Looked at by an admin in an
office where something waits, is held and was silenced, so that every form is there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from alerts.store import bulletins, sessions
from alerts.store.database import writing
from alerts.store.schema import outbox
from alerts.web.access.visitor import Visitor
from tests.notify.message.tools import NODE, need, node_module
from tests.web.operations.office import Clerk, Office, sheet
from tests.web.test_pages_are_sound import _seen, _validating

PAGES = (
    *("/operations", "/operations/triage", "/operations/triage?alert=3", "/operations/mails", "/operations/silences"),
    *("/operations/mails?state=failed", "/operations/mails/1", "/operations/mails/2", "/operations/mails/3"),
    *("/operations/alerts/1", "/operations/alerts/2", "/operations/alerts/4", "/operations/alerts/1/mails"),
    *(
        "/operations/silences/1",
        "/operations/verdicts",
        "/operations/people",
        "/operations/audit",
        "/operations/sessions",
    ),
)


def pages(office: Office, admin: Clerk) -> dict[str, str]:
    """Every kind of page, what a form answers, and what is said of one that was filled in wrongly."""
    office.world.hear("Shells fell on Aleppo, killing 31 civilians.", source="Other Wire", title="Aleppo as well")
    admin.do("/operations/mails", "Hold them", rule="shelling", why="a film festival")
    typed = {"rule": "shelling", "place": "Aleppo", "until": "7 days", "why": "known"}
    look = sheet(admin.press(admin.see("/operations/silences"), "Show what it would hide", **typed))
    admin.press(look, "Save it")
    with writing(office.world.engine) as conn:
        conn.execute(update(outbox).where(outbox.c.id == 2).values(state="failed", last_error="550 no"))
        conn.execute(update(outbox).where(outbox.c.id == 3).values(state="ambiguous"))
        bulletins.add(conn, kind="test", subject="A test", body="It is one.", now=office.world.now)
    page = admin.see("/operations/silences")
    wrong = sheet(admin.press(page, "Show what it would hide", place="Nowhereville", until="never", up_to="extreme"))
    merge = sheet(admin.press(admin.see("/operations/triage"), "Show what merging would do", why="the same"))
    key = sheet(admin.press(admin.see("/operations/sessions"), "Make a key", label="the map"))
    me = office.audited()[0].person_id or 0
    with writing(office.world.engine) as conn:
        sessions.begin(conn, "x" * 64, person_id=me, series=0, now=office.world.now)
    found = {path: admin.see(path).answer.text for path in PAGES}
    answers = {"/look": look, "/wrong": wrong, "/merge": merge, "/key": key}
    return found | {name: one.answer.text for name, one in answers.items()} | _of_login(office)


def _of_login(office: Office) -> dict[str, str]:
    """What the login shows beside its form, which the walk of readers sees."""
    web, ana = office.app.state.web, Visitor(person_id=1, name="Ana", role="analyst", csrf="0" * 64)
    form = {"goal": "/", "address": "ana", "fault": "This is no mail address."}
    return {
        "/login": web.fragment("pages/login.html", form | {"session": True, "visitor": ana}),
        "/login faulty": web.fragment("pages/login.html", form | {"session": False, "private": True}),
        "/login sent": web.fragment("pages/login_sent.html", {"address": "ana@desk.example", "minutes": 15}),
    }


def test_every_page_of_operators_is_valid_and_keeps_nobody_out(office: Office, admin: Clerk, tmp_path: Path) -> None:
    validate, browser = need("html-validate", others=[str(NODE / ".bin")]), need("chromium")
    axe = node_module("axe-core/axe.min.js")
    found = pages(office, admin)
    with _validating(validate, found, tmp_path / "pages") as program:
        faults = _seen(browser, axe, found, tmp_path)
        said, _ = program.communicate(timeout=200)
    assert program.returncode == 0, said[:4000]
    assert set(faults) == set(found) and not any(faults.values()), {path: one for path, one in faults.items() if one}
