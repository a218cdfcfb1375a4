"""A mail from outside taken apart, whatever its state: never an error, and never more than a bounded amount of work.

The library's parser is made for mails that are in order. What comes back from mail servers has boundaries that
close nothing, parts in parts a thousand deep, fields without a colon and line ends of three kinds; and who wants to
keep this service busy can send worse. So fields and parts are found by plain steps over lines, with limits.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final

LONGEST: Final = 256 * 1024
"""Bytes of a mail that are looked at; what a report says stands at its beginning."""
_MOST_PARTS: Final = 60
_MOST_FIELDS: Final = 400
_LONGEST_FIELD: Final = 4_000
_FIELD: Final = re.compile(r"([!-9;-~]{1,80})[ \t]*:(.*)", re.DOTALL)
_PARAMETER: Final = r"""(?:^|[;\s]){name}\s*=\s*(?:"([^"]{{0,200}})"|([^\s;"]{{1,200}}))"""


@dataclass(frozen=True, slots=True)
class Fields:
    """Header fields, or the fields of a report: names whatever their capitals, values unfolded, as they stand."""

    items: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def all(self, name: str) -> list[str]:
        """The values of every field of this name."""
        return [value for known, value in self.items if known == name.lower()]

    def get(self, name: str) -> str:
        """The value of the first field of this name; "" when there is none."""
        return next(iter(self.all(name)), "")

    def __contains__(self, name: object) -> bool:
        return any(known == name for known, _ in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A mail, or a part of one: its fields, and its body as it came (line ends are "\\n")."""

    fields: Fields
    body: bytes = field(repr=False)

    @property
    def type(self) -> str:
        """Its type, such as "text/plain", which is also what it is without a word about it."""
        return self.fields.get("content-type").partition(";")[0].strip().lower() or "text/plain"

    def parameter(self, name: str) -> str:
        """A parameter of its type; "" when there is none."""
        pattern = _PARAMETER.format(name=re.escape(name))
        found = re.search(pattern, self.fields.get("content-type"), re.IGNORECASE)
        return (found[1] or found[2] or "") if found else ""

    def decoded(self) -> bytes:
        """The body without its transfer encoding; as it stands when it is not in the encoding that it names."""
        encoding = self.fields.get("content-transfer-encoding").strip().lower()
        try:
            if encoding == "base64":
                letters = re.sub(rb"[^A-Za-z0-9+/]", b"", self.body.partition(b"=")[0])
                return _lines(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
            if encoding == "quoted-printable":
                return _lines(quopri.decodestring(self.body))
        except ValueError:
            pass
        return self.body

    def text(self) -> str:
        """The body as text, in UTF-8 or else in whatever, read so that it can always be read."""
        data = self.decoded()
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("latin-1")


def taken_apart(content: bytes) -> Part:
    """The mail as one part."""
    return _part(_lines(content[:LONGEST]))


def walk(part: Part) -> Iterator[Part]:
    """The part and all parts in it, in their order, up to some number."""
    left = [_MOST_PARTS]
    yield from _walk(part, left)


def fields(text: str) -> Fields:
    """The fields in a block of lines; lines that are none are left out."""
    found: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and found:
            found[-1][1].append(line)
        elif (match := _FIELD.fullmatch(line)) and len(found) < _MOST_FIELDS:
            found.append((match[1].lower(), [match[2]]))
    return Fields(tuple((name, " ".join("".join(lines)[:_LONGEST_FIELD].split())) for name, lines in found))


def readable(value: str) -> str:
    """A header's text with its encoded words decoded; as it stands when they cannot be."""
    try:
        pieces = decode_header(value)
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "latin-1", "replace")
            for piece, charset in pieces
        )
    except (HeaderParseError, LookupError, ValueError):
        return value


def _walk(part: Part, left: list[int]) -> Iterator[Part]:
    left[0] -= 1
    yield part
    inner: Iterator[Part] = iter(())
    if part.type.startswith("multipart/"):
        inner = map(_part, _pieces(part.body, part.parameter("boundary")))
    elif part.type in ("message/rfc822", "message/global"):
        inner = iter((_part(part.decoded()),))
    for one in inner:
        if left[0] <= 0:
            return
        yield from _walk(one, left)


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """What stands between the lines that are the boundary; the last one may never be closed."""
    if not boundary:
        return
    mark = b"--" + boundary.encode("latin-1", "replace")
    lines: list[bytes] | None = None
    for line in body.split(b"\n"):
        bare = line.rstrip(b" \t")
        if bare == mark or bare == mark + b"--":
            if lines is not None:
                yield b"\n".join(lines)
            if bare != mark:
                return
            lines = []
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        yield b"\n".join(lines)


def _part(data: bytes) -> Part:
    if data.startswith(b"\n"):
        return Part(fields=Fields(), body=data[1:])
    head, _, body = data.partition(b"\n\n")
    return Part(fields=fields(head.decode("utf-8", "replace")), body=body)


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
