"""Editions: the files that all machines of one database go by, their own rules and templates. Each change of them is a
new one; the last is in force.

A file that is no text is kept too, be it a picture or a rule in another encoding: what is wrong with it says who reads
it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, text, update

from alerts.store.schema import edition, machine

KEPT: Final = 50
LEAST_KEPT: Final = 5
_ROOM: Final = 256 * 1024 * 1024  # of large editions no more are kept than have room in it

Files = Mapping[str, bytes]
"""What stands in each file, by its path: "rules/0/siege.toml", "rules/0/lexicon/town.toml", "templates/mail/x.txt"."""
Manifest = Mapping[str, str]
"""The digest of each file, by its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Which edition it is: `by` says who made it, and where."""

    number: int
    digest: str
    made: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition(Head):
    """All of it."""

    files: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a machine goes by: the number of the edition, the digest of the one that its own folders are of, and what
    is wrong ("" where nothing is)."""

    edition: int | None
    base: str | None
    trouble: str


def manifest_of(files: Files) -> Manifest:
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def digest_of(manifest: Manifest) -> str:
    """The same for the same files."""
    lines = "".join(f"{digest} {path}\n" for path, digest in sorted(manifest.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def put(conn: Connection, files: Files, *, by: str, now: datetime, over: int | None) -> int | None:
    """Put files in force for all machines, if the edition `over` still is (None: there is none yet); returns the number
    of their edition, the last one's where that has the same files. None: another one came in between."""
    if conn.dialect.name == "postgresql":
        conn.execute(_ALONE)
    last, digest = head(conn), digest_of(manifest_of(files))
    if last is not None and last.digest == digest:
        return last.number
    if (last.number if last else None) != over:
        return None
    packed = {path: _packed(content) for path, content in sorted(files.items())}
    row = {"digest": digest, "made": now, "made_by": by, "files": packed}
    number: int = conn.execute(insert(edition).values(row).returning(edition.c.number)).scalar_one()
    kept = min(KEPT, max(LEAST_KEPT, _ROOM // max(sum(map(len, files.values())), 1)))
    older = select(edition.c.number).order_by(edition.c.number.desc()).offset(kept).limit(1).scalar_subquery()
    conn.execute(delete(edition).where(edition.c.number <= older))
    return number


_ALONE: Final = text("LOCK TABLE edition IN SHARE ROW EXCLUSIVE MODE")
_HEAD: Final = (edition.c.number, edition.c.digest, edition.c.made, edition.c.made_by.label("by"))
_LAST: Final = select(*_HEAD).order_by(edition.c.number.desc()).limit(1)


def head(conn: Connection) -> Head | None:
    """The edition in force, without its files."""
    row = conn.execute(_LAST).one_or_none()
    return Head(**row._asdict()) if row else None


def get(conn: Connection, number: int) -> Edition | None:
    """An edition that is still kept."""
    row = conn.execute(select(*_HEAD, edition.c.files).where(edition.c.number == number)).one_or_none()
    return _edition(row) if row else None


def digest_at(conn: Connection, number: int) -> str | None:
    """The digest of an edition that is still kept."""
    return conn.execute(select(edition.c.digest).where(edition.c.number == number)).scalar_one_or_none()


def kept(conn: Connection) -> Iterator[Edition]:
    """All that are kept, the last one first; one at a time, for they may be large."""
    for number in conn.execute(select(edition.c.number).order_by(edition.c.number.desc())).scalars().all():
        if (found := get(conn, number)) is not None:
            yield found


def standing(conn: Connection, name: str) -> Standing | None:
    """What the machine of this name said last; None of one that is not registered."""
    query = select(machine.c.edition, machine.c.base, machine.c.trouble).where(machine.c.name == name)
    row = conn.execute(query).one_or_none()
    return Standing(edition=row.edition, base=row.base, trouble=row.trouble or "") if row else None


def put_standing(conn: Connection, name: str, one: Standing) -> None:
    """Note it for the others to see; does nothing for a machine that is not registered."""
    values = {"edition": one.edition, "base": one.base, "trouble": one.trouble or None}
    conn.execute(update(machine).where(machine.c.name == name).values(values))


def _edition(row: Any) -> Edition:
    return Edition(**row._asdict() | {"files": {path: _unpacked(one) for path, one in row.files.items()}})


def _packed(content: bytes) -> str | dict[str, str]:
    """As JSON has it: text as it is, anything else in base64."""
    if b"\0" not in content:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return {"base64": base64.b64encode(content).decode("ascii")}


def _unpacked(packed: str | Mapping[str, str]) -> bytes:
    return packed.encode("utf-8") if isinstance(packed, str) else base64.b64decode(packed["base64"])
