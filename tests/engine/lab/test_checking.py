"""What the workbench says of the text of a rule: all faults with their lines, examples, and the difference."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.engine.lab.bench import LONGEST_RULE, Workbench
from alerts.engine.lab.checking import check
from alerts.engine.lab.drafting import drafted
from alerts.engine.lab.explaining import explained
from alerts.errors import Faults, InputError
from tests.engine.lab.texts import WATER, workbench


@pytest.fixture(scope="module")
def bench(gazetteer_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "water_cut.toml").write_text(WATER.replace('"draft"', '"active"'))
    return workbench(gazetteer_path, folder)


def test_a_sound_text_is_shown_with_what_its_examples_do(bench: Workbench) -> None:
    found = check(bench, {"name": "wells", "text": WATER})
    assert found["sound"] and found["rule"]["status"] == "draft"
    fires, quiet = found["examples"]
    assert fires["ok"] and fires["what"].startswith("fires on 'damaged the pumping station'")
    assert quiet["ok"] and "possible" in quiet["what"]
    assert found["rates"][0]["parts"][0]["one_of"] > 1
    assert any(section["title"] == "examples" for section in found["shown"])


def test_every_fault_is_told_with_its_line(bench: Workbench) -> None:
    wrong = WATER.replace("[severity]", "[severty]").replace("{{ quote }}", "{{ qoute }}").replace('"~hit"', '"a | b"')
    found = check(bench, {"name": "wells", "text": wrong})
    lines = wrong.split("\n")
    assert not found["sound"] and found["examples"] == []
    assert sorted(lines[one["line"] - 1].split()[0] for one in found["faults"]) == ["[severty]", "damage", "summary"]


def test_an_example_that_fails_is_a_fault_and_is_marked(bench: Workbench) -> None:
    found = check(bench, {"name": "wells", "text": WATER.replace("A rocket could hit", "A rocket hit")})
    assert not found["sound"]
    assert [one["ok"] for one in found["examples"]] == [True, False]
    assert "fires on 'hit the water works'" in found["faults"][0]["message"]


def test_a_rule_of_all_needs_the_others(bench: Workbench) -> None:
    text = WATER + '\n[when]\nkind = "during"\nstate = "truce"\n'
    assert any(
        "no rule keeps the state 'truce'" in one["message"]
        for one in check(bench, {"name": "w", "text": text})["faults"]
    )


def test_the_status_is_set_and_the_difference_is_that_line(bench: Workbench) -> None:
    found = check(bench, {"name": "water_cut", "text": WATER, "status": "test", "against": WATER})
    assert found["rule"]["status"] == "test"
    changed = [(one["sign"], one["text"]) for one in found["difference"] if one["sign"] in "+-"]
    assert changed == [("-", 'status = "draft"'), ("+", 'status = "test"')]


@pytest.mark.parametrize(
    "text",
    [
        "x" * (LONGEST_RULE + 1),
        "a = [" + "[" * 30_000,
        "a" * 7_000,
        "\0",
        "x = " + "1" * 5_000,
        "",
        ".".join("a" * 2_000) + " = 1",
    ],
)
def test_a_text_that_is_meant_to_hurt_is_refused_in_words(bench: Workbench, text: str) -> None:
    found = check(bench, {"name": "wells", "text": text})
    assert not found["sound"] and found["faults"]


@settings(max_examples=40)
@given(st.integers(0, len(WATER)), st.text(max_size=12), st.integers(0, 30))
def test_no_mistake_makes_a_fault_of_ours(bench: Workbench, at: int, put: str, away: int) -> None:
    text = WATER[:at] + put + WATER[at + away :]
    try:
        bench.read("wells", text)
    except Faults as error:
        assert all(fault.message for fault in error.faults)


ARTICLE: dict[str, object] = {
    "id": "1", "title": "", "text": "A rocket hit the water works of Homs. All is well.", "source": "Wire",
    "published": "2026-03-04T09:00:00+00:00", "language": None, "country": None, "tier": 2, "sections": [],
}  # fmt: skip


def test_an_article_is_explained_by_all_rules_by_one_and_by_a_text(bench: Workbench) -> None:
    every = explained(bench, {"rule": "", "article": ARTICLE})
    assert [(one["name"], one["fires"]) for one in every["rules"]] == [("water_cut", True)]
    [case] = every["rules"][0]["cases"]
    assert case["parts"] == {"damage": "hit", "water": "water works"} and case["counts"]
    text = WATER.replace('"~hit", ', "")
    [one] = explained(bench, {"rule": "water_cut", "article": ARTICLE, "text": text})["rules"]
    assert not one["fires"] and one["because"] == "missing damage"


def test_a_rule_that_is_not_there_cannot_be_asked(bench: Workbench) -> None:
    with pytest.raises(InputError, match="no rule “dry_wells”"):
        explained(bench, {"rule": "dry_wells", "article": ARTICLE})


def answers(**more: object) -> dict[str, object]:
    given = {
        "name": "wells", "title": "Wells", "event": "water", "fires": "Gunmen damaged the pumping station of Homs.",
        "quiet": "Gunmen could damage the pumping station of Homs.", "act": [], "target": [], "ignore": [],
        "place": False, "level": "severe",
    }  # fmt: skip
    return {"today": "2026-03-04", "answers": given | more}


def test_a_draft_is_made_of_two_sentences(bench: Workbench) -> None:
    found = drafted(bench, answers())
    assert not found["problems"] and found["act"]
    assert check(bench, {"name": "wells", "text": found["text"]})["sound"]


def test_a_draft_says_which_answer_is_to_blame(bench: Workbench) -> None:
    fires_too = drafted(bench, answers(quiet="Thieves damaged the pumping station of Homs."))
    assert "fires, too" in fires_too["problems"]["quiet"]
    assert "brackets" in drafted(bench, answers(act=["a | b"]))["problems"]["act"]
