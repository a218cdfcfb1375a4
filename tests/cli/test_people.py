"""`alerts people`: the readers, whose addresses appear nowhere but where somebody asks for them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pysequoia import Tsk

from alerts.store import people, suppression
from alerts.store.database import open_database, writing
from alerts.vault import Vault, load_secret
from tests.cli.conftest import World
from tests.cli.run import alerts

pytestmark = pytest.mark.usefixtures("ready")

ANNA, BELA = "anna@example.org", "bela@example.org"
KEY = f"{str(Tsk.generate('Anna <anna@example.org>').extract_certificate()).strip()}\n"


def listed() -> list[dict[str, object]]:
    return alerts("people", "list", "--json", "--addresses").rows


def number_of_readers(world: World) -> int:
    with closing(sqlite3.connect(world.folder / "data" / "alerts.db")) as database:
        return int(database.execute("SELECT count(*) FROM person").fetchone()[0])


def test_a_reader_is_added_with_what_they_want(world: World) -> None:
    ran = alerts(
        "people", "add", "Anna@Example.org", "--country", "Syria", "--country", "LB", "--event", "siege",
        "--min-severity", "severe", "--language", "fr",
    )  # fmt: skip
    assert (ran.code, ran.out, ran.err) == (0, "added as reader 1\n", "")
    [row] = listed()
    wanted = {"id": 1, "address": "Anna@example.org", "events": ["siege"], "countries": ["SYR", "LBN"],
              "min_severity": "severe", "language": "fr", "active": True}  # fmt: skip
    assert wanted.items() <= row.items()
    table = alerts("people", "list").out.splitlines()
    assert table[0].split() == ["id", "events", "where", "from", "when"]
    assert table[1].split() == ["1", "siege", "SYR,", "LBN", "severe", "now"]


def test_every_wish_can_be_said_and_is_kept(world: World) -> None:
    key = world.write("anna.asc", KEY)
    ran = alerts(
        "people", "add", ANNA, "--region", "Idlib", "--near", "Djibo:50km", "--near", "13.58,44.02:25km",
        "--min-certainty", "likely", "--rhythm", "weekly", "--hour", "6", "--weekday", "fri", "--time-zone",
        "Asia/Aden", "--quiet", "22:00-06:00", "--wake-from", "extreme", "--text-only", "--discreet", "--key", key,
    )  # fmt: skip
    assert (ran.code, ran.out) == (0, "added as reader 1\n")
    [row] = listed()
    near = row.pop("near")
    assert isinstance(near, list)
    assert near[0].startswith("Djibo, Burkina Faso@14.") and near[0].endswith(" in BFA/BF-12:50km")
    assert near[1] == "13.58, 44.02 (Taiz, Yemen)@13.58,44.02 in YEM/YE-TA:25km"
    assert row == {
        "id": 1, "address": ANNA, "active": True, "duties": ["reader"], "events": [], "countries": [],
        "regions": ["SY-ID"], "min_severity": "minor", "min_certainty": "likely", "language": "en",
        "text_only": "yes", "rhythm": "weekly", "hour": "6", "weekday": "Friday", "time_zone": "Asia/Aden",
        "quiet": "22:00-06:00", "wake_from": "extreme", "paused_until": "", "discreet": "yes", "key": KEY,
    }  # fmt: skip


def test_a_region_of_several_provinces_is_all_of_them(world: World) -> None:
    assert alerts("people", "add", ANNA, "--region", "Darfur").code == 0
    [row] = listed()
    regions = row["regions"]
    assert isinstance(regions, list)
    assert len(regions) == 5 and all(one.startswith("SD-") for one in regions)


def test_a_reader_without_wishes_gets_everything(world: World) -> None:
    assert "no readers yet" in alerts("people", "list").out
    alerts("people", "add", ANNA)
    assert alerts("people", "list").out.splitlines()[1].split() == ["1", "all", "everywhere", "minor", "now"]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["anna"], 1, "this is no mail address"),
        (["anna b@example.org"], 1, "this is no mail address"),
        ([ANNA, "--country", "Syra"], 1, "'Syra' is no country"),
        ([ANNA, "--event", "sige"], 1, "no rule flags the event 'sige'; did you mean 'siege'?"),
        ([ANNA, "--event", "zzz"], 1, "no rule flags the event 'zzz' (there are displacement, siege)"),
        ([ANNA, "--min-severity", "sever"], 2, "'sever' is not one of"),
        ([ANNA, "--language", "French"], 1, "'French' is no language code"),
        ([ANNA, "--region", "Nowhereland"], 1, "no province 'Nowhereland' is known"),
        ([ANNA, "--region", "Djibo"], 1, "no province 'Djibo' is known"),
        ([ANNA, "--region", "Amazonas"], 1, "several provinces are called 'Amazonas'; write the code of one of them"),
        ([ANNA, "--near", "Djibo"], 1, "write a place and how far from it, such as Taiz:50km"),
        ([ANNA, "--near", "Djibo:9000km"], 1, "at least 1 km and at most 2,000 km"),
        ([ANNA, "--near", "Nowhereville:5km"], 1, "no place 'Nowhereville' is known"),
        ([ANNA, "--near", "91,0:5km"], 1, "A latitude is at most 90"),
        ([ANNA, "--time-zone", "Asia/Adn"], 1, "there is no time zone 'Asia/Adn'; did you mean 'Asia/Aden'?"),
        ([ANNA, "--time-zone", "../../etc/passwd"], 1, "there is no time zone"),
        ([ANNA, "--quiet", "22-26"], 1, "such as 22:00-06:00"),
        ([ANNA, "--quiet", "22-22"], 1, "no time lies between"),
        ([ANNA, "--hour", "24"], 1, "'24' is no hour of the day"),
        ([ANNA, "--weekday", "someday"], 1, "'someday' is no day of the week"),
        ([ANNA, "--country", ""], 1, "countries: one of them is empty; name it, or leave the option out"),
        ([ANNA, "--country", "usual", "--country", "SYR"], 1, "usual takes a wish back, and stands alone"),
        ([ANNA, "--near", "50km"], 1, "write a place and how far from it, such as Taiz:50km"),
        ([ANNA, "--quiet", "25:00-06:00"], 1, "'25:00-06:00' are no hours; write them by the reader's clock"),
        ([ANNA, "--time-zone", "Mars"], 1, "write an IANA name, such as Asia/Aden or Europe/Kyiv, or its city"),
        ([ANNA, "--key", "none.asc"], 1, "none.asc: No such file or directory; name the file of their public key"),
        ([ANNA, "--key", "."], 1, ".: Is a directory; name the file"),
        ([ANNA, "--key", "config.toml"], 1, "alerts: this key "),
    ],
)
def test_what_cannot_be_is_told_and_nobody_added(world: World, args: list[str], code: int, says: str) -> None:
    ran = alerts("people", "add", *args)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert ANNA not in ran.err
    assert number_of_readers(world) == 0


def test_all_that_is_wrong_is_told_at_once(world: World) -> None:
    ran = alerts("people", "add", ANNA, "--hour", "30", "--weekday", "x", "--country", "Syra")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 3


def test_a_private_key_is_not_taken(world: World) -> None:
    key = world.write("anna.asc", KEY.replace("PUBLIC", "PRIVATE"))
    assert "this is a private key" in alerts("people", "add", ANNA, "--key", key).err


def test_an_address_is_on_the_list_once_and_the_message_does_not_repeat_it(world: World) -> None:
    alerts("people", "add", ANNA)
    ran = alerts("people", "add", ANNA.upper())
    assert (ran.code, ran.err) == (1, "alerts: this address is on the list already, as reader 1\n")


def test_addresses_can_come_from_standard_input(world: World) -> None:
    ran = alerts("people", "add", "-", "--event", "siege", stdin=f"{ANNA}\n\n {BELA} \n")
    assert (ran.code, ran.out) == (0, "added as readers 1, 2\n")
    assert [row["address"] for row in listed()] == [ANNA, BELA]


def test_one_bad_address_of_many_adds_nobody(world: World) -> None:
    ran = alerts("people", "add", "-", stdin=f"{ANNA}\nbela\n{BELA}\n{ANNA.upper()}\ncleo@\n")
    assert ran.code == 1
    lines = ran.err.splitlines()
    assert lines[0].startswith("alerts: line 2: this is no mail address: ")
    assert lines[1].startswith("line 5: this is no mail address: ")
    assert lines[2:] == ["nobody was added"]
    assert alerts("people", "list", "--json").rows == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "standard input is empty; nobody was added"),
        (f"{ANNA}\n".encode("utf-16"), "standard input: this is UTF-16 or no text; save it as UTF-8"),
        ("josé@example.org\n".encode("latin-1"), "standard input:1: this is not UTF-8; save it as UTF-8"),
    ],
)
def test_what_is_no_text_on_standard_input_is_told(world: World, data: str | bytes, says: str) -> None:
    ran = alerts("people", "add", "-", stdin=data)
    assert (ran.code, ran.out) == (1, "") and ran.err.startswith(f"alerts: {says}")
    assert alerts("people", "show", "-", stdin=data).err.startswith("alerts: ")


def test_addresses_as_an_editor_for_windows_saves_them_are_read(world: World) -> None:
    assert alerts("people", "add", "-", stdin=f"\ufeff{ANNA}\r\n{BELA}\r\n{ANNA}\r\n").code == 0
    assert [row["address"] for row in listed()] == [ANNA, BELA]
    assert "reader         1" in alerts("people", "show", "-", stdin=f"\ufeff{ANNA}\r\n").out


def test_the_list_is_for_its_owner_only(world: World) -> None:
    alerts("people", "add", ANNA)
    assert (world.folder / "data" / "alerts.db").stat().st_mode & 0o077 == 0


def test_no_command_shows_an_address_that_was_not_asked_for(world: World) -> None:
    alerts("people", "add", ANNA, "--quiet", "22-6")
    for words in (["list"], ["list", "--json"], ["show", "1"], ["show", "1", "--json"], ["show", ANNA]):
        assert "anna" not in alerts("people", *words).out, words
    for words in (["list"], ["list", "--json"], ["show", "1"], ["show", "1", "--json"]):
        assert ANNA in alerts("people", *words, "--addresses").out, words


def test_what_is_changed_changes_and_the_rest_stays(world: World) -> None:
    alerts("people", "add", ANNA, "--country", "Syria", "--event", "siege", "--rhythm", "daily")
    ran = alerts("people", "change", "1", "--country", "usual", "--near", "Djibo:50km", "--rhythm", "usual")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "changed reader 1"
    assert "  Mails: at once (before: in one mail a day, at 07:00)" in ran.out.splitlines()
    [row] = listed()
    assert (row["countries"], row["events"], row["rhythm"]) == ([], ["siege"], "now")
    assert alerts("people", "change", ANNA, "--rhythm", "now").out == "nothing to change: so it is already\n"


def test_provinces_are_shown_by_name(world: World) -> None:
    alerts("people", "add", ANNA, "--region", "SY-ID", "--region", "SY-HL")
    assert "places         Idlib and Aleppo (Syria)" in alerts("people", "show", "1").out
    ran = alerts("people", "change", "1", "--region", "LB-AS")
    assert "before: Idlib and Aleppo (Syria)" in ran.out and "LB-AS" not in ran.out


def test_a_change_that_says_nothing_or_names_nobody_is_refused(world: World) -> None:
    alerts("people", "add", ANNA)
    assert "say what is to change" in alerts("people", "change", "1").err
    assert "there is no reader 7" in alerts("people", "change", "7", "--hour", "5").err
    ran = alerts("people", "change", BELA, "--hour", "5")
    assert "no reader has this address" in ran.err and BELA not in ran.err
    assert "give a number, or an address" in alerts("people", "change", "anna", "--hour", "5").err


def test_a_paused_reader_gets_nothing_until_resumed(world: World) -> None:
    alerts("people", "add", ANNA)
    assert alerts("people", "pause", "1").out == "reader 1 gets nothing until: alerts people resume 1\n"
    assert listed()[0]["active"] is False and "gets no mail" in alerts("people", "list").out
    assert alerts("people", "resume", "1").out == "reader 1 gets mail\n"
    assert listed()[0]["active"] is True
    assert alerts("people", "pause", "1", "--until", "2000-01-01").err.startswith(
        "alerts: --until lies in the past; write"
    )
    assert alerts("people", "pause", "1", "--until", "7 days").code == 0
    [row] = listed()
    assert (row["active"], bool(row["paused_until"])) == (True, True)
    assert "paused until 20" in alerts("people", "list").out
    alerts("people", "resume", "1")
    assert listed()[0]["paused_until"] == ""


def test_an_erased_reader_leaves_nothing_behind(world: World) -> None:
    alerts("people", "add", ANNA)
    ran = alerts("people", "remove", "1")
    assert ran.code == 1 and ran.err.endswith("nothing was erased; --yes erases without asking\n")
    assert len(listed()) == 1
    assert alerts("people", "remove", "-", "--yes").err == "alerts: there is no address on standard input\n"
    assert alerts("people", "remove", "-", "--yes", stdin=f"{ANNA}\n").out == "reader 1 was erased\n"
    assert number_of_readers(world) == 0


def test_what_is_exported_is_imported_again_as_it_was(world: World) -> None:
    key = world.write("anna.asc", KEY)
    alerts("people", "add", ANNA, "--key", key, "--near", "Djibo:50km", "--country", "SYR", "--country", "LBN",
           "--quiet", "22-6:30", "--wake-from", "none", "--rhythm", "weekly", "--weekday", "Sunday")  # fmt: skip
    alerts("people", "add", BELA)
    alerts("people", "pause", "2")
    alerts("people", "pause", "1", "--until", "2099-01-31")
    before = [row | {"id": 0} for row in listed()]
    for name, options in (("all.csv", []), ("all.jsonl", ["--json"])):
        ran = alerts("people", "export", "-o", name, *options)
        assert (ran.code, ran.out, ran.err) == (0, "", f"wrote 2 readers to {name}\n")
        assert Path(name).stat().st_mode & 0o777 == 0o600
        assert alerts("people", "import", name, "--update").out == "added 0 readers; 2 were so already\n"
        for row in listed():
            alerts("people", "remove", str(row["id"]), "--yes")
        ran = alerts("people", "import", name)
        assert (ran.code, ran.out) == (0, "added 2 readers\n"), ran.err
        assert [row | {"id": 0} for row in listed()] == before


def test_a_file_with_one_fault_adds_nobody_and_no_fault_shows_an_address(world: World) -> None:
    text = (
        "address,countries,hour,near\n"
        f"{ANNA},SYR;Syra,25,\n"
        "bela@,,,\n"
        "cleo@example.org,,7,Djibo:50km\n"
        f"{ANNA.upper()},,7,\n"
        "dora@example.org,,7\n"
    )
    world.write("new.csv", text)
    ran = alerts("people", "import", "new.csv")
    assert ran.code == 1
    lines = ran.err.splitlines()
    assert [line.partition(" ")[0] for line in lines[:-1]] == [f"new.csv:{n}:" for n in (2, 2, 3, 5, 6)]
    assert "'Syra' is no country" in lines[0] and "'25' is no hour" in lines[1]
    assert (
        "this address stands in line 2 too; take one of them out" in lines[3] and "3 values for 4 columns" in lines[4]
    )
    assert lines[-1] == "alerts: nothing was imported; mend these lines first"
    assert "@example" not in ran.err.lower() and "bela" not in ran.err
    assert listed() == []


def test_a_dry_run_does_nothing(world: World) -> None:
    ran = alerts("people", "import", "-", "--dry-run", stdin=f"address\n{ANNA}\n")
    assert (ran.code, ran.out) == (0, "would add 1 reader\n")
    assert listed() == []


def test_an_import_changes_those_who_are_there_only_when_asked(world: World) -> None:
    alerts("people", "add", ANNA, "--event", "siege")
    file = f"address,min_severity\n{ANNA},severe\n{BELA},severe\n"
    assert alerts("people", "import", "-", stdin=file).code == 1
    assert alerts("people", "import", "-", "--update", stdin=file).out == "added 1 reader; changed 1\n"
    assert [(row["events"], row["min_severity"]) for row in listed()] == [(["siege"], "severe"), ([], "severe")]


def test_no_file_writes_to_who_paused_or_left(world: World) -> None:
    alerts("people", "add", ANNA)
    alerts("people", "add", BELA)
    alerts("people", "pause", "1")
    file = f"address,min_severity,active\n{ANNA},severe,yes\n{BELA},,no\n"
    ran = alerts("people", "import", "-", "--update", stdin=file)
    assert (ran.code, ran.out) == (0, "added 0 readers; changed 2\n")
    assert ran.err == "line 2: reader 1 gets no mail: alerts people resume 1\n"
    assert [row["active"] for row in listed()] == [False, False]
    assert "as reader 1, who gets no mail (to send them" in alerts("people", "add", ANNA).err


def suppress(world: World, address: str, reason: suppression.Reason = "bounce") -> None:
    data = world.folder / "data"
    engine = open_database(f"sqlite:///{data}/alerts.db", vault=Vault(load_secret(data)))
    with writing(engine) as conn:
        suppression.suppress(
            conn, people.mark_of(conn, address), reason, datetime.now(UTC), "5.1.1" if reason == "bounce" else ""
        )
    engine.dispose()


def test_an_address_that_was_given_up_is_written_to_again_only_by_who_says_so(world: World) -> None:
    alerts("people", "add", BELA)
    suppress(world, ANNA)
    for words in (["add", ANNA], ["add", ANNA, "--invite"]):
        ran = alerts("people", *words)
        assert (ran.code, ran.out) == (1, "")
        assert "nothing is sent to this address any more: mails to it came back" in ran.err
    assert (
        "new.csv:2: error: nothing is sent"
        in alerts("people", "import", world.write("new.csv", f"address\n{ANNA}\n").relative_to(world.folder)).err
    )
    assert alerts("people", "add", ANNA, "--lift").code == 0
    suppress(world, ANNA)
    assert "nothing is sent to it: mails to it came back, on " in alerts("people", "show", ANNA).out
    assert alerts("people", "resume", ANNA).code == 1
    assert alerts("people", "resume", ANNA, "--lift").code == 0
    assert "nothing is sent to it" not in alerts("people", "show", ANNA).out


def test_who_asked_never_to_be_written_to_is_told_apart_from_who_complained(world: World) -> None:
    suppress(world, ANNA, "never")
    suppress(world, BELA, "complaint")
    asked = alerts("people", "add", ANNA)
    assert asked.code == 1 and "its owner asked never to be written to" in asked.err and "--lift" in asked.err
    assert "its owner complained of our mails" in alerts("people", "add", BELA).err
    file = alerts("people", "import", "-", stdin=f"address\n{ANNA}\n").err
    assert "alerts people add ADDRESS --lift" in file and ANNA not in file
    assert "1: its owner asked never to be written to" in alerts("status").out
    assert alerts("people", "add", ANNA, "--lift").code == 0


def test_who_is_invited_is_asked_by_one_mail_and_gets_nothing_before_a_yes(world: World) -> None:
    ran = alerts("people", "add", ANNA, "--invite", "--event", "siege")
    assert (ran.code, ran.out) == (0, "asked by mail, and will be reader 1\n")
    assert listed() == []
    assert "alert" not in alerts("mail", "why", "--mail", "1").out.partition("mail 1:")[0]
    assert "the letter confirm" in alerts("people", "show", ANNA).out
    shown = alerts("people", "show", ANNA).out
    assert "they have not said yes yet" in shown and "no reader yet" in shown
    again = alerts("people", "add", ANNA, "--invite")
    assert again.code == 1 and "one mail a day goes to an address" in again.err
    alerts("people", "add", BELA)
    assert "on the list already" in alerts("people", "add", BELA, "--invite").err
