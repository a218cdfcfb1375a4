"""`alerts rules backtest`."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.detect import country_option, published_option, source_option
from alerts.cli.rules.material import since_option


@click.command(
    name="backtest",
    short_help="Try a rule on stored or given articles, against the version in force.",
    epilog="""\b
alerts rules backtest siege                        the stored archive
alerts rules backtest siege --since 90d
alerts rules backtest new/siege.toml old.jsonl     a file that is not in force yet, on articles of a file""",
)
@click.argument("rule", metavar="RULE")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@common.config_option
@common.json_option
@since_option
@click.option(
    "--against",
    metavar="RULE|previous",
    help="Compare with this rule or file, or with the version that was in force before.",
)
@click.option("--samples", type=click.IntRange(0, 1000), default=10, show_default=True, help="How many hits are shown.")
@published_option
@source_option
@country_option
def command(
    rule: str,
    files: tuple[str, ...],
    config_path: Path,
    as_json: bool,
    since: datetime | None,
    against: str | None,
    samples: int,
    published: datetime | None,
    source: str,
    country: str | None,
) -> None:
    """Try a rule on the articles of the archive, or of the given files (as for `alerts detect`). RULE is the name of
    a rule or a file.

    Tells the hits and the alerts that readers would have got, what is new and lost against another version (if
    --against does not say which: the one in force when RULE is another file, else the one in force before), the hits
    of each phrase, what was dropped and why, what the ignored phrases hide, and which other rules flag the same. No
    mail is sent, nothing is stored; the same articles always give the same answer. Ctrl-C ends it with what was read.
    """
    from alerts.cli.detect import reader
    from alerts.cli.rules import material, report
    from alerts.cli.rules.against import Chooser
    from alerts.configured import households
    from alerts.engine.backtest import Backtest, Means

    config = common.config_or_defaults(config_path)
    if not files:
        material.need_archive(config, config_path)
    places = common.gazetteer(config, config_path)
    chosen = Chooser(config=config, config_path=config_path, places=places).choose(rule, against)
    with ExitStack() as stack:
        if files:
            given = reader(places, published=published, source=source, country=country)
            found = material.of_files(given, files, config, since)
        else:
            found = material.of_archive(stack.enter_context(common.store(config)), since)
        test = Backtest(
            chosen.rule,
            rules=chosen.rules,
            means=Means(gazetteer=places, households=households(config), owners=found.owners),
            against=chosen.against,
            others=chosen.rules,
        )
        stack.callback(test.close)
        whole = material.go_through(found, f"trying {chosen.rule.name}", test.take)
    result = test.report()
    if as_json:
        common.print_json([report.as_row(result, file=str(chosen.path), label=chosen.label, samples=samples)])
    else:
        report.print_report(result, file=str(chosen.path), label=chosen.label, samples=samples)
    material.end(found, whole)
