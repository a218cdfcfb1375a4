from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.track.origins import (
    add,
    assign,
    copies,
    independent,
    named_sources,
    origin_of,
    repeated,
    retold,
)
from tests.track.make import count, evidence, hit

WIRE = (
    "At least nine people died when rockets fell on a street market in Arlo on Monday morning, a nurse at the "
    "town's clinic said. The market was crowded because schools had closed for the holiday. Drivers carried the "
    "wounded away on carts while smoke rose over the old bridge. Nobody said at once who had fired the rockets, "
    "and the army did not answer calls. It was the third such attack on the town since the harvest began, and "
    "shopkeepers said they would keep their doors shut until the road to the coast is safe again."
)
OTHER = (
    "Rockets struck Arlo's main market early on Monday, killing at least nine. Our reporter counted four "
    "burnt stalls and a bus without windows. The mayor, standing in the ruins of the fish hall, asked for blood "
    "donors and for generators. Relief workers had planned to open a soup kitchen next door this week; its "
    "ovens survived. A convoy with medicine left the capital at noon and is expected after dark."
)


def test_feeds_of_one_owner_are_not_independent() -> None:
    assert not independent(evidence("1", owner="Grand Media"), evidence("2", owner="grand média"))


def test_reports_that_cite_the_same_source_are_not_independent() -> None:
    one = evidence("1", cited=("the River Observatory", "residents"))
    assert not independent(one, evidence("2", cited=("river observatory",)))


def test_a_report_that_cites_another_publisher_depends_on_it() -> None:
    assert not independent(evidence("1", owner="Wire One"), evidence("2", cited=("wire one",)))


def test_citing_residents_ties_nobody_together() -> None:
    assert independent(evidence("1", cited=("residents",)), evidence("2", cited=("residents",)))


def test_a_publisher_without_a_name_is_independent_of_nobody() -> None:
    assert not independent(evidence("1", owner=""), evidence("2"))
    assert named_sources(evidence("1", owner="")) == frozenset()


def test_near_copies_by_different_owners_are_not_independent() -> None:
    assert not independent(evidence("1", text=WIRE), evidence("2", text=WIRE))


def test_the_first_teller_is_its_own_origin() -> None:
    assert origin_of(evidence("7"), []) == "7"


def test_a_copy_has_the_origin_of_what_it_copies() -> None:
    told = assign([evidence("1", text=OTHER), evidence("2", when=1, text=WIRE)])
    assert origin_of(evidence("3", when=2, text=WIRE), told) == "2"


def test_a_copy_of_an_owners_second_article_has_the_owners_origin() -> None:
    told = assign([evidence("1", owner="Wire", text=OTHER), evidence("2", when=1, owner="Wire", text=WIRE)])
    assert origin_of(evidence("3", when=2, text=WIRE), told) == "1"


def test_later_citations_do_not_tie_independent_reporters_together() -> None:
    told = assign(
        [
            evidence("1", owner="A"),
            evidence("2", when=1, owner="B"),
            evidence("3", when=2, owner="A", cited=("the mission",)),
            evidence("4", when=3, owner="B", cited=("the mission",)),
        ]
    )
    assert {item.article_id: item.origin for item in told} == {"1": "1", "2": "2", "3": "1", "4": "2"}


def test_the_earliest_publication_is_the_origin_whichever_came_in_first() -> None:
    first, copy = evidence("2", when=0, text=WIRE), evidence("1", when=3, text=WIRE)
    assert {item.origin for item in add(assign([copy]), first)} == {"2"}


@pytest.mark.parametrize("last", ["5", "0"])
def test_adding_gives_what_assigning_everything_gives(last: str) -> None:
    items = [
        evidence(str(i), when=i, text=WIRE if i % 2 else None, owner="A" if i in (2, 4) else None) for i in range(6)
    ]
    rest = [item for item in items if item.article_id != last]
    new = next(item for item in items if item.article_id == last)
    assert add(assign(rest), new) == assign(items)


def test_articles_known_to_tell_one_story_are_copies_without_a_word_in_common() -> None:
    one, other = evidence("1", text=WIRE), evidence("2", when=1, text=OTHER)
    assert not copies(one, other)
    assert copies(replace(one, story="1"), replace(other, story="1"))
    assert not copies(replace(one, story="1"), replace(other, story="2"))
    told = assign([replace(one, story="1"), replace(other, story="1")])
    assert [item.origin for item in told] == ["1", "1"]


def test_a_copy_that_was_not_found_among_all_articles_is_known_by_its_text() -> None:
    one, other = evidence("1", text=WIRE), evidence("2", when=1, text=f"{WIRE} {OTHER}")
    told = assign([replace(one, story="1"), replace(other, story="2")])
    assert [item.origin for item in told] == ["1", "1"]


def test_what_turns_out_to_be_one_story_becomes_one_origin_with_the_next_report() -> None:
    told = assign([evidence("1"), evidence("2", when=1)])
    assert [item.origin for item in told] == ["1", "2"]
    known = [replace(item, story="1") for item in told]
    assert [item.origin for item in add(known, evidence("3", when=2))] == ["1", "1", "3"]


def test_a_copy_says_the_same_again_only_with_the_same_sentence() -> None:
    [first] = assign([evidence("1", text=WIRE)])
    copy = replace(evidence("2", when=1, text=WIRE), origin="1")
    assert retold(copy, [first])
    assert not retold(replace(copy, hit=replace(copy.hit, sentence="The bridge to the coast was blown up.")), [first])
    assert not retold(replace(copy, origin="2"), [first])
    assert not retold(copy, [])


def test_a_copy_in_which_another_sentence_counts_says_the_same_again() -> None:
    [first] = assign([evidence("1", text=WIRE)])
    copy = replace(evidence("2", when=1, text=WIRE), origin="1")
    of_the_text = "The market was crowded because schools had closed for the holiday."
    assert retold(replace(copy, hit=replace(copy.hit, sentence=of_the_text)), [first])
    assert not retold(replace(copy, hit=replace(copy.hit, sentence=of_the_text.replace("schools", "banks"))), [first])


@pytest.mark.parametrize(
    ("number", "text", "same"),
    [
        pytest.param("nine people", WIRE, True, id="in the sentence"),
        pytest.param("nine people", f"Toll rises to nine people in Arlo\n{WIRE}", True, id="under another headline"),
        pytest.param("40 people", f"Toll rises to 40 people in Arlo\n{WIRE}", False, id="from another headline"),
        pytest.param("40 people", WIRE, True, id="from elsewhere in the very text"),
    ],
)
def test_a_copy_repeats_a_number_unless_its_words_may_be_new(number: str, text: str, same: bool) -> None:
    [first] = assign([evidence("1", text=WIRE)])
    found = replace(hit(numbers={"killed": replace(count(9), text=number)}), sentence=WIRE.partition(". ")[0])
    copy = replace(evidence("2", found, when=1, text=text), origin="1")
    assert repeated(copy, [first]) is same
