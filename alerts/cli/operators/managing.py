"""`alerts operators add`, `list`, `role` and `remove`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from alerts.cli import common
from alerts.cli.operators.choosing import chosen, doer, operator_argument
from alerts.roles import OPERATOR_ROLES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.roles import OperatorRole

_roles = click.Choice(OPERATOR_ROLES)


@click.command(short_help="Let somebody log in to the pages of operators.")
@click.argument("address")
@common.config_option
@click.option("--name", required=True, metavar="NAME", help="What pages and the audit log call them; kept for good.")
@click.option("--role", type=_roles, default="viewer", show_default=True, help="What they may do.")
def add(address: str, config_path: Path, name: str, role: str) -> None:
    """Make whoever has ADDRESS an operator. They need not be a reader, and get no alerts by it. ADDRESS may be - for
    one on standard input: then it does not stay in your shell's history. No mail is sent: tell them to go to /login.

    \b
      alerts operators add ana@example.org --name "Ana" --role analyst
      alerts operators link Ana                    the first login, before mail works
    """
    from alerts.store import audit, operators
    from alerts.store.database import writing

    config, now = common.load_config(config_path), common.now()
    with common.store(config) as engine, writing(engine) as conn:
        made = operators.add(conn, common.address_of(address), cast("OperatorRole", role), name, now)
        audit.note(conn, doer(), "operator added", f"operator {made.name}", {"role": made.role}, now=now)
    click.echo(f"{made.name} is operator {made.person_id}, {made.role}")
    click.echo(
        f"to log in: {config.web.base_url}/login, or without mail: alerts operators link {made.person_id}", err=True
    )


@click.command(name="list", short_help="List the operators and their roles.")
@common.config_option
@common.json_option
@click.option("--addresses", "with_addresses", is_flag=True, help="Show addresses: mind who looks over your shoulder.")
def list_(config_path: Path, as_json: bool, with_addresses: bool) -> None:
    """List the operators, as they were added: number, name, role, and in how many browsers each is logged in. Addresses
    are shown only with --addresses."""
    from alerts.store import operators, people, sessions
    from alerts.store.database import reading

    now = common.now()
    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = operators.list_all(conn)
        logged_in = {one.person_id: len(sessions.of_person(conn, one.person_id, now)) for one in found}
        addresses = people.addresses(conn, list(logged_in)) if with_addresses else {}
    rows = [
        {"id": one.person_id, "name": one.name, "role": one.role, "added": one.added}
        | {"logged_in": logged_in[one.person_id]}
        | ({"address": addresses[one.person_id]} if with_addresses else {})
        for one in found
    ]
    if as_json:
        common.print_json(rows)
        return
    columns = ["id", "name", "role", "added", "logged in", *(["address"] if with_addresses else [])]
    lines = [[*list(one.values())[:3], f"{one['added']:%Y-%m-%d}", *list(one.values())[4:]] for one in rows]
    common.print_table(columns, lines, empty="no operators yet; add one: alerts operators add ADDRESS --name NAME")


@click.command(short_help="Give an operator another role.")
@operator_argument
@click.argument("role", type=_roles, metavar="ROLE")
@common.config_option
def role(who: str, role: str, config_path: Path) -> None:
    """Give an operator another ROLE: viewer, analyst or admin. They are logged out everywhere, and have to log in anew:
    what they could do with the old role ends at once."""
    from alerts.store import audit, operators
    from alerts.store.database import writing

    wanted, now = cast("OperatorRole", role), common.now()
    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        one = chosen(conn, who)
        if one.role != wanted:
            operators.set_role(conn, one.person_id, wanted)
            detail = {"before": one.role, "now": wanted}
            audit.note(conn, doer(), "operator's role changed", f"operator {one.name}", detail, now=now)
        admins = _admins(conn)
    if one.role == wanted:
        click.echo(f"nothing to change: {one.name} is {wanted} already")
        return
    click.echo(f"{one.name} is {wanted}, was {one.role}, and is logged out everywhere")
    _mind(admins)


@click.command(short_help="Take the role from an operator, at once.")
@operator_argument
@common.config_option
def remove(who: str, config_path: Path) -> None:
    """Take the role from an operator: they are logged out everywhere at once, and links and keys of theirs open nothing
    any more. Who reads alerts stays a reader; who does not is forgotten. What they did stays in the audit log."""
    from alerts.store import audit, operators
    from alerts.store.database import writing

    now = common.now()
    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        one = chosen(conn, who)
        operators.remove(conn, one.person_id)
        audit.note(conn, doer(), "operator removed", f"operator {one.name}", {"role": one.role}, now=now)
        admins = _admins(conn)
    click.echo(f"{one.name} is no operator any more, and is logged out everywhere")
    _mind(admins)


def _admins(conn: Connection) -> int:
    from alerts.store import operators

    return sum(one.role == "admin" for one in operators.list_all(conn))


def _mind(admins: int) -> None:
    """Say so where nobody is left who may do everything: only commands can then."""
    if admins == 0:
        click.echo("nobody is an admin now: alerts operators role OPERATOR admin", err=True)
