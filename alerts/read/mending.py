"""Text that was read with a wrong character set somewhere on its way: "â€™" for an apostrophe, "Ã©" for "é". Names
of places suffer most, since it is their accents that break. What can be told is put right; of a letter that is
lost only its place is kept, as U+FFFD, and a name is found without it (`gazetteer.spotting`).
"""

from __future__ import annotations

import re

LOST = "\ufffd"

# UTF-8 read as Windows-1252: the accented letters of Western Europe (lead bytes C2, C3) and the marks of print (E2).
_ODD = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0))
_TWICE = re.compile(rf"(?:[ÂÃ][{re.escape(_ODD)}]|â[{re.escape(_ODD)}]{{2}})+")
_CLOSING = re.compile("â€(?:\ufffd|(?!\\w))")  # of this one the third byte is no sign at all
# The same on a spreadsheet's way round: quotes and apostrophes become "Š—" and a third sign, an accented letter "’"
# and the sign of its second byte, if that is left.
_MARKS = {"Š—È": "’", "Š—“": "“", "Š—\ufffd": "”"}
_MARK = re.compile("|".join(map(re.escape, _MARKS)))
_LETTER = re.compile(r"’(?<=[^\W\d_]’)(?:([\xa1-\xbf])|[_\ufffd])")


def mend(text: str) -> str:
    """The text with what a wrong character set did to it put right as far as it can be told."""
    if text.isascii():
        return text
    if "â" in text or "Ã" in text or "Â" in text:
        text = _CLOSING.sub("”", _TWICE.sub(_decoded, text))
    if "Š—" in text:
        text = _MARK.sub(lambda found: _MARKS[found[0]], text)
    if "’" in text:
        text = _LETTER.sub(lambda found: chr(ord(found[1]) + 0x40) if found[1] else LOST, text)
    return text


def _decoded(found: re.Match[str]) -> str:
    raw = b"".join(bytes([ord(char)]) if ord(char) < 0x100 else char.encode("cp1252") for char in found[0])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return found[0]
