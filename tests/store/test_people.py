"""Readers are kept once each, and their addresses are told to nobody."""

from __future__ import annotations

from datetime import time

import pytest
from sqlalchemy import Engine, select, update

from alerts.errors import AlertsError, InputError
from alerts.readers import Near, Quiet, Wishes
from alerts.store import people, strangers
from alerts.store.database import reading, writing
from alerts.store.schema import person
from alerts.vault import Vault
from tests.store.values import NOW

EVERY = Wishes(
    events=("siege",),
    countries=("YEM",),
    regions=("YE-TA",),
    near=(Near(name="Taiz", lat=13.58, lon=44.02, km=50),),
    min_severity="severe",
    min_certainty="likely",
    language="fr",
    text_only=True,
    rhythm="daily",
    hour=6,
    weekday=4,
    time_zone="Asia/Aden",
    quiet=Quiet(begin=time(22), end=time(5, 30)),
    wake_from="extreme",
    paused_until=NOW,
    discreet=True,
    key="-----BEGIN PGP PUBLIC KEY BLOCK-----",
)


def test_a_reader_comes_back_as_added(engine: Engine) -> None:
    with writing(engine) as conn:
        made = people.add_person(
            conn,
            " Officer@Example.ORG ",
            now=NOW,
            wishes=EVERY,
        )
    with reading(engine) as conn:
        assert people.get_person(conn, made.id) == made
        assert people.list_people(conn) == people.active_people(conn) == [made]
        assert people.addresses(conn, [made.id]) == {made.id: "Officer@example.org"}
    assert (made.wishes, made.language, made.active) == (EVERY, "fr", True)


@pytest.mark.parametrize("again", ["officer@example.org", "Officer@EXAMPLE.org", " officer@example.org"])
def test_an_address_is_on_the_list_once(engine: Engine, again: str) -> None:
    with writing(engine) as conn:
        people.add_person(conn, "officer@example.org", now=NOW)
    with pytest.raises(InputError, match="on the list already") as caught, writing(engine) as conn:
        people.add_person(conn, again, now=NOW)
    assert "@" not in str(caught.value)


@pytest.mark.parametrize(
    "bad", ["", "officer", "officer@", "a@b", "a b@example.org", "a@example.org\nBcc: b@example.org"]
)
def test_what_is_no_address_is_refused(engine: Engine, bad: str) -> None:
    with pytest.raises(InputError, match="no mail address") as caught, writing(engine) as conn:
        people.add_person(conn, bad, now=NOW)
    assert "example.org" not in str(caught.value)


def test_a_reader_can_pause_and_leave(engine: Engine) -> None:
    with writing(engine) as conn:
        made = people.add_person(conn, "officer@example.org", now=NOW)
        people.set_active(conn, made.id, False)
        assert people.active_people(conn) == []
        assert people.find_person(conn, "OFFICER@example.org") is not None
        people.remove_person(conn, made.id)
        assert people.list_people(conn) == []
        for step in (people.remove_person, lambda conn, number: people.set_active(conn, number, True)):
            with pytest.raises(InputError, match="no reader"):
                step(conn, made.id)


def test_the_number_of_a_reader_who_left_is_not_given_to_another(engine: Engine) -> None:
    with writing(engine) as conn:
        first = people.add_person(conn, "one@example.org", now=NOW)
        people.remove_person(conn, first.id)
        assert people.add_person(conn, "two@example.org", now=NOW).id > first.id


def test_addresses_are_sealed_in_the_database(engine: Engine) -> None:
    with writing(engine) as conn:
        people.add_person(conn, "one@example.org", now=NOW)
        [row] = conn.execute(select(person)).all()
    assert "one@" not in str(row) and "example" not in str(row)


def test_an_openpgp_key_names_its_owner_and_is_sealed_as_well(engine: Engine) -> None:
    wishes = Wishes(key="Comment: One <one@example.org>")
    with writing(engine) as conn:
        made = people.add_person(conn, "one@example.org", now=NOW, wishes=wishes)
        people.set_wishes(conn, made.id, wishes)
        strangers.ask(conn, made.id, wishes, NOW)
        [row] = conn.execute(select(person)).all()
        assert "one@" not in str(row) and "Comment" not in str(row)
        assert strangers.asked_of(conn, [made.id]) == {made.id: wishes}
        assert strangers.confirm(conn, made, wishes, NOW)
        [row] = conn.execute(select(person)).all()
        assert "one@" not in str(row) and "Comment" not in str(row)
        assert people.get_people(conn, [made.id])[made.id].wishes == wishes


def test_an_address_of_an_older_version_is_sealed_where_it_lies(engine: Engine) -> None:
    with writing(engine) as conn:
        made = people.add_person(conn, "one@example.org", now=NOW)
        conn.execute(update(person).values(address="one@example.org", mark=None))
        people.take_secret(conn)
        assert people.find_person(conn, "One@example.org") == made
        assert conn.execute(select(person.c.address)).scalar_one() != "one@example.org"
        assert people.addresses(conn, [made.id]) == {made.id: "one@example.org"}


def test_a_database_is_not_used_with_another_secret(engine: Engine) -> None:
    with writing(engine) as conn:
        people.take_secret(conn)
        people.take_secret(conn)
    other = engine.execution_options(alerts_vault=Vault(b"t" * 32))
    with pytest.raises(AlertsError, match="another secret"), writing(other) as conn:
        people.take_secret(conn)


def duties(engine: Engine) -> dict[str, tuple[str, ...]]:
    with reading(engine) as conn:
        found = {person.id: person.duties for person in people.list_people(conn)}
        return {one.partition("@")[0]: found[number] for number, one in people.addresses(conn, found).items()}


def test_a_duty_is_given_to_exactly_those_whom_the_configuration_names(engine: Engine) -> None:
    with writing(engine) as conn:
        people.add_person(conn, "officer@example.org", now=NOW)
        people.assign_duties(conn, "operator", ["Officer@Example.org", "desk@example.org"], NOW)
    assert duties(engine) == {"officer": ("reader", "operator"), "desk": ("operator",)}
    with writing(engine) as conn:
        people.assign_duties(conn, "operator", ["desk@example.org", "night@example.org"], NOW)
        people.assign_duties(conn, "escalation", ["desk@example.org"], NOW)
    assert duties(engine) == {"officer": ("reader",), "desk": ("operator", "escalation"), "night": ("operator",)}


def test_who_is_there_for_another_duty_only_gets_no_alerts_and_may_become_a_reader(engine: Engine) -> None:
    with writing(engine) as conn:
        people.assign_duties(conn, "escalation", ["desk@example.org"], NOW)
        assert people.active_people(conn) == []
        [desk] = people.active_people(conn, "escalation")
        made = people.add_person(conn, "desk@example.org", now=NOW, wishes=Wishes(events=("siege",)))
        assert (made.id, made.wishes.events, made.duties) == (desk.id, ("siege",), ("reader", "escalation"))
        assert people.active_people(conn) == people.active_people(conn, "escalation") == [made]


def test_a_duty_for_what_is_no_address_is_refused_without_naming_it(engine: Engine) -> None:
    with pytest.raises(InputError, match="no mail address") as caught, writing(engine) as conn:
        people.assign_duties(conn, "operator", ["desk at example.org"], NOW)
    assert "desk" not in str(caught.value)


def test_what_is_no_text_is_nobodys_address(engine: Engine) -> None:
    with writing(engine) as conn:
        people.add_person(conn, "anna@example.org", now=NOW)
        assert people.find_person(conn, "ann\udce9@example.org") is None
