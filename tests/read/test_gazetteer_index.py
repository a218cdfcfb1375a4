"""The index of places on disk: made whole or not at all, and refused when broken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from alerts.errors import GazetteerError
from alerts.read.gazetteer import build, building, ensure, fresh, sources
from alerts.read.gazetteer.index import NAMES, RECORDS, STAMP
from alerts.read.places import Gazetteer
from alerts.read.text import words

_FIRST = "id,name,level,within,lat,lon,population,names\n"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only towns of our own making, so that building takes a moment."""
    town = {
        "geonameid": 1, "name": "Testfurt", "latitude": 50.0, "longitude": 9.0, "countrycode": "DE", "population": 9,
        "admin1code": "05", "alternatenames": ["Testford"],
    }  # fmt: skip
    row = sources.Own(
        id="x:DEU-own", name="Eigenheim", level=4, within="DEU", lat=51.0, lon=9.0, population=50, names=(),
        contains=(), demonyms=(),
    )  # fmt: skip
    read = sources.own_places
    monkeypatch.setattr(sources, "cities", lambda: iter([town]))
    monkeypatch.setattr(sources, "subdivisions", lambda: iter(()))
    monkeypatch.setattr(sources, "own_places", lambda path: [row] if path.parent == sources.DATA else read(path))


@pytest.fixture
def copied(gazetteer_path: Path, tmp_path: Path) -> Path:
    stamp = json.loads((gazetteer_path / STAMP).read_text())
    copy = tmp_path / "places"
    shutil.copytree(gazetteer_path / stamp["folder"], copy / stamp["folder"])
    shutil.copy(gazetteer_path / STAMP, copy / STAMP)
    return copy


def quiet(stage: str, share: float) -> None:
    """Progress nobody watches."""


def test_a_missing_index_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(GazetteerError, match="build it first"):
        Gazetteer.open(tmp_path / "nothing")


@pytest.mark.parametrize("file", [NAMES, RECORDS])
def test_a_shortened_file_is_refused_and_not_fresh(copied: Path, file: str) -> None:
    stamp = json.loads((copied / STAMP).read_text())
    broken = copied / stamp["folder"] / file
    broken.write_bytes(broken.read_bytes()[:-100])
    with pytest.raises(GazetteerError, match="anew"):
        Gazetteer.open(copied)
    assert not fresh(copied)


def test_a_changed_byte_is_noticed_before_use(copied: Path) -> None:
    assert fresh(copied)
    stamp = json.loads((copied / STAMP).read_text())
    broken = copied / stamp["folder"] / RECORDS
    content = bytearray(broken.read_bytes())
    content[len(content) // 2] ^= 0xFF
    broken.write_bytes(bytes(content))
    assert not fresh(copied)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 0}', '{"format": 1, "folder": "g"}'])
def test_a_broken_stamp_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / STAMP).write_text(content)
    with pytest.raises(GazetteerError):
        Gazetteer.open(tmp_path)


def test_a_sound_index_is_left_alone(gazetteer_path: Path) -> None:
    before = (gazetteer_path / STAMP).stat().st_mtime_ns
    ensure(gazetteer_path)
    assert (gazetteer_path / STAMP).stat().st_mtime_ns == before


@pytest.mark.usefixtures("small")
def test_places_of_a_user_are_compiled_in(tmp_path: Path) -> None:
    table = tmp_path / "clinics.csv"
    table.write_text(_FIRST + "clinic:7,North Clinic,city,DEU,50.5,9.5,0,Nordklinik\n", "utf-8")
    stages: list[str] = []
    build(tmp_path / "places", lambda stage, share: stages.append(stage), [table])
    gazetteer = Gazetteer.open(tmp_path / "places")
    clinic = gazetteer.lookup("Nordklinik")
    assert clinic is not None
    assert (clinic.id, clinic.country) == ("clinic:7", "DEU")
    assert [mention.text for mention in gazetteer.mentions(words("A fire in Testford and Eigenheim."))] == [
        "Testford",
        "Eigenheim",
    ]
    assert stages[-1] == "done"


@pytest.mark.usefixtures("small")
def test_a_second_builder_finds_the_work_done(tmp_path: Path) -> None:
    build(tmp_path, quiet)
    seen: list[str] = []
    build(tmp_path, lambda stage, share: seen.append(stage))
    assert seen == []
    assert len(list(tmp_path.glob("g*"))) == 1


@pytest.mark.usefixtures("small")
def test_other_tables_make_the_index_anew(tmp_path: Path) -> None:
    build(tmp_path / "places", quiet)
    table = tmp_path / "more.csv"
    table.write_text(_FIRST + "clinic:7,North Clinic,city,DEU,,,,\n", "utf-8")
    assert not fresh(tmp_path / "places", [table])


@pytest.mark.usefixtures("small")
def test_a_failed_build_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, quiet)
    before = sorted(path.name for path in tmp_path.iterdir())

    def full(*_: Any) -> dict[str, Any]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "save", full)
    with pytest.raises(GazetteerError, match="No space left"):
        build(tmp_path, quiet, anew=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert Gazetteer.open(tmp_path).lookup("Testfurt") is not None


@pytest.mark.usefixtures("small")
def test_a_reader_keeps_the_index_it_opened(tmp_path: Path) -> None:
    build(tmp_path, quiet)
    old = Gazetteer.open(tmp_path)
    build(tmp_path, quiet, anew=True)
    assert old.lookup("Testfurt") == Gazetteer.open(tmp_path).lookup("Testfurt")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,b\n", ":2: 2 columns"),
        (",Nowhere,city,DEU,,,,\n", ":2: wants an id"),
        ("x,Nowhere,planet,DEU,,,,\n", ":2: wants an id"),
        ("x,Nowhere,city,DEU,north,,,\n", ":2: not a number"),
        ("x,Nowhere,city,DEU,,,many,\n", ":2: not a number"),
    ],
)
def test_a_faulty_line_of_a_table_is_named(tmp_path: Path, line: str, message: str) -> None:
    table = tmp_path / "faulty.csv"
    table.write_text(_FIRST + line, "utf-8")
    with pytest.raises(GazetteerError, match=f"faulty.csv{message}"):
        sources.own_places(table)


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "faulty.csv"
    table.write_text("id,nmae\nx,y\n", "utf-8")
    with pytest.raises(GazetteerError, match="nmae"):
        sources.own_places(table)


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    table = tmp_path / "missing.csv"
    with pytest.raises(GazetteerError, match="cannot be read"):
        ensure(tmp_path / "places", extra=[table])


def test_a_file_in_the_way_is_reported_from_the_process(tmp_path: Path) -> None:
    (tmp_path / "places").write_text("not a folder")
    with pytest.raises(GazetteerError, match="could not be made"):
        ensure(tmp_path / "places")


def test_all_our_tables_are_well_formed() -> None:
    rows = sources.own_places(sources.DATA / "places.csv")
    assert len({row.id for row in rows}) == len(rows)
    vocabulary = sources.vocabulary()
    assert not vocabulary.never & vocabulary.doubtful
