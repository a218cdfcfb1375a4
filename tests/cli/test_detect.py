"""`alerts detect`: the form of its lines, its kinds of input, and what it says of bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.fakes.feeds import Item, atom, json_feed, rdf, rss

FLED = "More than 1,200 families fled Djibo on Monday, officials said."


def _line(name: str = "a1", text: str = FLED, **more: object) -> str:
    return json.dumps({"id": name, "title": "News", "text": text, "published": "2026-03-02T12:00:00Z", **more})


def _detect(world: World, *lines: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    ran = alerts("detect", world.write("articles.jsonl", "\n".join(lines)), *options)
    assert ran.code == 0, ran.err
    return ran.rows


def test_a_line_has_the_keys_of_the_paper_in_their_order(world: World) -> None:
    [row] = _detect(world, _line())
    assert list(row) == ["id", "language", "hits", "figures"]
    assert (row["id"], row["language"]) == ("a1", "en")
    [hit] = row["hits"]
    assert list(hit) == [
        "rule", "event", "current", "severity", "sentence", "quote", "claims", "place", "numbers",
    ]  # fmt: skip
    assert (hit["rule"], hit["event"], hit["current"]) == ("flight", "displacement", True)
    assert (hit["severity"], hit["sentence"]) == ("moderate", FLED)
    assert hit["quote"] in FLED
    assert list(hit["place"]) == ["name", "country", "admin1", "id", "lat", "lon", "precision"]
    assert (hit["place"]["name"], hit["place"]["country"], hit["place"]["precision"]) == ("Djibo", "BFA", "city")
    assert isinstance(hit["place"]["lat"], float)
    assert list(hit["numbers"]["displaced"]) == ["low", "high", "stated", "unit", "text"]
    assert hit["numbers"]["displaced"]["stated"] == 1200
    assert hit["numbers"]["displaced"]["unit"] == "households"


def test_figures_have_the_keys_of_the_paper(world: World) -> None:
    [row] = _detect(world, _line())
    displaced = next(figure for figure in row["figures"] if figure["kind"] == "displaced")
    assert list(displaced) == [
        "kind", "low", "high", "stated", "unit", "term", "flow", "place", "text", "sentence",
    ]  # fmt: skip
    assert (displaced["stated"], displaced["unit"], displaced["flow"]) == (1200, "households", "new")
    assert displaced["term"] == "forced_to_flee"


def test_figures_can_be_left_out(world: World) -> None:
    [row] = _detect(world, _line(), options=("--no-figures",))
    assert list(row) == ["id", "language", "hits"]


def test_what_was_dropped_is_shown_only_with_all_and_says_why(world: World) -> None:
    past = _line(text="Thousands of families fled Sarajevo in 1992.")
    assert _detect(world, past)[0]["hits"] == []
    [hit] = _detect(world, past, options=("--all",))[0]["hits"]
    assert hit["current"] is False
    assert "past" in hit["because"]
    assert hit["claims"][0]["kind"] == "past"
    assert hit["claims"][0]["cue"] == "in 1992"


def test_an_article_without_a_hit_has_its_line_too(world: World) -> None:
    rows = _detect(world, _line("1", "A bakery opened in Oslo."), _line("2"))
    assert [(row["id"], len(row["hits"])) for row in rows] == [("1", 0), ("2", 1)]


def test_bad_lines_are_told_with_file_and_line_and_the_others_are_flagged(world: World) -> None:
    lines = [
        _line("1"),
        "not json",
        "",
        '{"id": "3"}',
        '["a"]',
        _line("5", published="yesterday"),
        _line("6", title=7),
        _line("7", published="0001-01-01T00:00:00+14:00"),
        '{"id": [1], "text": "x"}',
        _line("9", country="Atlantis"),
    ]
    path = world.write("in/bad.jsonl", "\n".join(lines))
    ran = alerts("detect", path)
    assert ran.code == 1
    assert [row["id"] for row in ran.rows] == ["1", "9"]
    assert ran.err.splitlines() == [
        f"{path}:2: error: this is no JSON: Expecting value at column 1",
        f"{path}:4: error: the article has neither 'title' nor 'text'",
        f'{path}:5: error: an article is an object such as {{"id": "1", "title": "...", "text": "..."}}',
        f"{path}:6: error: 'yesterday' is no time; write it as 2026-01-31T12:00:00Z",
        f"{path}:7: error: 'title' must be text",
        f"{path}:8: error: '0001-01-01T00:00:00+14:00' lies outside the years 1900 to 2200",
        f"{path}:9: error: 'id' must be text or a number",
        f"{path}:10: warning: 'Atlantis' is no country that is known here",
    ]


def test_a_warning_alone_is_no_failure(world: World) -> None:
    ran = alerts("detect", world.write("a.jsonl", _line(country="Atlantis")))
    assert (ran.code, len(ran.rows)) == (0, 1)
    assert "warning" in ran.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pretty.json", json.dumps(json.loads(_line()), indent=2)),
        ("list.json", f"[{_line()}]"),
        ("bom.jsonl", "\ufeff" + _line() + "\n"),
        ("dos.jsonl", _line() + "\r\n"),
    ],
)
def test_other_ways_to_write_an_article_as_json_are_read(world: World, name: str, content: str) -> None:
    ran = alerts("detect", world.write(name, content))
    assert (ran.code, ran.err) == (0, "")
    assert [row["id"] for row in ran.rows] == ["a1"]
    assert ran.rows[0]["hits"]


def test_an_article_without_an_id_is_named_by_its_line(world: World) -> None:
    ran = alerts("detect", world.write("news.jsonl", '{"text": "one"}\n{"id": 7, "text": "two"}\n{"text": "three"}'))
    assert [row["id"] for row in ran.rows] == ["news-1", "7", "news-3"]


@pytest.mark.parametrize(
    "published",
    ["2026-03-02", "2026-03-02T12:00:00", "2026-03-02T12:00:00+03:00", "Mon, 02 Mar 2026 12:00:00 GMT"],
)
def test_times_are_read_as_people_write_them(world: World, published: str) -> None:
    assert len(_detect(world, _line(published=published))) == 1


def test_half_a_character_is_no_end(world: World) -> None:
    [row] = _detect(world, r'{"id": "a\ud800", "text": "Residents \ud83d fled Djibo."}')
    assert row["id"] == "a?"
    assert row["hits"]


def test_a_text_file_is_one_article(world: World) -> None:
    ran = alerts("detect", world.write("report.txt", "[Update]\nResidents fled Djibo on Monday.\n"))
    assert [row["id"] for row in ran.rows] == ["report"]
    assert ran.rows[0]["hits"][0]["place"]["name"] == "Djibo"


def test_the_date_of_an_undated_text_can_be_given(world: World) -> None:
    text = world.write("old.txt", "Residents fled Djibo on 3 March 2019.")
    assert alerts("detect", text, "--published", "2019-03-04").rows[0]["hits"]
    assert not alerts("detect", text, "--published", "2026-03-04").rows[0]["hits"]


ITEM = Item(
    title="Residents flee Djibo",
    guid="urn:1",
    link="https://example.org/1",
    html="<p>Residents &amp; families fled Djibo on Monday.</p>",
    published="Mon, 02 Mar 2026 10:00:00 GMT",
)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(rss([ITEM]), id="rss"),
        pytest.param(atom([ITEM]), id="atom"),
        pytest.param(rdf([ITEM]), id="rdf"),
        pytest.param(json_feed([ITEM]), id="json feed"),
    ],
)
def test_a_feed_document_is_its_articles(world: World, document: bytes) -> None:
    ran = alerts("detect", world.write("feed", document))
    assert (ran.code, ran.err) == (0, "")
    [row] = ran.rows
    assert row["hits"][0]["rule"] == "flight"
    assert {hit["place"]["name"] for hit in row["hits"]} == {"Djibo"}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.html", "<!doctype html><html><body>Hello</body></html>", "page.html: error: a web page, not a feed"),
        ("empty.txt", " \n", "empty.txt: error: the file is empty"),
        ("latin.txt", b"one\ntwo \xe9\n", "latin.txt:2: error: the file is not UTF-8 text"),
        (
            "latin.jsonl",
            b'{"id": "1", "text": "ok"}\n{"id": "2", "text": "\xe9"}\n',
            "latin.jsonl:2: error: the line is",
        ),
    ],
)
def test_a_file_that_is_no_article_is_told(world: World, name: str, content: str | bytes, says: str) -> None:
    ran = alerts("detect", world.write(name, content))
    assert ran.code == 1
    assert says in ran.err


def test_files_that_cannot_be_read_are_told_and_the_others_are_flagged(world: World) -> None:
    good = world.write("a.jsonl", _line())
    ran = alerts("detect", "none.jsonl", world.folder, good)
    assert (ran.code, len(ran.rows)) == (1, 1)
    assert "none.jsonl: error: the file cannot be read: No such file or directory" in ran.err
    assert f"{world.folder}: error: this is a folder" in ran.err


def test_standard_input_is_a_file_too(world: World) -> None:
    ran = alerts("detect", "-", stdin=_line())
    assert [row["id"] for row in ran.rows] == ["a1"]


def test_one_rule_can_be_tried_alone(world: World) -> None:
    both = _line(text="Gunmen besieged Djibo. Residents fled Djibo.")
    assert [hit["rule"] for hit in _detect(world, both)[0]["hits"]] == ["siege", "flight"]
    assert [hit["rule"] for hit in _detect(world, both, options=("--rule", "siege"))[0]["hits"]] == ["siege"]


def test_an_unknown_rule_is_a_slip_of_the_pen(world: World) -> None:
    ran = alerts("detect", "--rule", "seige", world.write("a.jsonl", _line()))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "alerts: there is no rule 'seige' in force; did you mean 'siege'?\n"


def test_a_country_can_be_given_by_name_and_a_wrong_one_is_told(world: World) -> None:
    path = world.write("a.jsonl", _line())
    assert alerts("detect", "--country", "Burkina Faso", path).code == 0
    ran = alerts("detect", "--country", "Burkina Fasso", path)
    assert (ran.code, ran.out) == (1, "")
    assert "'Burkina Fasso' is no country" in ran.err


def test_a_bad_time_is_told_before_anything_is_read(world: World) -> None:
    ran = alerts("detect", "--published", "tomorrow", "none.jsonl")
    assert ran.code == 2
    assert "'tomorrow' is no time" in ran.err


def test_without_a_configuration_the_shipped_rules_are_used(
    world: World, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.write("a.jsonl", _line())
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    [row] = alerts("detect", path).rows
    assert "displacement" in {hit["rule"] for hit in row["hits"]}
    assert not list(elsewhere.iterdir())


def test_a_configuration_that_was_asked_for_must_be_there(world: World) -> None:
    ran = alerts("detect", "-c", "other.toml", world.write("a.jsonl", _line()))
    assert ran.code == 1
    assert "other.toml: error: there is no such file; begin with a copy: cp " in ran.err
    example = ran.err.split("cp ")[1].split()[0]
    assert Path(example).name == "config.example.toml"
    assert Path(example).is_file()


def test_a_faulty_rule_is_told_and_the_others_go_on(world: World) -> None:
    broken = world.write("rules/bad.toml", "format = 1\n")
    ran = alerts("detect", world.write("a.jsonl", _line()))
    assert ran.code == 0
    assert ran.rows[0]["hits"]
    assert f"{broken}:" in ran.err


def test_a_hint_of_another_kind_is_left_out_and_told_once(world: World) -> None:
    path = world.write("a.jsonl", _line(country=["SYR"]) + "\n" + _line(country=["IRQ"], source=4))
    ran = alerts("detect", path)
    assert (ran.code, len(ran.rows)) == (0, 2)
    assert [line for line in ran.err.splitlines() if "is not text" in line] == [
        f"{path}:1: warning: 'country' is not text: it is left out, here and wherever it is so",
        f"{path}:2: warning: 'source' is not text: it is left out, here and wherever it is so",
    ]
