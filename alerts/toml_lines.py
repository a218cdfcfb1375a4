"""TOML files whose faults can name their line.

`tomllib` gives values without positions. `Document` keeps the text beside the values and finds the line of
any key when a fault has to be told; reading a file without faults costs nothing more. Configuration and
rule files are both read through it, so they speak of syntax errors in the same words.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from alerts.errors import Fault, Faults, Level
from alerts.toml_advice import advice

KeyPath = tuple[str | int, ...]

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT: Final = (b"PK\x03\x04", b"{\\rtf", b"%PDF", b"\xd0\xcf\x11\xe0")  # .docx and .odt, .rtf, .pdf, .doc
_PLACE: Final = re.compile(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")
_UNCLOSED: Final = (  # "expected" is the closing quote of a literal string, missing up to the end
    *("Unclosed", "Unterminated", "Illegal character '\\n'", "Found invalid character '\\n'"),
    *('Expected "\'"', "Expected \"'''\""),
)
_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACES: Final = re.compile(r"[ \t]*")
_LINE_END: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_ANY_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]")
# What begins a line of its own, and so cannot go on a list.
_NEXT_LINE: Final = re.compile(r"(?:\[\[?[a-z_][\w.-]*\]\]?|[a-z_][\w.-]*[ \t]*=)[^\n]*", re.IGNORECASE)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?")
_SECTION: Final = re.compile(r"^[ \t]*(?P<array>\[)?\[[ \t]*(?P<name>[a-zA-Z_][\w.-]*)[ \t]*\]", re.MULTILINE)
_LONG_STRING: Final = re.compile(r'(?s)(?<=[=\[,] )"""(?:[^"\\]|\\.|"(?!""))*"{3,5}(?=[ \t]*[,\]\n])')
_STRINGS: Final = (
    ('"""', re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL)),
    ("'''", re.compile(r"'''(?:[^']|'(?!''))*'{3,5}")),
    ('"', re.compile(r'"(?:[^"\\\n]|\\.)*"')),
    ("'", re.compile(r"'[^'\n]*'")),
)


class Document:
    """A TOML file: its `data`, and where each key of it stands.

    A path leads to a value: ("smtp", "port"), or ("match", 1, "parts", "siege", 0) for the first phrase of
    the second [[match]]. Lines count from 1.
    """

    def __init__(self, text: str, name: str) -> None:
        """Parse `text`; `name` is the file's name in faults. Raises Faults when it is no TOML."""
        self.name = name
        self.text = text.removeprefix("\ufeff")
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise Faults([self._syntax_fault(error)]) from None

    @classmethod
    def load(cls, source: Path | str, name: str | None = None) -> Document:
        """The document in the file `source` (a Path) or in the text `source` (a str). Raises Faults, also
        for a file that is absent, unreadable or not UTF-8."""
        if isinstance(source, str):
            return cls(source, name or "text")
        name = name or str(source)
        return cls(read_text(source, name), name)

    def line(self, path: KeyPath) -> int:
        """The line of the key at `path`; for a key that is not there, of the nearest section round it."""
        return ("_map" not in self.__dict__ and self._sections.line(path)) or self._map.find(path)[0]

    def text_line(self, path: KeyPath, number: int) -> int:
        """The line of the file that holds line `number` (from 1) of the string at `path`. For a template
        over several lines: where in the file the template's line 3 stands."""
        line, first = self._map.find(path)
        return (first or line) + number - 1 if first else line

    def fault(self, path: KeyPath, message: str, level: Level = "error") -> Fault:
        """A fault of the key at `path`."""
        return Fault(self.name, self.line(path), message, level)

    @cached_property
    def _map(self) -> _Map:
        return _Map(self.text)

    @cached_property
    def _sections(self) -> _Sections:
        return _Sections(self.text)

    def _syntax_fault(self, error: Exception) -> Fault:
        if isinstance(error, RecursionError):
            return Fault(self.name, 1, "brackets are nested too deeply")
        found = _PLACE.fullmatch(str(error))
        if found is None:
            # int() of a number of thousands of digits raises a ValueError without a place
            return Fault(self.name, 0, "a number is too long to be read")
        lines = self.text.split("\n")
        line = int(found[2]) if found[2] else len(lines)
        if found[1].startswith(("Cannot", "Duplicate")) and (twice := self._map.twice):
            key = ".".join(str(part) for part in twice.path if isinstance(part, str))
            return Fault(self.name, twice.line, f"'{key}' is written twice; it stands in line {twice.first} already")
        if found[1].startswith("Cannot") and (mixed := _mixed_headers(lines)):
            return Fault(self.name, *mixed)
        unclosed = self._map.unclosed
        if unclosed and (unclosed[0] < line or found[1].startswith(_UNCLOSED)):
            return Fault(self.name, unclosed[0], f"the {unclosed[1]} that begins here is not closed")
        column = int(found[3]) if found[3] else 1
        return Fault(self.name, line, advice(found[1], lines[line - 1] if line <= len(lines) else "", column))


