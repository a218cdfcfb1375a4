"""Whatever stands in a rule file, checking it gives a rule or faults, soon; and no phrase is dear to look for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alerts.errors import Faults
from alerts.match.bind import Households
from alerts.match.check import Checker
from alerts.match.engine import Ruleset
from alerts.match.files import load
from alerts.match.grammar import PhraseError, parse
from alerts.match.lexicon import Lexicon
from alerts.match.phrases import Choice
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.types import Article
from tests.match.rules import ALONE, LISTS, SOUND, country
from tests.match.views import PlainView
from tests.texts import NEWS, articles, cost

RULES = Path(__file__).parents[2] / "rules"
SHIPPED = tuple(path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.toml")))
MOST = 50.0  # milliseconds a kilobyte of an article
SECONDS = 2.0  # to check one rule, whatever it is
quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
soak = settings(quick, max_examples=3_000)

ODD = (
    *('"', "'", '"""', "[", "]", "[[", "]]", "{", "}", "(", ")", "|", "...", "..9..", "*", "~", "=", "@", "\\", "#"),
    *(
        "\n",
        "\t",
        "\r",
        "\0",
        "\ud800",
        "\ufeff",
        "“",
        "=",
        ",",
        "1_000",
        "10,000",
        "1e999",
        "nan",
        "true",
        "Yes",
        "-1",
    ),
    *("[match]", "[[match]]", "[match.parts]", "[severity]", "[[fires]]", "[ignore]", "[numbers.x]", "[scope]"),
    *('when = "x"', "kind = 3", "format = 2", 'title = ["a"]', '"~flee"', '"@nothing"', '"{people}"', '"a ... b"'),
    *("2026-13-01", "{{ x }}", "{% for %}", "9" * 5_000, "[" * 300, "(" * 40, "a." * 40, "é", "ا", "..0..", "[[a.b]]"),
)
phrases = st.lists(
    st.sampled_from(("a ", "town ", "~flee ", "displac* ", "=IS ", "{place} ", "{people} ", "@x ", "... ", "..30.. "))
    | st.sampled_from(("(", ")", "[", "]", "|", "(a | b) ", "[the] ", "[x ... y] ", "killed ", "*", "~", "..", "-"))
    | st.text(max_size=4),
    max_size=24,
).map("".join)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A shipped rule with a few pieces cut out, doubled, moved or replaced."""
    text = draw(st.sampled_from((*SHIPPED, SOUND, ALONE)))
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, len(text)))
        end = min(len(text), first + draw(st.integers(0, 40)))
        piece = draw(st.sampled_from(ODD) | st.text(max_size=8) | st.just(text[first:end] * 2))
        to = draw(st.sampled_from((first, first, first, len(text) // 2)))
        rest = text[:first] + text[end:]
        text = rest[:to] + piece + rest[to:]
    return text


values = st.recursive(
    st.integers() | st.booleans() | st.floats() | phrases | st.sampled_from(("drop", "30 days", "en", "SYR", "severe")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("say", "use", "x")), inner, max_size=2)
    ),
    max_leaves=6,
)
KEYS = (
    "format title event status author created why language within_words within_sentences look_in opens closes holds "
    "unless siege where phrases sentences articles required precision countries use say household at_least kind in "
    "per window baseline times state rule within default said to summary category response text because published "
    "expect sources"
).split()
TABLES = (
    "about scope match.parts ignore claims numbers.killed place when state confirm severity severity.killed alert"
).split()
ARRAYS = "match fires quiet story severity.raise story.article".split()


def written(value: object) -> str:
    """A value as TOML has it, or nearly so."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(one)}" for key, one in value.items()) + "}"
    return str(value)


section = st.tuples(
    st.sampled_from([f"[{name}]" for name in TABLES] + [f"[[{name}]]" for name in ARRAYS]),
    st.dictionaries(st.sampled_from(KEYS), values, max_size=5),
)
made = st.tuples(st.dictionaries(st.sampled_from(KEYS), values, max_size=6), st.lists(section, max_size=8)).map(
    lambda parts: "\n".join(
        line
        for head, keys in (("format = 1", parts[0]), *parts[1])
        for line in (head, *(f"{key} = {written(value)}" for key, value in keys.items()))
    )
)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(sorted((RULES / "lexicon").glob("*.toml")))


@pytest.fixture(scope="module")
def shipped(gazetteer: Gazetteer) -> Ruleset:
    return Ruleset(load([RULES], country=gazetteer.country_of).rules)


def checked(text: str, lexicon: Lexicon, name: str = "a_rule") -> Rule | None:
    """The rule in `text`, None for a faulty one; nothing else comes of it, and soon."""
    started = time.process_time()
    try:
        rule = Checker(lexicon, country).check(name, text)
    except Faults as error:
        assert error.faults and all(fault.message and fault.line >= 0 for fault in error.faults), str(error)
        rule = None
    assert time.process_time() - started < SECONDS
    return rule


@quick
@given(mutated())
def test_no_change_to_a_rule_breaks_the_checker(lexicon: Lexicon, text: str) -> None:
    checked(text, lexicon)


@quick
@given(made)
def test_no_key_and_no_value_breaks_the_checker(lexicon: Lexicon, text: str) -> None:
    checked(text, lexicon)


@quick
@given(st.text(max_size=200), st.text(max_size=12))
def test_no_file_is_too_odd_to_be_checked(lexicon: Lexicon, text: str, name: str) -> None:
    checked(text, lexicon, name)


