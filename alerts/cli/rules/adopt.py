"""`alerts rules adopt`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.rules.chosen import count

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alerts.cli.rules.target import Target
    from alerts.match.adopting import Adopted, Bench
    from alerts.read.places import Gazetteer
    from alerts.store.alerts import Record
    from alerts.types import Article, Evidence

_MOST = 3  # sentences of one alert


@click.command(name="adopt", short_help="Make a judged alert's sentence an example of its rule.")
@click.argument("alert_id", required=False, metavar="ALERT")
@common.config_option
@click.option("--list", "only_list", is_flag=True, help="List the false alarms that are no examples yet.")
@common.json_option
@click.option("--article", "article_id", metavar="ID", help="Only the sentence of this article.")
@click.option("--quiet", "fires", flag_value=False, type=bool, default=None, help="It was a false alarm: [[quiet]].")
@click.option("--fires", "fires", flag_value=True, type=bool, help="It was right: [[fires]].")
@click.option("--story", is_flag=True, help="What was merged or split last: [[story]], as one event or as two.")
@click.option("--because", default="", metavar="TEXT", help="Why; kept beside the example.")
@click.option("--print", "only_print", is_flag=True, help="Show the lines to paste, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(
    alert_id: str | None,
    config_path: Path,
    only_list: bool,
    as_json: bool,
    article_id: str | None,
    fires: bool | None,
    story: bool,
    because: str,
    only_print: bool,
    yes: bool,
) -> None:
    """Append the sentence of an alert to its rule's file: as a [[quiet]] example when the alert was a false alarm, as
    a [[fires]] example when it was right. So the rule cannot make the mistake again unseen, nor lose the find.

    Without --quiet or --fires what was said of the alert decides (by its readers, by `alerts rules judge`); with one of
    them, the verdict is kept. --list shows the false alarms that were not made examples yet. A shipped
    rule is copied into your first own folder of rules before. If the rule does not yet do what the example asks, the
    example says so (known_problem), and the rule stays in force until you mend it.

    --story makes a [[story]] of the articles of an alert that was merged or split (alerts merge, alerts split): from
    then on `alerts rules check` tries whether the rule tells them as one event, or as two.
    """
    if only_list:
        from alerts.cli.rules import adoptable

        adoptable.show(config_path, as_json=as_json)
    elif alert_id is None:
        raise click.UsageError("name an alert, or say --list")
    elif story and (article_id is not None or fires is not None):
        raise click.UsageError("a story is told of all articles: --story goes without --article, --quiet and --fires")
    elif story:
        from alerts.cli.rules import adopt_story

        adopt_story.adopt(alert_id, config_path, because, only_print=only_print, yes=yes)
    else:
        _adopt_alert(alert_id, config_path, article_id, fires, because, only_print=only_print, yes=yes)


def _adopt_alert(
    alert_id: str,
    config_path: Path,
    article_id: str | None,
    fires: bool | None,
    because: str,
    *,
    only_print: bool,
    yes: bool,
) -> None:
    from alerts.cli.rules.target import target_of
    from alerts.errors import InputError
    from alerts.match.adopting import as_toml

    config = common.load_config(config_path)
    places = common.gazetteer(config, config_path)
    with common.store(config) as engine:
        record, fires = _judged(engine, alert_id, fires)
        target = target_of(config, record.alert)
        bench, taken = target.bench(config, places), []
        for item in _evidence(record, article_id):
            made = _adopt(engine, bench, item, places, fires=fires)
            if made is not None:
                note = f"adopted from alert {alert_id} ({item.source}, {item.published:%Y-%m-%d})"
                taken.append((_explained(made, because), f"{note}: {because}" if because else note))
        if not taken:
            raise InputError(f"nothing of alert {alert_id} is left to adopt for the rule '{target.name}'")
        blocks = [as_toml(made.example, note) for made, note in taken]
        text = target.checked(blocks, config, places)
        for made, _ in taken:
            _tell(made)
        click.echo("\n".join(blocks), nl=False)
        if only_print:
            return
        ask(target, taken, yes)
        target.write(text)
        _keep(engine, alert_id, because, fires=fires)
    click.echo(f"{count(len(blocks), 'example')} added to {target.path}", err=True)


def _judged(engine: Engine, alert_id: str, fires: bool | None) -> tuple[Record, bool]:
    """The alert, and whether it was right. Raises InputError when it is not there or nobody said."""
    from alerts.errors import InputError
    from alerts.store.alerts import get_alert
    from alerts.store.database import reading
    from alerts.store.judgements import opinion_of

    with reading(engine) as conn:
        record = get_alert(conn, alert_id)
        if record is None:
            raise InputError(f"there is no alert {alert_id}; see: alerts list")
        said = opinion_of(conn, alert_id)
    if fires is not None:
        return record, fires
    ask = "say --quiet (a false alarm) or --fires (it was right)"
    if said is None:
        raise InputError(f"nobody judged alert {alert_id} yet: {ask}")
    if said.verdict == "duplicate":
        raise InputError(f"alert {alert_id} was judged a duplicate, which says nothing of its sentence: {ask}")
    if said.wrong_place or said.wrong_number:
        what = "place" if said.wrong_place else "number"
        raise InputError(f"the {what} of alert {alert_id} was judged wrong, and the example would ask for it: {ask}")
    return record, said.verdict == "right"


def _evidence(record: Record, article_id: str | None) -> list[Evidence]:
    """What to make examples of: one report of each origin, each sentence once. Raises InputError."""
    from alerts.errors import InputError

    current = [item for item in record.evidence if item.hit.current]
    if article_id is not None:
        found = [item for item in current if item.article_id == article_id]
        if not found:
            known = ", ".join(f"{item.article_id} ({item.source})" for item in current[:10])
            raise InputError(f"the article {article_id} is no evidence of the alert; there is {known or 'none'}")
        return found
    origins = [item for item in current if item.origin == item.article_id] or current
    once = list({item.hit.sentence: item for item in reversed(origins)}.values())[::-1]
    if len(once) > _MOST:
        click.echo(f"{len(once) - _MOST} more sentences are left; take one with --article ID", err=True)
    return once[:_MOST]


def _adopt(engine: Engine, bench: Bench, item: Evidence, places: Gazetteer, *, fires: bool) -> Adopted | None:
    """The example of one piece of evidence; None, and told, when there cannot be one or the rule has it."""
    from alerts.match.adopting import adopt
    from alerts.read.reading import Reading

    article = stored_article(engine, item)
    sentences = [one.sentence.text for one in Reading(article, places).sentences]
    made = adopt(bench, article, item.hit, sentences, fires=fires)
    if made is None:
        click.echo(f'no part of the rule is in it any more, left out: "{item.hit.sentence}"', err=True)
        return None
    if made.waits_for is not None:
        why = f"it says nothing of the state '{made.waits_for}', which the rule asks for; write a [[story]] of it"
        click.echo(f'{why}, left out: "{item.hit.sentence}"', err=True)
        return None
    same = " ".join(made.example.text.split()).casefold()
    for example in bench.rule.examples:
        if " ".join(example.text.split()).casefold() == same:
            click.echo(f"{bench.rule.file}:{example.line}: the rule has this example already", err=True)
            return None
    return made


def stored_article(engine: Engine, item: Evidence) -> Article:
    """The article as it is stored; what the evidence kept of it, if it is gone."""
    from alerts.store.articles import get
    from alerts.store.database import reading
    from alerts.types import Article

    with reading(engine) as conn:
        found = get(conn, item.article_id)
    if found is not None:
        return found.article
    return Article(
        id=item.article_id, title=item.title, text=item.hit.sentence, published=item.published, source=item.source
    )


def _explained(made: Adopted, because: str) -> Adopted:
    """With the reason, where it is one the checker knows, and with the problem the rule still has."""
    from alerts.match.adopting import is_reason

    example = made.example
    if not example.fires and is_reason(because):
        example = replace(example, because=because)
    if made.problem:
        example = replace(example, known_problem=because or made.problem)
    return replace(made, example=example)


def _tell(made: Adopted) -> None:
    """What the rule as it is makes of the example."""
    if made.problem and made.example.fires:
        click.echo(f"the rule does not fire on it any more: {made.problem}", err=True)
    elif made.problem and made.problem.startswith("the quiet example fires"):
        click.echo("the rule still fires on it: until you change the rule, the example is a known problem", err=True)
    elif made.problem:
        click.echo(f"not as you said: {made.problem}", err=True)
    for one in made.left_out:
        click.echo(f"not expected, for the example alone does not give it: {one}", err=True)


def ask(target: Target, taken: Sequence[tuple[Adopted, str]], yes: bool) -> None:
    """Before a shipped rule is replaced by a copy, and before a problem is written down."""
    if yes:
        return
    try:
        if target.shipped is not None:
            click.confirm(
                f"'{target.path.stem}' is a shipped rule. Copy it to {target.path}? New versions of the shipped rule"
                " will not reach you then.",
                abort=True,
                err=True,
            )
        if any(made.problem for made, _ in taken):
            click.confirm(f"Write it to {target.path} as a known problem?", default=True, abort=True, err=True)
    except click.Abort:
        click.echo("nothing was written; --print shows the lines, --yes writes without asking", err=True)
        raise SystemExit(1) from None


def _keep(engine: Engine, alert_id: str, because: str, *, fires: bool) -> None:
    from alerts.cli.rules.judge import keep
    from alerts.store.database import writing

    with writing(engine) as conn:
        keep(conn, alert_id, "right" if fires else "wrong", because)
