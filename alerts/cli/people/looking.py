"""`alerts people list` and `show`. Addresses are shown only with --addresses: who looks over the shoulder, or reads the
ticket into which a table is pasted, has not asked for them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common, placing
from alerts.cli.people.choosing import reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.readers import Person, Wishes
    from alerts.render.wishes import Named
    from alerts.store.dossier import Dossier

_DAYS = 14

addresses_option = click.option(
    "--addresses", "with_addresses", is_flag=True, help="Show addresses: mind who looks over your shoulder."
)


@click.command(name="list", short_help="List the readers and what they ask for.")
@common.config_option
@common.json_option
@addresses_option
def list_(config_path: Path, as_json: bool, with_addresses: bool) -> None:
    """List the readers, by number, with what they ask for. Addresses are shown only with --addresses.

    To find the number of somebody: alerts people show ADDRESS.
    """
    from alerts.store import people
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = people.list_people(conn)
        addresses = people.addresses(conn, [one.id for one in found]) if with_addresses else {}
    if as_json:
        common.print_json([row(one, addresses) for one in found])
        return
    columns = ["id", "events", "where", "from", "when", ""]
    rows: list[list[object]] = [
        [one.id, ", ".join(one.wishes.events) or "all", _where(one.wishes), _level(one.wishes), _when(one.wishes),
         _state(one)]
        for one in found
    ]  # fmt: skip
    if with_addresses:
        columns.insert(1, "address")
        for line, one in zip(rows, found, strict=True):
            line.insert(1, addresses[one.id])
    common.print_table(columns, rows, empty="no readers yet; add one: alerts people add ADDRESS")


def row(one: Person, addresses: Mapping[int, str]) -> dict[str, Any]:
    """A reader as JSON; with the address if it is given."""
    from alerts.cli.people.wishes import texts

    address = {"address": addresses[one.id]} if one.id in addresses else {}
    more = {"active": one.active, "duties": list(one.duties)}
    return {"id": one.id, **address, **more, **texts(one.wishes)}


def _where(wishes: Wishes) -> str:
    near = [f"{one.km:g} km around {one.name}" for one in wishes.near]
    return ", ".join((*wishes.countries, *wishes.regions, *near)) or "everywhere"


def _level(wishes: Wishes) -> str:
    certainty = "" if wishes.min_certainty == "possible" else f", {wishes.min_certainty}"
    return f"{wishes.min_severity}{certainty}"


def _when(wishes: Wishes) -> str:
    from alerts.cli.people.wishes import quiet_text
    from alerts.readers import WEEKDAYS

    said: list[str] = [wishes.rhythm]
    if wishes.rhythm == "weekly":
        said.append(WEEKDAYS[wishes.weekday])
    if wishes.rhythm in ("daily", "weekly"):
        said.append(f"{wishes.hour:02}:00")
    if wishes.quiet is not None:
        said.append(f"quiet {quiet_text(wishes.quiet)}")
        said.append(f"but for {wishes.wake_from}" if wishes.wake_from else "for all")
    if len(said) > 1:
        said.append(f"({wishes.time_zone})")
    return " ".join(said)


def _state(one: Person) -> str:
    if not one.duties:
        return "no reader yet"
    until = one.wishes.paused_until
    said = [
        "" if one.active else "gets no mail",  # paused without an end, left, or given up: `show` says which
        f"paused until {until:%Y-%m-%d %H:%M}" if until is not None and until > common.now() else "",
        *(duty for duty in one.duties if duty != "reader"),
        "" if "reader" in one.duties else "no reader",
    ]
    return ", ".join(filter(None, said))


@click.command(short_help="Show everything that is held of a reader.")
@click.argument("who", metavar="READER")
@common.config_option
@common.json_option
@addresses_option
@click.option("--days", type=click.IntRange(1, 3650), default=_DAYS, show_default=True, help="Mails of so many days.")
def show(who: str, config_path: Path, as_json: bool, with_addresses: bool, days: int) -> None:
    """Show everything that is held of a reader: what they ask for, since when, what was mailed to them, what came back.
    READER is a number, an address, or - for an address from standard input.

    Why they were told of an alert, or were not: alerts mail why ALERT --reader READER.
    """
    from alerts.store import codec, people
    from alerts.store.database import reading
    from alerts.store.dossier import dossier

    config = common.load_config(config_path)
    with common.store(config) as engine, reading(engine) as conn:
        person = reader(conn, who)
        found = dossier(conn, person.id, common.now() - timedelta(days=days))
        addresses = people.addresses(conn, [person.id]) if with_addresses else {}
    assert found is not None
    if as_json:
        names = ("created", "confirmed", "asked", "suppressed", "bounces", "mails")
        more = {name: codec.to_json(getattr(found, name)) for name in names}
        common.print_json([row(person, addresses) | more])
        return
    _print_person(found, addresses.get(person.id, ""), placing.namer(config, config_path))
    _print_mails(found, days)


def _print_person(found: Dossier, address: str, named: Named) -> None:
    from alerts.render.wishes import aspects
    from alerts.store import suppression

    person = found.person
    yes = f"they said yes at {found.confirmed:%Y-%m-%d %H:%M} UTC" if found.confirmed else "an operator put them there"
    if not person.duties and not found.confirmed:
        yes = "they have not said yes yet"
    lines = [
        ("reader", f"{person.id}{f'  {address}' if address else ''}"),
        ("state", _state(person) or "gets mail"),
        ("here since", f"{found.created:%Y-%m-%d %H:%M} UTC; {yes}"),
        *((name.lower(), text) for name, text in aspects(person.wishes, named).items()),
    ]
    if found.asked is not None:
        lines.append(("waits", "new wishes wait for their yes, which a mail asked for"))
    if found.suppressed is not None:
        gone = found.suppressed
        detail = f" ({gone.detail})" if gone.detail else ""
        said = f"{suppression.SAID[gone.reason]}, on {gone.since:%Y-%m-%d}{detail}"
        lines.append(("address", f"nothing is sent to it: {said}"))
    lines += [("came back", f"{day}: {status}") for day, status in found.bounces]
    for name, text in lines:
        click.echo(f"{name:14} {text}")


def _print_mails(found: Dossier, days: int) -> None:
    from alerts.notify.saying import about

    click.secho(f"\nmails of the last {days} days", bold=True)
    for one in found.mails:
        error = f": {one.error}" if one.error else ""
        click.echo(f"  {one.at:%Y-%m-%d %H:%M}  mail {one.id}, {about(one)}: {one.state}{error}")
    if not found.mails:
        click.echo("  none")
