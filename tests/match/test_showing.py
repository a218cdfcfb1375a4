"""A rule is shown with everything its signs, lists and defaults stand for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.match.showing import for_readers, show
from alerts.match.view import SentenceView
from alerts.match.written import item_as_written, origin, written
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import Article
from tests.match.rules import SOUND, check


def shown(text: str = SOUND, *, most: int | None = None) -> dict[str, list[str]]:
    return {section.title: [line.strip() for line in section.lines] for section in show(check(text), most=most)}


def test_the_forms_of_a_verb_are_shown() -> None:
    assert '"~besiege": besiege, besieged, besieges, besieging' in shown()["looks for, 1 of 1"]


def test_the_forms_of_each_verb_in_brackets_are_shown() -> None:
    text = SOUND.replace('"~besiege"', '"(~besiege | ~shell)"')
    said = "~besiege = besiege, besieged, besieges, besieging; ~shell = shell, shelled, shelling, shells"
    assert said in shown(text)["looks for, 1 of 1"]


def test_irregular_forms_are_shown_too() -> None:
    text = SOUND.replace('"~besiege"', '"~flee"')
    assert '"~flee": flee, fled, fleeing, flees' in shown(text)["looks for, 1 of 1"]


def test_the_lines_of_a_word_list_are_shown_and_the_rest_is_counted() -> None:
    every = shown()["word list @settlement"]
    assert '"city"' in every
    some = shown(most=1)["word list @settlement"]
    assert some[0] == every[0]
    left = sum(line.startswith('"') for line in every) - 1
    assert some[-1] == f"... and {left} more (--all shows every line)"


def test_a_default_is_shown_as_what_it_means() -> None:
    lines = shown()
    assert "what is denied or did not happen does not count (denied)" in lines["what is said of it"]
    assert lines["severity"][0] == "severe, if nothing else is said"
    assert (
        "news within 3 days of the last belongs to the same alert; it is shown as ended 3 days after the last"
        in (lines["alert"])
    )


def test_what_the_rule_says_itself_is_marked() -> None:
    text = SOUND.replace("[place]", '[claims]\nstanding = "keep"\n\n[place]')
    assert "what has gone on for long counts (standing) (this rule says so)" in shown(text)["what is said of it"]


@pytest.mark.parametrize(
    ("when", "says"),
    [
        (
            'kind = "first"\nin   = "120 days"',
            "only what is new: nothing of it was heard of the same town for 120 days",
        ),
        ('kind = "each"', "every new event"),
        (
            'kind = "during"\nstate = "siege"\ngrace = "6 hours"',
            "only while 'siege' is in force there: by the ledger, or because the article says so",
        ),
        (
            'kind = "after"\nrule = "water"\nwithin = "7 days"',
            "only where the rule 'water' fired in the 7 days before: in the same town, in what it lies in, or in what"
            " lies in it",
        ),
        (
            'kind = "spike"\nwindow = "3 days"\nbaseline = "28 days"\nat_least = 4',
            "only far more than usual of the same town: at least 4 independent reports in 3 days, and"
            " 3 times the usual",
        ),
    ],
)
def test_each_kind_of_time_is_said_in_words(when: str, says: str) -> None:
    text = SOUND.replace('kind = "first"\nin   = "120 days"', when)
    assert says in shown(text)["time"]


def test_the_scope_is_said_in_words() -> None:
    text = SOUND.replace("[[match]]", '[scope]\nlanguages = ["en"]\nnot_sources = ["B", "A"]\n\n[[match]]', 1)
    assert shown(text)["which articles"][:2] == ["in en", "none of the publishers A and B"]


@pytest.mark.parametrize(
    "source",
    ["~cut ..4.. (road* | [the] {place})", "=IS fighters", "under [a | total] siege", "attack* ... @settlement"],
)
def test_a_phrase_can_be_written_again_as_it_was(source: str) -> None:
    rule = check(SOUND.replace('"under siege"', f'"{source}"'))
    phrase = next(one for one in rule.blocks[0].parts[0].choice.phrases if one.source == source)
    assert written(phrase) == source
    assert " ".join(map(item_as_written, phrase.items)) == source


def test_of_a_word_list_the_line_that_was_found_is_named(gazetteer: Gazetteer) -> None:
    part = check(SOUND).blocks[0].parts[1]
    view = SentenceView(Reading(_article("Gunmen besieged the small village."), gazetteer).sentences[0])
    (span,) = view.find(part.choice)
    assert origin(part.choice, view, span) == "@settlement: village*"


def _article(text: str) -> Article:
    return Article(id="1", title="", text=text, published=datetime(2026, 1, 15, tzinfo=UTC))


def test_readers_see_no_phrase_no_name_and_no_command() -> None:
    text = SOUND.replace("[about]\n", '[about]\nowner = "ana@example.org"\n') if "[about]" in SOUND else SOUND
    rule = check(text)
    lines = [line for section in for_readers(rule) for line in section.lines]
    phrases = [phrase.source for block in rule.blocks for part in block.parts for phrase in part.choice.phrases]
    assert lines and phrases
    assert not [line for line in lines if any(phrase in line for phrase in phrases)]
    assert not [line for line in lines if "{{" in line or "alerts " in line or "@" in line or "precision =" in line]


def test_readers_see_when_a_rule_speaks_and_what_counts() -> None:
    titles = [section.title for section in for_readers(check(SOUND))]
    assert titles == ["when it speaks", "where", "how bad", "what counts", "its alerts"]
