"""`alerts rules overlap`."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.detect import country_option, published_option, source_option
from alerts.cli.rules.material import since_option

if TYPE_CHECKING:
    from alerts.match.backtest import Overlap
    from alerts.types import Article

_LEAST = 3  # common hits below which a share says nothing


@click.command(name="overlap", short_help="Pairs of rules that flag the same sentences.")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@common.config_option
@common.json_option
@since_option
@click.option(
    "--share",
    type=click.IntRange(0, 100),
    default=60,
    show_default=True,
    help="Only pairs that share more than this percentage of the hits of the rule with fewer.",
)
@published_option
@source_option
@country_option
def command(
    files: tuple[str, ...],
    config_path: Path,
    as_json: bool,
    since: datetime | None,
    share: int,
    published: datetime | None,
    source: str,
    country: str | None,
) -> None:
    """Pairs of rules in force that flag the same sentences of the stored articles, or of those of the given files
    (as for `alerts detect`): the one may be needless, or count what the other counts. Pairs with less than three
    sentences in common are left out.
    """
    from alerts.cli.detect import reader
    from alerts.cli.rules import material
    from alerts.configured import households
    from alerts.match.backtest import Tally, overlaps

    config = common.config_or_defaults(config_path)
    if not files:
        material.need_archive(config, config_path)
    book, places = common.rulebook(config, config_path)
    tallies = {rule.name: Tally(rule.name) for rule in book.ruleset.rules if rule.alert is not None}
    with ExitStack() as stack:
        if files:
            given = reader(places, published=published, source=source, country=country)
            found = material.of_files(given, files, config, since)
        else:
            found = material.of_archive(stack.enter_context(common.store(config)), since)
        sizes = households(config)

        def take(article: Article) -> None:
            result = book.ruleset.detect(article, places, sizes)
            for tally in tallies.values():
                tally.add(article, result)

        whole = material.go_through(found, "comparing rules", take)
    every = overlaps({name: list(one.hits) for name, one in tallies.items()})
    pairs = [pair for pair in every if pair.share > share / 100 and pair.sentences >= _LEAST]
    if as_json:
        common.print_json([_row(pair) for pair in pairs])
    else:
        columns = ("rules", "hits of each", "common", "share", "articles with both")
        common.print_table(columns, [_cells(pair) for pair in pairs], empty=_none(share, every))
    material.end(found, whole)


def _row(pair: Overlap) -> dict[str, object]:
    return {
        "rules": pair.rules,
        "hits": pair.hits,
        "sentences": pair.sentences,
        "articles": pair.articles,
        "share": round(pair.share, 3),
    }


def _cells(pair: Overlap) -> tuple[object, ...]:
    return (
        ", ".join(pair.rules),
        ", ".join(map(str, pair.hits)),
        pair.sentences,
        f"{100 * pair.share:.0f} %",
        pair.articles,
    )


def _none(share: int, every: list[Overlap]) -> str:
    said = f"no two rules share more than {share} % of their hits"
    near = next((pair for pair in every if pair.sentences >= _LEAST), None)
    return said if near is None else f"{said}; nearest: {' and '.join(near.rules)}, {100 * near.share:.0f} %"
