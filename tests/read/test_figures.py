"""Figures: what happened to how many, under which term, newly or as a stock."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read import dates, numbers
from alerts.read.figures import figures
from alerts.read.governing import govern
from alerts.read.sentences import sentences
from alerts.read.text import words
from alerts.types import Figure, Place

SHARED = Path(__file__).parents[3] / "shared"
DAY = datetime(2020, 3, 10, tzinfo=UTC)


def read(text: str, published: datetime = DAY) -> list[Figure]:
    found = [words(s.text) for s in sentences("", text)[0]]
    return figures(
        [(w, govern(w, numbers.find(w))) for w in found],
        place_at=lambda sentence, word: None,
        published=published,
        dates_at=lambda i: dates.find(found[i], published),
    )


def short(text: str) -> list[tuple[str, float, str | None, str | None]]:
    return [(f.kind, f.stated, f.unit, f.term) for f in read(text)]


@pytest.mark.parametrize(
    ("text", "kind", "stated", "unit", "term"),
    [
        ("Shelling displaced 2,500 people in the valley.", "displaced", 2500, "people", "displaced"),
        ("Some 2,500 people were displaced by shelling.", "displaced", 2500, "people", "displaced"),
        ("The flood forced the evacuation of 640 residents.", "displaced", 640, "people", "evacuated"),
        ("About 90 families had to be evacuated on Monday.", "displaced", 90, "households", "evacuated"),
        ("Forty homes were evacuated near the dam.", "displaced", 40, "households", "evacuated"),
        ("Clashes forced 700 villagers to flee their homes.", "displaced", 700, "people", "forced_to_flee"),
        ("At least 4,000 fled across the river.", "displaced", 4000, "people", "forced_to_flee"),
        ("The fire drove 1,300 people out of their homes.", "displaced", 1300, "people", "forced_to_flee"),
        ("The storm left 310 people homeless.", "displaced", 310, "people", "homeless"),
        ("Some 5,000 residents were moved to safer places.", "displaced", 5000, "people", "relocated"),
        ("Another 820 people took shelter in schools.", "displaced", 820, "people", "sheltered"),
        ("Nearly 3,000 people are sheltering in relief camps.", "displaced", 3000, "people", "in_relief_camp"),
        ("The quake destroyed 215 houses.", "housing", 215, "households", "destroyed_housing"),
        ("Some 80 huts collapsed in the rain.", "housing", 80, "households", "destroyed_housing"),
        ("Hail damaged 1,100 homes.", "housing", 1100, "households", "partially_destroyed_housing"),
        ("More than 60 homes were damaged or destroyed.", "housing", 60, "households", "destroyed_housing"),
        ("Number of displaced: 452", "displaced", 452, "people", "displaced"),
        ("A blast killed 14 soldiers.", "killed", 14, "people", None),
        ("The death toll rose to 57.", "killed", 57, "people", None),
        ("The raid left 23 dead.", "killed", 23, "people", None),
        ("Gunmen wounded nine policemen.", "injured", 9, "people", None),
        ("Fighting has trapped 30,000 civilians in the city.", "trapped", 30_000, "people", None),
        ("Some 170,000 people are in urgent need of food aid.", "in_need", 170_000, "people", None),
    ],
)
def test_a_number_takes_the_verb_it_belongs_to(
    text: str, kind: str, stated: float, unit: str, term: str | None
) -> None:
    assert short(text) == [(kind, stated, unit, term)]


def test_each_number_of_a_list_takes_its_own_verb() -> None:
    assert [f[:2] for f in short("A blast killed 12 people, wounded 30 and forced 400 to leave their homes.")] == [
        ("killed", 12),
        ("injured", 30),
        ("displaced", 400),
    ]
    assert [f[:2] for f in short("Two people died, 45 huts were destroyed and more than 200 damaged.")] == [
        ("killed", 2),
        ("housing", 45),
        ("housing", 200),
    ]


def test_numbers_joined_by_and_share_their_verb() -> None:
    assert [f[:2] for f in short("The battle killed 103 militants as well as 71 soldiers.")] == [
        ("killed", 103),
        ("killed", 71),
    ]


def test_who_kills_is_not_counted_among_the_dead() -> None:
    assert [f[:2] for f in short("Two soldiers killed 20 civilians in the town.")] == [("killed", 20)]


def test_a_number_in_brackets_repeats_and_one_after_including_divides() -> None:
    assert [f[1] for f in short("About 300 families (1,600 people) were displaced.")] == [300]
    assert [f[1] for f in short("At least 15 people, including 3 children, were killed.")] == [15]
    assert [f[1] for f in short("Six children were among 19 people killed.")] == [19]
    assert [f[1] for f in short("Some 900 people fled, of whom 200 have been evacuated.")] == [900]


def test_where_no_number_is_given_a_civilian_is_one() -> None:
    assert [f[:2] for f in short("A policeman was killed by a sniper.")] == [("killed", 1)]
    assert [f[:2] for f in short("A girl and a man were killed and six others injured.")] == [
        ("injured", 6),
        ("killed", 2),
    ]
    assert [f[:2] for f in short("Troops shot and killed a Palestinian near the fence.")] == [("killed", 1)]
    assert [f[1] for f in short("A policeman said 12 people were killed.")] == [12]


def test_towns_and_rockets_are_neither_killed_nor_displaced() -> None:
    assert short("Floods displaced families in 14 districts and 30 rockets killed nobody.") == []


def test_people_living_displaced_are_a_stock_and_a_flight_is_new() -> None:
    assert [f.flow for f in read("The camp hosts 8,000 displaced people.")] == ["stock"]
    assert [f.flow for f in read("Some 8,000 people fled on Sunday.")] == ["new"]
    assert [f.flow for f in read("Some 8,000 newly displaced people arrived.")] == ["new"]


def test_of_those_who_fled_and_are_said_to_remain_nobody_fled_now() -> None:
    for text in ("Some 8,000 people who fled the war remain in Juba.", "Juba hosts 8,000 people who fled the war."):
        assert [f.flow for f in read(text)] == ["stock"], text
    assert [f.flow for f in read("Some 8,000 people fled the war zone, and few remain.")] == ["new"]
    assert [f.flow for f in read("Some 8,000 people who fled on foot reached Juba.")] == ["new"]


def test_totals_since_long_ago_are_a_stock() -> None:
    for text in (
        "Nine years of war have killed 400,000 people.",
        "An offensive in July killed 900 civilians.",
        "More than 60,000 people have been displaced since July.",
        "The raid killed two, bringing the total toll to 170 dead.",
    ):
        assert read(text)[-1].flow == "stock", text


def test_the_place_is_asked_for_where_the_number_stands() -> None:
    here = Place(id="SYR", name="Syria", country="SYR", precision="country")
    sentence = words("In Syria 40 people were killed.")
    asked: list[tuple[int, int]] = []

    def place_at(index: int, word: int) -> Place | None:
        asked.append((index, word))
        return here

    (figure,) = figures([(sentence, govern(sentence, numbers.find(sentence)))], place_at=place_at, published=DAY)
    assert figure.place is here and asked == [(0, 2)]


def test_the_same_figure_told_twice_comes_once() -> None:
    assert len(read("A raid killed 12 people. The 12 people killed were farmers.")) == 1


PIECES = st.sampled_from(
    """12 300 1,200 two dozens several people families homes villages were was killed displaced evacuated fled damaged
    or and destroyed of the in camps homeless toll to from their home ( ) , ; including evacuation number wounded a
    soldier hundreds thousands half shelter took refuge need aid left people's forced about more than who""".split()
)


