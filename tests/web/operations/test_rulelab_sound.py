"""The pages of rules before the programs of others, in every state that they have: as tests/browser for what links lead
to."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.store import judgements
from alerts.store.database import writing
from tests.engine.lab.texts import WATER
from tests.notify.message.tools import NODE, need, node_module
from tests.web import sound
from tests.web.archive import NOW, Report, tell
from tests.web.operations.test_rulelab import (
    ACTIVE,
    Bench,
    Clerk,
    admin,
    bench,
    fill,
    migrated_sqlite,
    sqlite_engine,
)

__all__ = ["admin", "bench", "migrated_sqlite", "sqlite_engine"]


def seen(admin: Clerk) -> dict[str, str]:
    """Pages that are looked at, by their addresses."""
    paths = [
        *("rules", "rules/water_cut", "rules/broken", "lab/explain", "lab/explain?alert=1&rule=water_cut"),
        *("lab/backtests", "lab/try", "lab/try?rule=water_cut", "lab/new"),
    ]
    return {path: admin.see(f"/operations/{path}").text for path in paths}


def sent(admin: Clerk) -> dict[str, str]:
    """Pages that answer a button, by what was sent."""
    wrong = WATER.replace("[severity]", "[severty]")
    sound = ACTIVE.replace(', "~destroy"', "")
    text = "A rocket hit the water works of Homs. A rocket could hit the pumping station of Goma."
    answers = {
        "faults": admin.send("/operations/lab/try", name="w", text=wrong, do="check"),
        "in order": admin.send("/operations/lab/try", name="w", text=WATER, do="check"),
        "a change": admin.send("/operations/lab/try", name="water_cut", text=sound, do="active"),
        "a new file": admin.send("/operations/lab/try", name="w", text=WATER, do="test"),
        "no answers": admin.send("/operations/lab/new", name="A B", event="", fires="", quiet=""),
        "all rules": admin.send("/operations/lab/explain", rule="", text=text),
        "one rule": admin.send("/operations/lab/explain", rule="water_cut", text="Bombers circled over the works."),
    }
    return {name: answer.text for name, answer in answers.items()}


def trials(bench: Bench, admin: Clerk) -> dict[str, str]:
    """A backtest while it runs, when it is done, and one that cannot be."""
    found = {}
    for name, text in (("done", ACTIVE.replace('"~hit", ', "")), ("failed", "x = ")):
        begun = admin.send("/operations/lab/try", name="water_cut", text=text, days="", do="backtest")
        found[f"{name}, while it runs"] = admin.see(begun.headers["location"]).text
        bench.workshop.wait(100)
        found[name] = admin.see(begun.headers["location"]).text
    return found


@pytest.mark.soak
def test_every_page_is_valid_and_keeps_nobody_out(bench: Bench, admin: Clerk, tmp_path: Path) -> None:
    validate, browser = need("html-validate", others=[str(NODE / ".bin")]), need("chromium")
    axe = node_module("axe-core/axe.min.js")
    fill(bench)
    with writing(bench.engine) as conn:
        told = tell(conn, Report(sentence="A rocket hit the water works."), rule="water_cut", family="water_cut")
        judgements.judge(conn, told, "right", who="Ana", why="", now=NOW)
    (bench.own / "broken.toml").write_text(WATER.replace("[severity]", "[severty]"))
    bench.read()
    found = seen(admin) | sent(admin) | trials(bench, admin)
    styled = {name: text.replace('href="/static/', 'href="/desk/static/') for name, text in found.items()}
    with sound.validating(validate, found, tmp_path / "pages") as validating:
        faults = sound.seen(browser, axe, styled, tmp_path)
        said, _ = validating.communicate(timeout=200)
    assert not validating.returncode, said[:4000]
    assert {name: one for name, one in faults.items() if one} == {}
