"""Rules of common words are told so before they flood anybody; those of rare ones are left in peace."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Fault
from alerts.match.baserates import Estimator, lint
from alerts.match.files import load
from alerts.match.grammar import parse
from alerts.match.lexicon import Lexicon
from alerts.match.phrases import Choice
from alerts.match.wordcounts import WordShares, combined, counted, ordinary, shipped
from alerts.read.places import Gazetteer
from tests.match.rules import SOUND, check

RULES = Path(__file__).parents[2] / "rules"
NEWS = Path(__file__).parents[3] / "shared" / "eval" / "news_dev.jsonl"
# Half of all sentences have "of", one of a hundred "gunmen", one of ten thousand "besieged".
SHARES = WordShares.of(
    {"of": 0.5, "gunmen": 0.01, "gunman": 0.005, "besieged": 0.0001, "{place}": 0.6, "town": 0.05}, 20
)


def share(*phrases: str, shares: WordShares = SHARES) -> float:
    """The estimate for a list of phrases."""
    return Estimator(shares).part(Choice([parse(phrase, Lexicon()) for phrase in phrases]))


def told(parts: str, *, block: str = "", rest: str = "", shares: WordShares = SHARES) -> list[Fault]:
    """What is said of a rule with these parts."""
    start, end = SOUND.index("siege = ["), SOUND.index("[ignore]")
    text = SOUND[:start] + parts + "\n\n" + SOUND[end:]
    text = text.replace("within_words = 16\n", block + "\n").replace("required  = true\n", "")
    return lint(check(text.replace('[when]\nkind = "first"\nin   = "120 days"', rest)), Estimator(shares))


def test_a_word_stands_in_its_share_of_sentences() -> None:
    assert share("gunmen") == pytest.approx(0.01, rel=0.01)
    assert share("gunmen", "besieged") == pytest.approx(0.0101, rel=0.01)
    assert share("gunm*") == pytest.approx(0.015, rel=0.01)
    assert share("{place}") == pytest.approx(0.6, rel=0.3)


def test_a_word_that_nobody_counted_is_rare() -> None:
    assert 0 < share("zyzzyva") < 0.0001
    assert 0 < share("zyzz*") < 0.0001


def test_a_phrase_is_rarer_than_its_words_and_a_gap_makes_it_commoner() -> None:
    assert share("gunmen besieged") < share("gunmen ..9.. besieged") < share("besieged")
    assert share("[the] besieged") == share("besieged")


@given(
    st.lists(
        st.sampled_from(["of gunmen", "town", "{place}", "gunmen ..30.. of ..30.. town", "(of | town) of"]), min_size=1
    )
)
def test_an_estimate_is_a_share(phrases: list[str]) -> None:
    found = share(*phrases)
    assert 0 <= found <= 1
    assert found >= max(share(phrase) for phrase in phrases) - 1e-9


def test_one_common_word_alone_is_refused_with_what_to_do() -> None:
    [fault] = told('siege = ["besieged", "gunmen"]')
    assert (fault.level, fault.line) == ("error", SOUND[: SOUND.index("[[match]]")].count("\n") + 1)
    assert fault.message == (
        "the phrases of 'siege' stand in about 1 of 100 ordinary sentences, most often \"gunmen\":"
        " add a part that must stand there too, or more words to the phrase"
    )


def test_one_rare_word_alone_is_in_order() -> None:
    assert told('siege = ["besieged"]') == []


def test_common_parts_together_are_warned_of_with_the_commonest() -> None:
    [fault] = told('siege = ["gunmen"]\nwhere = ["{place}"]')
    assert fault.level == "warning"
    assert "the commonest is 'where' (1 of 2), there most often \"{place}\"" in fault.message
    assert told('siege = ["besieged"]\nwhere = ["{place}"]') == []


def test_the_phrase_to_blame_is_found_inside_its_list() -> None:
    [fault] = told(
        'siege = ["gunmen"]\nwhere = ["@settlement"]', shares=WordShares.of({"gunmen": 0.05, "town": 0.3}, 20)
    )
    assert 'most often "town*" of @settlement' in fault.message


def test_a_writer_may_say_why_the_words_are_common() -> None:
    why = 'common = "claims tell them apart"'
    assert told('siege = ["gunmen"]\nwhere = ["{place}"]', block=why) == []
    assert [fault.level for fault in told('siege = ["gunmen"]', block=why)] == ["error"]


def test_a_rule_that_waits_for_a_state_may_use_common_words() -> None:
    assert told('siege = ["gunmen"]', rest='[when]\nkind = "during"\nstate = "truce"') == []
    holds = told('siege = ["gunmen"]', block='holds = "truce"', rest='[when]\nkind = "during"\nstate = "truce"')
    assert [fault.level for fault in holds] == ["error"]


def test_words_of_another_language_are_not_counted() -> None:
    assert told('siege = ["gunmen"]', block='language = "fr"') == []


def test_parts_may_be_nearer_and_so_rarer() -> None:
    estimator = Estimator(SHARES)
    near, far = (
        check(SOUND.replace('"@settlement"', '"town"').replace("within_words = 16", within)).blocks[0]
        for within in ("within_words = 3", "within_words = 30")
    )
    assert 0 < estimator.block(near) < estimator.block(far)


def test_counts_survive_being_written() -> None:
    again = WordShares.read("# a comment\nlength 20\n" + SHARES.write())
    assert (again.length, dict(again.shares)) == (20, dict(SHARES.shares))


def test_a_large_body_of_english_decides_what_the_sample_is_too_small_for() -> None:
    counts = {"often": 100, "once": 1, "name": 4}
    frequencies = {"often": 1, "once": 50, "never": 2, "filler": 100_000}
    found = combined(1000, counts, frequencies, 10.0).shares
    assert found["often"] == pytest.approx(0.05, rel=0.1)
    assert found["once"] == pytest.approx(0.005, rel=0.1)
    assert found["name"] == pytest.approx(0.004)
    assert found["never"] == pytest.approx(0.0002, rel=0.1)


def test_the_shipped_counts_say_which_words_are_common() -> None:
    shares = shipped()
    assert shares.word("said") > shares.word("killed") > shares.word("besieged") > 0
    assert 0.3 < shares.slot("place") < 0.9
    assert 10 < shares.length < 30


def test_the_shipped_rules_are_neither_refused_nor_warned_of(gazetteer: Gazetteer) -> None:
    estimator = Estimator(shipped())
    rules = load([RULES], country=gazetteer.country_of).rules
    assert [str(fault) for rule in rules for fault in lint(rule, estimator)] == []


@pytest.mark.parametrize("words", ['"~hit"', '"~strike"', '"~kill"', '"~attack", "~shell"', '"{place}"'])
def test_words_that_are_known_to_flood_are_refused(words: str) -> None:
    assert [fault.level for fault in told(f"siege = [{words}]", shares=shipped())] == ["error"]


def test_the_estimates_for_the_shipped_rules_agree_with_what_is_counted(gazetteer: Gazetteer) -> None:
    """Shares from one half of the news, counts in the other: most parts within a factor of three."""
    if not NEWS.exists():
        pytest.skip("the news is not here")
    _, views = ordinary(NEWS, gazetteer)
    sentences, counts, length = counted(views[::2])
    usual = {word: round(1e6 * share) for word, share in shipped().shares.items()}
    estimator = Estimator(combined(sentences, counts, usual, length))
    errors = []
    for rule in load([RULES], country=gazetteer.country_of).rules:
        for part in (part for block in rule.blocks for part in block.parts):
            found = sum(bool(view.find(part.choice)) for view in views[1::2])
            if found >= 3:
                errors.append(abs(math.log10(estimator.part(part.choice) * len(views[1::2]) / found)))
    assert len(errors) > 20
    assert sum(error < math.log10(3) for error in errors) / len(errors) > 0.7
