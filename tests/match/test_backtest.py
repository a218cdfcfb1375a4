"""Counting what a rule does to many articles, and comparing two versions of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.match.backtest import (
    Key,
    PhraseCount,
    Reason,
    Tally,
    compare,
    count_phrases,
    count_words,
    overlaps,
    reason,
    sample,
    seen,
)
from alerts.match.engine import Detection
from alerts.match.phrasing import Phrases
from tests.match.backtesting import DAY, NOON, article, found, hit


@pytest.mark.parametrize(
    ("because", "kind", "by"),
    [
        ("past: 'in 1994'", "claim", "past"),
        ("hidden by the idiom '@picture'", "ignored phrase", "@picture"),
        ("the sentence is ignored for 'film'", "ignored sentence", "film"),
        ("not where it says '@accident'", "unless", "@accident"),
        ("below at_least: killed 3 < 10", "condition", "below at_least: killed"),
        ("the parts are more than 12 words apart", "condition", "the parts are more than 12 words apart"),
    ],
)
def test_hits_are_dropped_for_reasons_that_can_be_counted(because: str, kind: str, by: str) -> None:
    assert reason(hit(because=because)) == Reason(kind, by)


def test_a_hit_that_waits_for_a_state_does_not_count_by_itself() -> None:
    why = reason(hit(needs_state="ceasefire"))
    assert why is not None and (why.kind, "'ceasefire'" in why.by) == ("state", True)
    assert reason(hit()) is None


def test_hits_and_what_was_dropped_are_counted_apart() -> None:
    tally = Tally("shelling")
    counted = tally.add(article(), found(hit("Shells fell."), hit("Shells may fall.", "possible: 'may'")))
    assert [one.hit.sentence for one in counted] == ["Shells fell."]
    assert (len(tally.hits), tally.articles) == (1, 1)
    assert {why: len(hits) for why, hits in tally.lost().items()} == {Reason("claim", "possible"): 1}


def test_hits_of_other_rules_are_not_counted() -> None:
    tally = Tally("shelling")
    tally.add(article(), found(hit(rule="siege")))
    assert not tally.hits


def test_the_last_version_of_an_article_counts() -> None:
    tally = Tally("shelling")
    tally.add(article("Shells fell."), found(hit("Shells fell.")))
    tally.add(article("Nothing fell."), found(hit("Nothing fell.", "denied: 'nothing'")))
    assert not tally.hits
    assert [why.by for why in tally.lost()] == ["denied"]


def test_what_only_keeps_the_ledger_counts_for_a_rule_that_does_nothing_else() -> None:
    states = Detection(states=(hit(holds="ceasefire"),))
    assert not Tally("shelling").add(article(), states)
    assert Tally("shelling", books=True).add(article(), states)


def test_most_frequent_reasons_come_first() -> None:
    tally = Tally("shelling")
    for number, because in enumerate(["past: 'in 1994'", "possible: 'may'", "possible: 'if'"]):
        tally.add(article(id=str(number)), found(hit(because=because)))
    assert [why.by for why in tally.lost()] == ["possible", "past"]


def test_two_versions_differ_by_hits_with_what_the_other_says_of_them() -> None:
    tried, before = Tally("shelling"), Tally("shelling")
    tried.add(article(id="1"), found(hit("Both.")))
    before.add(article(id="1"), found(hit("Both.")))
    tried.add(article(id="2"), found(hit("New.")))
    before.add(article(id="2"), found(hit("New.", "past: 'in 1994'")))
    tried.add(article(id="3"), found())
    before.add(article(id="3"), found(hit("Lost.")))
    difference = compare(tried, before)
    assert difference.same == 1
    assert [(one.seen.hit.sentence, one.because) for one in difference.new] == [("New.", "past: 'in 1994'")]
    assert [(one.seen.hit.sentence, one.because) for one in difference.lost] == [("Lost.", "not found")]


def test_every_phrase_is_counted_those_without_hits_too() -> None:
    known = [("attack", "shells"), ("attack", "rockets"), ("where", "town")]
    both = frozenset({("attack", "shells"), ("where", "town")})
    rows = count_phrases(known, [Phrases(found=both, alone=both), Phrases(found=frozenset({("attack", "shells")}))])
    assert rows == [
        PhraseCount(part="attack", phrase="shells", hits=2, alone=1),
        PhraseCount(part="attack", phrase="rockets", hits=0, alone=0),
        PhraseCount(part="where", phrase="town", hits=1, alone=1),
    ]


def test_words_are_counted_whatever_their_capitals() -> None:
    hits = [seen(article(), hit(parts={"attack": words})) for words in ("Shells fell", "shells  fell", "rockets")]
    assert count_words(hits, 1) == {"attack": [("shells fell", 2)]}


def test_rules_overlap_by_the_share_of_the_one_with_fewer_hits() -> None:
    hits: dict[str, list[Key]] = {
        "attack": [("a", str(number), "s") for number in range(10)],
        "health_attack": [("a", "1", "s"), ("a", "2", "s"), ("a", "99", "s")],
        "flood": [("a", "77", "s")],
    }
    [pair] = overlaps(hits)
    assert pair.rules == ("attack", "health_attack")
    assert (pair.hits, pair.sentences, pair.articles) == ((10, 3), 2, 2)
    assert pair.share == pytest.approx(2 / 3)


KEYS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.sampled_from("xyz")), unique=True)


@given(st.dictionaries(st.sampled_from(["attack", "siege", "flood"]), KEYS))
def test_shares_lie_between_nothing_and_all_and_fall(hits: dict[str, list[Key]]) -> None:
    pairs = overlaps(hits)
    shares = [pair.share for pair in pairs]
    assert all(0 < share <= 1 for share in shares)
    assert shares == sorted(shares, reverse=True)
    assert all(pair.articles > 0 and 0 < pair.sentences <= min(pair.hits) for pair in pairs)


@given(st.permutations(range(20)), st.integers(0, 25))
def test_samples_are_the_same_whatever_the_order_of_the_hits(order: list[int], number: int) -> None:
    hits = [seen(article(id=str(one), published=NOON + one * DAY), hit()) for one in range(20)]
    chosen = sample([hits[one] for one in order], number)
    assert chosen == sample(hits, number)
    assert len(chosen) == min(number, 20)
    assert [one.published for one in chosen] == sorted(one.published for one in chosen)
