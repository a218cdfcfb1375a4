"""Rules as readers may see them: what each watches, how it did, and nothing that is its author's alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from alerts.read.places import Gazetteer
from alerts.store import demotions, judgements
from alerts.store.database import writing
from alerts.web.app import WebSettings, create_app
from alerts.web.public.rules import month_edges
from tests.engine.world import SHELLING, World, sound
from tests.web.archive import tell
from tests.web.client import ask
from tests.web.public.reading import links, page

DAY = timedelta(days=1)
EXAMPLES = """
[[fires]]
text = "Shells fell on Djibo, killing 12 <b>civilians</b>."
[[quiet]]
text    = "No shells fell on Djibo."
because = "denied"
"""


@pytest.fixture
def app(world: World) -> Starlette:
    settings = WebSettings(base_url="https://alerts.example/desk")
    return create_app(world.engine, settings, now=lambda: world.now, rulebook=lambda: world.rulebook)


def told(world: World, rule: str = "shelling", **more: object) -> str:
    start = world.now - DAY
    with writing(world.engine) as conn:
        return tell(conn, **{"rule": rule, "start": start} | more)  # type: ignore[arg-type]


def judge(world: World, alert_id: str, verdict: str, who: str = "reader 7") -> None:
    with writing(world.engine) as conn:
        judgements.judge(conn, alert_id, verdict, who=who, why="a secret reason", now=world.now)  # type: ignore[arg-type]


def test_every_rule_in_force_is_listed_with_how_often_it_told_something(app: Starlette, world: World) -> None:
    told(world)
    told(world, state="ended", start=world.now - 60 * DAY)
    found = page(app, "/rules")
    assert {f"/desk/rules/{name}" for name in ("shelling", "cut_off", "truce", "breach")} <= set(links(found))
    assert "2 alerts so far, 1 in the last 30 days, 1 open. None was judged yet." in found.text
    assert "No alert yet." in found.text


def test_how_often_a_rule_was_right_comes_with_how_little_few_verdicts_mean(app: Starlette, world: World) -> None:
    for verdict in ("right", "right", "wrong"):
        judge(world, told(world), verdict)
    for address in ("/rules", "/rules/shelling"):
        text = page(app, address).text
        assert "2 of 3" in text and "67 %" in text and "21" in text and "94 %" in text


def test_nobody_is_named_who_judged_wrote_or_looks_after_a_rule(app: Starlette, world: World) -> None:
    judge(world, told(world), "wrong", who="Ana of the desk")
    for address in ("/rules", "/rules/shelling"):
        text = page(app, address).text
        assert "1 judged were right" in text or "0 of 1" in text
        assert "@" not in text and "Ana" not in text and "secret reason" not in text


def test_the_phrases_of_a_rule_are_not_shown(app: Starlette) -> None:
    text = page(app, "/rules/shelling").text
    assert "~shell" not in text and "shells fell" not in text and "shelling.toml" not in text


def test_a_rule_is_told_in_words(app: Starlette) -> None:
    assert "Only what is new: nothing of it was heard of the same town for 60 days." in page(app, "/rules/cut_off").text
    text = page(app, "/rules/breach").text
    assert "Only while 'truce' is in force there" in text
    assert "What is denied or did not happen does not count." in text
    assert "Severe, if nothing else is said." in text


def test_examples_are_text_and_say_why_they_are_passed_over(
    world: World, gazetteer: Gazetteer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world.rulebook = sound(tmp_path_factory.mktemp("rules"), gazetteer, shelling=SHELLING + EXAMPLES)
    app = create_app(world.engine, WebSettings(), now=lambda: world.now, rulebook=lambda: world.rulebook)
    found = page(app, "/rules/shelling")
    assert "killing 12 <b>civilians</b>." in found.text and not found.all("b")
    assert "No shells fell on Djibo. (what is denied or did not happen does not count)" in found.text


def test_a_rule_in_test_and_one_that_fell_back_say_so(app: Starlette, world: World) -> None:
    with writing(world.engine) as conn:
        demotions.drop(conn, world.rulebook.ruleset.by_name["shelling"], "1 of 9 were right", world.now)
    assert "In test again" in page(app, "/rules").text
    assert "Too few of its alerts were right" in page(app, "/rules/shelling").text
    assert "In test" not in page(app, "/rules/cut_off").text


def test_a_rule_that_is_gone_keeps_its_figures(app: Starlette, world: World) -> None:
    found = told(world, "old_rule")
    assert "/desk/rules/old_rule" in links(page(app, "/rules"))
    gone = page(app, "/rules/old_rule")
    assert "It does not run any more" in gone.text and f"/desk/alerts/{found}" in links(gone)


def test_a_former_name_leads_to_the_rule(
    world: World, gazetteer: Gazetteer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told(world, "bombing")
    renamed = SHELLING.replace("[about]\n", '[about]\nformerly = ["bombing"]\n')
    world.rulebook = sound(tmp_path_factory.mktemp("rules"), gazetteer, shelling=renamed)
    app = create_app(world.engine, WebSettings(), now=lambda: world.now, rulebook=lambda: world.rulebook)
    answer = ask(app, "/rules/bombing")
    assert (answer.status, answer.headers["location"]) == (307, "/rules/shelling")
    assert "1 alert, 1 in the last 30 days" in page(app, "/rules/shelling").text


@pytest.mark.parametrize("name", ["none", "shel", "%00", "a" * 999, "..", "%3Cscript%3E"])
def test_a_rule_that_never_was_is_a_404_that_helps(app: Starlette, name: str) -> None:
    found = page(app, f"/rules/{name}", 404)
    assert "/desk/rules" in links(found) and not found.all("script")


def test_a_mistyped_name_is_put_right(app: Starlette) -> None:
    assert "Did you mean shelling?" in page(app, "/rules/shelld", 404).text


def test_the_months_of_a_rule_are_a_chart_with_its_numbers_beside(app: Starlette, world: World) -> None:
    for days in (1, 2, 40):
        told(world, start=world.now - days * DAY)
    found = page(app, "/rules/shelling")
    [picture] = found.all("img")
    assert picture["alt"].startswith("Bar chart of alerts a month") and "3 in all" in picture["alt"]
    assert len(found.inside("td")) == 12
    drawn = ask(app, picture["src"].removeprefix("/desk"))
    assert (drawn.status, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert not page(app, "/rules/cut_off").all("img")
    assert ask(app, "/rules/cut_off/months.svg").status == 404


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), st.integers(1, 30))
def test_months_follow_each_other_and_the_last_is_this_one(now: datetime, months: int) -> None:
    edges = month_edges(now, months)
    assert len(edges) == months + 1 and edges[-2] <= now < edges[-1]
    spans = [(after - before).days for before, after in pairwise(edges)]
    assert all(28 <= days <= 31 for days in spans) and {edge.day for edge in edges} == {1}


def test_without_rules_the_page_says_so(world: World) -> None:
    app = create_app(world.engine, WebSettings(), now=lambda: world.now)
    assert "No rule is in force." in page(app, "/rules").text
