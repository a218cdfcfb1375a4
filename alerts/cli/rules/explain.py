"""`alerts rules explain`: why an article fires a rule, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common
from alerts.cli.detect import country_option, published_option, source_option
from alerts.cli.rules.chosen import one_rule

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alerts.cli.given import Given
    from alerts.config import Config
    from alerts.engine.rulebook import Rulebook
    from alerts.match.explain import Explanation
    from alerts.match.stages import Case, Stage
    from alerts.read.places import Gazetteer

_NEAR = 12  # quiet rules shown by a line each
_FIRING, _ALMOST = 5, 3  # sentences of a rule shown in full
_WIDTH = 14
_NO_DATABASE = "not asked: no database (what the ledger knows and which alert it would join)"


@click.command(
    name="explain",
    epilog="""\b
ARTICLE is one of
  "a text of several words"      the article itself
  https://...                    a web page or a feed, fetched by the rules of [collect]
  FILE                           JSON lines, a feed document, or plain text; - for standard input
  1234                           the id of an article in the database""",
)
@click.argument("words", nargs=-1, required=True, metavar="[RULE] ARTICLE")
@common.config_option
@common.json_option
@click.option("--long", "everything", is_flag=True, help="Every stage of every rule, as for a single one.")
@click.option("--title", default="", help="The title of an article that has none.")
@click.option("--language", callback=common.language_code, help="The language of the article (en).")
@published_option
@source_option
@country_option
def command(
    words: tuple[str, ...],
    config_path: Path,
    as_json: bool,
    everything: bool,
    title: str,
    language: str | None,
    published: datetime | None,
    source: str,
    country: str | None,
) -> None:
    """Explain what the rules make of an article: which fire, and why the others do not.

    Without RULE one line for each rule in force of which something was found, the nearest first. With RULE, its name
    or its file, every stage: scope, sentence, parts with their words or what came near them, ignored words, claims,
    place, numbers, time and severity. A rule that is not in force is explained as if it were.
    """
    from alerts.cli.detect import reader
    from alerts.cli.given import Giver, database_of
    from alerts.configured import households
    from alerts.match.explain import explain

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    name, given = _asked(config, words)
    book, notes, only = _rules(config, config_path, places, name)
    read = reader(places, published=published, source=source, country=country)
    database = database_of(config, config_path)
    giver = Giver(config=config, reader=read, title=title, language=language, database=database)
    engine = database() if database else None
    teller = _Teller(config, book, places, engine, notes, as_json=as_json, deep=bool(only) or everything)
    try:
        for number, item in enumerate(giver.articles(given)):
            found = explain(book.ruleset, item.article, places, households(config), names=only)
            teller.tell(item, found, number)
    finally:
        if engine:
            engine.dispose()
    common.tell(read.faults)


def _asked(config: Config, words: Sequence[str]) -> tuple[str | None, str]:
    """The rule (or None) and the article. Raises InputError."""
    from alerts.configured import rule_sources
    from alerts.errors import InputError, did_you_mean
    from alerts.match.files import rule_paths

    if len(words) > 2 or (len(words) == 2 and len(words[0].split()) > 1):
        raise InputError(f'put the text in quotes: "{" ".join(words)}"')
    if len(words) == 2:
        return words[0], words[1]
    (word,) = words
    known = rule_paths(rule_sources(config).folders)
    if (word in known or word.endswith(".toml")) and (word in known or Path(word).is_file()):
        raise InputError(f"{word} is a rule; give an article, too: alerts rules explain {word} ARTICLE")
    if (
        len(word.split()) == 1
        and not word.isdigit()
        and not Path(word).exists()
        and (near := did_you_mean(word, known))
    ):
        raise InputError(f"'{word}' is no article{near} Give an article, too: alerts rules explain RULE ARTICLE")
    return None, word


def _rules(
    config: Config, config_path: Path, places: Gazetteer, name: str | None
) -> tuple[Rulebook, tuple[str, ...], tuple[str, ...]]:
    """The rules to ask, what should be known of the one that was named, and its name. Raises InputError, Faults."""
    from alerts.configured import households
    from alerts.engine.rulebook import compiled
    from alerts.match.examples import run_examples

    if name is None:
        return common.rulebook(config, config_path)[0], (), ()
    chosen = one_rule(config, places, name)
    awake = replace(chosen.rule, status="test") if chosen.rule.status in ("draft", "retired") else chosen.rule
    others = [rule for rule in chosen.rules if rule.name != awake.name and rule.name not in config.rules.off]
    book = compiled([*others, awake])
    notes = chosen.notes
    failing = [
        fault for fault in run_examples(awake, book.ruleset, places, households(config)) if fault.level == "error"
    ]
    if failing:
        notes = (*notes, f"not in force: {len(failing)} of its examples fail (alerts rules test {name})")
    return book, notes, (awake.name,)


class _Teller:
    """Writes explanations; `deep`: every stage."""

    def __init__(
        self,
        config: Config,
        book: Rulebook,
        places: Gazetteer,
        engine: Engine | None,
        notes: tuple[str, ...],
        *,
        as_json: bool,
        deep: bool,
    ) -> None:
        self.config, self.book, self.places, self.engine, self.notes = config, book, places, engine, notes
        self.as_json, self.deep = as_json, deep

    def tell(self, item: Given, found: Sequence[Explanation], number: int) -> None:
        """What all rules make of one article."""
        if self.as_json:
            common.print_json([row(item.article.id, one) for one in found])
            return
        if number:
            click.echo()
        if item.article.title or number:
            click.secho(f"article {item.article.id}: {item.article.title}", bold=True)
        for note in self.notes if not number else ():
            click.echo(note)
        if self.deep:
            self._long(item, found)
        else:
            _short(found)

    def _long(self, item: Given, found: Sequence[Explanation]) -> None:
        now = self._rehearsed(item, found)
        silent = [one for one in found if not one.found and len(found) > 1]
        for one in found:
            if one in silent:
                continue
            why = f" ({one.because})" if one.because else ""
            click.echo(f"{_verdict(one)} {one.rule.name}: {one.rule.title}{why}")
            for stage in one.before:
                _stage(stage)
            shown = _shown(one)
            for case in shown:
                for stage in one.chain(case):
                    _stage(stage)
                if others := _also(one, case):
                    click.echo(f"  {'also':{_WIDTH}}    {others}")
            if not one.found:
                self._nothing(item, one)
            if more := _more(one, shown):
                click.echo(f"  ... and {more}")
            for line in now(one):
                click.echo(f"  {'now':{_WIDTH}}    {line}")
        _count(len(silent))

    def _nothing(self, item: Given, one: Explanation) -> None:
        """What came near a rule of which no part is there."""
        from alerts.match.explain import nearest

        hints = nearest(one.rule, item.article, self.places)
        for where, part, hint in hints[:_FIRING]:
            click.echo(f"  {'near ' + part:{_WIDTH}}    {where}: {hint}")

    def _rehearsed(self, item: Given, found: Sequence[Explanation]) -> Any:
        """What the service would do now, by rule: asked of the database once an article, where there is one."""
        from alerts.configured import households
        from alerts.engine.rehearsal import rehearse
        from alerts.engine.replay import Nobody
        from alerts.engine.tracking import Tracker
        from alerts.errors import StoreError

        if not any(case.because is None for one in found for case in one.cases):
            return lambda one: ()
        if self.engine is None:
            return lambda one: (_NO_DATABASE,) if any(case.because is None for case in one.cases) else ()
        detection = self.book.ruleset.detect(item.article, self.places, households(self.config))
        tracker = Tracker(
            rulebook=self.book, gazetteer=self.places, outbox=Nobody(), late_after=self.config.notify.late_after
        )
        try:
            said = rehearse(self.engine, tracker, item.stored or item.article, detection, common.now())
        except StoreError as error:
            line = f"not asked: {error}"
            return lambda one: (line,) if any(case.because is None for case in one.cases) else ()
        return lambda one: said.get(one.rule.name, ())


def _short(found: Sequence[Explanation]) -> None:
    """A line a rule."""
    from alerts.match.explain import one_line

    fires = [one for one in found if one.fires]
    near = [one for one in found if not one.fires and one.found]
    for one in (*fires, *near[:_NEAR]):
        line = one_line(one)
        click.echo(_verdict(one) + line[len("FIRES") :])
    if len(near) > _NEAR:
        click.echo(f"{len(near) - _NEAR} more found less (--long tells of all)")
    _count(len(found) - len(fires) - len(near), others=bool(fires or near))


def _count(silent: int, *, others: bool = True) -> None:
    if silent:
        click.echo(f"{silent} {'other' if others else 'rule'}{'s' if silent > 1 else ''} found nothing")


def _verdict(one: Explanation) -> str:
    return click.style("FIRES", fg="green", bold=True) if one.fires else "quiet"


def _shown(one: Explanation) -> Sequence[Case]:
    """The sentences worth showing: those that count, once each; else the nearest, by each block that came near."""
    counts = {case.at: case for case in reversed(one.cases) if case.because is None}
    if counts:
        return sorted(counts.values(), key=one.cases.index)[:_FIRING]
    ended_late = [case for case in one.cases if case.failed != "parts"]
    return (ended_late or one.cases)[:_ALMOST]


def _more(one: Explanation, shown: Sequence[Case]) -> str:
    """The sentences of the same sort that are not shown."""
    counts = any(case.because is None for case in shown)
    same = {case.at for case in one.cases if (case.because is None) == counts}
    left = len(same - {case.at for case in shown})
    if not left:
        return ""
    verb = "counts" if left == 1 else "count"
    return f"{left} more sentence{'s' if left > 1 else ''} {f'that {verb}' if counts else 'with something of it'}"


def _also(one: Explanation, case: Case) -> str:
    """The other blocks that count in the same sentence."""
    same = [other for other in one.cases if other.at == case.at and other is not case]
    names = [repr(other.block.name) for other in same if other.because is None and case.because is None]
    return f"met there by the block{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else ""


def _stage(stage: Stage) -> None:
    mark = {True: "ok", False: click.style("NO", fg="red"), None: "  "}[stage.ok]
    click.echo(f"  {stage.name:{_WIDTH}} {mark} {stage.said}")
    for hint in stage.near:
        click.echo(f"  {'':{_WIDTH}}    near: {hint}")


def row(article_id: str, one: Explanation) -> dict[str, Any]:
    """The JSON line of one rule and article."""
    return {
        "id": article_id,
        "rule": one.rule.name,
        "event": one.rule.event,
        "fires": one.fires,
        "because": one.because,
        "article": [_stage_row(stage) for stage in one.before],
        "sentences": [_case_row(one, case) for case in _shown(one)],
    }


def _case_row(one: Explanation, case: Case) -> dict[str, Any]:
    return {
        "sentence": case.view.reading.sentence.text,
        "index": case.at,
        "block": case.block.name,
        "counts": case.because is None,
        "because": case.because,
        "parts": case.found,
        "stages": [_stage_row(stage) for stage in one.chain(case)],
    }


def _stage_row(stage: Stage) -> dict[str, Any]:
    return {"stage": stage.name, "ok": stage.ok, "said": stage.said, "near": list(stage.near)}