@given(st.lists(PIECES, max_size=40).map(" ".join) | st.text(max_size=150))
def test_no_text_raises_and_every_figure_is_sane(text: str) -> None:
    for figure in read(text):
        assert figure.unit in ("people", "households") and figure.flow in ("new", "stock")
        assert 0 <= figure.low <= figure.high
        assert figure.text and figure.text in figure.sentence


@pytest.mark.parametrize("bit", ["12 killed ", "displaced ", "300 people and ", "camps (12) ", "number of dead "])
def test_no_text_is_slow(bit: str) -> None:
    began = time.perf_counter()
    read(bit * (40_000 // len(bit)))
    assert time.perf_counter() - began < 5


@pytest.mark.skipif(not (SHARED / "seed" / "idlib.txt").exists(), reason="the article is not here")
def test_the_first_article_gives_its_news_and_keeps_its_background_apart() -> None:
    found = read((SHARED / "seed" / "idlib.txt").read_text(), datetime(2019, 12, 22, tzinfo=UTC))
    news = {(f.kind, f.stated) for f in found if f.flow == "new"}
    assert {("killed", 103), ("killed", 71), ("displaced", 20_000)} == news
    for stated in (400_000, 560_000, 6_000_000, 11_000_000):
        assert all(f.flow == "stock" for f in found if f.stated == stated)


@pytest.mark.skipif(not (SHARED / "eval" / "figures_dev.jsonl").exists(), reason="the figures are not here")
def test_analysts_figures_are_read_about_as_they_read_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SHARED / "eval"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import score_figures  # type: ignore[import-not-found]

    gold = {row["id"]: row for row in map(json.loads, (SHARED / "eval" / "figures_dev.jsonl").read_text().splitlines())}
    detected = {
        id_: {
            "figures": [{"kind": f.kind, "stated": f.stated, "unit": f.unit, "term": f.term} for f in read(row["text"])]
        }
        for id_, row in gold.items()
    }
    score = score_figures.score(gold, detected)
    assert score["quantity"] >= 0.9 and score["unit"] >= 0.98 and score["term"] >= 0.95 and score["extra"] <= 0.25
