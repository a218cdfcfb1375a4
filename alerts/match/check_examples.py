"""The examples a rule file carries: [[fires]], [[quiet]] and [[story]], as values. `examples.py` runs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from alerts.errors import did_you_mean
from alerts.match.rule import Example, Story
from alerts.match.sections import Section, one_of
from alerts.types import SEVERITIES

_EXPECTED = ("place", "severity", "country")


class ExampleReader:
    """Reads the examples; `country` turns a name or code into alpha-3, or None."""

    def __init__(self, country: Callable[[str], str | None]) -> None:
        self.country = country

    def examples(self, top: Section, kind: str) -> list[Example]:
        found = []
        for section in top.each(kind, kind):
            section.refuse_unknown()
            expect: dict[str, Any] = section.take("expect", dict, 'written expect.place = "..."', {})
            for key, value in expect.items():
                if wrong := _wrong(key, value, [*_EXPECTED, *top.data.get("numbers", {})]):
                    section.fault(("expect", key), wrong)
            found.append(self.example(section, kind == "fires", expect, _published(section)))
        return found

    def example(
        self, section: Section, fires: bool, expect: dict[str, Any], published: date | datetime | None
    ) -> Example:
        if fires and "because" in section.data:
            section.fault(("because",), "'because' belongs in a [[quiet]] example: why nothing is flagged")
        country = section.text("country") or None
        if country and self.country(country) is None:
            section.fault(("country",), f"'{country}' is no country: write its English name or its ISO code (SYR)")
        return Example(
            text=section.text("text", required=True),
            line=section.line,
            fires=fires,
            title=section.text("title"),
            published=_moment(published),
            language=section.language("language") or None,
            country=self.country(country) if country else None,
            source=section.text("source") or None,
            expect=expect,
            because=section.text("because") or None,
            known_problem=section.text("known_problem") or None,
        )

    def stories(self, top: Section) -> tuple[Story, ...]:
        found = []
        for section in top.each("story", "story"):
            section.refuse_unknown()
            articles = [self._article(article) for article in section.each("article", "story.article")]
            name = section.text("name", required=True)
            if not any(article.fires for article in articles):
                section.fault((), f"the story '{name}' proves nothing: no article of it has fires = true")
            if any(later.day < earlier.day for earlier, later in pairwise(articles)):
                section.fault((), f"the articles of the story '{name}' are not in the order of their days")
            found.append(
                Story(
                    name=name,
                    line=section.line,
                    articles=tuple(articles),
                    published=_moment(_published(section)),
                    known_problem=section.text("known_problem") or None,
                )
            )
        return tuple(found)

    def _article(self, article: Section) -> Example:
        article.refuse_unknown()
        country = article.text("country") or None
        if country and self.country(country) is None:
            article.fault(("country",), f"'{country}' is no country: write its English name or its ISO code (SYR)")
        return Example(
            text=article.text("text", required=True),
            line=article.line,
            fires=article.flag("fires", False),
            title=article.text("title"),
            day=article.number("day") or 0.0,
            language=article.language("language") or None,
            country=self.country(country) if country else None,
            source=article.text("source") or None,
        )


def _published(section: Section) -> date | datetime | None:
    """The date of a section; a fault for what is none."""
    published = section.data.get("published")
    if published is None or isinstance(published, date | datetime):
        return published
    section.fault(("published",), "'published' must be a date without quotes: 2026-01-31")
    return None


def _wrong(key: str, value: object, allowed: list[str]) -> str | None:
    """What is wrong with an expectation, or None."""
    if key not in allowed:
        return f"nothing is called '{key}' here{did_you_mean(key, allowed) or _only(allowed)}"
    if key == "severity" and value not in SEVERITIES:
        return f"'{value}' is no severity{did_you_mean(str(value), SEVERITIES) or f'; write {one_of(SEVERITIES)}'}"
    if key not in _EXPECTED and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"'expect.{key}' must be a number without quotes and commas: 400000 or 400_000"
    if key in _EXPECTED and not isinstance(value, str):
        return f"'expect.{key}' must be text in quotes"
    return None


def _only(allowed: list[str]) -> str:
    return f"; there is {one_of(allowed)}"


def _moment(value: date | datetime | None) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, 12, tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
