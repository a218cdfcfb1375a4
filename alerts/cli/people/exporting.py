"""`alerts people export`."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.readers import Person


@click.command(short_help="Write the readers as CSV or JSON.")
@common.config_option
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of CSV.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. [default: standard output]"
)
def export(config_path: Path, as_json: bool, output: Path | None) -> None:
    """Write the readers with their addresses and all they ask for, so that alerts people import makes the same of it.

    This is the list that nobody may have. A file is made for you alone (mode 0600): encrypt it before it leaves the
    machine, and delete it when it has served.

    \b
      alerts people export -o readers.csv
      alerts people export | gpg --encrypt --recipient me > readers.csv.gpg
    """
    from alerts.store import people
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = [one for one in people.list_people(conn) if "reader" in one.duties]
        addresses = people.addresses(conn, [one.id for one in found])
    text = as_lines(found, addresses) if as_json else as_table(found, addresses)
    if output is None:
        sys.stdout.write(text)
        return
    common.write_private(output, text.encode("utf-8"), what="the list of readers")
    click.echo(f"wrote {len(found)} reader{'' if len(found) == 1 else 's'} to {output}", err=True)


def as_lines(found: Sequence[Person], addresses: Mapping[int, str]) -> str:
    """The readers as JSON, one object a line."""
    from alerts.cli.people.wishes import texts

    rows = [{"address": addresses[one.id], "active": one.active, **texts(one.wishes)} for one in found]
    return "".join(f"{common.as_json(row)}\n" for row in rows)


def as_table(found: Sequence[Person], addresses: Mapping[int, str]) -> str:
    """The readers as a table."""
    from alerts.cli.people.tables import SEPARATOR
    from alerts.cli.people.wishes import FIELDS, texts

    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(("address", "active", *FIELDS))
    for one in found:
        values = [SEPARATOR.join(value) if isinstance(value, list) else value for value in texts(one.wishes).values()]
        table.writerow((addresses[one.id], "yes" if one.active else "no", *values))
    return file.getvalue()
