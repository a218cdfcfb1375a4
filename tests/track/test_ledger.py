from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from alerts.track.ledger import LAPSED, Change, LedgerEntry, closed, declared, holds, lapsed, novel, opened
from alerts.track.places import chain
from alerts.types import Place
from tests.track.make import ABROAD, ARLO, CORA, COUNTRY, NORTH, at, hours

LASTS = timedelta(days=14)


class Book:
    """The entries as the database would keep them: one open entry of a name and place."""

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []

    def open(self, when: float, place: Place = COUNTRY, *, ends: float | None = None) -> Book:
        end = None if ends is None else at(ends)
        return self.store(opened(self.entries, name="truce", place=place, at=at(when), lasts=LASTS, by="x", ends=end))

    def close(self, when: float, place: Place = COUNTRY) -> Book:
        return self.store(closed(self.entries, name="truce", place=place, at=at(when), by="y"))

    def store(self, changes: Sequence[Change]) -> Book:
        for change in changes:
            if change.action == "open":
                self.entries.append(replace(change.entry, id=len(self.entries)))
            else:
                assert change.entry.id is not None
                self.entries[change.entry.id] = change.entry
            still = [(entry.name, entry.place_id) for entry in self.entries if entry.until is None]
            assert len(still) == len(set(still))
        return self

    def at(self, when: float, place: Place = ARLO, grace: timedelta = timedelta(0)) -> bool:
        return holds(self.entries, chain(place), at(when), grace) is not None


def test_a_state_of_a_country_covers_its_towns() -> None:
    book = Book().open(0)
    assert book.at(5, ARLO)
    assert not book.at(5, ABROAD)


def test_a_state_of_a_town_does_not_cover_its_country() -> None:
    book = Book().open(0, ARLO)
    assert not book.at(5, COUNTRY)
    assert not book.at(5, CORA)


def test_the_finest_place_decides() -> None:
    book = Book().open(0, COUNTRY).open(1, ARLO)
    entry = holds(book.entries, chain(ARLO), at(5))
    assert entry is not None
    assert entry.place_id == ARLO.id


def test_a_state_does_not_hold_before_it_began() -> None:
    assert not Book().open(10).at(9)


def test_news_of_what_went_before_has_its_grace() -> None:
    book = Book().open(0)
    assert not book.at(5, grace=hours(6))
    assert book.at(6, grace=hours(6))


def test_a_state_lapses_unless_it_is_confirmed_again() -> None:
    assert Book().open(0).at(14 * 24)
    assert not Book().open(0).at(14 * 24 + 1)
    assert Book().open(0).open(24 * 10).at(24 * 20)


def test_a_confirmation_is_no_second_entry() -> None:
    book = Book().open(0).open(5)
    assert [(entry.since, entry.confirmed_at) for entry in book.entries] == [(at(0), at(5))]


def test_the_end_that_the_text_names_stands() -> None:
    book = Book().open(0, ends=72)
    assert book.at(72)
    assert not book.at(73)
    assert not Book().open(0).open(1, ends=72).at(73)


def test_a_lapsed_state_is_closed_before_it_begins_anew() -> None:
    book = Book().open(0).open(24 * 30)
    assert [entry.closed_by for entry in book.entries] == [LAPSED, None]
    assert not book.at(24 * 20)
    assert book.at(24 * 31)


def test_what_lapsed_is_closed_as_of_then() -> None:
    book = Book().open(0)
    assert lapsed(book.entries, at(24 * 14)) == ()
    book.store(lapsed(book.entries, at(24 * 40)))
    assert book.entries[0].until == at(24 * 14)


def test_late_word_that_a_lapsed_state_went_on_lengthens_it() -> None:
    book = Book().open(0)
    book.store(lapsed(book.entries, at(24 * 15))).open(24 * 10)
    assert book.at(24 * 20)


def test_a_closed_state_holds_until_its_end() -> None:
    book = Book().open(0).close(10)
    assert book.at(10)
    assert not book.at(11)


def test_late_word_of_the_beginning_does_not_undo_the_end() -> None:
    book = Book().open(0).close(10).open(5)
    assert not book.at(11)
    assert len(book.entries) == 1


