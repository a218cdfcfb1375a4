"""Alerts as a table (CSV, RFC 4180) with a row of HXL hashtags under the names, for spreadsheets.

A spreadsheet runs what begins with "=": words of strangers get an apostrophe before them, as OWASP advises, where they
begin with what could be a formula. Numbers stay numbers, also those below zero.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from alerts.render.fields import FIELDS, Published, Value, values
from alerts.render.view import Site

MEDIA_TYPE: Final = "text/csv; charset=utf-8; header=present"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def head() -> bytes:
    """The names of the fields, and under them their hashtags."""
    return _rows([[field.name for field in FIELDS], [field.hxl for field in FIELDS]])


def rows(items: Iterable[Published], site: Site) -> bytes:
    """One row an alert."""
    return _rows([_cell(value) for value in values(item, site).values()] for item in items)


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return f"'{value}" if value.startswith(_FORMULA) else value


def _rows(lines: Iterable[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8", "replace")
