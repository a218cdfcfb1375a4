"""Addresses of feeds as they may be shown: they can carry a user, a password or a token, which are nobody's business.

What is written into notices, pages and tables has the host and the path; the whole address is in the database, and
`alerts feeds list` prints it for who runs the service.
"""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"\bhttps?://[^\s\"'<>]+", re.IGNORECASE)
_PARTS: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^/?#]*@)?(?P<place>[^?#]*)(?P<query>[?#].*)?", re.I | re.S
)
_LOGIN: Final = re.compile(r"(?<=//)[^/?#@]*@")
_TRAILING: Final = ".,:;!)]}"


def host_and_path(url: str) -> str:
    """Host and path of an address; "?..." stands for a query that is left out."""
    found = _PARTS.fullmatch(url)
    if found is None:
        return url.partition("?")[0].partition("#")[0].rpartition("@")[2]
    return found["place"].rstrip("/") + ("?..." if (found["query"] or "").startswith("?") else "")


def without_password(url: str) -> str:
    """An address without user and password, for who runs the service: in answers to commands, and in errors."""
    return _LOGIN.sub("", url)


def without_secrets(text: str) -> str:
    """A text, such as the reason of a failed poll, in which every address is cut to that."""
    return _ADDRESS.sub(_one, text)


def _one(found: re.Match[str]) -> str:
    address = found[0]
    end = len(address.rstrip(_TRAILING))
    return host_and_path(address[:end]) + address[end:]