def test_late_word_of_an_earlier_beginning_moves_it_back() -> None:
    book = Book().open(10).open(2)
    assert book.at(3)
    assert len(book.entries) == 1


def test_a_state_that_began_again_after_its_end_is_a_new_entry() -> None:
    book = Book().open(0).close(10).open(20)
    assert [book.at(when) for when in (5, 15, 25)] == [True, False, True]


def test_late_word_of_an_end_before_the_last_confirmation_parts_the_state() -> None:
    book = Book().open(0).open(20).close(10)
    assert [book.at(when) for when in (5, 15, 25)] == [True, False, True]


def test_an_end_reported_earlier_moves_the_end() -> None:
    assert not Book().open(0).close(10).close(8).at(9)
    assert not Book().open(0).close(8).close(10).at(9)


def test_the_end_for_a_country_ends_it_in_its_towns() -> None:
    assert not Book().open(0, ARLO).close(5, COUNTRY).at(6)


def test_the_end_in_a_town_does_not_end_it_in_the_country() -> None:
    book = Book().open(0, COUNTRY).open(0, ARLO).close(5, ARLO)
    assert book.at(6, CORA)


def test_an_end_without_a_state_is_remembered_and_nothing_holds() -> None:
    book = Book().close(5).close(5)
    [entry] = book.entries
    assert (entry.since, entry.until, entry.opened_by, entry.closed_by) == (at(5), at(5), "y", "y")
    assert not any(book.at(when) for when in (4, 5, 6))
    assert Book().open(0, NORTH).close(5, CORA).at(6)


def test_a_beginning_that_is_reported_after_its_end_is_over_by_then() -> None:
    for place in (ARLO, COUNTRY):
        book = Book().close(5, place).open(2, ARLO)
        assert [book.at(when) for when in (1, 3, 5, 6, 24)] == [False, True, True, False, False]
        assert book.close(5, place).open(3, ARLO).open(9, ARLO).at(10)


def test_an_end_reported_first_in_one_town_does_not_end_it_in_another() -> None:
    assert Book().close(5, CORA).open(2, ARLO).at(6)
    assert Book().close(5, ARLO).open(2, COUNTRY).at(6, ARLO)


def test_a_state_is_not_confirmed_past_an_end_that_was_reported_first() -> None:
    book = Book().close(24 * 15).open(0).open(24 * 10)
    assert [book.at(24 * day) for day in (14, 15, 16)] == [True, True, False]


def test_a_beginning_before_a_reported_end_is_not_that_of_a_later_state() -> None:
    book = Book().close(10).open(20).open(5)
    assert [book.at(when) for when in (5, 10, 15, 20, 25)] == [True, True, False, True, True]


reports = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([ARLO, CORA, COUNTRY])), max_size=4)


@given(st.integers(0, 30), st.sampled_from([ARLO, COUNTRY]), reports, st.randoms(use_true_random=False))
def test_what_holds_when_does_not_change_with_the_order_of_a_beginning_and_its_ends(
    began: int, where: Place, ends: list[tuple[int, Place]], random: Random
) -> None:
    told = [(began, where, True), *((day, place, False) for day, place in ends)]
    other = random.sample(told, len(told))
    assert holding(told) == holding(other)


@given(st.integers(0, 30), st.integers(0, 30), reports, st.booleans())
def test_a_beginning_and_an_end_may_come_in_either_way_whatever_ended_before(
    began: int, ended: int, ends: list[tuple[int, Place]], again: bool
) -> None:
    before = [(day, place, False) for day, place in ends] + [(began + 3, ARLO, True)] * again
    begin, end = (began, ARLO, True), (ended, ARLO, False)
    assert holding([*before, begin, end]) == holding([*before, end, begin])


def holding(told: Sequence[tuple[int, Place, bool]]) -> list[tuple[int, str]]:
    """When (in half days) and where it holds, after reports by day in this order."""
    book = Book()
    for day, place, begins in told:
        (book.open if begins else book.close)(24 * day, place)
    return [(half, place.id) for half in range(100) for place in (ARLO, CORA, COUNTRY) if book.at(12 * half, place)]


