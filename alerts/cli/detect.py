"""`alerts detect`: flag events in articles."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.cli.articles import Reader
    from alerts.read.places import Gazetteer


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
country_option = click.option("--country", help="The country of articles that name none: SYR or Syria.")


def reader(gazetteer: Gazetteer, *, published: datetime | None, source: str, country: str | None) -> Reader:
    """The reader of the given files. Raises InputError for an unknown country."""
    from alerts.cli.articles import Defaults, Reader

    code = common.country_code(gazetteer, country) if country else None
    return Reader(
        Defaults(now=common.now(), country_of=gazetteer.country_of, published=published, source=source, country=code)
    )


@click.command(
    short_help="Flag events in articles: JSON lines in, JSON lines out.",
    epilog="""\b
Input is known by its beginning:
  {"id": ..., "title": ..., "text": ..., "published": ...}   an article a line (or a list)
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
    numbers) and all displacement and casualty figures. A line that cannot be used is told on standard error
    with file and line, and the exit status is 1; the others are flagged all the same.

    Needs no configuration and no network. With a configuration its rules and places are used.
    """
    from alerts.cli.output import Detector

    config = common.config_or_defaults(config_path)
    book, gazetteer = common.rulebook(config, config_path, only=names)
    given = reader(gazetteer, published=published, source=source, country=country)
    detector = Detector(book, gazetteer, config, everything=everything, figures=not no_figures)
    with common.counting(given.read(files), "reading") as counted:
        for article in counted:
            click.echo(common.as_json(detector.row(article)))
    common.tell(given.faults)
