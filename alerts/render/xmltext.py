"""What of a stranger's text and addresses may stand in an XML document."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RESERVED: Final = ":/?#[]@!$&'()*+,;=%-._~"


def clean(text: str) -> str:
    """`text` without the characters that no XML document can hold."""
    return _NOT_XML.sub("", text)


def iri(address: str) -> str:
    """`address` with what may not stand in an address percent-encoded; letters of all scripts may."""
    return "".join(char if ord(char) > 0x9F else quote(char, safe=_RESERVED) for char in clean(address))
