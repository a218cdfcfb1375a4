"""Bytes of a feed to text. Declarations lie often: servers say iso-8859-1 for UTF-8, generators say UTF-8
and paste windows-1252. So the bytes themselves are heard first, then the declarations, and nothing is lost
over a bad byte.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first characters of a document, `<?` or `<r`, or `{"`, in encodings of wider units (XML 1.0, appendix F).
_WIDE = (
    (re.compile(rb"\x00\x00\x00[<{]"), "utf-32-be"),
    (re.compile(rb"[<{]\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00[<{]\x00[^\x00]"), "utf-16-be"),
    (re.compile(rb"[<{]\x00[^\x00]\x00"), "utf-16-le"),
)
# `<?xml` in EBCDIC, whose many kinds agree on the characters a declaration is made of.
_EBCDIC = "<?xml".encode("cp037")
_MARKUP = re.compile(rb"\s*+[<{]")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
# What people mean when they say the first is the second (as browsers do).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
# Text codecs of Python that are no encodings of documents; punycode costs the square of the length.
_NEVER = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
_CP1252 = {code: bytes([code]).decode("cp1252", "replace").replace("\ufffd", " ") for code in range(0x80, 0xA0)}
_ESCAPED = {0xDC00 + code: bytes([code]).decode("cp1252", "replace").replace("\ufffd", " ") for code in range(128, 256)}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding it was read as, and a warning when that is not what was declared."""

    text: str
    encoding: str
    warning: str | None = None


def decode(body: bytes, content_type: str = "") -> Decoded:
    """The text of `body`; never fails. An incomplete character at the end is dropped."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return Decoded(_loosely(body[len(bom) :], encoding), encoding)
    for mark, encoding in _WIDE:
        if mark.match(body):
            return Decoded(_loosely(body, encoding), encoding)
    if body.startswith(_EBCDIC):
        kinds = [name for name in _names(body[:400].decode("cp037").encode(), content_type) if _begins(body[:64], name)]
        return Decoded(_loosely(body, kinds[0] if kinds else "cp037"), kinds[0] if kinds else "cp037")
    declared = _names(body, content_type)
    if markup := _MARKUP.match(body):  # then it is of no encoding in which these bytes are other characters
        declared = [name for name in declared if _begins(body[markup.end() - 1 : markup.end() + 64], name)]
    if not body.isascii():
        strict = _strictly(body, "utf-8")
        if strict is not None:
            odd = bool(declared) and declared[0] != "utf-8"
            return Decoded(strict, "utf-8", f"declared as {declared[0]}, is utf-8" if odd else None)
        if (not declared or "utf-8" in declared) and (mended := _mostly_utf8(body)) is not None:
            return Decoded(mended, "utf-8", "some bytes are no utf-8: read as windows-1252")
    for name in declared:
        text = _strictly(body, _MEANT.get(name, name))
        if text is not None:
            return Decoded(text, name)
    if body.isascii():
        return Decoded(body.decode("ascii"), "utf-8")
    warning = f"declared as {declared[0]}, read as windows-1252" if declared else None
    return Decoded(body.decode("latin-1").translate(_CP1252), "cp1252", warning)


def _names(body: bytes, content_type: str) -> list[str]:
    """The declared encodings under their one usual name, HTTP's first; those nobody knows left out."""
    http = _CHARSET.search(content_type)
    xml = _DECLARED.search(body[:400])
    names: list[str] = []
    for name in ([http[1]] if http else []) + ([xml[1].decode("ascii")] if xml else []):
        try:
            usual = codecs.lookup(name).name
            "".encode(usual)  # refuses codecs that are not of text
        except (LookupError, UnicodeError):
            continue
        if usual not in _NEVER and usual not in names:
            names.append(usual)
    return names


def _begins(body: bytes, encoding: str) -> bool:
    """Does a document that begins with these bytes begin as one in this encoding?"""
    return (_strictly(body, encoding) or "").lstrip().startswith(("<", "{"))


def _strictly(body: bytes, encoding: str) -> str | None:
    """The text, or None at the first byte that does not fit. A character cut off at the end is dropped."""
    try:
        if encoding == "cp1252":
            return body.decode("latin-1").translate(_CP1252)
        return codecs.getincrementaldecoder(encoding)("strict").decode(body, final=False)
    except (UnicodeError, LookupError):
        return None


def _loosely(body: bytes, encoding: str) -> str:
    return body.decode(encoding, "replace").rstrip("\ufffd")


def _mostly_utf8(body: bytes) -> str | None:
    """UTF-8 with a few stray bytes, those read as windows-1252; None if the strays are more than a tenth."""
    kept = body.decode("utf-8", "ignore").encode()
    proper = sum(map(len, re.findall(rb"[\x80-\xff]+", kept)))
    if (len(body) - len(kept)) * 10 > proper:
        return None
    return body.decode("utf-8", "surrogateescape").translate(_ESCAPED)
