"""`alerts rules explain`: why, and why not, for an article however it is given."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from tests.cli.conftest import FLIGHT, SIEGE, World
from tests.cli.run import Ran, alerts
from tests.fakes.feeds import FeedServer, rss, story
from tests.installed import Played

BESIEGED = "Gunmen besieged the town of Djibo on Monday."
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Example News</title>
<meta property="og:title" content="Town cut off"><meta property="article:published_time" content="2026-01-10T08:00:00Z">
</head><body><nav><p>Home, sports, weather and all the other pages we have</p></nav>
<article><h1>Town cut off</h1><p>{}</p></article></body></html>"""


@pytest_asyncio.fixture
async def server(world: World) -> AsyncIterator[FeedServer]:
    async with FeedServer() as made:
        world.configure(ports=str(made.port))
        yield made


async def _explain(*args: str) -> Ran:
    """In a thread of its own: the server answers in this one."""
    return await asyncio.to_thread(alerts, "rules", "explain", *args)


def test_a_text_is_explained_a_line_a_rule_with_what_fires_first(world: World) -> None:
    ran = alerts("rules", "explain", BESIEGED)
    assert (ran.code, ran.err) == (0, "")
    first, rest = ran.out.splitlines()
    assert first.startswith("FIRES siege / cut off | siege 'besieged', where 'Djibo' | place Djibo, ")
    assert first.endswith("| severity severe because default")
    assert rest == "1 other found nothing"


def test_a_quiet_rule_tells_what_is_missing_and_what_came_near(world: World) -> None:
    ran = alerts("rules", "explain", "Thousands of families fled Sarajevo in 1992.")
    assert ran.out.startswith("quiet flight / people leave : found people 'families', flight 'fled'; past: 'in 1992'")
    ran = alerts("rules", "explain", "Families from the villages flees.")
    assert ran.out.splitlines()[0] == (
        "quiet flight / people leave : found people 'Families'; missing flight; near flight: "
        "'flees' is near to \"flee\" (~flee has it)"
    )


def test_an_article_of_which_nothing_was_found_is_told(world: World) -> None:
    assert alerts("rules", "explain", "A bakery opened in town.").out == "2 rules found nothing\n"


def test_with_a_name_every_stage_is_shown(world: World) -> None:
    ran = alerts("rules", "explain", "siege", BESIEGED, "--source", "Example News")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == "FIRES siege: Town cut off"
    assert lines[1] == "scope ok in 'en', from 'Example News'"
    assert "part siege ok 'besieged', by \"(besieged | encircled)\"" in lines
    assert lines[-1].startswith("now not asked: no database")


def test_long_shows_every_stage_of_all_rules(world: World) -> None:
    out = alerts("rules", "explain", BESIEGED, "--long").out
    assert "looks at" in out
    assert out.splitlines()[-1] == "1 other found nothing"


def test_what_came_near_is_told_though_nothing_was_found(world: World) -> None:
    world.write("rules/siege.toml", SIEGE.replace('"(besieged | encircled)"', '"(besieged | flee)"'))
    out = alerts("rules", "explain", "siege", "Hundreds fled when it began.").out
    assert out.splitlines()[0] == "quiet siege: Town cut off (nothing of it was found)"
    assert "near siege" in out
    assert "sentence 1: 'fled' is near to" in out


def test_explanations_can_be_had_as_json(world: World) -> None:
    rows = alerts("rules", "explain", BESIEGED, "--json").rows
    assert [(row["rule"], row["fires"]) for row in rows] == [("siege", True), ("flight", False)]
    assert rows[1]["because"] == "nothing of it was found"
    [sentence] = rows[0]["sentences"]
    assert (sentence["counts"], sentence["parts"]) == (True, {"siege": "besieged", "where": "Djibo"})
    assert {"stage": "distance", "ok": True, "said": "the parts take 5 words, of 12 allowed", "near": []} in (
        sentence["stages"]
    )


def test_the_options_tell_what_a_text_does_not(world: World) -> None:
    text = "Gunmen have besieged it since Monday, officials there said."
    [quiet, _] = alerts("rules", "explain", text, "--json").rows
    assert quiet["because"] != "nothing of it was found"
    told = alerts("rules", "explain", "siege", text, "--title", "Djibo cut off", "--published", "2026-01-15").out
    assert "article text: Djibo cut off" in told
    french = alerts("rules", "explain", "siege", BESIEGED, "--language", "fr").out
    assert french.startswith(("FIRES", "quiet"))


def test_every_article_of_a_file_is_explained(world: World) -> None:
    lines = [{"id": name, "title": f"{name} cut off", "text": f"Gunmen besieged {name}."} for name in ("Djibo", "Goma")]
    path = world.write("articles.jsonl", "\n".join(map(json.dumps, lines)))
    ran = alerts("rules", "explain", path)
    assert [line for line in ran.out.splitlines() if line.startswith("article")] == [
        "article Djibo: Djibo cut off",
        "article Goma: Goma cut off",
    ]
    assert ran.out.count("FIRES siege") == 2
    assert alerts("rules", "explain", "-", stdin=BESIEGED).out.startswith("FIRES siege")


def test_a_faulty_line_is_told_and_the_others_are_explained(world: World) -> None:
    path = world.write("articles.jsonl", '{"text": \n' + json.dumps({"text": BESIEGED}))
    ran = alerts("rules", "explain", path)
    assert ran.code == 1
    assert f"{path}:1: error: this is no JSON" in ran.err
    assert "FIRES siege" in ran.out


async def test_a_web_page_is_fetched_and_its_paragraphs_are_read(world: World, server: FeedServer) -> None:
    world.configure(ports=str(server.port))
    url = server.serve(PAGE.format(BESIEGED).encode(), "/story", kind="text/html; charset=utf-8")
    ran = await _explain("siege", url)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == f"article {url}: Town cut off"
    assert "FIRES siege" in ran.out
    assert "of 5 January 2026" in ran.out
    assert "weather" not in ran.out


