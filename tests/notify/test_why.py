"""Who was told of an alert and why, and who was not and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, update

from alerts.errors import InputError
from alerts.notify import audience
from alerts.notify.why import Line, excluded_by, of_alert, waits
from alerts.readers import Near, Person, Wishes
from alerts.render.samples import sample_fields
from alerts.store import holds, outbox, people, schema, suppression
from alerts.store.database import reading, writing
from alerts.types import CERTAINTIES, SEVERITIES
from tests.notify.world import START, new_database, populate, tell

HOUR = timedelta(hours=1)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return new_database(tmp_path)


@pytest.fixture(scope="module")
def mailed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, str]:
    """A database with one mail, of which tests say how it stands with it; and its alert."""
    engine = new_database(tmp_path_factory.mktemp("mailed"))
    return engine, populate(engine, readers=1)


def lines(engine: Engine, alert_id: str, **more: Any) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    with reading(engine) as conn:
        rule: Any = None
        for line in of_alert(conn, alert_id, rule, **more):
            found.setdefault(line.person_id, []).append(line)
    return found


def mark(engine: Engine, **values: Any) -> None:
    """The mail of reader 1 is so, and nothing else."""
    values = dict.fromkeys(("waits", "last_error", "lead_id", "covered_by", "silence_id", "finished")) | values
    with writing(engine) as conn:
        conn.execute(update(schema.outbox).where(schema.outbox.c.person_id == 1).values(values))


def test_who_was_told_hears_why_in_the_words_of_the_mail(mailed: tuple[Engine, str]) -> None:
    engine, alert_id = mailed
    mark(engine, state="accepted", finished=START + HOUR)
    [line] = lines(engine, alert_id)[1]
    assert (line.told, line.at, line.mail, line.version) == (True, START + HOUR, 1, 1)
    assert line.said == "You get this mail because you asked for all alerts."


@pytest.mark.parametrize(
    ("values", "told", "says"),
    [
        ({"state": "queued"}, False, "not sent yet: it goes at 2026-03-02 07:00 UTC, with what belongs with it"),
        ({"state": "queued", "waits": "quiet"}, False, "until their quiet hours are over (2026-03-02 07:00 UTC)"),
        ({"state": "queued", "waits": "hold"}, False, "until an operator lets it go"),
        (
            {"state": "queued", "last_error": "421 later"},
            False,
            "tried again at 2026-03-02 07:00 UTC; the last time: 421",
        ),
        ({"state": "bundled", "lead_id": 1}, False, "goes in mail 1"),
        ({"state": "sending"}, True, "is being sent"),
        ({"state": "inhibited", "covered_by": 9}, False, "covered by alert 9"),
        ({"state": "silenced", "silence_id": 4}, False, "silence 4 hid it: alerts silence show 4"),
        ({"state": "withdrawn"}, False, "taken back before it went"),
        ({"state": "failed", "last_error": "550 no"}, False, "could not be sent: 550 no"),
        ({"state": "ambiguous", "last_error": "no answer"}, True, "perhaps sent: no answer; alerts mail release 1"),
        ({"state": "held", "last_error": "Ana: wait"}, True, "held back: Ana: wait; alerts mail release 1"),
    ],
)
def test_what_became_of_a_mail_is_said(
    mailed: tuple[Engine, str], values: dict[str, Any], told: bool, says: str
) -> None:
    engine, alert_id = mailed
    mark(engine, **values)
    [line] = lines(engine, alert_id)[1]
    assert line.told is told
    assert says in line.said


def test_every_state_of_a_mail_has_its_words(mailed: tuple[Engine, str]) -> None:
    engine, alert_id = mailed
    for state in outbox.STATES:
        mark(engine, state=state)
        assert lines(engine, alert_id)[1][0].said


FIELDS = sample_fields() | {"certainty": "likely", "severity": "severe"}
AT_HOME = Near(name="Sample Town", lat=35.6, lon=36.7, km=5)


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        (Wishes(events=("siege",)), ["events: siege (this one: attack)"]),
        (Wishes(countries=("LBN",)), ["places: Lebanon (this one: Sample Town, Idlib, Syria)"]),
        (Wishes(min_severity="extreme"), ["severity: extreme (this one: severe)"]),
        (Wishes(min_certainty="observed"), ["certainty: observed (this one: likely)"]),
        (Wishes(countries=("LBN",), near=(AT_HOME,)), []),
        (Wishes(events=("attack",), countries=("SYR",), min_severity="severe"), []),
    ],
)
def test_the_wish_that_excludes_an_alert_is_named(wishes: Wishes, says: list[str]) -> None:
    assert excluded_by(Person(id=1, wishes=wishes), FIELDS) == says


def test_provinces_are_named(engine: Engine) -> None:
    names = {"LB-AS": "North, Lebanon", "SY-ID": "Idlib, Syria"}.__getitem__
    elsewhere = Person(id=1, wishes=Wishes(regions=("LB-AS",)))
    assert excluded_by(elsewhere, FIELDS, names) == ["places: North, Lebanon (this one: Sample Town, Idlib, Syria)"]
    alert_id = populate(engine, readers=1)
    with writing(engine) as conn:
        people.set_wishes(conn, 1, Wishes(regions=("SY-ID",)))
    mark(engine, state="accepted")
    assert "asked for all alerts in Idlib, Syria." in lines(engine, alert_id, named=names)[1][0].said


def test_all_wishes_that_exclude_an_alert_are_named() -> None:
    wishes = Wishes(events=("siege",), countries=("LBN",), min_severity="extreme", min_certainty="observed")
    assert len(excluded_by(Person(id=1, wishes=wishes), FIELDS)) == 4


WISHES = st.builds(
    Wishes,
    events=st.sampled_from([(), ("attack",), ("siege",)]),
    countries=st.sampled_from([(), ("SYR",), ("LBN",)]),
    regions=st.sampled_from([(), ("SY-ID",), ("SY-HL",)]),
    near=st.sampled_from([(), (AT_HOME,), (replace(AT_HOME, lat=10.0),)]),
    min_severity=st.sampled_from(SEVERITIES),
    min_certainty=st.sampled_from(CERTAINTIES),
    rhythm=st.sampled_from(["now", "daily"]),
)


@given(WISHES)
def test_somebody_who_does_not_want_an_alert_is_always_told_which_wish_it_is(wishes: Wishes) -> None:
    person = Person(id=1, wishes=wishes)
    assert bool(excluded_by(person, FIELDS)) is not audience.wants(person, FIELDS)


def test_why_somebody_has_no_mail_is_said_for_each_reader(engine: Engine) -> None:
    with writing(engine) as conn:
        for number, wishes in enumerate(
            (Wishes(events=("siege",)), Wishes(paused_until=START + HOUR), Wishes(), Wishes(), Wishes()), start=1
        ):
            people.add_person(conn, f"other{number}@example.com", now=START - HOUR, wishes=wishes)
        people.set_active(conn, 3, False)
        suppression.suppress(conn, people.marks(conn, [4])[4], "bounce", START, "5.1.1")
        people.assign_duties(conn, "operator", ["ops@example.com"], START)
    alert_id = populate(engine, readers=1)
    with writing(engine) as conn:
        conn.execute(schema.outbox.delete().where(schema.outbox.c.person_id <= 5))
        late = people.add_person(conn, "late@example.com", now=START + HOUR)
    said = {number: found[0].said for number, found in lines(engine, alert_id).items()}
    assert said[1].startswith("not asked for: events: siege")
    assert said[2] == "they had paused their mails until 2026-03-02 08:00 UTC"
    assert said[3].startswith("they get no mail: paused, or they left")
    assert said[4].startswith("nothing is sent to their address: mails to it came back")
    assert said[5] == "they ask for it now, but did not when it was told"
    assert said[late.id].startswith("they came later, at 2026-03-02 08:00")
    operator = next(number for number in range(1, 9) if number not in said)
    with reading(engine) as conn:
        assert people.get_people(conn, [operator])[operator].duties == ("operator",)
    [named] = lines(engine, alert_id, only=operator)[operator]
    assert named.said == "they are no reader of alerts (operator)"


def test_who_was_never_told_of_it_is_not_told_of_its_end(engine: Engine) -> None:
    alert_id = populate(engine, readers=1)
    with writing(engine) as conn:
        people.add_person(conn, "other@example.com", now=START - HOUR)
    tell(engine, alert_id, version=2, kind="close", why="over", only=frozenset({1}))
    assert lines(engine, alert_id)[2][0].said == "they were never told of it, so not of its end either"


def test_an_alert_that_is_not_there_or_was_never_told_is_said(engine: Engine) -> None:
    populate(engine, readers=1)
    with pytest.raises(InputError, match="there is no alert 99"):
        lines(engine, "99")
    with pytest.raises(InputError, match="there is no alert x"):
        lines(engine, "x")


def test_that_all_mails_are_held_is_said_of_those_that_wait(engine: Engine) -> None:
    alert_id = populate(engine, readers=1)
    with writing(engine) as conn:
        holds.put(conn, "all", "an exercise", START)
    assert lines(engine, alert_id)[1][0].said.endswith(", and all mails are held: an exercise")


def test_no_line_shows_an_address(engine: Engine) -> None:
    alert_id = populate(engine)
    assert "@" not in repr(lines(engine, alert_id))


def test_what_a_mail_waits_for_has_words_for_every_reason(engine: Engine) -> None:
    from alerts.store.waiting import REASONS

    populate(engine, readers=1)
    with reading(engine) as conn:
        [row] = outbox.list_rows(conn)
    assert len({waits(replace(row, waits=reason)) for reason in REASONS}) == len(REASONS)