@quick
@given(phrases, articles(most=1_500))
@example("a [b] ... [c] ... [d] ... e", "a b " * 300)
def test_a_phrase_is_refused_or_quickly_looked_for(text: str, article: str) -> None:
    lists = Lexicon(sorted(LISTS.glob("*.toml")))
    try:
        phrase = parse(text, lists)
    except PhraseError as error:
        assert str(error)
        return
    choice = Choice([phrase])
    assert cost(lambda said: choice.find(PlainView(said)), article[:1_500], enough=MOST / 2) < MOST


GAPS = (
    "[a] ... ",
    "[a | b] ..30.. ",
    "[a ... b] ",
    "[[a] [b]] ... ",
    "(a | a a | a a a) ",
    "[a] ",
    "(a ... a | b) ... ",
)


@pytest.mark.parametrize("item", GAPS)
def test_many_optional_gaps_cost_no_more_than_their_number(item: str) -> None:
    def found(many: int) -> float:
        choice = Choice([parse("a " + item * many + "end", Lexicon())])
        return cost(lambda text: choice.find(PlainView(text)), "a b " * 250, enough=0.5)

    assert found(20) < 20 * max(found(2), 0.5) and found(20) < MOST


def test_brackets_may_not_be_nested_without_end(lexicon: Lexicon) -> None:
    for deep in (21, 1_000, 50_000):
        with pytest.raises(PhraseError, match="nested"):
            parse("(" * deep + "a" + ")" * deep, lexicon)


def chain(uses: dict[int, int | None], inside: str = "@l{}") -> Lexicon:
    """Lists l000, l001, ..., each with a word of its own and the list that it `uses`."""
    texts = {}
    for i, used in uses.items():
        inner = "" if used is None else ', "' + inside.format(f"{used:03}") + '"'
        texts[f"l{i:03}"] = f'words = ["a{i}"{inner}]'
    return Lexicon(texts=texts)


@pytest.mark.parametrize("many", [1, 2, 5, 300])
def test_lists_in_a_circle_are_faults(many: int) -> None:
    lists = chain({i: (i + 1) % many for i in range(many)})
    assert lists.faults
    assert many > 5 or any("circle" in fault.message for fault in lists.faults)


@pytest.mark.parametrize("step", [1, -1], ids=["used lists last", "used lists first"])
def test_lists_may_use_lists_only_so_deep(step: int) -> None:
    last = 299 if step > 0 else 0
    lists = chain({i: None if i == last else i + step for i in range(300)})
    assert any("more than 8 deep" in fault.message for fault in lists.faults)


def test_the_deepest_lists_and_brackets_are_found() -> None:
    nested = "(" * 19 + "@l{}" + ")" * 19
    lists = chain({0: None, **{i: i - 1 for i in range(1, 9)}}, nested)
    assert not lists.faults
    phrase = parse("x " + "(" * 19 + "@l008" + ")" * 19, lists)
    assert Choice([phrase]).find(PlainView("x a0"))


def test_a_list_of_thousands_of_phrases_is_read_and_quickly_looked_for(tmp_path: Path) -> None:
    phrases = ", ".join(f'"w{i} ... town{i % 100} [of] x{i}"' for i in range(4_000))
    (tmp_path / "long.toml").write_text(f"words = [{phrases}]", encoding="utf-8")
    started = time.process_time()
    lists = Lexicon(sorted(tmp_path.glob("*.toml")))
    assert not lists.faults and time.process_time() - started < 2 * SECONDS
    choice = lists("long")
    text = " ".join(f"w{i} near town{i % 100} x{i}" for i in range(0, 1_000, 9))
    assert len(choice.find(PlainView(text))) > 100
    assert cost(lambda said: choice.find(PlainView(said)), text) < MOST


@pytest.mark.parametrize(
    "unit", [NEWS, NEWS.replace(". ", " "), "killed 20 people ", "town besieged ", "hospital shelled, "], ids=len
)
def test_the_shipped_rules_read_a_long_article_quickly(shipped: Ruleset, gazetteer: Gazetteer, unit: str) -> None:
    def work(text: str) -> object:
        article = Article(id="1", title="", text=text, published=datetime(2026, 1, 15, tzinfo=UTC), language="en")
        return shipped.detect(article, gazetteer, Households())

    assert cost(work, unit * (24_000 // len(unit)), enough=MOST / 2) < MOST


@quick
@given(articles())
def test_no_article_breaks_the_rules(shipped: Ruleset, gazetteer: Gazetteer, text: str) -> None:
    detect(shipped, gazetteer, text)


def detect(shipped: Ruleset, gazetteer: Gazetteer, text: str) -> None:
    article = Article(id="1", title=text[:200], text=text, published=datetime(2026, 1, 15, tzinfo=UTC), language="en")
    for hit in shipped.detect(article, gazetteer, Households()).hits:
        assert hit.quote and hit.quote in hit.sentence


@pytest.mark.soak
@soak
@given(mutated() | made)
def test_no_rule_breaks_the_checker_however_long_one_looks(lexicon: Lexicon, text: str) -> None:
    checked(text, lexicon)


@pytest.mark.soak
@soak
@given(articles(most=20_000))
def test_no_article_breaks_the_rules_however_long_one_looks(shipped: Ruleset, gazetteer: Gazetteer, text: str) -> None:
    detect(shipped, gazetteer, text)
