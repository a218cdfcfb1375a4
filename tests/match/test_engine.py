"""The engine: what counts, what is dropped and why, and what belongs to a hit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.match.bind import Households
from alerts.match.engine import Detection, Ruleset
from alerts.read.places import Gazetteer
from alerts.types import Article
from tests.match.rules import check

BASE = """\
format = 1
title  = "Town shelled"
event  = "attack"
status = "active"

[[match]]
name = "shelled"
{match}
[match.parts]
shelling = ["~shell", "shelling of", "~kill"]
where    = ["{{place}}", "town", "towns"]
{block}
{rest}
[alert]
title   = "{{{{ place }}}}"
summary = "{{{{ quote }}}}"
"""


def rule_text(match: str = "", block: str = "", rest: str = "") -> str:
    return BASE.format(match=match, block=block, rest=rest)


def detect(
    gazetteer: Gazetteer,
    text: str,
    *rules: str,
    title: str = "",
    source: str = "Levant Wire",
    sections: tuple[str, ...] = (),
) -> Detection:
    ruleset = Ruleset(check(rule, f"rule_{number}") for number, rule in enumerate(rules or (rule_text(),)))
    published = datetime(2026, 1, 15, 12, tzinfo=UTC)
    article = Article(id="1", title=title, text=text, published=published, source=source, sections=sections)
    return ruleset.detect(article, gazetteer, Households())


def test_an_article_without_the_words_is_not_even_read(gazetteer: Gazetteer) -> None:
    assert detect(gazetteer, "The harvest was good.").reading is None


def test_a_hit_says_what_was_found_and_where(gazetteer: Gazetteer) -> None:
    (hit,) = detect(gazetteer, "All was calm. Rebels shelled Taiz at dawn.").hits
    assert (hit.quote, hit.sentence_index, hit.parts["where"]) == ("shelled Taiz", 1, "Taiz")
    assert hit.place is not None and hit.place.country == "YEM"


def test_parts_farther_apart_than_allowed_do_not_count(gazetteer: Gazetteer) -> None:
    text = "Rebels shelled for the third time in two days a column of trucks outside the town."
    assert detect(gazetteer, text, rule_text("within_words = 20")).hits
    (dropped,) = detect(gazetteer, text, rule_text("within_words = 6")).dropped
    assert dropped.because == "the parts are more than 6 words apart"


def test_an_ignored_phrase_hides_its_own_words_only(gazetteer: Gazetteer) -> None:
    rule = rule_text(rest='[ignore]\nphrases = ["shelled out"]')
    (dropped,) = detect(gazetteer, "The town shelled out a million.", rule).dropped
    assert dropped.because == "hidden by the idiom 'shelled out'"
    assert detect(gazetteer, "The town shelled out a million after it was shelled.", rule).hits


def test_an_ignored_sentence_leaves_the_others(gazetteer: Gazetteer) -> None:
    rule = rule_text(rest='[ignore]\nsentences = ["in the film"]')
    found = detect(gazetteer, "In the film rebels shelled the town. Rebels shelled the town on Monday.", rule)
    assert [hit.sentence_index for hit in found.hits] == [1]
    assert [hit.because for hit in found.dropped] == ["the sentence is ignored for 'in the film'"]


def test_an_article_is_ignored_for_what_its_opening_says_not_its_end(gazetteer: Gazetteer) -> None:
    rule = rule_text(rest='[ignore]\narticles = ["box office"]')
    news = "Rebels shelled the town. Ten fled. Two hid. One was hurt. Four left."
    assert not detect(gazetteer, f"The box office is happy. {news}", rule).hits
    assert detect(gazetteer, f"{news} The box office burned.", rule).hits


def test_unless_silences_one_block_only(gazetteer: Gazetteer) -> None:
    silent = rule_text(block="", match='unless = ["by mistake"]')
    (dropped,) = detect(gazetteer, "Rebels shelled the town by mistake.", silent).dropped
    assert dropped.because == "not where it says 'by mistake'"
    second = '[[match]]\nname = "two"\n[match.parts]\nshelling = ["shelled the town"]\n'
    assert detect(
        gazetteer, "Rebels shelled the town by mistake.", rule_text(match='unless = ["by mistake"]', rest=second)
    ).hits


@pytest.mark.parametrize(
    ("policy", "current", "lowered"), [("drop", False, False), ("lower", True, True), ("keep", True, False)]
)
def test_a_claim_is_dropped_lowered_or_kept(gazetteer: Gazetteer, policy: str, current: bool, lowered: bool) -> None:
    rule = rule_text(rest=f'[claims]\npossible = "{policy}"')
    found = detect(gazetteer, "Rebels could shell the town.", rule)
    (hit,) = found.hits or found.dropped
    assert (hit.current, hit.lowered) == (current, lowered)
    assert [claim.kind for claim in hit.claims] == ["possible"]


def test_a_block_may_treat_claims_in_its_own_way(gazetteer: Gazetteer) -> None:
    assert not detect(gazetteer, "Rebels could shell the town.").hits
    assert detect(gazetteer, "Rebels could shell the town.", rule_text(block='[match.claims]\npossible = "keep"')).hits


def test_a_cue_in_the_gap_of_a_phrase_is_a_cue(gazetteer: Gazetteer) -> None:
    rule = rule_text().replace('"~shell", ', '"trucks ..6.. shelled", ')
    assert detect(gazetteer, "Trucks of the town were shelled.", rule).hits
    (dropped,) = detect(gazetteer, "Trucks of the town could be shelled.", rule).dropped
    assert dropped.because == "possible: 'could'"


def test_a_word_that_the_rule_asks_for_is_no_cue(gazetteer: Gazetteer) -> None:
    rule = rule_text().replace('"~shell", ', '"not spared", ')
    assert detect(gazetteer, "The town was not spared.", rule).hits


def killed_rule(extra: str = "") -> str:
    return rule_text(rest=f'[numbers.killed]\nsay = ["~kill ..4.. {{people}}", "{{people}} ..4.. killed"]\n{extra}')


def test_a_number_is_bound_to_the_event(gazetteer: Gazetteer) -> None:
    (hit,) = detect(
        gazetteer, "Rebels shelled the town of Taiz and killed 12 people; 3,000 came to mourn.", killed_rule()
    ).hits
    assert hit.numbers["killed"].stated == 12


def test_a_number_may_stand_in_the_next_sentence(gazetteer: Gazetteer) -> None:
    (hit,) = detect(
        gazetteer, "Rebels shelled Taiz. Nine people were dead or dying, 20 people were killed.", killed_rule()
    ).hits[:1]
    assert hit.numbers["killed"].stated == 20


def test_below_at_least_the_rule_is_quiet(gazetteer: Gazetteer) -> None:
    text = "Rebels shelled the town and killed 12 people."
    assert detect(gazetteer, text, killed_rule("at_least = 10")).hits
    (dropped,) = detect(gazetteer, text, killed_rule("at_least = 20")).dropped
    assert dropped.because == "below at_least: killed 12 < 20"
    (dropped,) = detect(gazetteer, "Rebels shelled the town.", killed_rule("at_least = 20")).dropped
    assert dropped.because == "the number 'killed' is not given"


@pytest.mark.parametrize(
    ("setting", "text", "because"),
    [
        ("required = true", "Rebels shelled the town.", "no place is named"),
        ('countries = ["Syria"]', "Rebels shelled Taiz.", "the country YEM is not watched"),
        ('not_countries = ["Syria"]', "Rebels shelled Idlib.", "the country SYR is left out"),
    ],
)
def test_a_rule_may_ask_for_a_place(gazetteer: Gazetteer, setting: str, text: str, because: str) -> None:
    (dropped,) = detect(gazetteer, text, rule_text(rest=f"[place]\n{setting}")).dropped
    assert dropped.because == because


def test_a_people_is_no_place_and_a_country_no_town(gazetteer: Gazetteer) -> None:
    only_place = rule_text().replace('"{place}", "town", "towns"', '"{place}"')
    assert not detect(gazetteer, "Syrian guns shelled a ridge.", only_place).hits
    assert detect(gazetteer, "Guns shelled Syria.", only_place).hits
    only_town = only_place.replace("{place}", "{town}")
    assert not detect(gazetteer, "Guns shelled Syria.", only_town).hits
    assert detect(gazetteer, "Guns shelled Taiz.", only_town).hits


LADDER = """\
[severity]
default = "minor"
[severity.killed]
10 = "severe"
[[severity.raise]]
said = ["sarin"]
to   = "extreme"
"""


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Rebels shelled the town.", "minor"),
        ("Rebels shelled the town and killed 12 people.", "severe"),
        ("Rebels shelled the town with sarin.", "extreme"),
    ],
)
def test_severity_is_the_highest_step_or_what_is_said(gazetteer: Gazetteer, text: str, severity: str) -> None:
    assert detect(gazetteer, text, killed_rule(LADDER)).hits[0].severity == severity


@pytest.mark.parametrize(
    ("scope", "fires"),
    [
        ('sources = ["Levant Wire"]', True),
        ('sources = ["Other"]', False),
        ('not_sources = ["Levant Wire"]', False),
        ('sections = ["World"]', True),
        ('not_sections = ["World"]', False),
        ("source_tier = 1", False),
    ],
)
def test_the_scope_says_which_articles_are_looked_at(gazetteer: Gazetteer, scope: str, fires: bool) -> None:
    found = detect(gazetteer, "Rebels shelled Taiz.", rule_text(rest=f"[scope]\n{scope}"), sections=("World",))
    assert bool(found.hits) is fires


def test_a_block_may_look_in_the_title_only(gazetteer: Gazetteer) -> None:
    rule = rule_text('look_in = "title"')
    assert not detect(gazetteer, "Rebels shelled Taiz.", rule, title="News in brief").hits
    assert detect(gazetteer, "More soon.", rule, title="Rebels shelled Taiz").hits


def test_of_two_blocks_that_count_the_first_is_the_hit(gazetteer: Gazetteer) -> None:
    second = '[[match]]\nname = "two"\n[match.parts]\nother = ["rebels"]\n'
    (hit,) = detect(gazetteer, "Rebels shelled Taiz.", rule_text(rest=second)).hits
    assert "shelling" in hit.parts


TRUCE = """\
format = 1
title  = "Truce"
event  = "ceasefire"
status = "active"
[state]
name = "truce"
[[match]]
name  = "begins"
opens = "truce"
[match.parts]
start = ["~sign ..3.. truce"]
[[match]]
name  = "holds"
holds = "truce"
[match.parts]
holds = ["truce holds", "despite ..3.. truce"]
[[match]]
name   = "ends"
closes = "truce"
[match.parts]
ends = ["truce ..2.. collapsed"]
[alert]
title   = "Truce"
summary = "{{ quote }}"
"""
DURING = rule_text(rest='[when]\nkind = "during"\nstate = "truce"')


def test_without_a_word_of_the_state_a_during_rule_asks_the_ledger(gazetteer: Gazetteer) -> None:
    (hit,) = detect(gazetteer, "Rebels shelled Taiz.", DURING, TRUCE).hits
    assert hit.needs_state == "truce"


def test_the_article_itself_may_say_that_the_state_holds(gazetteer: Gazetteer) -> None:
    hits = detect(gazetteer, "Rebels shelled Taiz. The truce holds elsewhere.", DURING, TRUCE).hits
    assert [hit.needs_state for hit in hits if hit.rule == "rule_0"] == [None]


def test_an_article_that_says_the_state_ended_does_not_say_that_it_holds(gazetteer: Gazetteer) -> None:
    text = "Rebels shelled Taiz despite the truce. The truce has collapsed, mediators said."
    hits = detect(gazetteer, text, DURING, TRUCE).hits
    assert [hit.needs_state for hit in hits if hit.rule == "rule_0"] == ["truce"]


def test_what_only_keeps_the_ledger_is_no_hit(gazetteer: Gazetteer) -> None:
    found = detect(gazetteer, "The truce holds. The generals signed a truce.", TRUCE)
    assert [hit.opens for hit in found.hits] == ["truce"]
    assert [(state.opens, state.holds) for state in found.states] == [(None, "truce"), ("truce", None)]


def test_news_for_says_how_long_a_count_since_a_day_is_news(gazetteer: Gazetteer) -> None:
    text = "The gangs have killed 300 people in the town of Goma since 1 December."
    (dropped,) = detect(gazetteer, text, killed_rule()).dropped
    assert dropped.because is not None and dropped.because.startswith("total")
    (hit,) = detect(gazetteer, text, killed_rule('[claims]\nnews_for = "100 days"')).hits
    assert hit.numbers["killed"].stated == 300
    assert not detect(gazetteer, text, killed_rule('[claims]\nnews_for = "30 days"')).hits


DEAD = killed_rule().replace('say = ["~kill ..4.. {people}", "{people} ..4.. killed"]', 'use = "killed"')


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("Rebels shelled Taiz and killed 14 soldiers and five civilians.", 19),
        ("A man and two women were killed when rebels shelled Taiz.", 3),
        ("Rebels shelled Taiz, killing two soldiers and a child.", 3),
        ("Rebels shelled Taiz, killing 12 people, including three children.", 12),
        ("Rebels shelled Taiz: 9 people were killed and 40 wounded.", 9),
        ("Rebels shelled Taiz, killing two soldiers, and a child was wounded.", 2),
    ],
)
def test_the_dead_of_one_event_are_added_up_and_nobody_else(gazetteer: Gazetteer, text: str, dead: int) -> None:
    (hit,) = detect(gazetteer, text, DEAD).hits
    assert hit.numbers["killed"].stated == dead


NEAR = rule_text(match="within_sentences = 2")


@pytest.mark.parametrize("text", ["Rebels shelled it at dawn. The town burned.", "The town slept. Rebels shelled it."])
def test_a_part_may_stand_in_a_neighbouring_sentence(gazetteer: Gazetteer, text: str) -> None:
    (hit,) = detect(gazetteer, text, NEAR).hits
    assert ("shelled" in hit.sentence, hit.quote, hit.parts["where"]) == (True, "shelled", "town")
    assert not detect(gazetteer, text).hits


def test_a_part_may_stand_in_the_title_of_a_short_item(gazetteer: Gazetteer) -> None:
    (hit,) = detect(gazetteer, "Rebels shelled it at dawn.", NEAR, title="Attack on Taiz").hits
    assert hit.parts["where"] == "Taiz"


def test_the_first_part_must_be_in_the_sentence_and_the_others_near(gazetteer: Gazetteer) -> None:
    assert not detect(gazetteer, "Rebels shelled it. All were calm. The town slept.", NEAR).hits
    farther = rule_text(match="within_sentences = 3")
    assert len(detect(gazetteer, "Rebels shelled it. All were calm. The town slept.", farther).hits) == 1


def test_what_a_neighbour_says_under_an_idiom_is_no_part(gazetteer: Gazetteer) -> None:
    hidden = rule_text(match="within_sentences = 2", rest='[ignore]\nphrases = ["town hall"]')
    assert not detect(gazetteer, "Rebels shelled it. The town hall stood.", hidden).hits
    assert detect(gazetteer, "Rebels shelled it. The town stood.", hidden).hits


def test_a_name_that_no_gazetteer_has_fills_its_slot(gazetteer: Gazetteer) -> None:
    (hit,) = detect(gazetteer, "Rebels shelled Umm Qantara at dawn.", rule_text().replace("{place}", "{name}")).hits
    assert hit.parts["where"] == "Umm Qantara"


FRENCH = """
[[match]]
name = "en français"
language = "fr"
[match.parts]
siege = ["assiég*", "encercl*"]
where = ["ville", "village*", "{place}"]
"""


def test_a_block_is_looked_for_in_articles_of_its_language(gazetteer: Gazetteer) -> None:
    rule = rule_text(rest=FRENCH)
    (hit,) = detect(gazetteer, "La ville de Djibo est encerclée par des hommes armés depuis lundi.", rule).hits
    assert hit.parts["siege"] == "encerclée"
    assert detect(gazetteer, "Rebels shelled Taiz at dawn, the governor said on Monday.", rule).hits
    french = "Le mot « shelling » est entré dans les journaux de la ville, dit le linguiste, et il y restera longtemps."
    assert not detect(gazetteer, french, rule_text()).hits
