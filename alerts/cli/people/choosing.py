"""Which reader a word of the command line means: a number, an address, or - for one from standard input; and whether an
address may be written to again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from alerts.cli import common
from alerts.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.readers import Person

_LONGEST_ID: Final = 9

lift_option = click.option(
    "--lift",
    is_flag=True,
    help="Write to an address again that was given up (mails came back, or its owner wanted none).",
)


def reader(conn: Connection, given: str) -> Person:
    """The reader. Raises InputError, without the address, for one that is not there."""
    from alerts.store import people

    word = common.address_of(given).strip()
    if word.isascii() and word.isdigit() and len(word) <= _LONGEST_ID:
        found = people.get_person(conn, int(word))
        if found is None:
            raise InputError(f"there is no reader {word}; see: alerts people list")
        return found
    found = people.find_person(conn, word)
    if found is None:
        what = "has this address" if "@" in word else "is meant by this: give a number, or an address"
        raise InputError(f"no reader {what}; see: alerts people list")
    return found


def mind_suppressed(conn: Connection, mark: str, *, lift: bool, how: str = "add --lift") -> None:
    """Write to a suppressed address again only when `lift` says so. Raises InputError otherwise; `how` it is done."""
    from alerts.store import suppression

    reason = suppression.is_suppressed(conn, mark)
    if reason is None:
        return
    if not lift:
        but = "they want mails again and told you so" if suppression.is_wish(reason) else "you know better"
        raise InputError(f"nothing is sent to this address any more: {suppression.SAID[reason]}; if {but}, {how}")
    suppression.lift(conn, mark)