def read_text(path: Path, name: str) -> str:
    """The text of a file, whatever its line ends; `name` is what faults call it. Raises Faults for a file that is
    absent, unreadable, or no UTF-8."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Faults([Fault(name, 0, "there is no such file")]) from None
    except OSError as error:
        raise Faults([Fault(name, 0, f"the file cannot be read: {error.strerror or error}")]) from None
    try:
        if raw.startswith(_NO_TEXT):
            raise Faults([Fault(name, 0, "the file is no plain text but a document; save it as plain text, UTF-8")])
        if raw.startswith(_UTF_16) or b"\0" in raw:
            raise Faults([Fault(name, 0, "the file is UTF-16 (some editors call it Unicode); save it as UTF-8")])
        return raw.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        shown = raw.split(b"\n")[line - 1].decode("utf-8", "replace").strip()
        advice = f"the file is not UTF-8 text; save it as UTF-8 (see '{shown[:60]}')"
        raise Faults([Fault(name, line, advice)]) from None


def _mixed_headers(lines: list[str]) -> tuple[int, str] | None:
    """The line of a [section] that is written [[section]] elsewhere, or of a part of it that stands above it, and
    what to do."""
    headers = ((number, _ANY_HEADER.match(line)) for number, line in enumerate(lines, 1))
    found = [(number, header[1], header[2]) for number, header in headers if header]
    doubled = {name: number for number, brackets, name in reversed(found) if brackets == "[["}
    for number, brackets, name in found:
        if brackets == "[" and name in doubled:
            return number, f"[{name}] stands here and [[{name}]] in line {doubled[name]}: write [[{name}]] each time"
        owner = name.partition(".")[0]
        if owner != name and number < doubled.get(owner, 0):
            return number, f"[{name}] belongs below its [[{owner}]], which begins in line {doubled[owner]}"
    return None


class _Spot(NamedTuple):
    line: int
    text_line: int | None  # where the text of a string over several lines begins


class _Twice(NamedTuple):
    path: KeyPath
    first: int
    line: int


class _Stop(Exception):
    """The text is no TOML from here on."""


class _Sections:
    """Where sections and the keys right in them stand, for sound files: a look at how lines begin, which is enough
    when strings over several lines are taken out, and costs a hundredth of a walk over the text."""

    def __init__(self, text: str) -> None:
        self._spans: dict[KeyPath, tuple[int, int]] = {}
        self._text = text = _LONG_STRING.sub(lambda found: "\n" * found[0].count("\n"), text)
        if any(quotes in text for quotes in ('"""', "'''")):
            return
        tables: dict[KeyPath, int] = {}  # arrays of tables: index of the last element
        found = list(_SECTION.finditer(text))
        ends = [one.start() for one in found[1:]] + [len(text)]
        for header, end in zip(found, ends, strict=False):
            *above, name = header["name"].split(".")
            path: KeyPath = ()
            for one in above:
                path = (*path, one)
                path = (*path, tables[path]) if path in tables else path
            path = (*path, name)
            if header["array"]:
                tables[path] = tables.get(path, -1) + 1
                path = (*path, tables[path])
            self._spans.setdefault(path, (header.start(), end))

    def line(self, path: KeyPath) -> int | None:
        """The line of the section or key at `path`; None where it takes a walk to know."""
        start, end = self._spans.get(path, (-1, -1))
        if start < 0 and path and isinstance(path[-1], str) and path[:-1] in self._spans:
            if not _BARE_KEY.fullmatch(path[-1]):
                return None  # in quotes, or what a comment begins with
            start, end = self._spans[path[:-1]]
            key = re.compile(rf"^[ \t]*{re.escape(path[-1])}[ \t]*=", re.MULTILINE).search(self._text, start, end)
            start = key.start() if key else -1
        return self._text.count("\n", 0, start) + 1 if start >= 0 else None


