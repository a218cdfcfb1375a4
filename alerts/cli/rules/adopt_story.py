"""`alerts rules adopt --story`: what a person merged or split, as a story that the rule is held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from alerts.cli.rules.target import Target
    from alerts.match.adopting import Bench
    from alerts.match.retelling import Retold
    from alerts.match.rule import Example, Story
    from alerts.read.places import Gazetteer
    from alerts.store.acts import Act
    from alerts.types import Alert, Evidence

_MOST = 4  # articles of an event


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """An alert that was merged or split last by `act`, and the articles that tell of it, each with its event: 0, or 1
    if the act set it apart from what is 0."""

    alert: Alert
    act: Act
    articles: Sequence[tuple[Evidence, int]]


def adopt(alert_id: str, config_path: Path, because: str, *, only_print: bool, yes: bool) -> None:
    """Append the story of an alert that was merged or split to its rule's file."""
    from alerts.cli.rules.target import target_of
    from alerts.match.retelling import as_toml

    config = common.load_config(config_path)
    places = common.gazetteer(config, config_path)
    with common.store(config) as engine:
        told = _told(engine, alert_id)
        target = target_of(config, told.alert)
        bench = target.bench(config, places)
        made = _retold(engine, bench, told, places, because or told.act.why)
    note = f"adopted from alert {alert_id}, {told.act.at:%Y-%m-%d}: {told.act.why}"
    block = as_toml(made.story, note)
    text = target.checked([block], config, places)
    if not made.kept:
        click.echo("the rule does not tell it so yet: until it does, the story is a known problem", err=True)
    click.echo(block, nl=False)
    if not only_print:
        _ask(target, made, yes)
        target.write(text)
        click.echo(f"1 story added to {target.path}", err=True)


def _told(engine: Engine, alert_id: str) -> _Told:
    """Raises InputError for an alert that nobody merged or split."""
    from alerts.errors import InputError
    from alerts.store import acts
    from alerts.store.alerts import alert_of
    from alerts.store.database import reading

    with reading(engine) as conn:
        alert = alert_of(conn, alert_id)
        done = [] if alert is None else [act for act in acts.of_alert(conn, alert_id) if act.kind in ("merge", "split")]
        if alert is None:
            raise InputError(f"there is no alert {alert_id}; see: alerts list")
        if not done:
            raise InputError(f"nobody merged or split alert {alert_id}: a story is told of that")
        return _Told(alert=alert, act=done[-1], articles=_articles(conn, done[-1]))


def _articles(conn: Connection, act: Act) -> list[tuple[Evidence, int]]:
    """The first tellers of each part, in order of publication, with the event of each."""
    from alerts.store import evidence
    from alerts.track.origins import in_order

    detail = act.detail
    if act.kind == "merge":
        whole, apart = evidence.of_alert(conn, detail["into"]), set(detail["articles"])
        parts = [[item for item in whole if (item.article_id in apart) == side] for side in (False, True)]
    else:
        parts = [evidence.of_alert(conn, detail[side]) for side in ("from", "part")]
    chosen: list[tuple[Evidence, int]] = []
    for number, items in enumerate(parts):
        current = in_order(item for item in items if item.hit.current)
        first = [item for item in current if item.origin == item.article_id] or current
        chosen += [(item, 0 if act.kind == "merge" else number) for item in first[:_MOST]]
    return sorted(chosen, key=lambda pair: (pair[0].published, pair[0].article_id))


def _retold(engine: Engine, bench: Bench, told: _Told, places: Gazetteer, why: str) -> Retold:
    """The story, and whether the rule tells it so. Raises InputError when it would prove nothing."""
    from alerts.engine.rulebook import compiled
    from alerts.engine.stories import openings
    from alerts.errors import InputError
    from alerts.match.retelling import retold
    from alerts.match.rule import Story

    examples = [(example, event) for item, event in told.articles if (example := _example(engine, bench, item, places))]
    alert, kind = told.alert, told.act.kind
    where = alert.place.name if alert.place else "no known place"
    many = "one event" if kind == "merge" else "two events"
    begun = told.articles[0][0].published if told.articles else told.act.at
    story = Story(
        name=f"{many} at {where}, {begun:%Y-%m-%d}",
        line=0,
        articles=tuple(
            replace(example, day=(example.published - begun).total_seconds() / 86_400 if example.published else 0.0)
            for example, _ in examples
        ),
        published=begun,
    )
    book = compiled(bench.ruleset.rules)

    def opened(one: Story) -> list[bool]:
        return openings(bench.rule, one, book, places, bench.households)

    made = None
    if len({event for _, event in examples}) == (1 if kind == "merge" else 2):
        made = retold(story, [event for _, event in examples], opened, f"it was {_done(kind)} by hand: {why}")
    if made is None:
        raise InputError(
            f"what is kept of alert {alert.id} makes no story: told alone, its sentences open no alert by the rule"
            f" '{bench.rule.name}'; write the [[story]] yourself"
        )
    return made


def _example(engine: Engine, bench: Bench, item: Evidence, places: Gazetteer) -> Example | None:
    """The report as an article of a story, as short as the rule allows; None, and told, when it says nothing any
    more."""
    from alerts.cli.rules.adopt import stored_article
    from alerts.match.adopting import adopt
    from alerts.read.reading import Reading

    article = stored_article(engine, item)
    sentences = [one.sentence.text for one in Reading(article, places).sentences]
    made = adopt(bench, article, item.hit, sentences, fires=True)
    if made is None or made.waits_for is not None:
        click.echo(f'the rule sees nothing in it by itself, left out: "{item.hit.sentence}"', err=True)
        return None
    return replace(made.example, published=item.published, source=item.source or None, expect={})


def _done(kind: str) -> str:
    return "merged" if kind == "merge" else "split"


def _ask(target: Target, made: Retold, yes: bool) -> None:
    from alerts.cli.rules.adopt import ask
    from alerts.match.adopting import Adopted

    first = made.story.articles[0]
    ask(target, [(Adopted(example=first, problem=made.story.known_problem), "")], yes)
