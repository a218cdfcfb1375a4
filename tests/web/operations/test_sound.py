"""What forms of operators answer, before the programs of others: valid HTML, and nobody kept out. (What links lead to
is looked at by tests/browser.)"""

from __future__ import annotations

from pathlib import Path

from alerts.web.access.visitor import Visitor
from alerts.web.app import WebSettings, create_app
from tests.notify.message.tools import NODE, need, node_module
from tests.web import sound
from tests.web.client import ask
from tests.web.operations.office import BASE, Clerk, Office, sheet


def answers(office: Office, admin: Clerk) -> dict[str, str]:
    """What would be hidden, what would be merged, and what is said of a form that was filled in wrongly."""
    typed = {"rule": "shelling", "place": "Aleppo", "until": "7 days", "why": "known"}
    page = admin.see("/operations/silences")
    look = sheet(admin.press(page, "Show what it would hide", **typed))
    wrong = sheet(admin.press(page, "Show what it would hide", place="Nowhereville", until="never", up_to="extreme"))
    merge = sheet(admin.press(admin.see("/operations/triage"), "Show what merging would do", why="the same"))
    key = sheet(admin.press(admin.see("/operations/sessions"), "Make a key", label="the map"))
    answers = (("look", look), ("wrong", wrong), ("merge", merge), ("key", key))
    return {name: one.answer.text for name, one in answers} | _of_login(office) | _private(office, admin)


def _private(office: Office, admin: Clerk) -> dict[str, str]:
    """What is different where all is private."""
    settings = WebSettings(name="Northern Desk", base_url=BASE, private=("all",))
    app = create_app(office.world.engine, settings, now=lambda: office.world.now)
    stranger, about = ask(app, "/alerts.json?key=x"), ask(app, "/about")
    assert stranger.status == 401 and "Log in" in about.text
    mine = ask(app, "/data", headers=admin.headers)
    assert 'id="keys"' in mine.text
    return {"/data private": mine.text, "/alerts.json private": stranger.text, "/about private": about.text}


def _of_login(office: Office) -> dict[str, str]:
    """What the login shows beside its form, which the walk of readers sees."""
    web, ana = office.app.state.web, Visitor(person_id=1, name="Ana", role="analyst", csrf="0" * 64)
    form = {"goal": "/", "address": "ana", "fault": "This is no mail address."}
    return {
        "/login": web.fragment("pages/login.html", form | {"session": True, "visitor": ana}),
        "/login faulty": web.fragment("pages/login.html", form | {"session": False, "private": True}),
        "/login sent": web.fragment("pages/login_sent.html", {"address": "ana@desk.example", "minutes": 15}),
    }


def test_what_forms_answer_is_valid_and_keeps_nobody_out(office: Office, admin: Clerk, tmp_path: Path) -> None:
    validate, browser = need("html-validate", others=[str(NODE / ".bin")]), need("chromium")
    axe = node_module("axe-core/axe.min.js")
    office.world.hear("Shells fell on Aleppo, killing 31 civilians.", source="Other Wire", title="Aleppo as well")
    found = answers(office, admin)
    with sound.validating(validate, found, tmp_path / "pages") as program:
        faults = sound.seen(browser, axe, found, tmp_path)
        said, _ = program.communicate(timeout=200)
    assert program.returncode == 0, said[:4000]
    assert set(faults) == set(found) and not any(faults.values()), {path: one for path, one in faults.items() if one}
