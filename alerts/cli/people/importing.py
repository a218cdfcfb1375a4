"""`alerts people import`: a file of readers, whole or not at all. A message names the line and never the address: it
may end in a ticket."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from alerts.cli import common
from alerts.cli.people.choosing import mind_suppressed
from alerts.errors import Fault, InputError, did_you_mean

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.cli.people.wishes import Known
    from alerts.readers import Wishes

_MOST_SAID: Final = 20
_LONGEST_FIELD: Final = 1 << 20  # characters; an OpenPGP certificate with many signatures is long


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One reader of a file: the line, the address, whether they get mail, and what else was written, by field."""

    line: int
    address: str
    active: str
    given: dict[str, Any]


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
    people before.
    """
    from alerts.cli.people.wishes import Known
    from alerts.store.database import writing

    config = common.load_config(config_path)
    faults: list[Fault] = []
    rows = list(_rows(file, _text(file), faults))
    known = Known(config=config, config_path=config_path)
    wished = [(row, _wishes(row, known, file, faults)) for row in rows]
    with common.store(config) as engine:
        try:
            with writing(engine) as conn:
                done = _put(conn, wished, file, faults, update=update)
                if faults or dry_run:
                    raise _Undone
        except _Undone:
            pass
    _tell(faults)
    for remark in dict.fromkeys(known.remarks):
        click.echo(remark, err=True)
    _say(done, dry_run)


class _Undone(Exception):
    """Leaves the transaction, and nothing of it."""


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}; nothing was imported") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{file}:{line}: the file is not UTF-8; save it as UTF-8") from None


def _rows(file: str, text: str, faults: list[Fault]) -> Iterator[_Row]:
    """What stands in the file; every fault of its form is noted."""
    lines = _json_lines(file, text, faults) if text.lstrip().startswith("{") else _csv_lines(file, text, faults)
    unknown: set[str] = set()
    for line, values in lines:
        given = {name: value for name, value in values.items() if name not in ("address", "active", "id", "duties")}
        yield _Row(
            line=line,
            address=str(values.get("address", "")),
            active=str(values.get("active", "yes")),
            given={name: value for name, value in given.items() if _is_known(name, file, line, unknown, faults)},
        )


def _is_known(name: str, file: str, line: int, unknown: set[str], faults: list[Fault]) -> bool:
    from alerts.cli.people.wishes import FIELDS

    if name not in FIELDS and name not in unknown:
        unknown.add(name)
        faults.append(Fault(file, line, f"nothing is called '{name[:40]}' here{_meant(name)}"))
    return name in FIELDS


def _meant(name: str) -> str:
    from alerts.cli.people.wishes import FIELDS

    return did_you_mean(name, FIELDS) or f"; known are address, active, {', '.join(FIELDS)}"


def _json_lines(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict) and all(_is_plain(value) for value in row.values()):
            yield number, {name: value for name, value in row.items() if value is not None}
        else:
            faults.append(Fault(file, number, "a line must be a JSON object of texts, numbers and lists of texts"))


def _is_plain(value: object) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(one, (str, int, float, bool, type(None))) for one in items)


def _csv_lines(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, dict[str, Any]]]:
    from alerts.cli.people.exporting import SEPARATOR
    from alerts.cli.people.wishes import LISTS

    head_line = text.partition("\n")[0]
    between = ";" if head_line.count(";") > head_line.count(",") else ","
    csv.field_size_limit(_LONGEST_FIELD)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    inside = "," if between == SEPARATOR else SEPARATOR
    try:
        head = [name.strip().lower() for name in next(table, [])]
        if "address" not in head:
            faults.append(Fault(file, 1, "the first line must name the columns, address among them"))
            return
        before = table.line_num
        for values in table:
            line, before = before + 1, table.line_num
            if not any(value.strip() for value in values):
                continue
            if len(values) != len(head):
                faults.append(Fault(file, line, f"{len(values)} values for {len(head)} columns"))
                continue
            pairs = {name: value.strip() for name, value in zip(head, values, strict=True) if value.strip()}
            yield line, {name: value.split(inside) if name in LISTS else value for name, value in pairs.items()}
    except csv.Error as error:
        faults.append(Fault(file, table.line_num, f"this is no CSV: {error}"))


def _wishes(row: _Row, known: Known, file: str, faults: list[Fault]) -> dict[str, Any]:
    """What the reader asks for, by field; faults are noted."""
    from alerts.cli.people.wishes import LISTS, read

    given = {name: [value] if name in LISTS and isinstance(value, str) else value for name, value in row.given.items()}
    given = {name: value if name in LISTS or isinstance(value, bool) else str(value) for name, value in given.items()}
    found: dict[str, Any] = {}
    for name, value in given.items():
        try:
            found |= read({name: [str(one) for one in value] if name in LISTS else value}, known)
        except InputError as error:
            faults.append(Fault(file, row.line, f"{name}: {error}"))
    return found


@dataclass(slots=True)
class _Done:
    added: int = 0
    changed: int = 0
    same: int = 0


def _put(
    conn: Connection, wished: list[tuple[_Row, dict[str, Any]]], file: str, faults: list[Fault], *, update: bool
) -> _Done:
    """Store the readers; faults are noted, and the caller undoes all of it then."""
    done, seen = _Done(), dict[int, int]()
    with common.counting(wished, "adding readers") as rows:
        for row, changes in rows:
            try:
                number = _put_one(conn, row, changes, done, update=update)
            except InputError as error:
                faults.append(Fault(file, row.line, str(error)))
                continue
            if number in seen:
                faults.append(Fault(file, row.line, f"this address stands in line {seen[number]} too"))
            seen[number] = row.line
    return done


def _put_one(conn: Connection, row: _Row, changes: dict[str, Any], done: _Done, *, update: bool) -> int:
    from alerts.readers import ALL
    from alerts.store import people

    active = _active(row.active)
    known = people.find_person(conn, row.address) if update else None
    if known is None or "reader" not in known.duties:
        mind_suppressed(conn, people.mark_of(conn, row.address), lift=False)
        person = people.add_person(conn, row.address, now=common.now(), wishes=replace(ALL, **changes))
        if not active:
            people.set_active(conn, person.id, False)
        done.added += 1
        return person.id
    wanted: Wishes = replace(known.wishes, **changes)
    if (wanted, active) == (known.wishes, known.active):
        done.same += 1
        return known.id
    people.set_wishes(conn, known.id, wanted)
    people.set_active(conn, known.id, active)
    done.changed += 1
    return known.id


def _active(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("yes", "no", "true", "false", "1", "0", ""):
        raise InputError(f"active: '{text}' is neither yes nor no")
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
