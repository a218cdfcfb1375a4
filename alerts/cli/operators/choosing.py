"""Which operator a word of the command line means, and who gives the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from alerts.cli import common
from alerts.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.store.audit import ByCommand
    from alerts.store.operators import Operator

_LONGEST_ID: Final = 9

operator_argument = click.argument("who", metavar="OPERATOR")


def doer() -> ByCommand:
    """The person at the terminal, as the audit log names them."""
    from alerts.store.audit import ByCommand

    return ByCommand(user=common.user())


def chosen(conn: Connection, given: str) -> Operator:
    """The operator of this number, name or address. Raises InputError, without the address, for one that is not
    there."""
    from alerts.store import operators, people

    word = common.address_of(given).strip()
    known = operators.list_all(conn)
    if not known:
        raise InputError("there are no operators yet; add one: alerts operators add ADDRESS --name NAME")
    if word.isascii() and word.isdigit() and len(word) <= _LONGEST_ID:
        found = operators.get(conn, int(word))
        what = f"is no operator {word}"
    elif "@" in word:
        person = people.find_person(conn, word)
        found = None if person is None else operators.get(conn, person.id)
        what = "is no operator with this address"
    else:
        found = operators.find_by_name(conn, word)
        what = f"is no operator called '{word}'{common.meant(word, [one.name for one in known])}"
    if found is None:
        raise InputError(f"there {what}; see: alerts operators list")
    return found
