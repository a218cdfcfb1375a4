"""Which places a sentence names, and what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.read.places import Gazetteer, Mention
from alerts.read.text import words
from alerts.types import Place


def named(gazetteer: Gazetteer, sentence: str) -> list[Mention]:
    return gazetteer.mentions(words(sentence))


def meant(gazetteer: Gazetteer, *sentences: str, hint: str | None = None) -> list[dict[str, Place | None]]:
    """For each sentence of an article, its names and what they mean."""
    mentions = [named(gazetteer, sentence) for sentence in sentences]
    places = gazetteer.resolve(mentions, hint=hint)
    return [
        {mention.text: place for mention, place in zip(row, resolved, strict=True)}
        for row, resolved in zip(mentions, places, strict=True)
    ]


def one(gazetteer: Gazetteer, name: str, *sentences: str, hint: str | None = None) -> Place:
    """What `name` means in an article; it must be found and certain."""
    for row in meant(gazetteer, *sentences, hint=hint):
        if name in row:
            place = row[name]
            assert place is not None, f"{name} is in doubt"
            return place
    raise AssertionError(f"{name} is not found")


@pytest.mark.parametrize(
    ("name", "country", "id_"),
    [
        ("Idlib", "SYR", "gn:169389"),
        ("Idleb", "SYR", "gn:169389"),
        ("Saraqib", "SYR", "gn:164816"),
        ("Saraqeb", "SYR", "gn:164816"),
        ("Maaret al-Numan", "SYR", "gn:167611"),
        ("Ma'arrat al-Nu'man", "SYR", "gn:167611"),
        ("Maarrat an-Nouman", "SYR", "gn:167611"),
        ("El Fasher", "SDN", "gn:379555"),
        ("Al-Fashir", "SDN", "gn:379555"),
        ("Al Fashir", "SDN", "gn:379555"),
        ("El-Fasher", "SDN", "gn:379555"),
        ("Goma", "COD", "gn:216281"),
        ("Minova", "COD", "x:COD-minova"),
        ("Pokrovsk", "UKR", "gn:704422"),
        ("Khan Younis", "PSE", "gn:281124"),
        ("Khan Yunis", "PSE", "gn:281124"),
        ("Hodeidah", "YEM", "gn:79415"),
        ("Al Hudaydah", "YEM", "gn:79415"),
        ("Mekelle", "ETH", "gn:331180"),
        ("Cabo Delgado", "MOZ", "MZ-P"),
        ("Gaza", "PSE", "PS.GZ"),
        ("Gaza City", "PSE", "gn:281133"),
        ("Darfur", "SDN", "x:SDN-darfur"),
        ("North Kivu", "COD", "CD-NK"),
        ("Baqouba", "IRQ", "gn:97990"),
    ],
)
def test_every_common_spelling_leads_to_the_same_place(gazetteer: Gazetteer, name: str, country: str, id_: str) -> None:
    place = one(gazetteer, name, f"Shells fell in {name} overnight, residents said.")
    assert (place.id, place.country) == (id_, country)


@pytest.mark.parametrize(
    ("sentence", "name", "id_"),
    [
        ("Ten people died in Idlib province.", "Idlib", "SY-ID"),
        ("Fighting went on in Hilmand governorate.", "Hilmand", "AF-HEL"),
        ("Shells hit Zamzam camp at dawn.", "Zamzam", "x:SDN-zamzam"),
        ("They entered the city of Idlib.", "Idlib", "gn:169389"),
        ("Kachin state saw new clashes.", "Kachin", "MM-11"),
        ("Two million live in the province of Aleppo.", "Aleppo", "SY-HL"),
    ],
)
def test_the_word_for_its_kind_says_which_of_two_places_is_meant(
    gazetteer: Gazetteer, sentence: str, name: str, id_: str
) -> None:
    assert one(gazetteer, name, sentence).id == id_


def test_a_part_of_a_country_has_the_precision_of_the_country(gazetteer: Gazetteer) -> None:
    place = one(gazetteer, "northwest Syria", "Thousands fled northwest Syria.")
    assert (place.country, place.precision) == ("SYR", "country")


def test_a_region_named_by_compass_is_found_whole(gazetteer: Gazetteer) -> None:
    assert one(gazetteer, "eastern Ghouta", "Aid reached eastern Ghouta.").id == "x:SYR-eastern-ghouta"
    assert one(gazetteer, "southern Gaza", "Tanks rolled into southern Gaza.").country == "PSE"


@pytest.mark.parametrize(
    ("sentence", "name", "country"),
    [
        ("قتل ثلاثة أشخاص في الفاشر", "الفاشر", "SDN"),
        ("قصف على بإدلب", "بإدلب", "SYR"),
        ("Удар по Покровску унес три жизни, Украина", "Покровску", "UKR"),
        ("В Харькове погибли люди", "Харькове", "UKR"),
        ("Des combats à Goma", "Goma", "COD"),
    ],
)
def test_other_scripts_and_their_endings_are_read(gazetteer: Gazetteer, sentence: str, name: str, country: str) -> None:
    assert one(gazetteer, name, sentence).country == country


@pytest.mark.parametrize(
    "sentence",
    [
        "The monitor's head, Rami Abdul Rahman, spoke to reporters.",
        "President Lincoln was remembered on Thursday.",
        "Jordan Pickford saved a late shot.",
        "He writes for the New York Times and Zaman al-Wasl.",
        "Reading is good for children, the company said in March.",
        "Fighters of Hayat Tahrir al-Sham withdrew.",
        "The deal was split on Monday, Inc. magazine reported.",
        "Boko Haram and the United Nations were named.",
        "thousands fled from goma to minova",
        "",
    ],
)
def test_persons_papers_groups_and_common_words_are_no_places(gazetteer: Gazetteer, sentence: str) -> None:
    assert [mention.text for mention in named(gazetteer, sentence) if not mention.weak] == []


def test_a_common_word_is_a_place_where_the_sentence_says_so(gazetteer: Gazetteer) -> None:
    assert one(gazetteer, "Reading", "Floods closed roads in Reading, England.").country == "GBR"


@pytest.mark.parametrize(
    ("sentence", "name", "country"),
    [
        ("Syrian troops moved in.", "Syrian", "SYR"),
        ("Washington said it would wait.", "Washington", "USA"),
        ("The truce announced by Moscow held.", "Moscow", "RUS"),
        ("U.S. troops arrived.", "U.S.", "USA"),
        ("The Damascus regime refused.", "Damascus", "SYR"),
    ],
)
def test_peoples_and_governments_are_weak_and_mean_the_country(
    gazetteer: Gazetteer, sentence: str, name: str, country: str
) -> None:
    mention = next(mention for mention in named(gazetteer, sentence) if mention.text == name)
    assert mention.weak
    place = one(gazetteer, name, sentence)
    assert (place.country, place.precision) == (country, "country")
    assert place.confidence <= 0.6


def test_the_capital_itself_is_no_government(gazetteer: Gazetteer) -> None:
    mention = named(gazetteer, "A bomb went off in Damascus.")[0]
    assert mention.located
    assert not mention.weak
    assert one(gazetteer, "Damascus", "A bomb went off in Damascus.").precision == "city"


def test_us_is_a_country_only_in_capitals(gazetteer: Gazetteer) -> None:
    assert named(gazetteer, "He told us and Us again.") == []


def test_an_unknown_village_is_kept_without_a_meaning(gazetteer: Gazetteer) -> None:
    sentence = "An outpost in the village of Blurgashta was cut off."
    mention = named(gazetteer, sentence)[0]
    assert (mention.text, mention.candidates, mention.kind) == ("Blurgashta", (), "city")
    assert gazetteer.resolve([[mention]], hint="SYR") == [[None]]


def test_a_name_of_two_countries_follows_the_article(gazetteer: Gazetteer) -> None:
    tell = "Troops surrounded an outpost in the village of Sorman."
    assert one(gazetteer, "Sorman", tell, "The war in Syria goes on.", "Idlib province burns.").country == "SYR"
    assert one(gazetteer, "Sorman", tell, "Libya's government met in Misrata and Sabratha.").country == "LBY"


def test_the_name_beside_decides(gazetteer: Gazetteer) -> None:
    assert one(gazetteer, "Tripoli", "Clashes in Tripoli, Lebanon, went on.").country == "LBN"
    assert one(gazetteer, "Tripoli", "Clashes in Tripoli, Libya, went on.").country == "LBY"


def test_the_country_of_the_feed_decides_between_equals(gazetteer: Gazetteer) -> None:
    tell = "Militia entered Bor on Tuesday."
    assert one(gazetteer, "Bor", tell, hint="SSD").country == "SSD"
    assert one(gazetteer, "Bor", tell, hint="SRB").country == "SRB"


def test_a_small_town_of_another_country_is_not_believed(gazetteer: Gazetteer) -> None:
    row = meant(gazetteer, "Rebels took Millis.", "In Syria, Aleppo and Homs saw fighting.", hint="SYR")[0]
    assert row.get("Millis") is None


def test_a_unknown_spelling_is_known_by_its_consonants(gazetteer: Gazetteer) -> None:
    assert one(gazetteer, "Khan Shaikhoon", "Gas was used in Khan Shaikhoon in Syria.").name == "Khan Sheikhun"


def test_answers_have_the_shape_of_the_question(gazetteer: Gazetteer) -> None:
    mentions = [named(gazetteer, text) for text in ("Goma and Bukavu.", "nothing here", "Kigali.")]
    places = gazetteer.resolve(mentions)
    assert [len(row) for row in places] == [2, 0, 1]


def test_a_place_knows_what_it_lies_in(gazetteer: Gazetteer) -> None:
    place = gazetteer.by_id("gn:164816")
    assert place is not None
    assert (place.name, place.country, place.admin1, place.admin1_name) == ("Saraqib", "SYR", "SY-ID", "Idlib")
    assert place.lat is not None
    assert abs(place.lat - 35.86) < 0.1
    assert gazetteer.chain("gn:164816") == ("gn:164816", "SY-ID", "SYR")


def test_darfur_contains_its_states(gazetteer: Gazetteer) -> None:
    assert gazetteer.chain("gn:379555") == ("gn:379555", "SD-DN", "x:SDN-darfur", "SDN")


def test_unknown_ids_have_no_place_and_no_chain(gazetteer: Gazetteer) -> None:
    for id_ in ("gn:1", "gn:abc", "gn:99999999999999999999", "XX-YY", "", "#"):
        assert gazetteer.by_id(id_) is None
        assert gazetteer.chain(id_) == ()


@pytest.mark.parametrize(
    ("written", "alpha3"),
    [
        ("SY", "SYR"),
        ("syr", "SYR"),
        ("Syria", "SYR"),
        ("Syrian", "SYR"),
        ("Siria", "SYR"),
        ("سوريا", "SYR"),
        ("DRC", "COD"),
        ("Côte d'Ivoire", "CIV"),
        ("NO", "NOR"),
        ("Norwy", None),
        ("Idlib", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_code_name_or_people(gazetteer: Gazetteer, written: str, alpha3: str | None) -> None:
    assert gazetteer.country_of(written) == alpha3


def test_a_place_is_looked_up_as_a_person_writes_it(gazetteer: Gazetteer) -> None:
    def found(name: str, country: str | None = None) -> str | None:
        place = gazetteer.lookup(name, country)
        return place.id if place else None

    assert found("El Fasher") == "gn:379555"
    assert found("Idlib province") == "SY-ID"
    assert found("idlib") == "gn:169389"
    assert found("SY-ID") == "SY-ID"
    assert found("Tripoli", "LBN") == "gn:266826"
    assert found("Tripoli", "Libya") == "gn:2210247"
    assert found("Tripoli", "Atlantis") is None
    assert found("Qwertyuiop") is None


def test_the_namesakes_of_a_place_are_given_the_best_known_first(gazetteer: Gazetteer) -> None:
    found = [(place.id, place.country) for place in gazetteer.namesakes("Tripoli")]
    assert found[:2] == [("gn:2210247", "LBY"), ("gn:266826", "LBN")]
    assert {place.country for place in gazetteer.namesakes("Tripoli", "LBN")} == {"LBN"}
    assert [place.id for place in gazetteer.namesakes("SY-ID")] == ["SY-ID"]
    assert gazetteer.namesakes("Qwertyuiop") == []


def test_a_region_of_several_provinces_can_name_them(gazetteer: Gazetteer) -> None:
    darfur = gazetteer.lookup("Darfur")
    assert darfur is not None
    names = {place.name for place in gazetteer.provinces(darfur.id)}
    assert names == {"West Darfur", "South Darfur", "North Darfur", "East Darfur", "Central Darfur"}
    assert gazetteer.provinces("SY-ID") == []
    assert gazetteer.provinces("nowhere") == []


_TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            "Goma in the al -Sham Ras Idlib's U.S. President CAR camp of village , . - Al-Bab New York Jordan said ? "
            "الفاشر Киеве İstanbul ß ﬁ Sheikh northern 1,200 Saint St . Ma'arrat Deir ez-Zor province".split(" ")
        ),
        max_size=14,
    ).map(" ".join),
)


@settings(max_examples=150, deadline=None)
@given(text=_TEXTS)
def test_no_text_is_too_odd_and_spans_lie_inside_it(gazetteer: Gazetteer, text: str) -> None:
    sentence = words(text)
    mentions = gazetteer.mentions(sentence)
    end = 0
    for mention in mentions:
        assert end <= mention.first < mention.end <= len(sentence)
        assert mention.text == sentence.span(mention.first, mention.end)
        end = mention.end
    places = gazetteer.resolve([mentions, []], hint="SYR")
    assert [len(row) for row in places] == [len(mentions), 0]
    for place in places[0]:
        assert place is None or 0.2 < place.confidence <= 1.0


@settings(max_examples=50, deadline=None)
@given(name=st.text(max_size=30))
def test_no_name_is_too_odd_to_look_up(gazetteer: Gazetteer, name: str) -> None:
    gazetteer.country_of(name)
    gazetteer.chain(name)
    place = gazetteer.lookup(name)
    assert place is None or gazetteer.by_id(place.id) is not None


@pytest.mark.parametrize(
    ("lat", "lon", "within", "name"),
    [(13.6, 44.0, 200, "Taiz"), (-1.68, 29.22, 200, "Goma"), (0.0, -30.0, 200, None), (20.0, 10.0, 100, None)],
)
def test_the_town_next_to_a_point_is_found_if_there_is_one(
    gazetteer: Gazetteer, lat: float, lon: float, within: float, name: str | None
) -> None:
    found = gazetteer.nearest(lat, lon, within_km=within)
    assert (found.name if found else None) == name


def test_the_next_town_is_found_across_the_line_of_dates(gazetteer: Gazetteer) -> None:
    east, west = (gazetteer.nearest(-16.78, lon, within_km=200) for lon in (179.99, -179.99))
    assert east is not None and east == west and east.country == "FJI"