def test_another_state_is_left_alone() -> None:
    book = Book().open(0)
    assert book.store(closed(book.entries, name="siege", place=COUNTRY, at=at(5), by="y")).at(6)
    assert len(opened(book.entries, name="siege", place=COUNTRY, at=at(6), lasts=LASTS, by="x")) == 1


def test_a_word_of_a_long_lapsed_state_is_kept_beside_the_one_in_force() -> None:
    book = Book().open(24 * 60).open(0)
    assert [book.at(24 * day) for day in (5, 20, 61)] == [True, False, True]


def test_an_event_is_novel_once_in_its_time() -> None:
    assert novel(None, at(0), hours(10))
    assert novel(at(0), at(11), hours(10))
    assert not novel(at(0), at(10), hours(10))
    assert not novel(at(0), at(-50), hours(10))


def test_a_confirmation_does_not_put_off_an_end_that_was_named() -> None:
    book = Book().open(0, ends=72).open(48)
    assert book.at(72)
    assert not book.at(73)


def test_a_truce_that_is_extended_is_put_off() -> None:
    book = Book().open(0, ends=72)
    book.store(opened(book.entries, name="truce", place=COUNTRY, at=at(48), lasts=LASTS, by="x", longer=True))
    assert book.at(48 + 14 * 24)


def test_a_place_that_changes_hands_is_held_by_one_at_a_time() -> None:
    book = Book()
    for when, holder in ((0, "rebels"), (10, "army"), (20, "army"), (5, "militia")):
        known = book.entries
        book.store(opened(known, name="control", place=ARLO, at=at(when), lasts=LASTS, by="x", parties=holder))
    held = [(entry.parties, entry.since, entry.until) for entry in book.entries]
    assert held == [("rebels", at(0), at(10)), ("army", at(10), None)]


def test_late_word_of_who_took_a_place_first_does_not_move_the_next_taking_back() -> None:
    book = Book()
    for when, holder in ((10, "army"), (0, "rebels")):
        known = book.entries
        book.store(opened(known, name="control", place=ARLO, at=at(when), lasts=LASTS, by="x", parties=holder))
    held = [(entry.parties, entry.since, entry.until) for entry in book.entries]
    assert held == [("army", at(10), None), ("rebels", at(0), at(10))]


def by_hand(book: Book, since: float, said: float, ends: float | None = None) -> Book:
    end = None if ends is None else at(ends)
    known = book.entries
    change = declared(
        known, name="truce", place=ARLO, since=at(since), ends=end, lasts=LASTS, by="by ana: seen", said=at(said)
    )
    return book.store([change])


def end_by_hand(book: Book, when: float, said: float) -> Book:
    return book.store(closed(book.entries, name="truce", place=ARLO, at=at(when), by="by ana: seen", said=at(said)))


def test_what_a_person_ended_is_not_begun_again_by_a_report_of_the_time_before() -> None:
    book = end_by_hand(Book().open(0, ARLO).open(20, ARLO), 10, 30).open(15, ARLO).open(30, ARLO)
    assert book.at(9)
    assert not book.at(20)
    assert not book.at(31)
    assert book.open(40, ARLO).at(41)


def test_what_a_person_says_holds_is_not_ended_by_a_report_of_the_time_before() -> None:
    book = by_hand(Book(), 0, 30).close(10, ARLO).close(20)
    assert book.at(40)
    assert by_hand(Book().close(10, ARLO), 0, 30).open(5, ARLO).at(40)
    assert not book.close(50, ARLO).at(51)


def test_a_person_says_again_that_it_holds_what_was_reported_as_ended() -> None:
    book = by_hand(Book().open(0, ARLO).close(10, ARLO), 5, 30)
    assert [(entry.since, entry.until, entry.opened_by) for entry in book.entries] == [(at(0), None, "by ana: seen")]
    assert book.at(30)


def test_a_person_says_what_held_in_the_past() -> None:
    book = by_hand(Book(), 0, 100, ends=20)
    assert book.at(20)
    assert not book.at(21)
    assert not book.open(10, ARLO).at(21)


def test_what_a_person_says_holds_lapses_unless_it_is_confirmed() -> None:
    book = by_hand(Book(), 0, 24)
    assert book.at(15 * 24)
    assert not book.at(15 * 24 + 1)
