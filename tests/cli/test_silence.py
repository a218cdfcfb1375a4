"""`alerts silence`: what a silence would have hidden is shown before it is saved; what it did hide, after."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from alerts.store import people, schema, silences
from alerts.store.database import open_database, writing
from alerts.vault import Vault, load_secret
from tests.cli.archive import NOW, fill, install
from tests.cli.conftest import World
from tests.cli.run import Ran, alerts

FLED = "More than 1,200 families fled the town of Djibo."
FLED_GOMA = "Residents fled the town of Goma."
CUT_OFF = "Gunmen besieged the town of Goma."
TOMORROW = f"{NOW + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    folder = install(tmp_path_factory.mktemp("silences"), gazetteer_path)
    fill(folder, FLED, FLED_GOMA, CUT_OFF)
    return folder


@pytest.fixture
def archive(world: World, filled: Path) -> World:
    """Three alerts: 1 and 2 of `flight`, in Djibo and Goma, 3 of `siege` in Goma, which is severe."""
    shutil.copytree(filled / "data", world.folder / "data")
    return world


def add(*more: str, stdin: str = "") -> Ran:
    return alerts("silence", "add", "--until", "7 days", "--why", "known", *more, stdin=stdin)


def hide(world: World, silence_id: int, alert_id: int) -> None:
    """A mail of the first version of an alert, kept back by a silence."""
    data = world.folder / "data"
    engine = open_database(f"sqlite:///{data}/alerts.db", vault=Vault(load_secret(data)))
    with writing(engine) as conn:
        reader = people.find_person(conn, "ana@example.org") or people.add_person(conn, "ana@example.org", now=NOW)
        row = {"alert_id": alert_id, "version": 1, "person_id": reader.id, "channel": "mail", "state": "silenced"}
        times = {"created": NOW, "not_before": NOW, "finished": NOW}
        mail = {"urgency": 2, "message_id": "<1@example.org>", "silence_id": silence_id}
        conn.execute(insert(schema.outbox).values(row | times | mail))
    engine.dispose()


def test_what_it_would_have_hidden_is_shown_and_nothing_saved_without_a_yes(archive: World) -> None:
    ran = add("--place", "Goma", "--country", "COD", stdin="n\n")
    assert (ran.code, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert "silence: all rules in Goma (North Kivu, COD), up to severe" in lines
    start = lines.index("would have hidden 2 alerts in the last 30 days, 1 of them severe")
    assert "Goma cut off (alert 3)" in lines[start + 1]
    assert "Flight from Goma (alert 2)" in lines[start + 2]
    assert ran.err.endswith("nothing was saved; --yes saves without asking\n")
    assert alerts("silence", "list").out == "nothing is silenced\n"


def test_a_yes_saves_it(archive: World) -> None:
    ran = add("--rule", "flight", stdin="y\n")
    assert ran.code == 0
    assert ran.out.startswith("silence 1 is in force until ")
    assert alerts("silence", "list", "--json").rows[0]["rules"] == ["flight"]


def test_a_script_says_yes_beforehand_and_gets_the_preview_too(archive: World) -> None:
    ran = add("--rule", "siege", "--up-to", "moderate", "--yes")
    assert ran.code == 0
    assert "would have hidden no alerts in the last 30 days\n" in ran.err
    assert "1 alert was worse than it hides, and would have been mailed\n" in ran.err
    assert "Save it?" not in ran.err


def test_the_list_says_what_until_when_how_many_who_and_why(archive: World) -> None:
    add("--rule", "flight", "--rule", "siege", "--place", "Djibo", "--idle", "7", "--author", "A. Analyst", "--yes")
    hide(archive, 1, 1)
    head, row = alerts("silence", "list").out.splitlines()
    assert head.split() == ["id", "hides", "until", "hid", "by", "why"]
    for part in ("flight, siege in Djibo", "up to severe", "UTC (in 7 d)", " 1 ", "A. Analyst", "known"):
        assert part in row
    [found] = alerts("silence", "list", "--json").rows
    assert found["place"]["country"] == "BFA"
    assert (found["idle_days"], found["up_to"], found["hid"], found["ended"]) == (7, "severe", 1, None)


def test_one_silence_is_shown_with_what_it_hid(archive: World) -> None:
    add("--rule", "flight", "--yes")
    assert "hid    nothing yet\n" in alerts("silence", "show", "1").out
    hide(archive, 1, 2)
    shown = alerts("silence", "show", "1").out
    assert "hid    1 alert\n" in shown
    assert "Flight from Goma (alert 2)" in shown
    [row] = alerts("silence", "show", "1", "--json").rows
    assert [(one["alert_id"], one["mails"]) for one in row["hidden"]] == [("2", 1)]


def test_an_alert_says_that_it_was_silenced(archive: World) -> None:
    add("--rule", "flight", "--yes")
    assert "kept back" not in alerts("show", "2").out
    hide(archive, 1, 2)
    assert "  1 mail kept back: alerts silence show 1\n" in alerts("show", "2").out
    assert [row["id"] for row in alerts("list", "--json").rows] == ["1", "2", "3"][::-1]


def test_a_silence_is_ended_by_hand_and_kept(archive: World) -> None:
    add("--rule", "flight", "--yes")
    hide(archive, 1, 2)
    ran = alerts("silence", "end", "1", "--why", "the road is open")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("silence 1 is over; it hid 1 alert\n")
    assert "Flight from Goma (alert 2)" in ran.out
    assert alerts("silence", "list").out == "nothing is silenced\n"
    [row] = alerts("silence", "list", "--all", "--json").rows
    assert row["ended_because"].endswith(": the road is open")
    again = alerts("silence", "end", "1")
    assert (again.code, again.err) == (1, "alerts: already ended is silence 1; see: alerts silence list --all\n")


def test_one_that_is_not_there_is_told(archive: World) -> None:
    for words in (("show", "9"), ("end", "9")):
        ran = alerts("silence", *words)
        assert (ran.code, ran.out) == (1, "")
        assert "there is no silence 9; see: alerts silence list" in ran.err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "--rule: a silence of everything is refused"),
        (["--rule", "flight", "--rule", "siege"], "--rule: these are all rules"),
        (["--rule", "fligth"], "--rule: there is no rule 'fligth'; did you mean 'flight'?"),
        (["--rule", "f.*"], "--rule: there is no rule 'f.*' (there are flight, siege)"),
        (["--place", "Qwertyuiop"], "--place: no place 'Qwertyuiop' is known"),
        (["--place", "Goma", "--country", "Syria"], "--place: no place 'Goma' is known in SYR"),
        (["--place", "Goma", "--country", "Syra"], "--country: 'Syra' is no country"),
        (["--place", "Darfur"], "--place: Darfur is a region of several provinces; name one of them: West Darfur"),
        (["--rule", "flight", "--until", "2020-01-01"], "--until: must be in the future"),
        (["--rule", "flight", "--until", "31 days"], "--until: must be at most 30 days ahead, which is 20"),
        (["--rule", "flight", "--until", "1.2.2030"], "--until: '1.2.2030' is no date: write it year-month-day"),
        (["--rule", "flight", "--until", "1 month"], "--until: '1 month': a month has no fixed length"),
        (["--rule", "flight", "--until", ""], "--until: is missing"),
        (["--rule", "flight", "--why", " "], "--why: is missing"),
        (["--rule", "flight", "--for", "ben@example.org"], "--for: there is no such reader; see: alerts people list"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_saved(archive: World, args: list[str], says: str) -> None:
    ran = add("--yes", *args)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err
    assert alerts("silence", "list", "--all", "--json").rows == []


def test_extreme_is_no_level_to_choose(archive: World) -> None:
    ran = add("--rule", "flight", "--up-to", "extreme", "--yes")
    assert ran.code == 2
    assert "'extreme' is not one of 'minor', 'moderate', 'severe'" in ran.err


def test_all_that_is_wrong_is_told_at_once(archive: World) -> None:
    ran = alerts("silence", "add", "--rule", "sige", "--place", "Qwertyuiop", "--yes")
    assert ran.code == 1
    assert [line.removeprefix("alerts: ").split(":")[0] for line in ran.err.splitlines()] == [
        "--rule",
        "--place",
        "--until",
        "--why",
    ]


def test_which_place_was_taken_is_said_and_the_others_named(archive: World) -> None:
    ran = add("--rule", "flight", "--place", "Tripoli", stdin="n\n")
    assert "'Tripoli' is taken for Tripoli (Tarabulus, LBY), town. Others of the name" in ran.err
    assert "LBN), town: gn:266826" in ran.err
    lebanon = add("--rule", "flight", "--place", "gn:266826", "--yes")
    assert "is taken for" not in lebanon.err
    assert alerts("silence", "list", "--json").rows[0]["place"]["country"] == "LBN"


def test_a_district_covers_itself_only_and_that_is_said(archive: World) -> None:
    ran = add("--rule", "flight", "--place", "gn:169388", stdin="n\n")
    assert "of a district only alerts about the district itself are hidden" in ran.err


def test_a_country_alone_is_a_place(archive: World) -> None:
    add("--rule", "flight", "--country", "Syria", "--yes")
    assert alerts("silence", "list", "--json").rows[0]["place"]["id"] == "SYR"


def test_a_silence_may_be_for_one_reader_who_is_named_by_number(archive: World) -> None:
    alerts("people", "add", "ana@example.org")
    add("--rule", "flight", "--for", "Ana@Example.org", "--yes")
    add("--rule", "siege", "--for", "1", "--yes")
    assert [row["person_id"] for row in alerts("silence", "list", "--json").rows] == [1, 1]
    listed = alerts("silence", "list").out
    assert "for reader 1 only" in listed
    assert "ana@" not in listed


def test_a_silence_is_added_from_a_file(archive: World) -> None:
    archive.write(
        "quiet.toml",
        f'rule = ["flight", "siege"]\nplace = "Goma"\ncountry = "COD"\nup_to = "moderate"\nuntil = {TOMORROW}\n'
        'author = "A. Analyst"\nwhy = "known"\nidle_days = 2\n',
    )
    ran = alerts("silence", "add", "--file", "quiet.toml", "--yes")
    assert (ran.code, ran.out) == (0, f"silence 1 is in force until {TOMORROW} 00:00 UTC\n")
    [row] = alerts("silence", "list", "--json").rows
    assert (row["rules"], row["up_to"], row["author"], row["idle_days"]) == (
        ["flight", "siege"],
        "moderate",
        "A. Analyst",
        2,
    )


def test_faults_of_a_file_come_all_at_once_with_their_lines(archive: World) -> None:
    archive.write(
        "quiet.toml",
        '# a wish\nrule = ["flight",\n  "sige"]\nplaces = "Goma"\nup_to = "extreme"\nuntil = 2020-01-01\n'
        "idle_days = true\nwhy = 3\n",
    )
    ran = alerts("silence", "add", "--file", "quiet.toml", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "alerts: quiet.toml:3: error: rule: there is no rule 'sige'; did you mean 'siege'?",
        "quiet.toml:4: error: places: unknown key; did you mean 'place'?",
        "quiet.toml:5: error: up_to: extreme alerts cannot be silenced; the highest is 'severe'",
        "quiet.toml:6: error: until: must be in the future",
        "quiet.toml:7: error: idle_days: must be a whole number, without quotes",
        'quiet.toml:8: error: why: must be text in quotes, "like this"',
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "quiet.toml:1: error: rule: a silence of everything is refused"),
        ('rule = "flight"\n', "quiet.toml:1: error: until: is missing"),
        ("rule = 3\n", "quiet.toml:1: error: rule: must be the name of a rule in quotes, or a list of names"),
        ('rule = "flight"\nuntil = 12:00:00\n', "quiet.toml:2: error: until: must be a date"),
        ('rule = "flight"\nup_to = "sever"\n', "quiet.toml:2: error: up_to: must be one of 'minor', 'moderate'"),
        ('rule = "flight"\nplace = 3\n', "quiet.toml:2: error: place: must be text"),
        ('rule = "flight"\nregex = "f.*"\n', "quiet.toml:2: error: regex: unknown key; known are rule, place"),
        ("rule = flight\n", 'quiet.toml:1: error: text needs quotes: "flight"'),
    ],
)
def test_a_file_that_cannot_be_is_told_with_its_line(archive: World, text: str, says: str) -> None:
    archive.write("quiet.toml", text)
    ran = alerts("silence", "add", "--file", "quiet.toml", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err


def test_beside_a_file_no_other_wish_is_taken(archive: World) -> None:
    archive.write("quiet.toml", 'rule = "flight"\n')
    ran = alerts("silence", "add", "--file", "quiet.toml", "--rule", "siege")
    assert ran.code == 2
    assert "with --file, all but --for and --yes stands in the file" in ran.err
    assert "there is no such file" in alerts("silence", "add", "--file", "nowhere.toml").err


def test_the_status_counts_silences_and_what_they_hid_today(archive: World) -> None:
    assert "silences  none in force\n" in alerts("status").out
    add("--rule", "flight", "--yes")
    hide(archive, 1, 1)
    hide(archive, 1, 2)
    assert "silences  1 in force, hid 2 today\n" in alerts("status").out
    [row] = alerts("status", "--json").rows
    assert (row["silences"], row["silenced_today"]) == (1, 2)


def test_a_silence_says_to_its_store_what_the_command_said(archive: World) -> None:
    add("--rule", "flight", "--place", "Djibo", "--yes")
    engine = open_database(f"sqlite:///{archive.folder}/data/alerts.db")
    with writing(engine) as conn:
        [one] = silences.in_force(conn, NOW + timedelta(hours=1))
    engine.dispose()
    assert one.place is not None
    assert (one.rules, one.place.name, one.why) == (("flight",), "Djibo", "known")
    assert timedelta(days=7) - (one.until - one.created) < timedelta(minutes=1)
