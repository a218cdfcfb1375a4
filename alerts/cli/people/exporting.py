"""`alerts people export`."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.readers import Person

SEPARATOR: Final = ";"


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
    text = _json(found, addresses) if as_json else _csv(found, addresses)
    if output is None:
        sys.stdout.write(text)
        return
    with open(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as file:
        file.write(text)
    output.chmod(0o600)  # it may have been there before, open to others
    click.echo(f"wrote {len(found)} reader{'' if len(found) == 1 else 's'} to {output}", err=True)


def _json(found: Sequence[Person], addresses: Mapping[int, str]) -> str:
    from alerts.cli.people.wishes import texts

    rows = [{"address": addresses[one.id], "active": one.active, **texts(one.wishes)} for one in found]
    return "".join(f"{common.as_json(row)}\n" for row in rows)


def _csv(found: Sequence[Person], addresses: Mapping[int, str]) -> str:
    from alerts.cli.people.wishes import FIELDS, texts

    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(("address", "active", *FIELDS))
    for one in found:
        values = [SEPARATOR.join(value) if isinstance(value, list) else value for value in texts(one.wishes).values()]
        table.writerow((addresses[one.id], "yes" if one.active else "no", *values))
    return file.getvalue()