class _Map:
    """Where the keys of a text stand. Lenient: `tomllib` is the judge, this one only walks along."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._pos = 0
        self._spots: dict[KeyPath, _Spot] = {}
        self._implied: dict[KeyPath, _Spot] = {}  # tables named only on the way to a deeper one
        self._tables: dict[KeyPath, int] = {}  # arrays of tables: index of the last element
        self.twice: _Twice | None = None
        self.unclosed: tuple[int, str] | None = None
        try:
            self._document()
        except (_Stop, ValueError, RecursionError):
            pass

    def find(self, path: KeyPath) -> _Spot:
        for length in range(len(path), 0, -1):
            prefix = path[:length]
            if spot := self._spots.get(prefix) or self._implied.get(prefix):
                return spot if length == len(path) else _Spot(spot.line, None)
        return _Spot(1, None)

    def _line(self, pos: int) -> int:
        return bisect_right(self._starts, pos)

    def _document(self) -> None:
        table: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self._pos >= len(self._text):
                return
            if self._text[self._pos] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._take(_LINE_END)

    def _header(self) -> KeyPath:
        begin = self._pos
        many = self._text.startswith("[[", begin)
        self._pos += 2 if many else 1
        keys = self._keys()
        for _ in range(2 if many else 1):
            self._literal("]")
        path: KeyPath = ()
        for i, key in enumerate(keys):
            path = (*path, key)
            last = i == len(keys) - 1
            if last:
                self._note(path, begin, new=not many)
            else:
                self._imply(path, begin)
            if last and many:
                self._tables[path] = self._tables.get(path, -1) + 1
            if (index := self._tables.get(path)) is not None:
                path = (*path, index)
                if last:
                    self._note(path, begin)
        return path

    def _pair(self, table: KeyPath) -> None:
        begin = self._pos
        keys = self._keys()
        self._literal("=")
        self._skip(_SPACES)
        for end in range(1, len(keys)):
            self._imply((*table, *keys[:end]), begin)
        path = (*table, *keys)
        self._note(path, begin, new=True)
        self._value(path, begin)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACES)
            if self._text.startswith(('"', "'"), self._pos):
                quoted = self._string(single_line=True)
                keys.append(str(tomllib.loads(f"key = {quoted}")["key"]))
            else:
                keys.append(self._take(_BARE_KEY))
            self._skip(_SPACES)
            if not self._text.startswith(".", self._pos):
                return keys
            self._pos += 1

    def _value(self, path: KeyPath, key_at: int) -> None:
        begin, text = self._pos, self._text
        if text.startswith(("'", '"'), begin):
            value = self._string()
            if value.startswith(("'''", '"""')):
                skipped = re.match(r"\r?\n", value[3:5])
                self._spots[path] = _Spot(self._line(key_at), self._line(begin) + (1 if skipped else 0))
        elif text.startswith("[", begin):
            self._array(path)
        elif text.startswith("{", begin):
            self._inline_table(path)
        else:
            self._take(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        begin = self._pos
        self._pos += 1
        index = 0
        while not self._closed("]", begin, "list"):
            self._note((*path, index), self._pos)
            self._value((*path, index), self._pos)
            index += 1
            self._skip(_BLANK)
            if self._text.startswith(",", self._pos):
                self._pos += 1
            elif not self._text.startswith("]", self._pos):
                self._closed("]", begin, "list")
                raise _Stop

    def _inline_table(self, path: KeyPath) -> None:
        begin = self._pos
        self._pos += 1
        while not self._closed("}", begin, "table"):
            self._pair(path)
            self._skip(_BLANK)
            if self._text.startswith(",", self._pos):
                self._pos += 1
            elif not self._text.startswith("}", self._pos):
                self._closed("}", begin, "table")
                raise _Stop

    def _closed(self, bracket: str, begin: int, kind: str) -> bool:
        """Past blanks: was that the closing bracket? At the end of the text, or where the next section or key
        begins, it is missing."""
        self._skip(_BLANK)
        alone = not self._text[self._text.rfind("\n", 0, self._pos) + 1 : self._pos].strip()
        if self._pos >= len(self._text) or (kind == "list" and alone and _NEXT_LINE.match(self._text, self._pos)):
            self.unclosed = self._line(begin), kind
            raise _Stop
        if self._text.startswith(bracket, self._pos):
            self._pos += 1
            return True
        return False

    def _string(self, *, single_line: bool = False) -> str:
        begin = self._pos
        for quotes, pattern in _STRINGS[2:] if single_line else _STRINGS:
            if self._text.startswith(quotes, begin):
                found = pattern.match(self._text, begin)
                if found is None:
                    self.unclosed = self._line(begin), "text in quotes"
                    raise _Stop
                self._pos = found.end()
                return found[0]
        raise _Stop

    def _note(self, path: KeyPath, pos: int, *, new: bool = False) -> None:
        line = self._line(pos)
        if new and path in self._spots and self.twice is None:
            self.twice = _Twice(path, self._spots[path].line, line)
        self._spots.setdefault(path, _Spot(line, None))

    def _imply(self, path: KeyPath, pos: int) -> None:
        self._implied.setdefault(path, _Spot(self._line(pos), None))

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._pos)
        self._pos = found.end() if found else self._pos

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._pos)
        if found is None:
            raise _Stop
        self._pos = found.end()
        return found[0]

    def _literal(self, sign: str) -> None:
        self._skip(_SPACES)
        if not self._text.startswith(sign, self._pos):
            raise _Stop
        self._pos += len(sign)
