"""One rule over many articles: hits, alerts, what it hides, and the version it is to replace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.engine.backtest import Backtest, Means, Report, weeks_between
from alerts.match.backtest import Reason
from alerts.match.bind import Households
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.types import Article
from tests.engine.world import DAY, HOUR, NOON, SHELLING
from tests.match.rules import check

TRUCE = """\
format = 1
title  = "Truce"
event  = "ceasefire"
status = "active"

[[match]]
opens = "ceasefire"
[match.parts]
truce = ["truce (takes | took) effect"]
where = ["{place}"]

[state]
name  = "ceasefire"
lasts = "20 days"

[alert]
title   = "Truce"
summary = "{{ quote }}"
"""
BROKEN_TRUCE = SHELLING.replace("[place]", '[when]\nkind  = "during"\nstate = "ceasefire"\n\n[place]', 1)
CAREFUL = (
    SHELLING + '\n[ignore]\nphrases = ["shelled by critics"]\nsentences = ["in the opera"]\narticles = ["on stage"]\n'
)


@pytest.fixture
def means(gazetteer: Gazetteer) -> Means:
    return Means(gazetteer=gazetteer, households=Households(), owners={})


def _articles(*texts: str, step: timedelta = HOUR) -> list[Article]:
    return [
        Article(id=str(number), title="", text=text, published=NOON + number * step, source=f"outlet {number}")
        for number, text in enumerate(texts)
    ]


def _run(means: Means, articles: Iterable[Article], text: str = SHELLING, **more: object) -> Report:
    test = Backtest(check(text, "shelling"), means=means, **{"rules": (), **more})  # type: ignore[arg-type]
    try:
        for article in articles:
            test.take(article)
        return test.report()
    finally:
        test.close()


def test_articles_and_hits_are_counted(means: Means) -> None:
    report = _run(means, _articles("Troops shelled Aleppo.", "It rained in Aleppo.", "Troops may shell Idlib."))
    assert (report.articles, len(report.hits), report.articles_hit) == (3, 1, 1)
    assert (report.first, report.last) == (NOON, NOON + 2 * HOUR)
    assert {why: len(hits) for why, hits in report.dropped.items()} == {Reason("claim", "possible"): 1}


def test_follow_ups_are_hits_and_no_further_alerts(means: Means) -> None:
    report = _run(means, _articles("Troops shelled Aleppo.", "Aleppo was shelled again.", "Troops shelled Idlib."))
    assert (len(report.hits), report.alerts.opened) == (3, 2)


def test_the_week_with_most_alerts_is_told(means: Means) -> None:
    texts = ["Troops shelled Aleppo.", "Troops shelled Idlib.", "It rained.", "Troops shelled Homs."]
    report = _run(means, _articles(*texts, step=4 * DAY))
    assert report.alerts.busiest == ("2026-03-02", 2)
    assert report.weeks == pytest.approx(12 / 7)


def test_no_rate_is_told_of_less_than_a_day() -> None:
    assert weeks_between(NOON, NOON + 23 * HOUR) is None
    assert weeks_between(None, None) is None
    assert weeks_between(NOON, NOON + 14 * DAY) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("He was shelled by critics in Aleppo.", Reason("ignored phrase", "shelled by critics")),
        ("Troops shelled Aleppo in the opera.", Reason("ignored sentence", "in the opera")),
        ("Aleppo on stage. Troops shelled Aleppo.", Reason("ignored article", "on stage")),
    ],
)
def test_what_an_ignored_phrase_hides_is_shown(means: Means, text: str, why: Reason) -> None:
    report = _run(means, _articles(text, "Troops shelled Idlib."), CAREFUL)
    assert [one.hit.sentence for one in report.hits] == ["Troops shelled Idlib."]
    assert {reason: len(hits) for reason, hits in report.hidden.items()} == {why: 1}


def test_what_would_be_no_hit_anyway_is_not_laid_at_the_ignored_phrase(means: Means) -> None:
    report = _run(
        means, _articles("Troops may have shelled Aleppo in the opera.", "He was not shelled by critics."), CAREFUL
    )
    assert not report.hits
    assert not report.hidden


def test_another_version_is_compared_hit_by_hit_and_by_alerts(means: Means) -> None:
    before = check(SHELLING.replace('"~shell"', '"~bomb"'), "shelling")
    articles = _articles("Troops shelled Aleppo.", "Jets bombed Idlib.", "Shells fell on Homs.")
    report = _run(means, articles, against=before)
    assert report.difference is not None and report.alerts_against is not None
    assert [one.seen.hit.sentence for one in report.difference.new] == ["Troops shelled Aleppo."]
    assert [one.seen.hit.sentence for one in report.difference.lost] == ["Jets bombed Idlib."]
    assert (report.difference.same, report.alerts_against.opened) == (1, 2)


def test_another_rule_can_be_the_version_before(means: Means) -> None:
    other = check(SHELLING, "bombing")
    report = _run(means, _articles("Troops shelled Aleppo."), against=other)
    assert report.difference is not None
    assert report.difference.same == 1


def test_what_other_rules_flag_too_is_told(means: Means) -> None:
    others = [check(SHELLING, "twin"), check(SHELLING.replace('"~shell"', '"~starve"'), "famine")]
    articles = _articles("Troops shelled Aleppo. People starved in Aleppo.", "Troops shelled Idlib.")
    report = _run(means, articles, rules=others, others=others)
    assert [(one.rule, one.sentences, one.articles) for one in report.shared] == [("twin", 2, 2), ("famine", 0, 1)]


def test_a_rule_that_asks_for_a_state_is_tried_with_the_rules_that_keep_it(means: Means) -> None:
    articles = _articles("A truce took effect in Idlib on Monday.", "Troops shelled Idlib.", "Troops shelled Taiz.")
    report = _run(means, articles, BROKEN_TRUCE, rules=[check(TRUCE, "truce")])
    assert report.alerts.opened == 1
    assert not report.hits  # no sentence says by itself that a truce holds
    assert [why.kind for why in report.dropped] == ["state"]


def test_a_draft_is_tried_as_if_it_were_in_force(means: Means) -> None:
    report = _run(means, _articles("Troops shelled Aleppo."), SHELLING.replace('"active"', '"draft"'))
    assert (len(report.hits), report.alerts.opened) == (1, 1)


def test_every_phrase_is_in_the_report(means: Means) -> None:
    report = _run(means, _articles("Troops shelled Aleppo."))
    assert [(one.part, one.phrase, one.hits, one.alone) for one in report.phrases] == [
        ("attack", "~shell", 1, 1),
        ("attack", "shells fell", 0, 0),
    ]


def test_the_same_articles_give_the_same_report(means: Means) -> None:
    articles = _articles("Troops shelled Aleppo.", "Troops may shell Homs.", "Troops shelled Idlib.")
    one, other = _run(means, articles), _run(means, articles)
    rule: Rule = one.rule
    assert one == replace(other, rule=rule)


def test_nothing_read_is_a_report_too(means: Means) -> None:
    report = _run(means, [])
    assert (report.articles, report.weeks, report.alerts.opened, report.hits) == (0, None, 0, ())
