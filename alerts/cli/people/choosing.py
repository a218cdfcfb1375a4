"""Which reader a word of the command line means: a number, an address, or - for one from standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alerts.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.readers import Person

_LONGEST_ID = 9


def reader(conn: Connection, given: str) -> Person:
    """The reader. Raises InputError, without the address, for one that is not there."""
    from alerts.store import people

    word = sys.stdin.readline().strip() if given == "-" else given.strip()
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
