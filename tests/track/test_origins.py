from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from alerts.track.origins import (
    add,
    assign,
    containment,
    independent,
    named_sources,
    near_copies,
    origin_of,
    same_story,
    shingles,
    similarity,
)
from alerts.types import Evidence
from tests.track.make import evidence

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


def test_shingles_do_not_see_capitals_accents_or_punctuation() -> None:
    assert shingles("The town of Żarnów fell, they said.") == shingles("THE TOWN OF ZARNOW FELL — they said")


def test_shingles_are_the_same_in_another_process() -> None:
    code = f"from alerts.track.origins import shingles; print(sorted(shingles({OTHER!r})))"
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
        assert told.stdout.strip() == str(sorted(shingles(OTHER)))


def test_a_text_shorter_than_a_shingle_still_has_one() -> None:
    assert len(shingles("Market hit")) == 1
    assert shingles(" — ") == frozenset()


def test_a_copy_under_another_headline_is_a_near_copy() -> None:
    assert near_copies(shingles("Rockets kill nine\n" + WIRE), shingles("Market attack in Arlo leaves dead\n" + WIRE))


def test_a_shortened_copy_is_a_near_copy() -> None:
    assert near_copies(shingles(WIRE), shingles(WIRE[: len(WIRE) // 3]))


def test_a_copy_inside_a_much_longer_article_is_a_near_copy() -> None:
    longer = shingles(OTHER + " " + WIRE + " " + " ".join(f"word{i}" for i in range(600)))
    assert similarity(shingles(WIRE), longer) < 0.2
    assert containment(shingles(WIRE), longer) > 0.9
    assert near_copies(shingles(WIRE), longer)


def test_a_copy_with_every_ninth_word_changed_is_a_near_copy() -> None:
    words = WIRE.split()
    edited = " ".join("instead" if i % 9 == 4 else word for i, word in enumerate(words))
    assert near_copies(shingles(WIRE), shingles(edited))


def test_two_reports_of_one_event_in_their_own_words_are_no_copies() -> None:
    assert not near_copies(shingles(WIRE), shingles(OTHER))


def test_texts_without_words_are_no_copies() -> None:
    assert not near_copies(shingles(""), shingles(""))


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


def test_a_story_is_the_same_for_the_same_article_and_for_copies() -> None:
    known: list[Evidence] = [evidence("1", text=WIRE)]
    assert same_story(evidence("2", text=WIRE), known)
    assert same_story(replace(evidence("1", text=OTHER), revision=2), known)
    assert not same_story(evidence("2", text=OTHER), known)
