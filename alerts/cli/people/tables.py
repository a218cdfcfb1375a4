"""A file of readers as a person saves it: a CSV table with commas, semicolons or tabs, or JSON, one object a line. What
cannot be read is a fault with its line; no message holds an address."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alerts.cli.people.wishes import FIELDS, LISTS
from alerts.errors import Fault, InputError, did_you_mean

SEPARATOR: Final = ";"
"""Between the items of a list in a table."""
_LONGEST_FIELD: Final = 1 << 20  # characters; an OpenPGP certificate with many signatures is long
_LEFT_OUT: Final = ("id", "duties")  # in the lists of readers that other commands print; an import cannot set them
_SAVE: Final = 'save it as UTF-8 ("CSV UTF-8" in office programs)'
_HEAD: Final = "the first line must name the columns, address among them: address,countries,min_severity"
_LINE: Final = (
    "a line must be a JSON object of texts, numbers and lists of texts, as alerts people export --json writes it"
)
_END_OF_NEAR: Final = re.compile(r"(?<=km)\s*,|(?<=:\d)\s*,", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reader of a file: the line, the address, whether they get mail, and what else was written, by field."""

    line: int
    address: str = field(repr=False)
    active: str
    given: dict[str, Any]


def text_of(file: str, undone: str = "nothing was imported") -> str:
    """The text of a file, or of standard input (-). Raises InputError, which ends by what was not done."""
    name = "standard input" if file == "-" else file
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}; {undone}") from None
    if not data.strip():
        raise InputError(f"{name} is empty; {undone}")
    if data.startswith(b"PK\x03\x04"):
        raise InputError(f'{name}: this is a workbook; save it as "CSV UTF-8"; {undone}')
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise InputError(f"{name}: this is UTF-16 or no text; {_SAVE}; {undone}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name}:{line}: this is not UTF-8; {_SAVE}; {undone}") from None


def rows(file: str, text: str, faults: list[Fault]) -> Iterator[Row]:
    """What stands in the file; every fault of its form is noted."""
    is_json = text.lstrip().startswith(("{", "["))
    lines = _json_lines(file, text, faults) if is_json else _csv_lines(file, text, faults)
    unknown: set[str] = set()
    for line, values in lines:
        given = {name: value for name, value in values.items() if name not in ("address", "active", *_LEFT_OUT)}
        yield Row(
            line=line,
            address=str(values.get("address", "")),
            active=str(values.get("active", "yes")),
            given={name: value for name, value in given.items() if _is_known(name, file, line, unknown, faults)},
        )


def _is_known(name: str, file: str, line: int, unknown: set[str], faults: list[Fault]) -> bool:
    if name not in FIELDS and name not in unknown:
        unknown.add(name)
        faults.append(Fault(file, line, f"nothing is called '{_shown(name)}' here{_meant(name)}"))
    return name in FIELDS


def _shown(name: str) -> str:
    """A column's name: of a file without a head it may be an address."""
    return "..." if "@" in name else name[:40]


def _meant(name: str) -> str:
    return did_you_mean(name, FIELDS) or f"; known are address, active, {', '.join(FIELDS)}"


def _json_lines(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_once)
        except _Twice as error:
            faults.append(Fault(file, number, str(error)))
            continue
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict) and all(_is_plain(value) for value in row.values()):
            yield number, {name: value for name, value in row.items() if value is not None}
        else:
            faults.append(Fault(file, number, _LINE))


class _Twice(Exception):
    """A name stands twice in one object: one of the values would be lost."""


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise _Twice(f"'{_shown(twice)}' stands in it twice; write it once")
    return found


def _is_plain(value: object) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(one, (str, int, float, bool, type(None))) for one in items)


def _csv_lines(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, dict[str, Any]]]:
    between = _between(text)
    csv.field_size_limit(_LONGEST_FIELD)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        head = _head(next(table, []), file, faults)
        before = table.line_num
        for values in table if head else ():
            line, before = before + 1, table.line_num
            while len(values) > len(head) and not values[-1].strip():  # empty columns behind the table
                values.pop()
            if not any(value.strip() for value in values):
                continue
            if len(values) != len(head):
                much = f"{len(values)} values for {len(head)} columns"
                faults.append(Fault(file, line, f'{much}; a value that holds a "{between}" is written in quotes'))
                continue
            pairs = {name: value.strip() for name, value in zip(head, values, strict=True) if value.strip()}
            yield (
                line,
                {name: _items(name, value, between) if name in LISTS else value for name, value in pairs.items()},
            )
    except csv.Error as error:
        faults.append(Fault(file, table.line_num, f"this is no CSV: {error}"))


def _between(text: str) -> str:
    """What stands between the columns: what there is most of in the first line."""
    head = re.split("[\r\n]", text, maxsplit=1)[0]
    return max(",;\t", key=head.count)


def _head(names: Sequence[str], file: str, faults: list[Fault]) -> list[str]:
    """The columns' names; none where they cannot be used."""
    head = [name.strip().lower() for name in names]
    while head and not head[-1]:
        head.pop()
    if "address" not in head:
        faults.append(Fault(file, 1, _HEAD))
        return []
    if twice := sorted({name for name in head if head.count(name) > 1}):
        faults.append(Fault(file, 1, f"the column '{_shown(twice[0])}' is there twice; take one out"))
        return []
    return head


def _items(name: str, value: str, between: str) -> list[str]:
    """The items of a list. In a table with other columns than ours a comma may stand between them, too."""
    if SEPARATOR in value or between == ",":
        return value.split(SEPARATOR)
    return _END_OF_NEAR.split(value) if name == "near" else value.split(",")
