"""`alerts people import`: a file of readers, whole or not at all. A message names the line and never the address: it
may end in a ticket."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from alerts.cli import common
from alerts.cli.people.choosing import mind_suppressed
from alerts.errors import Fault, InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.cli.people.tables import Row
    from alerts.cli.people.wishes import Known
    from alerts.readers import Wishes

_MOST_SAID: Final = 20
_ADDRESS: Final = re.compile(r"[^\s'\"]+@[^\s'\"]+\.[^\W\d][^\s'\"]*")  # in a wrong column
_LIFTED: Final = "take the line out, and: alerts people add ADDRESS --lift"


@click.command(name="import", short_help="Add the readers of a CSV or JSON file.")
@click.argument("file", metavar="FILE")
@common.config_option
@click.option("--update", is_flag=True, help="Change readers that are there already to what the file says of them.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def import_(file: str, config_path: Path, update: bool, dry_run: bool) -> None:
    """Add the readers of a file (-: standard input): a CSV table with a head, or JSON, one object a line, as alerts
    people export writes them. Only the column address must be there; lists are written with ; between.

    \b
      address,countries,min_severity,rhythm,hour,time_zone
      desk@example.org,SYR;LBN,severe,daily,6,Asia/Damascus

    The whole file is taken or nothing: every line that cannot be used is told first. They get mail at once, so ask
    people before. Who is there already and was paused, or left, stays so.
    """
    from alerts.cli.people.tables import rows, text_of
    from alerts.cli.people.wishes import Known
    from alerts.store.database import writing

    config = common.load_config(config_path)
    faults: list[Fault] = []
    known = Known(config=config, config_path=config_path)
    wished = [(row, wishes(row, known, file, faults)) for row in list(rows(file, text_of(file), faults))]
    with common.store(config) as engine:
        try:
            with writing(engine) as conn:
                done = _put(conn, wished, file, faults, update=update)
                if faults or dry_run:
                    raise _Undone
        except _Undone:
            pass
    _tell(faults)
    for remark in dict.fromkeys((*known.remarks, *done.asleep)):
        click.echo(remark, err=True)
    _say(done, dry_run)


class _Undone(Exception):
    """Leaves the transaction, and nothing of it."""


def wishes(row: Row, known: Known, file: str, faults: list[Fault]) -> dict[str, Any]:
    """What the reader asks for, by field; faults are noted."""
    from alerts.cli.people.wishes import LISTS, read

    given = {name: [value] if name in LISTS and isinstance(value, str) else value for name, value in row.given.items()}
    given = {name: value if name in LISTS or isinstance(value, bool) else str(value) for name, value in given.items()}
    found: dict[str, Any] = {}
    for name, value in given.items():
        try:
            found |= read({name: [str(one) for one in value] if name in LISTS else value}, known)
        except InputError as error:
            faults.append(Fault(file, row.line, f"{name}: {_ADDRESS.sub('(address)', str(error))}"))
    return found


@dataclass(slots=True)
class _Done:
    added: int = 0
    changed: int = 0
    same: int = 0
    asleep: list[str] = field(default_factory=list)


def _put(
    conn: Connection, wished: list[tuple[Row, dict[str, Any]]], file: str, faults: list[Fault], *, update: bool
) -> _Done:
    """Store the readers; faults are noted, and the caller undoes all of it then."""
    from alerts.store import people

    done, seen = _Done(), dict[str, int]()
    with common.counting(wished, "adding readers") as rows:
        for row, changes in rows:
            first = seen.setdefault(people.mark_of(conn, row.address), row.line)
            try:
                if first != row.line and row.address:
                    raise InputError(f"this address stands in line {first} too; take one of them out")
                _put_one(conn, row, changes, done, update=update)
            except InputError as error:
                faults.append(Fault(file, row.line, str(error)))
    return done


def _put_one(conn: Connection, row: Row, changes: dict[str, Any], done: _Done, *, update: bool) -> None:
    from alerts.notify import anew
    from alerts.readers import ALL
    from alerts.store import people

    active = _active(row.active)
    known = people.find_person(conn, row.address) if update else None
    if known is None or "reader" not in known.duties:
        mind_suppressed(conn, people.mark_of(conn, row.address), lift=False, how=_LIFTED)
        person = people.add_person(conn, row.address, now=common.now(), wishes=replace(ALL, **changes))
        if not active:
            people.set_active(conn, person.id, False)
        done.added += 1
        return
    if active and not known.active:  # they may have left since the file was made
        done.asleep.append(f"line {row.line}: reader {known.id} gets no mail: alerts people resume {known.id}")
    wanted: Wishes = replace(known.wishes, **changes)
    if wanted == known.wishes and (active or not known.active):
        done.same += 1
        return
    anew.change(conn, known, wanted, common.now())
    people.set_active(conn, known.id, active and known.active)
    done.changed += 1


def _active(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("yes", "no", "true", "false", "1", "0", ""):
        raise InputError(f"active: '{_ADDRESS.sub('(address)', text)}' is neither yes nor no")
    return word not in ("no", "false", "0")


def _tell(faults: list[Fault]) -> None:
    if not faults:
        return
    for fault in sorted(faults, key=lambda one: one.line)[:_MOST_SAID]:
        click.echo(str(fault), err=True)
    if len(faults) > _MOST_SAID:
        click.echo(f"and {len(faults) - _MOST_SAID} more such lines", err=True)
    raise InputError("nothing was imported; mend these lines first")


def _say(done: _Done, dry_run: bool) -> None:
    would = "would add" if dry_run else "added"
    said = [f"{would} {done.added} reader{'' if done.added == 1 else 's'}"]
    if done.changed:
        said.append(f"{'would change' if dry_run else 'changed'} {done.changed}")
    if done.same:
        said.append(f"{done.same} {'was' if done.same == 1 else 'were'} so already")
    click.echo("; ".join(said))
