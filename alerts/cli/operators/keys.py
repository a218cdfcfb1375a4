"""`alerts operators key`, `keys` and `withdraw`: keys by which programs read private data ([web] private)."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.operators.choosing import chosen, doer, operator_argument


@click.command(short_help="Make a key by which a program reads private data.")
@operator_argument
@common.config_option
@click.option("--for", "label", required=True, metavar="TEXT", help="What the key is for, to know it by later.")
def key(who: str, config_path: Path, label: str) -> None:
    """Make a key of an operator's and print it, this once: only its hash is kept. With it a program reads the data
    (feeds, tables, CAP messages) where [web] private keeps them, and nothing else, until it is withdrawn or its
    operator is none any more. Make one for each program.

    \b
      alerts operators key Ana --for "the dashboard in Goma"
      curl -H 'Authorization: Bearer KEY' https://alerts.example.org/alerts.json
    """
    from alerts.store import audit
    from alerts.store.database import writing
    from alerts.web.access.keys import make

    config, now = common.load_config(config_path), common.now()
    with common.store(config) as engine, writing(engine) as conn:
        secret, made = make(conn, chosen(conn, who).person_id, label, now)
        audit.note(conn, doer(), "key made", f"key {made.id}", {"operator": made.name, "label": made.label}, now=now)
    click.echo(secret)
    click.echo(f"key {made.id} of {made.name}, for {made.label}: it is not shown again", err=True)
    if not {"all", "alerts", "data"} & set(config.web.private):
        click.echo("the data are not private now ([web] private): no key is needed to read them", err=True)


@click.command(short_help="List the keys by which programs read private data.")
@common.config_option
@common.json_option
def keys(config_path: Path, as_json: bool) -> None:
    """List the keys, as they were made: whose each is, what for, and when it was used last (to a day). The keys
    themselves are not kept."""
    from alerts.store import keys as store
    from alerts.store.database import reading

    now = common.now()
    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = store.list_all(conn)
    if as_json:
        common.print_json(
            [
                {"id": one.id, "operator": one.name, "for": one.label, "created": one.created, "used": one.used}
                for one in found
            ]
        )
        return
    rows = [(one.id, one.name, one.label, f"{one.created:%Y-%m-%d}", common.ago(one.used, now)) for one in found]
    columns = ("id", "operator", "for", "made", "used")
    common.print_table(columns, rows, empty="no keys; make one: alerts operators key OPERATOR --for TEXT")


@click.command(short_help="Withdraw a key: it opens nothing any more.")
@click.argument("key_id", metavar="KEY", type=click.IntRange(1, 2**31 - 1))
@common.config_option
def withdraw(key_id: int, config_path: Path) -> None:
    """Withdraw a key, by the number that `alerts operators keys` shows: it opens nothing any more, at once."""
    from alerts.errors import InputError
    from alerts.store import audit
    from alerts.store import keys as store
    from alerts.store.database import writing

    now = common.now()
    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        known = store.get(conn, key_id)
        if known is None:
            raise InputError(f"there is no key {key_id}; see: alerts operators keys")
        store.withdraw(conn, known.id, known.person_id)
        detail = {"operator": known.name, "label": known.label}
        audit.note(conn, doer(), "key withdrawn", f"key {known.id}", detail, now=now)
    click.echo(f"key {known.id} of {known.name}, for {known.label}, opens nothing any more")
