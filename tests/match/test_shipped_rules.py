"""The shipped rules as users get them: sound, with examples that pass, and right about the first article."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.engine.rulebook import compiled
from alerts.engine.stories import run_stories
from alerts.match.bind import Households
from alerts.match.examples import run_examples
from alerts.match.files import RuleFiles, load
from alerts.read.places import Gazetteer
from alerts.types import Article, Hit

RULES = Path(__file__).parents[2] / "rules"
SEED = Path(__file__).parents[3] / "shared" / "seed" / "idlib.txt"
EVENTS = {
    "displacement", "ceasefire_violation", "ceasefire", "siege", "attack", "protected_attack", "territory",
    "aid_obstruction", "disaster", "abduction", "health_attack", "aid_worker_attack",
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped(gazetteer: Gazetteer) -> RuleFiles:
    return load([RULES], country=gazetteer.country_of)


def test_the_shipped_rules_have_no_fault_and_cover_every_event(shipped: RuleFiles) -> None:
    assert shipped.faults == ()
    assert {rule.event for rule in shipped.rules} >= EVENTS
    assert {rule.status for rule in shipped.rules} == {"active"}


def test_every_shipped_rule_says_what_it_is_for_and_where_it_errs(shipped: RuleFiles) -> None:
    for rule in shipped.rules:
        assert rule.about.why and rule.about.false_alarms and rule.about.created, rule.name


def test_every_shipped_rule_has_enough_examples_each_with_a_reason(shipped: RuleFiles) -> None:
    for rule in shipped.rules:
        assert sum(example.fires for example in rule.examples) >= 6, rule.name
        quiet = [example for example in rule.examples if not example.fires]
        assert len(quiet) >= 6 and all(example.because for example in quiet), rule.name


def test_the_examples_and_stories_of_the_shipped_rules_pass(shipped: RuleFiles, gazetteer: Gazetteer) -> None:
    book = compiled(shipped.rules)
    for rule in shipped.rules:
        assert run_examples(rule, book.ruleset, gazetteer, Households()) == []
        assert run_stories(rule, book, gazetteer, Households()) == []


def test_no_list_of_words_is_left_unused(shipped: RuleFiles) -> None:
    texts = [rule.source for rule in shipped.rules]
    texts += [path.read_text(encoding="utf-8") for path in sorted((RULES / "lexicon").glob("*.toml"))]
    everything = "\n".join(texts)
    numbers = {f'use = "{path.stem.removeprefix("number.")}"' for path in (RULES / "lexicon").glob("number.*.toml")}
    lists = {f"@{path.stem}" for path in (RULES / "lexicon").glob("*.toml") if not path.stem.startswith("number.")}
    assert [name for name in sorted(lists | numbers) if name not in everything] == []


@pytest.fixture(scope="module")
def seed(shipped: RuleFiles, gazetteer: Gazetteer) -> list[Hit]:
    if not SEED.exists():
        pytest.skip("the article is not here")
    article = Article(
        id="seed", title="", text=SEED.read_text(encoding="utf-8"), published=datetime(2019, 12, 22, 12, tzinfo=UTC)
    )
    hits = compiled(shipped.rules).ruleset.detect(article, gazetteer, Households()).hits
    return [hit for hit in hits if not hit.needs_state]


def test_the_seed_article_gives_its_current_events(seed: list[Hit]) -> None:
    assert {hit.event for hit in seed} == {"territory", "displacement", "ceasefire_violation", "siege", "attack"}
    assert any(hit.event == "territory" and hit.numbers["places"].stated == 25 for hit in seed)
    assert any(hit.event == "displacement" and hit.numbers["displaced"].low >= 20_000 for hit in seed)
    assert any(hit.event == "ceasefire_violation" and "continued" in hit.sentence for hit in seed)
    assert any(hit.event == "siege" and "Sorman" in hit.sentence for hit in seed)
    assert any(hit.event == "attack" and hit.numbers["killed"].low in (103, 174) for hit in seed)


@pytest.mark.parametrize(
    "background",
    ["since_april", "000 people from their homes", "560,000", "three million", "vowed to take", "warned of"],
)
def test_the_background_of_the_seed_article_is_no_news(seed: list[Hit], background: str) -> None:
    words = {"since_april": "against the region in April", "vowed to take": "vowed to take back the area and bomb"}
    text = words.get(background, background)
    events = {hit.event for hit in seed if text in hit.sentence}
    assert events <= ({"ceasefire_violation"} if background == "vowed to take" else set())
