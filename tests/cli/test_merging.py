"""`alerts merge` and `alerts split`: what will be is shown first, and nothing is done without a yes."""

from __future__ import annotations

import shutil
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.archive import fill, install
from tests.cli.conftest import World
from tests.cli.run import Ran, alerts

DJIBO = "More than 1,200 families fled the town of Djibo."
AGAIN = "About 300 families fled Djibo at night, the mayor said."
GOMA = "At night 900 families fled Goma, residents said."
CUT_OFF = "Gunmen besieged the town of Goma."


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    folder = install(tmp_path_factory.mktemp("merging"), gazetteer_path)
    fill(folder, DJIBO, AGAIN, GOMA, CUT_OFF, step=timedelta(hours=1))
    return folder


@pytest.fixture
def archive(world: World, filled: Path) -> World:
    """Alert 1 of `flight` at Djibo from two articles, 2 of `flight` and 3 of `siege` at Goma; a reader since then."""
    shutil.copytree(filled / "data", world.folder / "data")
    assert alerts("people", "add", "one@example.org").code == 0
    return world


def merge(*more: str, stdin: str = "") -> Ran:
    return alerts("merge", "1", "2", "--why", "one flight", *more, stdin=stdin)


def states() -> dict[str, str]:
    return {row["id"]: row["state"] for row in alerts("list", "--json").rows}


def test_a_merge_is_shown_before_it_is_done(archive: World) -> None:
    before = states()
    ran = merge(stdin="n\n")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "alert 1: Flight from Djibo",
        "  moderate, observed, active; 3 independent sources, 3 articles"
        " (before: moderate, likely, active; 2 independent sources, 2 articles)",
        "  displaced: about 4,500 people (900 families × 5) (before: at least 6,000 people (1,200 families × 5))",
        "  update to 1 reader: the same event as alert 2 (Flight from Goma), which ends here",
        "alert 2 ends in alert 1: Flight from Goma",
    ]
    assert "nothing was changed; --yes does it without asking" in ran.err
    assert states() == before


def test_after_a_merge_the_alerts_say_so(archive: World) -> None:
    assert merge("--yes").code == 0
    assert states() == {"1": "active", "2": "merged", "3": "unconfirmed"}
    shown = alerts("show", "2").out
    assert "merged into alert 1" in shown
    assert "article" not in shown.partition("evidence")[2]
    assert "the same event as alert 2 (Flight from Goma), which ends here" in alerts("show", "1").out


def test_a_part_is_split_off_by_the_articles_that_show_lists(archive: World) -> None:
    assert "article 2  Outlet 1" in alerts("show", "1").out
    ran = alerts("split", "1", "2", "--why", "the second night", stdin="y\n")
    assert ran.code == 0
    assert "alert 4 (new): Flight from Djibo" in ran.out
    assert "  new to 1 reader: split off from alert 1 (Flight from Djibo): first report: Outlet 1" in ran.out
    assert "article 2" in alerts("show", "4").out
    assert "article 2" not in alerts("show", "1").out


def test_what_cannot_be_is_refused_with_the_reason(archive: World) -> None:
    for ran, why in (
        (alerts("merge", "2", "3", "--why", "x", "--yes"), "belongs to one incident"),
        (alerts("merge", "1", "1", "--why", "x", "--yes"), "alert 1 is named twice"),
        (alerts("merge", "1", "99", "--why", "x", "--yes"), "there is no alert 99; see: alerts list"),
        (alerts("split", "1", "77", "--why", "x", "--yes"), "no evidence of alert 1: article 77; see: alerts show 1"),
        (alerts("split", "1", "1", "2", "--why", "x", "--yes"), "no article would be left"),
    ):
        assert (ran.code, ran.out) == (1, "")
        assert why in ran.err
    assert alerts("merge", "1", "2", "--yes").code == 2
    assert states() == {"1": "active", "2": "unconfirmed", "3": "unconfirmed"}


def test_a_reason_must_be_given(archive: World) -> None:
    ran = alerts("merge", "1", "2", "--why", " ", "--yes")
    assert (ran.code, ran.err) == (1, "alerts: say why: somebody asks later\n")
    assert states() == {"1": "active", "2": "unconfirmed", "3": "unconfirmed"}


def rule(world: World) -> str:
    return (world.folder / "rules" / "flight.toml").read_text()


def test_a_merge_becomes_a_story_of_one_event_that_the_rule_is_held_to(archive: World) -> None:
    merge("--yes")
    before = rule(archive)
    ran = alerts("rules", "adopt", "1", "--story", "--yes")
    assert ran.code == 0, ran.err
    assert "the rule does not tell it so yet: until it does, the story is a known problem" in ran.err
    assert rule(archive) == f"{before}\n{ran.out}"
    [story] = [one for one in tomllib.loads(rule(archive))["story"] if "known_problem" in one]
    assert story["known_problem"] == "it was merged by hand: one flight"
    assert [article.get("fires", False) for article in story["article"]] == [True, False, False]
    assert alerts("rules", "check", "flight").code == 0
    archive.write("rules/flight.toml", rule(archive).replace('known_problem = "it was', '# "'))
    ran = alerts("rules", "check", "flight")
    assert ran.code == 1
    assert "opens an alert, and should not" in ran.out + ran.err


def test_a_split_becomes_a_story_of_two_events(archive: World) -> None:
    alerts("split", "1", "2", "--why", "the second night", "--yes")
    shown = alerts("rules", "adopt", "4", "--story", "--print")
    assert shown.code == 0, shown.err
    [story] = tomllib.loads(shown.out)["story"]
    assert [article["fires"] for article in story["article"]] == [True, True]
    assert story["known_problem"] == "it was split by hand: the second night"
    assert "known_problem" not in rule(archive)


def test_what_nobody_merged_or_split_is_no_story(archive: World) -> None:
    ran = alerts("rules", "adopt", "3", "--story")
    assert (ran.code, ran.err) == (1, "alerts: nobody merged or split alert 3: a story is told of that\n")
    assert alerts("rules", "adopt", "3", "--story", "--quiet").code == 2