async def test_a_feed_is_fetched_and_all_its_articles_are_explained(server: FeedServer) -> None:
    url = server.serve(rss([*story(1), *story(2)]))
    ran = await _explain(url)
    assert ran.code == 0
    assert ran.out.count("article ") == 2


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (b"<html><body><div id='app'></div></body></html>", "text/html", "no paragraphs were found in this page"),
        (b"%PDF-1.7", "application/pdf", "this is application/pdf, which cannot be read"),
        (b"", "application/xml", "the file is empty"),
    ],
)
async def test_what_cannot_be_read_of_an_address_is_told(server: FeedServer, body: bytes, kind: str, says: str) -> None:
    url = server.serve(body, kind=kind)
    ran = await _explain(url)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err


def test_a_private_address_is_refused(world: World) -> None:
    ran = alerts("rules", "explain", "http://10.0.0.1/story")
    assert (ran.code, ran.out) == (1, "")
    assert "10.0.0.1 is not on the public internet" in ran.err


def test_what_the_guide_shows_is_what_is_said(world: World) -> None:
    guide = (Path(__file__).parents[2] / "rules" / "README.md").read_text(encoding="utf-8")
    world.write("rules/water_cut.toml", re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)[0])
    samples = re.findall(r"```\n\$ alerts (rules explain .*?)\n(.*?)```", guide, re.DOTALL)
    assert len(samples) >= 2
    for command, shown in samples:
        assert shown in alerts(*shlex.split(command)).out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([""], "the text is empty"),
        (["siege"], "siege is a rule; give an article, too: alerts rules explain siege ARTICLE"),
        (["seige"], "'seige' is no article; did you mean 'siege'?"),
        (["seige", BESIEGED], "there is no file and no rule 'seige'; did you mean 'siege'?"),
        (["gunmen", "besieged", "Djibo"], 'put the text in quotes: "gunmen besieged Djibo"'),
        (["nothing.jsonl"], "nothing.jsonl: there is no such file"),
        (["hello"], "'hello' is no file, no address (https://...), no id of a stored article, and too short"),
        (["rules"], "this is a folder; name the files in it"),
        (["12"], "'12' is no file, and there is no database to look for such an article in"),
        (["siege", BESIEGED, "--country", "Syra"], "'Syra' is no country"),
    ],
)
def test_what_cannot_be_explained_is_told(world: World, args: list[str], says: str) -> None:
    ran = alerts("rules", "explain", *args)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err


def test_a_file_that_cannot_be_decoded_is_told(world: World) -> None:
    path = world.write("odd.txt", b"caf\xe9 besieged")
    ran = alerts("rules", "explain", path)
    assert (ran.code, ran.err) == (1, f"{path}:1: error: the file is not UTF-8 text\n")


def test_a_broken_rule_tells_its_faults(world: World) -> None:
    world.write("rules/flight.toml", FLIGHT.replace("status", "statuss"))
    ran = alerts("rules", "explain", "flight", BESIEGED)
    assert (ran.code, ran.out) == (1, "")
    assert "flight.toml:4: error: 'statuss' is not a known key; did you mean 'status'?" in ran.err


def test_a_draft_is_explained_as_if_it_were_in_force(world: World) -> None:
    world.write("rules/siege.toml", SIEGE.replace('"active"', '"draft"'))
    ran = alerts("rules", "explain", "siege", BESIEGED)
    assert ran.out.splitlines()[:2] == ["not in force: its status is 'draft'", "FIRES siege: Town cut off"]
    assert "FIRES" not in alerts("rules", "explain", BESIEGED).out


def test_a_file_that_is_in_no_folder_is_explained(world: World) -> None:
    path = world.write("mine/cut.toml", SIEGE.replace("besieged", "surrounded").replace("Gunmen", "Men"))
    ran = alerts("rules", "explain", path, "Men surrounded the town of Djibo.")
    assert ran.out.splitlines()[1] == "FIRES cut: Town cut off"


def test_it_is_told_when_the_examples_of_the_rule_fail(world: World) -> None:
    world.write("rules/siege.toml", SIEGE + '\n[[fires]]\ntext = "A bakery opened in Djibo."\n')
    ran = alerts("rules", "explain", "siege", BESIEGED)
    assert ran.out.splitlines()[0] == "not in force: 1 of its examples fail (alerts rules test siege)"


def test_a_stored_article_is_explained_with_the_alert_it_is_evidence_of(demo: Played) -> None:
    before = _database(demo.folder)
    ran = alerts("rules", "explain", "ceasefire_violation", "3", "-c", demo.config)
    assert ran.code == 0
    assert "article 3: " in ran.out
    assert "is evidence of alert " in ran.out
    assert alerts("rules", "explain", "987654", "-c", demo.config).err == (
        "alerts: there is no article 987654 in the database\n"
    )
    assert _database(demo.folder) == before


def test_with_a_database_it_is_told_what_would_become_of_a_text(demo: Played) -> None:
    text = "Gunmen shot dead nine villagers near Gao on Friday."
    before = _database(demo.folder)
    ran = alerts("rules", "explain", "attack", text, "-c", demo.config)
    assert "would open an alert and tell of it: " in ran.out
    late = alerts("rules", "explain", "attack", text, "--published", "2020-01-01", "-c", demo.config)
    assert "nobody would be told: late: " in late.out
    assert _database(demo.folder) == before


def _database(folder: Path) -> list[str]:
    """All that is stored."""
    with closing(sqlite3.connect(folder / "data" / "alerts.db")) as opened:
        return list(opened.iterdump())
