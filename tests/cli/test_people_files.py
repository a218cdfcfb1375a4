"""Files of readers: what was written is read again without loss, and what somebody saved wrongly is told, where it is
and what to do, without an address; nobody of it is added."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.cli.people.exporting import as_lines, as_table
from alerts.cli.people.importing import wishes
from alerts.cli.people.tables import rows, text_of
from alerts.cli.people.wishes import Known
from alerts.config import defaults
from alerts.errors import Fault, InputError
from alerts.notify.joining.form import zones_by_name
from alerts.read.places import Gazetteer
from alerts.readers import ALL, RHYTHMS, Person, Quiet, Wishes
from alerts.types import CERTAINTIES, SEVERITIES
from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.cli.test_people_near import COUNTRIES, NEARS

ANNA, BELA = "anna@example.org", "bela@example.org"
EVENTS = ("attack", "siege")
MINUTES = st.times(max_value=time(23, 59)).map(lambda found: found.replace(second=0, microsecond=0))


def some(items: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(items), unique=True).map(tuple)


WISHES = st.builds(
    Wishes,
    events=some(EVENTS),
    countries=some(COUNTRIES),
    regions=some(("SY-ID", "LB-AS", "CD-NK")),
    near=st.lists(NEARS, max_size=3, unique=True).map(tuple),
    min_severity=st.sampled_from(SEVERITIES),
    min_certainty=st.sampled_from(CERTAINTIES),
    language=st.sampled_from(("en", "pt-BR", "ckb")),
    text_only=st.booleans(),
    rhythm=st.sampled_from(RHYTHMS),
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    time_zone=st.sampled_from(sorted(zones_by_name().values())),
    quiet=st.none() | st.builds(Quiet, begin=MINUTES, end=MINUTES).filter(lambda quiet: quiet.begin != quiet.end),
    wake_from=st.none() | st.sampled_from(SEVERITIES),
    paused_until=st.none() | st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC)),
    discreet=st.booleans(),
)


@pytest.fixture(scope="module")
def known(gazetteer: Gazetteer) -> Known:
    return Known(config=defaults(Path.cwd()), config_path=Path("config.toml"), _places=gazetteer, _events=list(EVENTS))


@pytest.mark.parametrize("write", [as_table, as_lines])
@settings(max_examples=25)
@given(wished=st.lists(WISHES, min_size=1, max_size=2), active=st.booleans())
def test_what_is_written_is_read_again_without_loss(
    known: Known, write: Callable[..., str], wished: list[Wishes], active: bool
) -> None:
    people = [Person(id=number, wishes=one, active=active) for number, one in enumerate(wished)]
    addresses = {one.id: f"reader{one.id}@example.org" for one in people}
    faults: list[Fault] = []
    found = list(rows("all", write(people, addresses), faults))
    assert [row.address for row in found] == list(addresses.values())
    assert {row.active.lower() for row in found} <= ({"yes", "true"} if active else {"no", "false"})
    assert [replace(ALL, **wishes(row, known, "all", faults)) for row in found] == wished
    assert faults == []


def test_every_province_is_read_by_its_code(known: Known, gazetteer: Gazetteer) -> None:
    codes = ("SY-ID", "LB-AS", "CD-NK", "YE-TA", "SD-KH", "UA-63", "BF-12")
    text = f"address,regions\n{ANNA},{';'.join(codes)}\n"
    faults: list[Fault] = []
    [row] = rows("all", text, faults)
    assert (wishes(row, known, "all", faults), faults) == ({"regions": codes}, [])


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffAddress;Countries;Near\r\n{ANNA};SYR,LBN;13.5,44.1:20km, Taiz, Yemen:5, gn:216281:7km\r\n",
        f'address;countries;near\n{ANNA};"SYR;LBN";"13.5,44.1:20km;Taiz, Yemen:5;gn:216281:7km"\n',
        f"address\tcountries\tnear\r{ANNA}\tSyria;Lebanon\t13.5,44.1:20 km;Taiz, Yemen:5;gn:216281:7km\r",
        f'address,countries,near,,\n{ANNA},SYR;LBN,"13.5,44.1:20km;Taiz, Yemen:5km;gn:216281:7km",,\n,,,,\n',
    ],
)
def test_tables_are_read_as_office_programs_save_them(known: Known, text: str) -> None:
    faults: list[Fault] = []
    [row] = rows("all", text.removeprefix("\ufeff"), faults)
    found = wishes(row, known, "all", faults)
    assert faults == []
    assert found["countries"] == ("SYR", "LBN")
    assert [(near.name, near.km) for near in found["near"]] == [
        ("13.5, 44.1 (Taiz, Yemen)", 20), ("Taiz, Yemen", 5), ("Goma, Democratic Republic of the Congo", 7)
    ]  # fmt: skip


WRONG: dict[str, tuple[str | bytes, str]] = {
    "no head": (f"{ANNA},SYR\n", ":1: error: the first line must name the columns, address among them: address,"),
    "another head": ("name,town\nAnna,Taiz\n", ":1: error: the first line must name the columns"),
    "unknown column": ("address,contry\nx@example.org,SYR\n", ":2: error: nothing is called 'contry' here; did you"),
    "column twice": (f"address,hour,Hour\n{ANNA},6,7\n", ":1: error: the column 'hour' is there twice; take one out"),
    "shifted": (f"countries,address\n{ANNA},SYR\n", ":2: error: countries: '(address)' is no country"),
    "too few": (f"address,hour\n{ANNA}\n", ":2: error: 1 values for 2 columns"),
    "comma in a value": (f"address,near\n{ANNA},Taiz, Yemen:5km\n", 'a value that holds a "," is written in quotes'),
    "open quote": (f'address\n"{ANNA}\n', "this is no CSV"),
    "no distance": (f"address,near\n{ANNA},Taiz\n", ":2: error: near: 'Taiz': write a place and how far from it"),
    "hours": (f"address,quiet\n{ANNA},25:00-06:00\n", "quiet: '25:00-06:00' are no hours; write them by the reader's"),
    "zone": (f"address,time_zone\n{ANNA},Asia/Adn\n", "there is no time zone 'Asia/Adn'; did you mean 'Asia/Aden'?"),
    "key": (f"address,key\n{ANNA},secret\n", ":2: error: key: this key"),
    "a JSON list": (json.dumps([{"address": ANNA}]), ":1: error: a line must be a JSON object"),
    "nested JSON": ('{"address": {"a": 1}}\n', ":1: error: a line must be a JSON object"),
    "broken JSON": (f'{{"address": "{ANNA}"\n', ":1: error: a line must be a JSON object"),
    "JSON twice": (f'{{"address": "{ANNA}", "hour": 1, "hour": 2}}\n', ":1: error: 'hour' stands in it twice"),
    "latin-1": ("address\nJosé@example.org\n".encode("latin-1"), ':2: this is not UTF-8; save it as UTF-8 ("CSV'),
    "UTF-16": (f"address\n{ANNA}\n".encode("utf-16"), ": this is UTF-16 or no text; save it as UTF-8"),
    "a workbook": (b"PK\x03\x04\0\0", ': this is a workbook; save it as "CSV UTF-8"; nothing'),
    "empty": ("\n", " is empty; nothing was imported"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_told_with_the_place_and_what_to_do(known: Known, tmp_path: Path, name: str) -> None:
    text, says = WRONG[name]
    file = tmp_path / "new.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    faults: list[Fault] = []
    try:
        for row in list(rows(str(file), text_of(str(file)), faults)):
            wishes(row, known, str(file), faults)
    except InputError as error:
        told = str(error)
    else:
        told = "\n".join(map(str, faults))
    assert told.startswith(str(file)) and says in told
    assert "example.org" not in told


@pytest.mark.usefixtures("ready")
def test_a_file_with_any_fault_adds_nobody(world: World) -> None:
    world.write("new.csv", f"address,active,hour\n{ANNA},yes,6\n{BELA},perhaps,\n{ANNA.upper()},,\n,,7\n")
    ran = alerts("people", "import", "new.csv")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "new.csv:3: error: active: 'perhaps' is neither yes nor no",
        "new.csv:4: error: this address stands in line 2 too; take one of them out",
        "new.csv:5: error: this is no mail address: An email address must have an @-sign.",
        "alerts: nothing was imported; mend these lines first",
    ]
    world.write("new.csv", f"address\n{ANNA}\n".encode("utf-16"))
    assert "save it as UTF-8" in alerts("people", "import", "new.csv").err
    assert alerts("people", "list", "--json").out == ""


@pytest.mark.usefixtures("ready")
def test_a_file_that_is_not_there_is_told(world: World) -> None:
    assert alerts("people", "import", "none.csv").err == (
        "alerts: none.csv: No such file or directory; nothing was imported\n"
    )
    ran = alerts("people", "export", "-o", "no/such/all.csv")
    assert ran.err == "alerts: no/such/all.csv: No such file or directory; the list of readers was not written\n"
