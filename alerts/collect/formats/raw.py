"""A feed as its document has it, the same for all formats, before identity and cleaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.collect.outcome import Hints, Rung


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
class RawFeed:
    """A feed's items in the document's order; `rung` is how it had to be read, `older` a link as written. For
    `marks` and `unchanged` see `outcome.Parsed`."""

    items: Sequence[RawItem]
    title: str = ""
    language: str | None = None
    version: str = ""
    truncated: bool = False
    broken: bool = False
    warnings: tuple[str, ...] = ()
    rung: Rung = "full"
    marks: bytes = b""
    unchanged: int = 0
    hints: Hints = field(default_factory=Hints)
    older: str = ""
