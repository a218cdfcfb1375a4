"""The words of numbers, dates and lines, and what a rule's line may not do."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError
from jinja2.exceptions import SecurityError

from alerts.errors import TemplateError
from alerts.template_env import FILTERS, render_line, sandbox, variables_of
from alerts.template_filters import count, day, listed, one_line, people, shorten, when
from alerts.types import Quantity


def quantity(low: float, high: float, stated: float, text: str = "", factor: float = 1.0) -> Quantity:
    return Quantity(low=low, high=high, stated=stated, unit="people", text=text, factor=factor)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (quantity(6_000, 6_000, 1_200, "1,200 families", 5), "about 6,000 people (1,200 families × 5)"),
        (quantity(6_000, 12_000, 1_200, "more than 1,200 families", 5), "at least 6,000 people (1,200 families × 5)"),
        (quantity(6_787, 6_787, 1_234, "1,234 households", 5.5), "about 6,800 people (1,234 households × 5.5)"),
        (quantity(120, 495, 24, "dozens of families", 5), "120 to 500 people (dozens of families × 5)"),
        (quantity(5, 5, 1, "a family", 5), "about 5 people (1 family × 5)"),
        (quantity(20_000, 99_999, 20_000), "tens of thousands of people"),
        (quantity(270, 330, 300), "about 300 people"),
        (quantity(0, 5_000, 5_000), "up to 5,000 people"),
        (quantity(12, 45, 12), "12 to 45 people"),
        (quantity(1, 1, 1), "1 person"),
        (quantity(1_200_000, 1_200_000, 1_200_000), "1.2 million people"),
        (quantity(100, float("inf"), 100), "at least 100 people"),
        (None, "an unknown number of people"),
    ],
)
def test_a_number_is_said_as_the_newspaper_meant_it(number: Quantity | None, words: str) -> None:
    assert people(number) == words


def test_the_number_alone_drops_the_noun_and_the_sum() -> None:
    assert count(quantity(6_000, 12_000, 1_200, "", 5)) == "at least 6,000"
    assert count(quantity(200, 999, 200)) == "hundreds"
    assert count(None) == "an unknown number"


def test_a_stored_number_reads_like_a_fresh_one() -> None:
    stored = {"low": 6000, "high": 6000, "stated": 1200, "unit": "households", "text": "1,200 families", "factor": 5}
    assert people(stored) == "about 6,000 people (1,200 families × 5)"
    assert people([12, 45]) == "12 to 45 people"


def test_days_and_instants_are_written_out_in_english_and_utc() -> None:
    moment = datetime(2019, 12, 22, 14, 5, tzinfo=UTC)
    assert when(moment) == "Sunday 22 December 2019, 14:05 UTC"
    assert when("2019-12-22T16:05:00+02:00") == "Sunday 22 December 2019, 14:05 UTC"
    assert day(date(2019, 12, 22)) == "22 December 2019"


def test_a_list_ends_with_and() -> None:
    assert listed(["Reuters", "AFP", "OCHA"]) == "Reuters, AFP and OCHA"
    assert listed(["Reuters"]) == "Reuters"


@given(st.text(), st.integers(min_value=10, max_value=300))
def test_a_shortened_text_is_never_too_long(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(
    st.floats(min_value=0, max_value=1e9),
    st.floats(min_value=0, max_value=1e9),
    st.floats(min_value=0, max_value=1e9),
    st.sampled_from([1.0, 4.5, 5.0]),
)
def test_any_interval_has_words(low: float, more: float, stated: float, factor: float) -> None:
    assert people(quantity(low, low + more, stated, factor=factor))


def test_the_variables_of_a_line_are_known_before_it_is_rendered() -> None:
    line = "{{ place }} under siege{% if not confirmed %} (unconfirmed){% endif %}: {{ trapped | people }}"
    assert variables_of(line) == {"place", "confirmed", "trapped"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{{ killed | peple }}", "there is no filter 'peple'; did you mean 'people'?"),
        ("{{ killed ", "unexpected end of template"),
        ("{% include 'secret' %}", "cannot stand in a rule's line"),
        ("{% for x in y %}{{ x }}{% endfor %}", "cannot stand in a rule's line"),
        ("{{ x | tojson }}", "there is no filter 'tojson'"),
    ],
)
def test_a_line_that_cannot_work_is_refused_with_a_remedy(line: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=message.replace("?", r"\?")):
        variables_of(line)


def test_the_fault_of_a_later_line_has_its_line_number() -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        variables_of("first\nsecond {{ x | peple }}")
    assert caught.value.lineno == 2


def test_a_rendered_line_is_one_short_line() -> None:
    assert render_line("{{ a }}\r\n b", {"a": "x\u2028y"}) == "x y b"
    assert len(render_line("{{ a }}", {"a": "word " * 100}, limit=160)) <= 160


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{{ traped | people }}", "did you mean 'trapped'?"),
        ("{{ traped }}", "rules/x.toml:7: error: there is no 'traped' here; did you mean 'trapped'?"),
        ("{{ place.__class__ }}", "unsafe"),
        ("{{ place * 1000000000 }}", "plain numbers only"),
        ("{{ place | people }}", "wants a number"),
    ],
)
def test_a_line_that_fails_names_the_rule_and_the_line(line: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render_line(line, {"trapped": None, "place": "Djibo"}, file="rules/x.toml", line=7)
    assert message in str(caught.value)
    assert str(caught.value).startswith("rules/x.toml:7: error: ")


def test_article_text_is_never_compiled() -> None:
    assert render_line("{{ quote }}", {"quote": "{{ 7 * 7 }} {% raw %}"}) == "{{ 7 * 7 }} {% raw %}"


def test_every_filter_on_offer_exists() -> None:
    for name in FILTERS:
        variables_of(f"{{{{ x | {name} }}}}")


def test_a_number_without_a_filter_prints_as_a_number() -> None:
    places = Quantity(low=3.0, high=3.0, stated=3.0, unit="settlements", text="three villages")
    assert render_line("{{ places }} places, {{ killed }} killed", {"places": places, "killed": None}) == (
        "3 places, an unknown number killed"
    )


def test_a_key_of_a_dictionary_is_found_by_its_name_and_hides_no_method_of_it() -> None:
    page = sandbox().from_string("{{ a.title }} {{ a.items() | length }} {{ a.get('items') }}")
    assert page.render(a={"title": "One", "items": "key"}) == "One 2 key"
    with pytest.raises(SecurityError):
        sandbox().from_string("{{ a.__class__.mro() }}").render(a={"title": "One"})
    with pytest.raises(SecurityError):
        sandbox().from_string("{{ a.clear() }}").render(a={"clear": "key"})
