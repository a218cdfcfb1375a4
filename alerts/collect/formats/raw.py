"""A feed as its document has it, the same for all formats, before identity and cleaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.collect.outcome import Read


@dataclass(frozen=True, slots=True, kw_only=True)
class RawItem:
    """`title` and `html` are markup; `guid`, `link` and `cap` (of a CAP message) as written; `sections` are its
    categories."""

    guid: str
    link: str
    title: str
    html: str
    published: datetime | None
    language: str | None = None
    sections: Sequence[str] = ()
    cap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed(Read):
    """A feed's items in the document's order; title and `older`, too, as written."""

    items: Sequence[RawItem]
