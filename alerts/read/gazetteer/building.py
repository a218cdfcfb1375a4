"""Compiles the index of places, once for each version of its sources; see `index` for what is written.

It takes some ten seconds and a few hundred megabytes: a daemon calls `ensure`, which does it in a process of
its own.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alerts.errors import GazetteerError
from alerts.read.gazetteer import names, sources
from alerts.read.gazetteer.compiler import Compiler, rank
from alerts.read.gazetteer.index import (
    ABBREVIATION,
    ADMIN1,
    ALTERNATE,
    CITY,
    COUNTRY,
    DEMONYM,
    FORMAT,
    GIVEN,
    MASK,
    NONE,
    PRIMARY,
    STAMP,
    read_stamp,
    save,
    sound,
)

Progress = Callable[[str, float], None]
_OURS = 10  # half an order of magnitude: the places of our own table are there because the news speaks of them


def _countries(out: Compiler) -> dict[str, str]:
    """Add the countries; answers their capitals' keys by alpha-2."""
    capitals: dict[str, str] = {}
    for one in sources.countries():
        record = out.add(one.alpha3, one.name, country=0, level=COUNTRY, parent=NONE, population=one.population)
        out.country_of[one.alpha2], out.alpha2[record] = record, one.alpha2
        out.ids[one.alpha2] = record
        capitals[one.alpha2] = names.key(one.capital)
        for name in [one.name, *one.names]:
            name_key = names.key(name)
            out.call(record, name_key, ABBREVIATION if names.abbreviation(name) else ALTERNATE)
            bare = names.without_kind(name_key) if name_key.startswith("the ") else None
            out.call(record, bare or "", ALTERNATE)
        out.call(record, names.key(one.name), PRIMARY)
        for name in one.demonyms:
            out.call(record, names.key(name), DEMONYM)
    return capitals


def _subdivisions(out: Compiler) -> None:
    for one in sources.subdivisions():
        country = out.country_of.get(one.country)
        if country is None:
            continue
        id_ = one.iso or (one.code if one.level == ADMIN1 else f"gn:{one.geonames}")
        if id_ in out.ids:
            continue
        parent = out.ids.get(one.parent, country)
        shown = names.english(one.names, one.country)
        record = out.add(id_, shown, country=country, level=one.level, parent=parent)
        out.ids[one.code] = record
        out.call_all(record, [shown, *one.names], country=one.country, level=one.level)


def _cities(out: Compiler, capitals: dict[str, str], progress: Progress) -> None:
    largest: dict[str, tuple[int, int]] = {}
    for at, row in enumerate(sources.cities()):
        if at % 20_000 == 0:
            progress("reading towns", min(at / 240_000, 1.0))
        alpha2, geonames, population = row["countrycode"], int(row["geonameid"]), int(row["population"])
        country = out.country_of.get(alpha2)
        if country is None:
            continue
        parent = out.ids.get(f"{alpha2}.{row['admin1code']}", country)
        lat, lon = float(row["latitude"]), float(row["longitude"])
        record = out.add(
            "", names.shown(row["name"], alpha2), country=country, level=CITY, parent=parent,
            lat=lat, lon=lon, population=population, geonames=geonames,
        )  # fmt: skip
        out.towns[geonames] = record
        out.call_all(record, [row["name"], *row["alternatenames"]], country=alpha2, level=CITY)
        out.locate(parent, lat, lon, population)
        if names.key(row["name"]) == capitals[alpha2] and population > largest.get(alpha2, (0, 0))[0]:
            largest[alpha2] = population, record
    for population, record in largest.values():
        out.columns.data["capital"][record] = 1
        out.columns.data["rank"][record] = rank(CITY, population, True)


