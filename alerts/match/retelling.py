"""From alerts that a person merged or split to a [[story]] of their rule: so that what is one event is told as one from
then on, and what is two as two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from alerts.match.adopting import one_line, value
from alerts.match.rule import Example, Story

Openings = Callable[[Story], Sequence[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """A story as it should go, and whether the rule makes it go so."""

    story: Story
    kept: bool


def retold(story: Story, events: Sequence[int], openings: Openings, problem: str) -> Retold | None:
    """The story with the article marked that should open the alert of each event: the first that would open it if the
    event were told alone. `events` numbers the event of each article; `openings` says which articles of a story open an
    alert by the rule as it is; `problem` is said of a rule that does not go so yet. None when some event alone opens no
    alert, which would prove nothing."""
    fires = [False] * len(events)
    for event in sorted(set(events)):
        own = [i for i, one in enumerate(events) if one == event]
        opened = openings(replace(story, articles=tuple(story.articles[i] for i in own)))
        if not any(opened):
            return None
        fires[own[list(opened).index(True)]] = True
    articles = tuple(replace(one, fires=mark) for one, mark in zip(story.articles, fires, strict=True))
    kept = list(openings(story)) == fires
    return Retold(story=replace(story, articles=articles, known_problem=None if kept else problem), kept=kept)


def as_toml(story: Story, note: str) -> str:
    """The story as it stands in a rule file, under a comment of one line."""
    published = None if story.published is None else f"{story.published:%Y-%m-%dT%H:%M:%SZ}"
    lines = [f"# {one_line(note)}", "[[story]]", f"name = {value(story.name)}"]
    lines += [f"published = {published}"] if published else []
    lines += [f"known_problem = {value(story.known_problem)}"] if story.known_problem else []
    for example in story.articles:
        lines += ["[[story.article]]", *_article(example)]
    return "\n".join(lines) + "\n"


def _article(example: Example) -> list[str]:
    words = {"title": example.title, "text": example.text, "source": example.source}
    words |= {"country": example.country, "language": example.language}
    lines = [f"day = {round(example.day, 4):g}"]
    lines += [f"{name} = {value(said)}" for name, said in words.items() if said]
    return [*lines, "fires = true"] if example.fires else lines
