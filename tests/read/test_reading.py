from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import Article


def reading(gazetteer: Gazetteer, text: str, *, title: str = "", country: str | None = None) -> Reading:
    published = datetime(2026, 1, 15, tzinfo=UTC)
    return Reading(Article(id="1", title=title, text=text, published=published, country=country), gazetteer)


def place_of(found: Reading, word: str) -> tuple[str | None, str | None]:
    """The place of the sentence's word that begins so, and where it was found."""
    for sentence in found.sentences:
        for i, norm in enumerate(sentence.words.norm):
            if norm.startswith(word):
                place, source, _ = found.place_of(sentence.index, i, i + 1)
                return (place.name if place else None), source
    raise AssertionError(word)


def test_the_place_is_the_one_its_sentence_says(gazetteer: Gazetteer) -> None:
    found = reading(gazetteer, "Talks went on in Geneva. Shelling killed nine people in Taiz.")
    assert place_of(found, "shelling") == ("Taiz", "sentence")


def test_of_two_places_the_nearer_one_counts(gazetteer: Gazetteer) -> None:
    found = reading(gazetteer, "Families from Goma arrived after gunmen attacked Minova in eastern Congo.")
    assert place_of(found, "attacked")[0] == "Minova"


def test_a_town_counts_before_its_country(gazetteer: Gazetteer) -> None:
    found = reading(gazetteer, "In Sudan shelling killed nine people, most of them in El Fasher.")
    assert place_of(found, "shelling")[0] == "El Fasher"


def test_without_a_place_the_sentence_before_in_the_paragraph_counts(gazetteer: Gazetteer) -> None:
    found = reading(gazetteer, "The army entered Taiz at dawn. Nine people were killed.")
    assert place_of(found, "killed") == ("Taiz", "before")


def test_another_paragraph_is_another_matter(gazetteer: Gazetteer) -> None:
    text = (
        "Shelling went on in Idlib on Monday.\nMeanwhile, a convoy left Goma.\nNine people were killed in the fighting."
    )
    assert place_of(reading(gazetteer, text, title="Shelling in Idlib"), "killed") == ("Idlib", "title")


def test_without_any_of_these_it_is_the_place_the_article_is_most_about(gazetteer: Gazetteer) -> None:
    text = "Idlib was quiet at first.\nPlanes came over Idlib at noon.\nAid went to Goma.\nNine people were killed."
    assert place_of(reading(gazetteer, text), "killed") == ("Idlib", "article")


def test_the_seat_of_a_source_is_not_the_place_of_the_event(gazetteer: Gazetteer) -> None:
    text = "Shelling hit Idlib.\nFighting killed nine people, said the monitor, which is based in Britain."
    assert place_of(reading(gazetteer, text), "killed")[0] == "Idlib"


def test_a_peoples_name_counts_only_where_no_place_is_named(gazetteer: Gazetteer) -> None:
    text = "Syrian troops killed nine people."
    assert place_of(reading(gazetteer, text), "killed") == ("Syria", "sentence")
    assert place_of(reading(gazetteer, text, title="Raid on Idlib"), "killed")[0] == "Idlib"


def test_the_feeds_country_is_the_last_resort(gazetteer: Gazetteer) -> None:
    found = reading(gazetteer, "Nine people were killed.", country="SDN")
    assert place_of(found, "killed") == ("Sudan", "feed")


def test_a_name_nobody_knows_is_told_as_printed(gazetteer: Gazetteer) -> None:
    found = reading(gazetteer, "Nine people were killed in the village of Qwartzel.")
    sentence = found.sentences[0]
    place, source, name = found.place_of(0, 3, 4)
    assert (place, source, name) == (None, "sentence", "Qwartzel"), sentence


@pytest.mark.parametrize("text", ["", " ", "\n\n", "."])
def test_nothing_to_read_is_no_fault(gazetteer: Gazetteer, text: str) -> None:
    found = reading(gazetteer, text)
    assert found.focus is None
    assert found.places in ([[]], [[], []])


@pytest.mark.parametrize(
    ("sentence", "word", "place"),
    [
        ("Nine people were killed in Dilling, a truce that Qatar had brokered notwithstanding.", "killed", "Dilling"),
        ("Gunmen of the Islamic State in Iraq killed nine herders near Kadugli.", "killed", "Kadugli"),
        ("A strike on a clinic that the Qatar Red Crescent runs killed two nurses.", "killed", "El Obeid"),
        ("Nine people were killed, a doctor said by telephone from Cairo.", "killed", "El Obeid"),
        ("Some 30 fighters were killed in US airstrikes.", "killed", "El Obeid"),
    ],
)  # fmt: skip
def test_powers_and_sources_abroad_are_not_where_it_happened(
    gazetteer: Gazetteer, sentence: str, word: str, place: str
) -> None:
    text = f"Sudan: fighting goes on around El Obeid. The Sudanese army shelled El Obeid on Monday.\n\n{sentence}"
    assert place_of(reading(gazetteer, text), word)[0] == place


def test_what_is_said_to_happen_in_a_foreign_town_happened_there(gazetteer: Gazetteer) -> None:
    text = (
        "The Sudanese army shelled El Obeid in Sudan. Sudan closed its schools.\n\nIn Adre in Chad a shell killed two."
    )
    assert place_of(reading(gazetteer, text), "killed")[0] == "Adre"


def test_a_quarter_is_in_its_town_and_not_where_its_namesake_is(gazetteer: Gazetteer) -> None:
    text = "A shell killed two people in the Salah al-Din district of Aleppo. Syria buried its dead."
    assert place_of(reading(gazetteer, text), "killed")[0] == "Aleppo"


def test_what_a_thing_is_is_not_its_name(gazetteer: Gazetteer) -> None:
    text = "Blast Kills Evacuees From Besieged Towns in Aleppo. Syria mourns."
    assert place_of(reading(gazetteer, text), "kills")[0] == "Aleppo"


def test_the_article_is_about_a_place_in_the_country_it_speaks_of(gazetteer: Gazetteer) -> None:
    text = (
        "New York - Syrian forces used gas, a rights group said. Syria denied it. More than 40 died in Douma in Syria."
    )
    focus = reading(gazetteer, text).focus
    assert focus is not None and focus.name == "Douma"


def test_of_several_countries_that_a_sentence_names_none_is_where_it_happened(gazetteer: Gazetteer) -> None:
    text = "Militants struck a barracks in Deir ez-Zor. They left fifty dead, said those who fight in Iraq and Syria."
    assert place_of(reading(gazetteer, text), "dead")[0] == "Deir ez-Zor"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The army took the town of Saraqib in Syria, where the roads from Damascus meet.", "took"),
        ("In Saraqib in Syria fifty soldiers were killed, according to Ankara.", "killed"),
    ],
)
def test_where_roads_lead_and_who_says_so_are_not_where_it_happened(gazetteer: Gazetteer, text: str, word: str) -> None:
    assert place_of(reading(gazetteer, text), word)[0] == "Saraqib"


def test_a_capital_before_a_colon_speaks(gazetteer: Gazetteer) -> None:
    text = "Turkish soldiers at Saraqib in Syria are encircled."
    found = reading(gazetteer, text, title="Ankara: encircled post will not be given up")
    assert place_of(found, "encircled")[0] == "Saraqib"


def test_what_a_place_lies_beside_is_not_where_it_happened(gazetteer: Gazetteer) -> None:
    text = "Three women died in the besieged town of Madaya, west of the Syrian capital Damascus, after shells fell."
    assert place_of(reading(gazetteer, text), "shells")[0] == "Madaya"