def _own(out: Compiler, path: Path, rows: Sequence[sources.Own], *, towns: bool) -> None:
    """A table of our own or of a user: new places, and more names for places the sources know. It is gone
    through twice: before the towns, since they may lie in a new place, and after them for the rows about towns."""
    data = out.columns.data
    for row in rows:
        if row.id.startswith("gn:") != towns:
            continue
        record = out.towns.get(int(row.id[3:]), -1) if towns and row.id[3:].isdecimal() else -1
        record = out.ids.get(row.id, record)
        if record >= 0:
            out.amend(record, row)
        else:
            within = out.ids.get(row.within, -1)
            if within < 0 or not row.name:
                raise GazetteerError(f"{path}: {row.id!r} wants a name, and a known id as within, not {row.within!r}")
            record = out.add(
                row.id, row.name, country=data["country"][within], level=row.level, parent=within,
                lat=row.lat, lon=row.lon, population=max(row.population, 0),
            )  # fmt: skip
        if path == sources.DATA / "places.csv" and out.alpha2[data["country"][record]] != "US":
            data["rank"][record] = min(data["rank"][record] + _OURS, 255)
        _name_own(out, record, row)
        for id_ in row.contains:
            if id_ not in out.ids:
                raise GazetteerError(f"{path}: {row.id!r} contains {id_!r}, which is not known")
            data["parent"][out.ids[id_]] = record


def _name_own(out: Compiler, record: int, row: sources.Own) -> None:
    level, alpha2 = out.columns.data["level"][record], out.alpha2[out.columns.data["country"][record]]
    spelled = [name for name in (row.name, *row.names) if name and name[0] != "-"]
    for name in row.names:
        if name[0] == "-":
            out.forget(record, names.key(name))
    for name in spelled:
        out.call(record, names.key(name), ABBREVIATION if names.abbreviation(name) else PRIMARY)
    out.call_all(record, spelled, country=alpha2, level=level)
    for name in row.demonyms:
        out.call(record, names.key(name), DEMONYM)


def _words(out: Compiler) -> None:
    """Given names and names that only look like places."""
    for name in out.words.given:
        out.mark(names.key(name), GIVEN)
    for name in out.words.masks:
        out.mark(names.key(name), MASK)


def compile_index(folder: Path, progress: Progress, extra: Sequence[Path] = ()) -> dict[str, Any]:
    """Compile everything into `folder`; answers what the stamp says about it. Raises GazetteerError."""
    tables = [(path, sources.own_places(path)) for path in (sources.DATA / "places.csv", *extra)]
    out = Compiler(sources.vocabulary())
    progress("reading countries", 0.0)
    capitals = _countries(out)
    progress("reading provinces and districts", 0.0)
    _subdivisions(out)
    for towns in (False, True):
        for path, rows in tables:
            _own(out, path, rows, towns=towns)
        if not towns:
            _cities(out, capitals, progress)
    _words(out)
    out.settle()
    progress("ordering names", 0.0)
    trie = out.trie()
    progress("writing", 0.0)
    return {**save(folder, out.columns, trie), "names_known": len(trie), "places": len(out.columns.data["level"])}


def build(path: Path, progress: Progress, extra: Sequence[Path] = (), *, anew: bool = False) -> None:
    """Make the index of places at `path` (a folder), with the tables of `extra`; nothing is done when a sound one
    made from the same sources is there, unless `anew`. Builders wait for each other. Raises GazetteerError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with (path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not anew and fresh(path, extra):
                return
            _generation(path, progress, extra)
    except OSError as error:
        raise GazetteerError(f"{path}: the index of places cannot be written: {error.strerror or error}") from error


def fresh(path: Path, extra: Sequence[Path] = ()) -> bool:
    """Is there a sound index at `path`, made from what is installed now?"""
    try:
        stamp = read_stamp(path)
    except GazetteerError:
        return False
    return bool(stamp.get("sources") == sources.wanted(extra)) and sound(path, stamp)


def _generation(path: Path, progress: Progress, extra: Sequence[Path]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="g", dir=path))
    collects = gc.isenabled()
    gc.disable()  # a million small objects that all stay: looking for garbage would double the time
    try:
        folder.chmod(0o755)
        made = compile_index(folder, progress, extra)
        stamp = {"format": FORMAT, "folder": folder.name, "sources": sources.wanted(extra), **made}
        draft = folder / STAMP
        draft.write_text(json.dumps(stamp), "utf-8")
        for file in folder.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        os.replace(draft, path / STAMP)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        if collects:
            gc.enable()
    for old in path.glob("g*"):  # readers that have one open keep it: the files go when they close
        if old.is_dir() and old != folder:
            shutil.rmtree(old, ignore_errors=True)
    progress("done", 1.0)
