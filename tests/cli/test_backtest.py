"""`alerts rules backtest` and `alerts rules overlap`: what an analyst learns before a rule is trusted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.archive import fill, install
from tests.cli.conftest import FLIGHT, SIEGE, World
from tests.cli.run import alerts

FLED = "Residents fled Djibo."
AGAIN = "Families have fled Djibo since then."
IDIOM = "Families fleeing the heat left Sarajevo."
CUT_OFF = "Gunmen besieged the town of Djibo."
QUIET = "It rained in Sarajevo."


def _lines(*texts: str) -> str:
    rows = [
        {"id": str(number), "text": text, "published": f"2026-03-{number + 1:02}", "source": f"Outlet {number}"}
        for number, text in enumerate(texts)
    ]
    return "\n".join(map(json.dumps, rows))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    folder = install(tmp_path_factory.mktemp("backtest"), gazetteer_path)
    fill(folder, FLED, AGAIN, QUIET, CUT_OFF)
    return folder


@pytest.fixture
def archive(world: World, filled: Path) -> World:
    shutil.copytree(filled / "data", world.folder / "data")
    return world


def test_a_rule_is_tried_on_the_archive(archive: World) -> None:
    [row] = alerts("rules", "backtest", "flight", "--json").rows
    assert (row["rule"], row["articles"], row["hits"], row["alerts"]) == ("flight", 4, 2, 1)
    assert row["weeks"] == pytest.approx(3 / 7, abs=0.01)
    assert row["alerts_a_week"] == pytest.approx(7 / 3, abs=0.1)
    assert {one["sentence"] for one in row["samples"]} == {FLED, AGAIN}
    assert row["against"] is None


def test_people_get_a_report_with_a_head_for_each_question(archive: World) -> None:
    ran = alerts("rules", "backtest", "flight")
    assert (ran.code, ran.err) == (0, "")
    for line in ("hits      2 in 2 articles", "against   nothing: no earlier version is known", "samples: 2"):
        assert line in ran.out.splitlines()
    assert "'fled' 2" in ran.out


def test_only_what_is_newer_is_read(archive: World) -> None:
    assert alerts("rules", "backtest", "flight", "--since", "60h", "--json").rows[0]["articles"] == 3
    assert alerts("rules", "backtest", "flight", "--since", "36 hours", "--json").rows[0]["articles"] == 2
    ran = alerts("rules", "backtest", "flight", "--since", "2199-01-01")
    assert ran.code == 1
    assert ran.err.startswith("alerts: there is no article in the archive that is newer than 2199-01-01")


@pytest.mark.parametrize("since", ["tomorrow", "3 months", "2026-02-30", "90"])
def test_a_time_that_is_none_is_told(archive: World, since: str) -> None:
    ran = alerts("rules", "backtest", "flight", "--since", since)
    assert ran.code == 2
    assert "Invalid value for '--since'" in ran.err


def test_a_file_is_compared_with_the_rule_in_force(world: World) -> None:
    path = world.write("new/flight.toml", FLIGHT.replace("(fled | flee | fleeing)", "(fled | left)"))
    articles = world.write("a.jsonl", _lines(FLED, "Families are fleeing Djibo.", "Residents left Sarajevo.", QUIET))
    [row] = alerts("rules", "backtest", path, articles, "--json").rows
    against = row["against"]
    assert against["what"] == f"the rule in force, {world.folder / 'rules' / 'flight.toml'}"
    assert (against["same"], against["new"], against["lost"]) == (1, 1, 1)
    assert [one["sentence"] for one in against["new_samples"]] == ["Residents left Sarajevo."]
    assert [one["sentence"] for one in against["lost_samples"]] == ["Families are fleeing Djibo."]
    assert [one["now"] for one in against["lost_samples"]] == ["not found"]


def test_a_changed_rule_is_compared_with_the_version_before(archive: World) -> None:
    archive.write("rules/flight.toml", FLIGHT.replace("residents)", "residents x)"))
    [row] = alerts("rules", "backtest", "flight", "--json").rows
    assert row["against"]["what"].startswith("the version of ")
    assert (row["against"]["same"], row["against"]["new"], row["against"]["lost"]) == (1, 0, 1)


def test_the_version_before_can_be_asked_for(archive: World) -> None:
    path = archive.write("new/flight.toml", FLIGHT.replace("residents)", "nobody)"))
    [row] = alerts("rules", "backtest", path, "--against", "previous", "--json").rows
    assert row["against"]["lost"] == 1
    ran = alerts("rules", "backtest", "siege", "--against", "previous")
    assert (ran.code, ran.err) == (1, "alerts: no other version of 'siege' was ever in force here\n")


def test_a_changed_word_list_is_another_version_too(world: World) -> None:
    world.write("rules/lexicon/who.toml", 'words = ["families", "residents"]\n')
    text = FLIGHT.replace('"(families | people | residents)"', '"@who"')
    world.write("rules/flight.toml", text)
    fill(world.folder, FLED, AGAIN)
    world.write("rules/lexicon/who.toml", 'words = ["families"]\n')
    [row] = alerts("rules", "backtest", "flight", "--json").rows
    assert (row["against"]["same"], row["against"]["new"], row["against"]["lost"]) == (1, 0, 1)


def test_any_other_rule_can_be_compared_with(archive: World) -> None:
    [row] = alerts("rules", "backtest", "flight", "--against", "siege", "--json").rows
    assert (row["against"]["same"], row["against"]["new"], row["against"]["lost"]) == (0, 2, 1)


def test_what_an_idiom_hides_is_shown(world: World) -> None:
    path = world.write("new/flight.toml", FLIGHT + '\n[ignore]\nphrases = ["fleeing the heat"]\n')
    articles = world.write("a.jsonl", _lines(FLED, IDIOM))
    ran = alerts("rules", "backtest", path, articles)
    assert "would be hits if nothing were ignored: 1" in ran.out
    assert ran.out.count(f'"{IDIOM}"') == 3  # lost, hidden, dropped


def test_a_rule_not_in_force_anywhere_is_tried(world: World) -> None:
    path = world.write("new/storm.toml", SIEGE.replace("(besieged | encircled)", "~flee"))
    articles = world.write("a.jsonl", _lines(FLED))
    [row] = alerts("rules", "backtest", path, articles, "--json").rows
    assert (row["hits"], row["against"]) == (1, None)


def test_a_faulty_rule_is_told_with_its_faults(world: World) -> None:
    path = world.write("new/flight.toml", FLIGHT.replace("within_words", "within_wrds"))
    ran = alerts("rules", "backtest", path, world.write("a.jsonl", _lines(FLED)))
    assert ran.code == 1
    assert f"{path}:8: error: 'within_wrds' is not a known key" in ran.err


def test_a_rule_that_is_not_there_is_guessed(world: World) -> None:
    ran = alerts("rules", "backtest", "fligth", world.write("a.jsonl", _lines(FLED)))
    assert (ran.code, ran.err) == (1, "alerts: there is no file and no rule 'fligth'; did you mean 'flight'?\n")


def test_a_folder_of_rules_is_too_many(world: World) -> None:
    ran = alerts("rules", "backtest", "rules", world.write("a.jsonl", _lines(FLED)))
    assert (ran.code, ran.err) == (1, "alerts: rules has 2 rules: name one of them\n")


def test_an_archive_that_is_not_there_yet_is_not_made(world: World) -> None:
    for command in (("backtest", "flight"), ("overlap",), ("backtest", "flight", "--against", "previous")):
        ran = alerts("rules", *command)
        assert ran.code == 1
        assert ran.err.startswith("alerts: there is no archive yet: the service makes ")
    assert not (world.folder / "data" / "alerts.db").exists()


def test_without_a_configuration_files_are_asked_for(world: World) -> None:
    (world.folder / "config.toml").unlink()
    ran = alerts("rules", "backtest", "siege")
    assert ran.code == 1
    assert "name the configuration with -c, or give files with articles" in ran.err


def test_an_empty_archive_is_told(world: World) -> None:
    fill(world.folder)
    ran = alerts("rules", "backtest", "flight")
    assert (ran.code, ran.err) == (1, "alerts: there is no article in the archive\n")


def test_bad_lines_of_files_are_told_and_the_others_are_tried(world: World) -> None:
    path = world.write("a.jsonl", _lines(FLED) + "\n{\n")
    ran = alerts("rules", "backtest", "flight", path, "--json")
    assert (ran.code, ran.rows[0]["hits"]) == (1, 1)
    assert ran.err.startswith(f"{path}:2: error: this is no JSON")


def test_files_without_any_article_are_told_with_the_reason(world: World) -> None:
    ran = alerts("rules", "backtest", "flight", "nothing.jsonl")
    assert ran.code == 1
    assert "nothing.jsonl: error: the file cannot be read" in ran.err
    assert "there is no article in these files" in ran.err


def test_who_stops_it_gets_what_was_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.engine.backtest import Backtest
    from alerts.types import Article

    take = Backtest.take

    def stop_at_the_second(self: Backtest, article: Article) -> None:
        if article.id == "1":
            raise KeyboardInterrupt
        take(self, article)

    monkeypatch.setattr(Backtest, "take", stop_at_the_second)
    ran = alerts("rules", "backtest", "flight", world.write("a.jsonl", _lines(FLED, AGAIN, FLED)), "--json")
    assert (ran.code, ran.rows[0]["articles"]) == (130, 1)
    assert "stopped" in ran.err


def test_the_same_articles_give_the_same_report(world: World) -> None:
    path = world.write("a.jsonl", _lines(FLED, AGAIN, IDIOM, QUIET))
    assert alerts("rules", "backtest", "flight", path).out == alerts("rules", "backtest", "flight", path).out


def test_samples_are_as_many_as_wanted(world: World) -> None:
    path = world.write("a.jsonl", _lines(*(f"Residents fled Djibo at {hour} pm." for hour in range(1, 9))))
    ran = alerts("rules", "backtest", "flight", path, "--samples", "3", "--json")
    assert len(ran.rows[0]["samples"]) == 3
    assert ran.rows[0]["hits"] == 8


def test_rules_that_flag_the_same_are_told(archive: World) -> None:
    archive.write("rules/escape.toml", FLIGHT)
    texts = (FLED, AGAIN, "Residents fled Goma.", "Families are fleeing Taiz.")
    path = archive.write("a.jsonl", _lines(*texts, CUT_OFF))
    [row] = alerts("rules", "overlap", path, "--json").rows
    assert row == {
        "rules": ["escape", "flight"],
        "hits": [4, 4],
        "sentences": 4,
        "articles": 4,
        "share": 1.0,
    }
    assert "100 %" in alerts("rules", "overlap", path).out
    nothing = alerts("rules", "overlap", path, "--share", "100")
    assert nothing.out == "no two rules share more than 100 % of their hits; nearest: escape and flight, 100 %\n"


def test_few_common_hits_are_no_overlap(archive: World) -> None:
    archive.write("rules/escape.toml", FLIGHT)
    assert alerts("rules", "overlap").out == "no two rules share more than 60 % of their hits\n"
