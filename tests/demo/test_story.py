"""The shipped story: is it long, varied and marked enough to show what the service does?"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.demo.story import EVENTS, Item, Story, articles, load, standing
from alerts.errors import AlertsError
from alerts.read.text import fold, plain, words

OUTLETS = """
[[outlet]]
id = "gazette"
name = "Gazette"
owner = "Gazette"
tier = 2
country = "SYR"
format = "json"
encoding = "utf-8"
about = "A gazette."
"""
ARTICLE = """
[[article]]
id = "one"
outlet = "gazette"
published = 2020-01-01T10:00:00Z
title = "A headline"
text = "Nothing happened."
"""


@pytest.fixture(scope="module")
def story() -> Story:
    return load()


def shingles(markup: str) -> set[tuple[str, ...]]:
    norm = words(plain(markup)).norm
    return {norm[i : i + 4] for i in range(len(norm) - 3)}


def by_id(story: Story) -> dict[str, Item]:
    return {item.id: item for item in story.items}


def test_it_has_many_articles_of_several_outlets_over_twelve_weeks(story: Story) -> None:
    assert len({item.key for item in story.items}) >= 100
    assert len(story.outlets) >= 5
    assert {item.outlet for item in story.items} == set(story.outlets)
    assert story.ends - story.begins >= timedelta(weeks=11, days=6)
    weeks = {(item.published - story.begins).days // 7 for item in story.items}
    assert weeks >= set(range(12))


def test_every_feed_format_is_used_and_one_outlet_is_a_relief_office(story: Story) -> None:
    formats = {outlet.format for outlet in story.outlets.values()}
    assert formats == {"rss-full", "rss-cdata", "atom-full", "atom-summary", "rdf", "json"}
    assert [outlet.name for outlet in story.outlets.values() if outlet.tier == 1] == ["Relief Bulletin"]


def test_every_event_is_expected_for_sure_somewhere(story: Story) -> None:
    sure = Counter(one.event for item in story.items for one in item.expect if not one.unsure)
    assert set(sure) == EVENTS
    assert all(count >= 2 for count in sure.values())


def test_a_good_part_of_the_articles_is_ordinary_news(story: Story) -> None:
    quiet = [item for item in story.items if not item.expect]
    assert 30 <= len(quiet) <= len(story.items) / 2


def test_articles_have_the_length_of_news(story: Story) -> None:
    full = [item for item in story.items if story.outlets[item.outlet].format != "atom-summary"]
    lengths = sorted(len(words(plain(item.body))) for item in full)
    assert lengths[len(lengths) // 2] >= 100
    assert lengths[-1] <= 250


def test_every_expected_place_is_named_in_what_the_feed_carries(story: Story) -> None:
    missing = [
        (item.id, one.place)
        for item in story.items
        for one in item.expect
        if fold(one.place) not in fold(f"{item.title} {plain(item.body)}")
    ]
    assert missing == []


def test_one_article_expects_one_event_at_one_place_only_once(story: Story) -> None:
    for item in story.items:
        seen = [(one.event, one.place) for one in item.expect]
        assert len(seen) == len(set(seen)), item.id


def test_wire_copies_repeat_another_outlets_text_under_another_headline(story: Story) -> None:
    items = by_id(story)
    copies = [(item, items[item.copy_of]) for item in story.items if item.copy_of]
    assert len(copies) >= 8
    for copy, original in copies:
        assert copy.outlet != original.outlet and copy.published > original.published
        assert copy.title != original.title
        mine, theirs = shingles(copy.body), shingles(original.body)
        assert len(mine & theirs) / min(len(mine), len(theirs)) >= 0.6, copy.id


def test_articles_that_are_no_copies_share_little_text(story: Story) -> None:
    versions = {item.key: item for item in story.items if not item.copy_of}
    texts = {key: shingles(item.body) for key, item in versions.items()}
    keys = sorted(texts)
    near = [
        (one, other)
        for i, one in enumerate(keys)
        for other in keys[i + 1 :]
        if len(texts[one] & texts[other]) > 0.2 * min(len(texts[one]), len(texts[other]))
    ]
    assert near == []


def test_a_number_is_revised_upwards_in_the_same_article(story: Story) -> None:
    first, second = by_id(story)["lw-idlib-market"], by_id(story)["lw-idlib-market-19"]
    assert first.key == second.key and first.path == second.path
    killed = [one.numbers["killed"] for item in (first, second) for one in item.expect if one.event == "attack"]
    assert killed == [12, 19]


def test_a_report_is_withdrawn_and_then_expects_nothing(story: Story) -> None:
    withdrawn = by_id(story)["lw-medics-withdrawn"]
    assert withdrawn.revises == "lw-medics-taken" and withdrawn.expect == ()


def test_one_article_is_undated_and_one_has_neither_guid_nor_link(story: Story) -> None:
    assert [item.id for item in story.items if item.undated] == ["op-binnish"]
    assert [item.id for item in story.items if item.bare] == ["lw-sweida"]
    assert all(item.expect for item in story.items if item.undated or item.bare)


def test_a_feed_holds_only_what_is_published_newest_first(story: Story) -> None:
    noon = datetime(2019, 12, 24, 12, tzinfo=UTC)
    held = standing(story, "levant-wire", noon)
    assert held[0].item.id == "lw-jubas-school"
    assert [one.published for one in held] == sorted((one.published for one in held), reverse=True)
    assert all(one.published <= noon for one in held)


def test_a_revision_takes_its_articles_place(story: Story) -> None:
    before = standing(story, "levant-wire", datetime(2020, 1, 15, 18, tzinfo=UTC))
    after = standing(story, "levant-wire", datetime(2020, 1, 15, 20, tzinfo=UTC))
    assert [one.item.key for one in before] == [one.item.key for one in after]
    assert before[0].published == after[0].published < after[0].changed
    assert "19 killed" in after[0].item.title


def test_a_reader_who_looks_every_hour_misses_nothing(story: Story) -> None:
    seen: set[str] = set()
    at = story.begins
    while at < story.ends + timedelta(hours=1):
        seen |= {one.item.id for outlet in story.outlets for one in standing(story, outlet, at)}
        at += timedelta(hours=1)
    assert seen == {item.id for item in story.items}


def test_articles_for_detect_are_plain_text_with_their_source(story: Story) -> None:
    ready = {article.id: article for article in articles(story)}
    assert len(ready) == len(story.items)
    market = ready["lw-maaret-market"]
    assert market.source == "Levant Wire" and market.country == "SYR" and market.dated
    assert "<" not in market.text and "&" not in market.text
    assert not ready["op-binnish"].dated
    assert ready["lw-sweida"].url == ""


def write(folder: Path, *article_texts: str) -> Path:
    (folder / "outlets.toml").write_text(OUTLETS)
    (folder / "week-01.toml").write_text("\n".join(article_texts))
    return folder


def test_a_story_of_ones_own_can_be_loaded(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, ARTICLE))
    assert [item.body for item in loaded.items] == ["<p>Nothing happened.</p>"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ARTICLE + "colour = 'red'\n", "one: colour is not known"),
        (ARTICLE.replace('title = "A headline"', ""), "one: title is missing"),
        (ARTICLE.replace("gazette", "herald"), "there is no outlet 'herald'"),
        (ARTICLE + ARTICLE, "two articles are called 'one'"),
        (ARTICLE + "copy_of = 'two'\n", "there is no earlier article 'two'"),
        (ARTICLE + "[[article.expect]]\nevent = 'siege '\nplace = 'X'\ncountry = 'SYR'\n", "is not known"),
        (ARTICLE + "[[article", "cannot be read"),
    ],
)
def test_a_broken_story_is_refused_with_file_and_article(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AlertsError, match=message) as caught:
        load(write(tmp_path, text))
    assert str(tmp_path) in str(caught.value)
