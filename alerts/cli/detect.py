"""`alerts detect`: flag events in articles."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from alerts.cli import common


def _moment(ctx: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    from alerts.cli.articles import moment

    try:
        return moment(value) if value else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


published_option = click.option(
    "--published", metavar="TIME", callback=_moment, help="When articles without a date appeared; now, if not given."
)
source_option = click.option("--source", default="", help="The publisher of articles that name none.")
country_option = click.option("--country", metavar="ISO3", help="The country of articles that name none: SYR.")


@click.command(
    short_help="Flag events in articles: JSON lines in, JSON lines out.",
    epilog="""\b
Input is known by its beginning:
  {"id": ..., "title": ..., "text": ..., "published": ...}   an article a line
  <?xml ...> or a JSON Feed                                  a feed document
  anything else                                              the text of one article
FILE may be - for standard input.""",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@common.config_option
@click.option("--all", "everything", is_flag=True, help="Hits that were dropped, too, with the reason.")
@click.option("--rule", "names", multiple=True, help="Only this rule (may be given more than once).")
@click.option("--no-figures", is_flag=True, help="Do not read all figures of each article (quicker).")
@published_option
@source_option
@country_option
def command(
    files: tuple[str, ...],
    config_path: Path,
    everything: bool,
    names: tuple[str, ...],
    no_figures: bool,
    published: datetime | None,
    source: str,
    country: str | None,
) -> None:
    """Flag the events in articles, by the rules in force.

    For each article one JSON line: its id and language, the hits (rule, event, severity, sentence, place,
    numbers) and all displacement and casualty figures. Needs no installation and no network.
    """
    from alerts.cli.articles import Defaults, Reader
    from alerts.cli.output import Detector

    config = common.config_or_defaults(config_path)
    book, gazetteer = common.rulebook(config, config_path, only=names)
    reader = Reader(Defaults(now=common.now(), published=published, source=source, country=country))
    detector = Detector(book, gazetteer, config, everything=everything, figures=not no_figures)
    for article in reader.read(files):
        sys.stdout.write(detector.line(article) + "\n")
    common.tell(reader.faults)
