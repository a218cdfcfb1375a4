"""`alerts replay`: what readers would have been told, line by line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from alerts.cli.articles import Defaults, Reader
from tests.cli.conftest import SIEGE, World
from tests.cli.run import alerts, program

START = datetime.fromisoformat("2026-03-02T06:00:00+00:00")
KEYS = [
    "at", "kind", "alert", "version", "rule", "event", "incident", "severity", "certainty", "place", "numbers",
    "origins", "articles", "title", "why",
]  # fmt: skip


def _line(name: str, day: float, text: str, source: str = "Wire") -> str:
    published = (START + timedelta(days=day)).isoformat()
    return json.dumps({"id": name, "title": "", "text": text, "published": published, "source": source})


FLED = _line("1", 0, "Residents fled Djibo on Monday.")
MORE = _line("2", 1, "More than 3,000 families fled Djibo, the mayor said.", "Courier")
CUT_OFF = _line("3", 2, "Gunmen besieged Djibo.", "Courier")
AGAIN = _line("4", 9, "Gunmen have besieged Djibo for a week.", "Wire")


def test_each_thing_told_is_a_line_of_the_paper(world: World) -> None:
    ran = alerts("replay", world.write("a.jsonl", "\n".join([FLED, MORE, CUT_OFF, AGAIN])))
    assert (ran.code, ran.err) == (0, "")
    for row in ran.rows:
        assert list(row) == KEYS
        assert datetime.fromisoformat(row["at"]).tzinfo is not None
        assert row["kind"] in {"new", "update", "cancel", "close"}
        assert list(row["place"]) == ["name", "country", "admin1", "id", "lat", "lon", "precision"]
    said = [(row["kind"], row["alert"], row["version"], row["rule"], row["title"]) for row in ran.rows]
    assert said[0] == ("new", "1", 1, "flight", "Flight from Djibo")
    assert said[1][:4] == ("update", "1", 2, "flight")
    assert ran.rows[1]["severity"] == "moderate"
    assert ran.rows[1]["origins"] == ran.rows[1]["articles"] == 2
    assert ("new", "2", 1, "siege", "Djibo cut off") in said
    assert all(row["why"] for row in ran.rows)


def test_articles_are_taken_by_date_from_whichever_file(world: World) -> None:
    late, early = world.write("late.jsonl", MORE), world.write("early.jsonl", FLED)
    assert alerts("replay", late, early).out == alerts("replay", early, late).out
    assert alerts("replay", late, early).rows[0]["at"] == START.isoformat()


def test_the_same_articles_give_the_same_bytes(world: World) -> None:
    path = world.write("a.jsonl", "\n".join([AGAIN, FLED, CUT_OFF, MORE]))
    assert alerts("replay", path).out == alerts("replay", path).out != ""


def test_nothing_is_stored_and_nothing_mailed(world: World) -> None:
    alerts("replay", world.write("a.jsonl", FLED))
    assert sorted(path.name for path in world.folder.iterdir()) == ["a.jsonl", "config.toml", "rules"]


def test_the_weight_of_a_publisher_is_that_of_the_configuration(world: World) -> None:
    path = world.write("a.jsonl", FLED)
    assert alerts("replay", path).rows[0]["certainty"] == "possible"
    world.configure('[tiers]\n1 = ["wire"]\n')
    assert alerts("replay", path).rows[0]["certainty"] == "likely"


def test_undated_articles_are_told(world: World) -> None:
    path = world.write("a.jsonl", '{"id": "1", "text": "Residents fled Djibo on Monday."}')
    ran = alerts("replay", path)
    assert ran.code == 0
    assert ran.err == "1 without a date of publication count as published now; see --published\n"
    dated = alerts("replay", "--published", "2026-03-02", path)
    assert dated.err == ""
    assert dated.rows[0]["at"] == "2026-03-02T12:00:00+00:00"


def test_bad_lines_are_told_and_the_others_replayed(world: World) -> None:
    path = world.write("a.jsonl", "\n".join([FLED, "{", MORE]))
    ran = alerts("replay", path)
    assert (ran.code, len(ran.rows)) == (1, 2)
    assert ran.err.startswith(f"{path}:2: error: this is no JSON: ")


def test_one_rule_can_be_replayed_alone(world: World) -> None:
    path = world.write("a.jsonl", "\n".join([FLED, CUT_OFF]))
    assert {row["rule"] for row in alerts("replay", "--rule", "siege", path).rows} == {"siege"}
    assert "did you mean 'siege'?" in alerts("replay", "--rule", "sieg", path).err


AFTER = SIEGE.replace('kind = "first"\nin   = "120 days"', 'kind = "after"\nrule = "flight"\nwithin = "7 days"')


def test_a_rule_replayed_alone_has_the_rule_that_it_comes_after_and_tells_only_its_own(world: World) -> None:
    world.write("rules/trapped.toml", AFTER)
    path = world.write("a.jsonl", "\n".join([FLED, CUT_OFF]))
    assert {row["rule"] for row in alerts("replay", path).rows} == {"flight", "siege", "trapped"}
    assert [row["rule"] for row in alerts("replay", "--rule", "trapped", path).rows] == ["trapped"]
    assert alerts("replay", "--rule", "trapped", world.write("b.jsonl", CUT_OFF)).rows == []


def test_the_same_bytes_come_out_of_another_process_with_another_seed(world: World) -> None:
    path = world.write("a.jsonl", "\n".join([AGAIN, FLED, CUT_OFF, MORE]))
    said = {program("replay", path, env={"PYTHONHASHSEED": seed}).out for seed in ("1", "2")}
    assert len(said) == 1
    assert said != {""}


def test_lines_are_read_one_by_one(world: World) -> None:
    path = world.write("a.jsonl", f"{FLED}\n")
    given = Reader(Defaults(now=START, country_of=lambda name: None)).read([str(path)])
    assert next(given).id == "1"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{MORE}\n")
    assert [article.id for article in given] == ["2"]
