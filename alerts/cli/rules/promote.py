"""`alerts rules promote`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(name="promote", short_help="Let a rule that fell to test alert everybody again.")
@click.argument("rule", metavar="RULE")
@common.config_option
def command(rule: str, config_path: Path) -> None:
    """Let a rule that fell to test (too many of its judged alerts were wrong) alert everybody again, as it is. Only
    alerts from now on are counted for and against it. A changed file does the same by itself. The status that stands
    in a file is changed in the file.
    """
    from alerts.errors import InputError
    from alerts.store import demotions
    from alerts.store.database import writing

    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        raised = demotions.promote(conn, rule, common.now())
        if raised is None:
            fell = demotions.fallen(conn)
            raise InputError(f"'{rule}' did not fall to test{common.meant(rule, fell) if fell else '; no rule did'}")
    click.echo(f"{rule} alerts everybody again; it fell because {raised.why}", err=True)
