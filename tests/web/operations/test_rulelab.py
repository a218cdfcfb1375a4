"""The pages of rules as somebody who writes one uses them: mistakes, trials, and what reaches readers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.engine import loading
from alerts.engine.lab import child
from alerts.engine.lab.filing import Shelf, digest
from alerts.engine.lab.request import LONG, SHORT, Material, request
from alerts.engine.loading import RuleSources
from alerts.engine.rulebook import Rulebook
from alerts.match.bind import Households
from alerts.notify.joining.entering import mark_of
from alerts.read.places import Gazetteer
from alerts.store import articles, audit, demotions, operators, sessions
from alerts.store.articles import Draft
from alerts.store.database import reading, writing
from alerts.web.access import csrf
from alerts.web.access.visitor import cookie_name
from alerts.web.app import WebSettings, create_app
from alerts.web.operations.jobs import Busy, Workshop
from alerts.web.operations.laboratory import Laboratory
from tests.engine.lab.texts import WATER
from tests.store import values
from tests.store.conftest import migrated_sqlite, sqlite_engine
from tests.web.archive import NOW, Report, tell
from tests.web.client import FORM, Answer, ask
from tests.web.html import Page

__all__ = ["migrated_sqlite", "sqlite_engine"]

BASE = "https://a.example"
ACTIVE = WATER.replace('"draft"', '"active"')
HOMES = Households(usual=5.0, by_country={})


class Nearby(Workshop):
    """Answers short questions in this process, as the other one would: to start one takes seconds."""

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        given = json.loads(json.dumps(request(self._material, self._book(), self._short, asked)))
        found: dict[str, Any] = json.loads(json.dumps(child.answer(given, StringIO(), Event())))
        assert "fault" not in found, found["fault"]
        return found


class Bench:
    """A service with the rule `water_cut` in force, a folder of its own, and people who work there."""

    def __init__(self, engine: Engine, gazetteer: Gazetteer, places: Path, folder: Path) -> None:
        self.engine, self.shipped, self.own = engine, folder / "shipped", folder / "own"
        for one in (self.shipped, self.own):
            one.mkdir()
        (self.shipped / "water_cut.toml").write_text(ACTIVE)
        self.gazetteer = gazetteer
        self._before: Rulebook | None = None
        self.sources = RuleSources(folders=(self.shipped, self.own))
        url = engine.url.render_as_string(hide_password=False)
        material = Material(folders=self.sources.folders, gazetteer=places, households=HOMES, database=url)
        self.workshop = Nearby(
            material, lambda: self.book, now=lambda: NOW, short=replace(SHORT, nice=0), long=replace(LONG, nice=0)
        )
        self.lab = Laboratory(
            workshop=self.workshop,
            shelf=Shelf(folders=self.sources.folders, own=(self.own,)),
            book=lambda: self.book,
            places=gazetteer,
            households=HOMES,
        )
        self.app = self.site()
        self.read()

    def site(self, **more: Any) -> Starlette:
        settings = WebSettings(name="Desk", base_url=BASE, overview_kept=0.0)
        return create_app(
            self.engine, settings, now=lambda: NOW, rulebook=lambda: self.book, places=self.gazetteer,
            lab=replace(self.lab, **more),
        )  # fmt: skip

    def read(self) -> None:
        """As the service does when a file has changed."""
        self.book: Rulebook = loading.load(
            self.sources, gazetteer=self.gazetteer, households=HOMES, before=self._before
        )
        self._before = self.book

    def enter(self, role: Any) -> Clerk:
        with writing(self.engine) as conn:
            found = operators.add(conn, f"{role}@desk.example", role, role.capitalize(), NOW)
            sessions.begin(conn, mark_of(role), person_id=found.person_id, series=0, now=NOW)
        return Clerk(self, role)

    def audited(self) -> list[tuple[str, str, str]]:
        with reading(self.engine) as conn:
            return [(one.name, one.action, one.subject) for one in audit.list_entries(conn, 50)]


class Clerk:
    def __init__(self, bench: Bench, role: str) -> None:
        self.bench, self.cookie, self.csrf = bench, {"cookie": f"{cookie_name(BASE)}={role}"}, csrf.token(role)

    def see(self, path: str) -> Answer:
        return ask(self.bench.app, path, headers=self.cookie)

    def send(self, path: str, **fields: str) -> Answer:
        headers = {**self.cookie, "Content-Type": FORM, "Sec-Fetch-Site": "same-origin"}
        body = urlencode({"csrf": self.csrf, **fields}).encode()
        return ask(self.bench.app, path, method="POST", headers=headers, body=body)

    def put(self, name: str, text: str, status: str) -> Answer:
        """Look at the difference, then press the button below it."""
        shown = self.send("/operations/lab/try", name=name, text=text, do=status)
        if shown.status != 200:
            return shown
        hidden = {one["name"]: one.get("value", "") for one in Page(shown.text).all("input") if "name" in one}
        return self.send("/operations/lab/put", name=name, text=kept(shown), status=status, over=hidden.get("over", ""))


def kept(answer: Answer) -> str:
    """The text of the rule that a page carries on."""
    part = answer.text.partition('name="text"')[2].partition(">\n")[2].partition("</textarea>")[0]
    return unescape(part)


def words(answer: Answer) -> str:
    return Page(answer.text).text


@pytest.fixture
def bench(sqlite_engine: Engine, gazetteer: Gazetteer, gazetteer_path: Path, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(sqlite_engine, gazetteer, gazetteer_path, tmp_path)
    yield made
    made.workshop.close()


@pytest.fixture
def analyst(bench: Bench) -> Clerk:
    return bench.enter("analyst")


@pytest.fixture
def admin(bench: Bench) -> Clerk:
    return bench.enter("admin")


def test_rules_are_told_with_state_faults_and_figures(bench: Bench, analyst: Clerk) -> None:
    (bench.own / "broken.toml").write_text(WATER.replace("[severity]", "[severty]"))
    (bench.own / "wells.toml").write_text(WATER)
    bench.read()
    said = words(analyst.see("/operations/rules"))
    assert f"{bench.own / 'broken.toml'}:13: 'severty' is not a known key; did you mean 'severity'?" in said
    for row in ("broken Faulty, not in force", "water_cut Water supply cut In force", "wells Water supply cut Draft"):
        assert row in said
    assert "Its file has faults" in words(analyst.see("/operations/rules/broken"))


def test_a_rule_whose_file_broke_is_in_force_as_it_was(bench: Bench, analyst: Clerk) -> None:
    (bench.own / "water_cut.toml").write_text("title = ")
    bench.read()
    assert "Faulty: in force as it was before" in words(analyst.see("/operations/rules"))
    page = words(analyst.see("/operations/rules/water_cut"))
    assert "stays in force until they are mended" in page and "The file reads otherwise" in page


def test_everything_of_a_rule_stands_on_its_page(bench: Bench, analyst: Clerk) -> None:
    with writing(bench.engine) as conn:
        tell(conn, Report(sentence="A rocket hit the water works."), rule="water_cut", family="water_cut")
    answer = analyst.see("/operations/rules/water_cut")
    said = words(answer)
    for part in ("fires on 'damaged the pumping station'", "must stay quiet", "sentences", "~damage", "Alert 1"):
        assert part in said
    assert "nothing was judged yet" in said and "Put in force" not in said
    assert analyst.see("/operations/rules/water_cut/precision.svg").status == 404
    assert analyst.see("/operations/rules/none").status == 404


def test_a_rule_that_fell_is_raised_by_an_admin_alone(bench: Bench, analyst: Clerk, admin: Clerk) -> None:
    with writing(bench.engine) as conn:
        demotions.drop(conn, bench.book.ruleset.by_name["water_cut"], "3 of 20 were right", NOW)
    assert "Fell to test" in words(analyst.see("/operations/rules"))
    assert "3 of 20 were right" in words(analyst.see("/operations/rules/water_cut"))
    assert analyst.send("/operations/rules/water_cut/promote").status == 403
    assert admin.send("/operations/rules/water_cut/promote").status == 303
    assert ("Admin", "rule raised again", "rule water_cut") in bench.audited()
    assert admin.send("/operations/rules/water_cut/promote").status == 400


def test_nobody_else_gets_in(bench: Bench) -> None:
    paths = ("rules", "rules/water_cut", "lab/explain", "lab/backtests", "lab/try", "lab/new")
    assert {ask(bench.app, f"/operations/{one}").status for one in paths} <= {303, 403, 404}
    viewer = bench.enter("viewer")
    assert viewer.see("/operations/rules").status == 200
    for path in ("lab/try", "lab/put", "lab/new", "lab/backtests"):
        assert viewer.send(f"/operations/{path}", name="a", text=WATER, rule="water_cut").status == 403
    analyst = bench.enter("analyst")
    analyst.csrf = "guessed"
    assert analyst.send("/operations/lab/try", name="a", text=WATER, do="test").status == 403


def test_a_mistake_is_shown_beside_its_line_and_the_text_is_kept(analyst: Clerk) -> None:
    wrong = WATER.replace("[severity]", "[severty]") + "# <script>alert(1)</script>\n"
    answer = analyst.send("/operations/lab/try", name="wells", text=wrong.replace("\n", "\r\n"), do="check")
    assert answer.status == 200 and kept(answer) == wrong
    assert "13[severty]'severty' is not a known key; did you mean 'severity'?" in words(answer)
    assert "<script" not in answer.text


@pytest.mark.parametrize(("name", "do"), [("../wells", "check"), ("", "test"), ("wells", "backtest")])
def test_whatever_is_wrong_the_text_comes_back(analyst: Clerk, name: str, do: str) -> None:
    answer = analyst.send("/operations/lab/try", name=name, text=WATER, do=do, since="no day", days="30")
    assert answer.status == 400 and kept(answer) == WATER


def test_a_text_that_takes_too_long_or_too_much_ends_its_process_alone(bench: Bench) -> None:
    (bench.own / "lexicon").mkdir()
    slow = Workshop(bench.workshop._material, lambda: bench.book, now=lambda: NOW, short=replace(SHORT, cpu=0.01))
    assert (
        "more than 0.01 seconds of the processor" in slow.ask({"task": "check", "name": "w", "text": WATER})["refused"]
    )
    small = Workshop(bench.workshop._material, lambda: bench.book, now=lambda: NOW, short=replace(SHORT, memory=1))
    assert small.ask({"task": "check", "name": "w", "text": WATER})["refused"]


def test_a_new_rule_goes_from_questions_to_test(bench: Bench, analyst: Clerk) -> None:
    fires, quiet = "Gunmen damaged the wells of Homs.", "Gunmen could damage the wells of Homs."
    given = {"name": "wells", "event": "water", "fires": fires, "quiet": quiet, "act": "~damage", "target": "wells"}
    empty = analyst.send("/operations/lab/new", **given | {"quiet": ""})
    assert empty.status == 400 and fires in empty.text and "with the same words" in words(empty)
    drafted = analyst.send("/operations/lab/new", **given, level="severe")
    text = kept(drafted)
    assert "It is in order" in words(drafted) and 'status = "draft"' in text
    answer = analyst.put("wells", text, "test")
    assert answer.status == 303 and answer.headers["location"].startswith("/operations/rules/wells?done=")
    assert 'status = "test"' in (bench.own / "wells.toml").read_text()
    assert ("Analyst", "rule put in test", "rule wells") in bench.audited()
    bench.read()
    assert bench.book.ruleset.by_name["wells"].status == "test"


def test_what_readers_hear_is_changed_by_an_admin_who_saw_the_difference(
    bench: Bench, analyst: Clerk, admin: Clerk
) -> None:
    changed = ACTIVE.replace(', "~destroy"]', ', "~wreck"]')
    for status in ("active", "test"):
        refused = analyst.put("water_cut", changed, status)
        assert refused.status == 409 and kept(refused)
    assert analyst.put("wells", ACTIVE, "active").status == 409
    assert list(bench.own.iterdir()) == []
    shown = admin.send("/operations/lab/try", name="water_cut", text=changed, do="active")
    assert 'damage = ["~hit", "~damage", "~destroy"]' in words(shown) and "takes the place" in words(shown)
    assert admin.put("water_cut", changed, "active").status == 303
    assert (bench.own / "water_cut.toml").read_text() == changed
    assert (bench.shipped / "water_cut.toml").read_text() == ACTIVE


def test_a_rule_that_others_hang_on_is_an_admins_even_in_test(analyst: Clerk) -> None:
    for more in ('[state]\nname = "drought"\nper = "country"\nlasts = "9 days"\n', '[about]\nformerly = ["old"]\n'):
        assert analyst.put("wells", WATER + more, "test").status == 409


def test_what_was_changed_meanwhile_is_not_written_over(bench: Bench, admin: Clerk) -> None:
    (bench.own / "wells.toml").write_text(WATER)
    fields = {"name": "wells", "text": WATER.replace('"draft"', '"test"'), "status": "test"}
    late = admin.send("/operations/lab/put", **fields, over=digest("as it was"))
    assert late.status == 409 and "has changed since you looked" in words(late)
    assert admin.send("/operations/lab/put", **fields, over=digest(WATER)).status == 303


def test_a_faulty_text_is_never_written(bench: Bench, admin: Clerk) -> None:
    text = ACTIVE.replace("A rocket could hit", "A rocket hit")
    assert admin.send("/operations/lab/put", name="wells", text=text, status="active", over="").status == 400
    assert list(bench.own.iterdir()) == []


def test_where_nothing_may_be_written_the_text_can_be_taken_along(bench: Bench, admin: Clerk) -> None:
    bench.app = bench.site(shelf=replace(bench.lab.shelf, editable=False))
    assert "put the file into place by hand" in words(admin.see("/operations/lab/try"))
    assert admin.put("wells", WATER, "test").status == 409
    taken = admin.send("/operations/lab/try", name="wells", text=WATER, do="download")
    assert taken.text == WATER and 'filename="wells.toml"' in taken.headers["content-disposition"]
    assert list(bench.own.iterdir()) == []


def test_a_text_and_an_article_are_explained(bench: Bench, analyst: Clerk) -> None:
    text = "A rocket hit the water works of Homs. <b>Bold</b>"
    answer = analyst.send("/operations/lab/explain", rule="", text=text, published="2026-03-01")
    assert "Fires: water_cut" in words(answer) and "<mark>hit</mark>" in answer.text and "<b>" not in answer.text
    with writing(bench.engine) as conn:
        tell(conn, Report(sentence="A rocket hit the water works."), rule="water_cut", family="water_cut")
    assert "evidence of alert 1" in words(analyst.see("/operations/lab/explain?alert=1&rule=water_cut"))
    draft = analyst.send("/operations/lab/explain", rule="wells", draft=WATER.replace('"~hit", ', ""), text=text)
    assert "Quiet: wells" in words(draft) and "missing damage" in words(draft)


@pytest.mark.parametrize("query", ["article=999", "article=x", "alert=77", "alert=x"])
def test_what_is_not_there_is_said(analyst: Clerk, query: str) -> None:
    answer = analyst.see(f"/operations/lab/explain?{query}")
    assert answer.status == 400 and "notice alarm" in answer.text


def fill(bench: Bench, number: int = 3) -> None:
    with writing(bench.engine) as conn:
        feed = values.add_feed(conn, "https://feeds.example/water", source="Wire & <i>Co")
        for one in range(number):
            text = f"A rocket hit the water works of Homs, said witness {one}."
            draft = Draft(
                key=f"k{one}", content_hash=f"h{one}", title="", text=text, url="", language="en", published=NOW
            )
            articles.store(conn, feed.id, [draft], now=NOW)


def test_a_rule_is_tried_on_the_archive_by_one_at_a_time(bench: Bench, analyst: Clerk) -> None:
    fill(bench)
    text = ACTIVE.replace('"~hit", ', "")
    begun = analyst.send("/operations/lab/try", name="water_cut", text=text, days="", do="backtest")
    place = begun.headers["location"]
    page = analyst.see(place)
    assert page.headers["refresh"] == "4" and "started by Analyst" in words(page)
    assert "refresh" not in analyst.see(f"{place}?still=1").headers
    second = analyst.send("/operations/lab/backtests", rule="water_cut", days="")
    assert second.status == 400 and "One runs at a time" in words(second)
    bench.workshop.wait(100)
    done = analyst.see(place)
    assert "refresh" not in done.headers and "<i>" not in done.text
    assert "0 hits the same, 0 new, 3 lost" in words(done) and "now: not found" in words(done)
    assert analyst.see(f"{place}/hits.svg").body.startswith(b"<svg")
    assert kept(analyst.see(f"/operations/lab/try?job={place.rsplit('/')[-1]}")) == text
    assert ("Analyst", "backtest started", "rule water_cut") in bench.audited()


def test_a_trial_is_stopped_and_results_are_forgotten(bench: Bench, analyst: Clerk) -> None:
    fill(bench, 400)
    place = analyst.send("/operations/lab/backtests", rule="water_cut", days="").headers["location"]
    assert analyst.send(f"{place}/stop").status == 303
    bench.workshop.wait(100)
    assert "Not all was read: it was stopped by Analyst" in words(analyst.see(place))
    bench.workshop.begin(rule="water_cut", text=None, since=None, until=None, who="A")
    with pytest.raises(Busy):
        bench.workshop.begin(rule="water_cut", text=None, since=None, until=None, who="B")
    bench.workshop.close()
    assert "results are kept for an hour" in words(analyst.see("/operations/lab/backtests/nothing"))


def test_a_page_of_an_alert_leads_to_why_it_fired(bench: Bench, analyst: Clerk) -> None:
    with writing(bench.engine) as conn:
        number = tell(conn, Report(sentence="A rocket hit the water works."), rule="water_cut", family="water_cut")
    page = Page(analyst.see(f"/alerts/{number}").text)
    [link] = [one["href"] for one in page.all("a") if "/lab/explain" in one["href"]]
    assert "Why it fires, and why not" in words(analyst.see(link))
