"""`alerts mail why`: who was told of an alert, when and why, and who was not, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common, placing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.match.rule import Rule
    from alerts.notify.why import Line
    from alerts.render.wishes import Named

_LATEST = 20


@click.command(short_help="Say who was told of an alert and why, and who was not and why not.")
@click.argument("alert", required=False, metavar="[ALERT]")
@common.config_option
@common.json_option
@click.option(
    "--mail", "mail", type=click.IntRange(1), metavar="N", help="What became of mail N of the queue, and why."
)
@click.option(
    "--reader", metavar="READER", help="Only this reader (a number or an address); alone: of the last alerts."
)
@click.option("--addresses", "with_addresses", is_flag=True, help="Show addresses: mind who looks over your shoulder.")
@click.option("--limit", type=click.IntRange(1, 1000), default=_LATEST, show_default=True, help="Of so many alerts.")
def why(
    alert: str | None,
    config_path: Path,
    as_json: bool,
    mail: int | None,
    reader: str | None,
    with_addresses: bool,
    limit: int,
) -> None:
    """Say who was told which version of an alert, when and why, in the words of the mail; and who was not, and why not:
    which of their wishes it does not fit, which silence hid it, what covers it, what their mail waits for.

    \b
      alerts mail why 12
      alerts mail why 12 --reader 3
      alerts mail why --reader desk@example.org      the last alerts, for one reader
      alerts mail why --mail 345
    """
    from alerts.store import people
    from alerts.store.database import reading

    if mail is not None and (alert or reader):
        raise click.UsageError("--mail says which mail; leave the alert and --reader away")
    if not (alert or reader or mail):
        raise click.UsageError("say of what: the id of an alert (alerts list), --reader READER, or --mail N")
    config = common.load_config(config_path)
    with common.store(config) as engine, reading(engine) as conn:
        named = placing.namer(config, config_path)
        found = _mail(conn, mail, named) if mail else _alerts(conn, config, config_path, alert, reader, limit, named)
        ids = {line["reader"] for line in found}
        addresses = people.addresses(conn, ids) if with_addresses else {}
    if as_json:
        common.print_json([{**line, **_address(line, addresses)} for line in found])
        return
    _print(found, addresses)


def _address(line: Mapping[str, Any], addresses: Mapping[int, str]) -> dict[str, str]:
    return {"address": addresses[line["reader"]]} if line["reader"] in addresses else {}


def _alerts(
    conn: Connection,
    config: Config,
    config_path: Path,
    alert: str | None,
    reader: str | None,
    limit: int,
    named: Named,
) -> list[dict[str, Any]]:
    from alerts.cli.people import choosing
    from alerts.notify.why import of_alert
    from alerts.store import alerts

    person = choosing.reader(conn, reader) if reader else None
    if alert is not None:
        wanted = [alert]
    else:
        wanted = [one.alert.id for one in alerts.list_alerts(conn, limit=limit) if one.alert.version]
    rules = _rules(config, config_path)
    found = []
    for alert_id in wanted:
        record = alerts.alert_of(conn, alert_id)
        rule = rules.get(record.rule) if record is not None else None
        lines = of_alert(conn, alert_id, rule, only=person.id if person else None, named=named)
        found += [_row(alert_id, line) for line in lines]
    return found


def _rules(config: Config, config_path: Path) -> dict[str, Rule]:
    """The rules as their files are now; faults of theirs are not our business."""
    from alerts.configured import rule_sources
    from alerts.match import files

    places, sources = common.gazetteer(config, config_path), rule_sources(config)
    return {rule.name: rule for rule in files.load(sources.folders, country=places.country_of, off=sources.off).rules}


def _row(alert_id: str, line: Line) -> dict[str, Any]:
    return {
        "alert": alert_id,
        "version": line.version,
        "reader": line.person_id,
        "told": line.told,
        "at": line.at,
        "mail": line.mail,
        "why": line.said,
    }


def _mail(conn: Connection, number: int, named: Named) -> list[dict[str, Any]]:
    """One mail: with all that goes in it, a line each."""
    from alerts.notify.why import of_mail

    return [_row(alert_id, line) for alert_id, line in of_mail(conn, number, named=named)]


def _print(found: Sequence[Mapping[str, Any]], addresses: Mapping[int, str]) -> None:
    if not found:
        click.echo("nobody: there are no readers, or no alerts that were told")
    before = ""
    for line in found:
        head = f"alert {line['alert']}" if line["alert"] else ""
        if head and head != before:
            click.secho(head, bold=True)
            before = head
        who = f"reader {line['reader']}{_shown(addresses.get(line['reader']))}"
        at = f"{line['at']:%Y-%m-%d %H:%M}" if line["at"] else "not told"
        mail = f"mail {line['mail']}" if line["mail"] else ""
        version = f"version {line['version']}" if line["version"] else ""
        known = ", ".join(filter(None, (version, mail)))
        click.echo(f"  {at:16}  {who}, {known}: {line['why']}")


def _shown(address: str | None) -> str:
    return f" ({address})" if address else ""
