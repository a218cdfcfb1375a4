"""What comes out of a document that an article links to, and which reader makes it. It is read in a process that may
be killed (`worker`), as feeds are: pages are as hostile as feeds, and longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["page", "cap"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """`text` is plain, a line a paragraph. `language` is what the document says, as a hint. `nothing` says why the
    document tells of no event at all (an exercise, a message taken back); "" for all others."""

    text: str
    language: str | None = None
    nothing: str = ""


def extract(
    kind: Kind, body: bytes, headers: Mapping[str, str], url: str = "", languages: Sequence[str] = ()
) -> Extracted:
    """What `body` says. `headers` have small-letter names; of a document in several languages the first of
    `languages` that it has is taken. Raises ParseError."""
    # Here, not above: only the process that reads pages carries what that needs.
    if kind == "cap":
        from alerts.collect.links import capxml

        return capxml.read(body, headers, url, languages)
    from alerts.collect.links import fulltext

    return fulltext.read(body, headers, url)
