"""What holds where is kept, and what was last seen where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from alerts.store import ledger, meta
from alerts.store.database import writing
from alerts.track.ledger import Change, LedgerEntry, closed, opened
from tests.store.values import HOUR, NOW, TAIZ

DAY = timedelta(days=1)


def _open(conn: Connection, at_day: int = 0) -> list[LedgerEntry]:
    known = ledger.entries(conn, "YEM", name="siege")
    return ledger.save(
        conn, opened(known, name="siege", place=TAIZ, at=NOW + at_day * DAY, lasts=14 * DAY, by="article 1")
    )


def test_a_state_is_opened_confirmed_and_closed(engine: Engine) -> None:
    with writing(engine) as conn:
        [made] = _open(conn)
        assert made.id is not None
        assert ledger.entries(conn, "YEM") == [made]
        [confirmed] = _open(conn, at_day=3)
        assert (confirmed.id, confirmed.confirmed_at, confirmed.lapses) == (made.id, NOW + 3 * DAY, NOW + 17 * DAY)
        assert ledger.list_entries(conn) == [confirmed]
        [over] = ledger.save(conn, closed([confirmed], name="siege", place=TAIZ, at=NOW + 5 * DAY, by="article 2"))
        assert ledger.entries(conn, "YEM") == [over]
        assert (over.until, over.closed_by) == (NOW + 5 * DAY, "article 2")
        assert ledger.list_entries(conn) == []


def test_a_closed_state_can_open_again(engine: Engine) -> None:
    with writing(engine) as conn:
        [made] = _open(conn)
        ledger.save(conn, closed([made], name="siege", place=TAIZ, at=NOW + DAY, by="article 2"))
        [again] = _open(conn, at_day=2)
        assert again.id != made.id
        assert [entry.since for entry in ledger.entries(conn, "YEM")] == [NOW, NOW + 2 * DAY]
        assert ledger.entries(conn, "YEM", since=NOW + 2 * DAY) == [again]


def test_a_state_is_open_once_at_a_place(engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(engine) as conn:
        for _ in range(2):
            ledger.save(conn, opened([], name="siege", place=TAIZ, at=NOW, lasts=DAY, by="x"))


def test_states_are_found_by_country_and_name(engine: Engine) -> None:
    with writing(engine) as conn:
        _open(conn)
        assert ledger.entries(conn, "SYR") == []
        assert ledger.entries(conn, "YEM", name="ceasefire") == []


def test_what_holds_is_listed_the_latest_first_and_what_is_over_on_demand(engine: Engine) -> None:
    with writing(engine) as conn:
        [made] = _open(conn)
        [over] = ledger.save(conn, closed([made], name="siege", place=TAIZ, at=NOW + DAY, by="article 2"))
        [again] = _open(conn, at_day=2)
        assert ledger.list_entries(conn) == [again]
        assert ledger.list_entries(conn, everything=True) == [again, over]
        assert made.id is not None
        assert ledger.get(conn, made.id) == over
        assert ledger.get(conn, 99) is None


def test_what_a_person_said_and_who_holds_a_place_is_kept(engine: Engine) -> None:
    with writing(engine) as conn:
        [made] = _open(conn)
        [kept] = ledger.save(
            conn, [Change(action="confirm", entry=replace(made, named=True, parties="the army", settled=NOW))]
        )
        assert ledger.entries(conn, "YEM") == [kept]
        assert (kept.named, kept.parties, kept.settled) == (True, "the army", NOW)


def test_the_last_event_of_a_family_at_a_place_only_grows(engine: Engine) -> None:
    with writing(engine) as conn:
        for time in (NOW, NOW + HOUR, NOW - HOUR):
            ledger.put_seen(conn, "siege", "gn:1", time)
        ledger.put_seen(conn, "shelling", "gn:1", NOW)
        assert ledger.last_seen(conn, "siege", ["gn:1", "gn:2"]) == {"gn:1": NOW + HOUR}


def test_small_things_are_remembered_by_name(engine: Engine) -> None:
    with writing(engine) as conn:
        assert meta.get(conn, "a") is None
        meta.put(conn, "a", {"x": [1]})
        meta.put(conn, "a", [2])
        assert meta.get(conn, "a") == [2]


def test_the_text_of_a_rule_version_is_kept_once(engine: Engine) -> None:
    with writing(engine) as conn:
        meta.record_rules(conn, [("siege", "h1", "one"), ("siege", "h2", "two")], NOW)
        meta.record_rules(conn, [("siege", "h1", "other")], NOW)
        meta.record_rules(conn, [], NOW)
        assert meta.rule_text(conn, "siege", "h1") == "one"
        assert meta.rule_text(conn, "siege", "h3") is None


def in_force(rule: str, version: str, **lists: str) -> meta.InForce:
    return meta.InForce(rule=rule, version=version, text=f"{rule} {version}", lists=lists)


def test_the_rules_in_force_can_be_had_again_with_their_word_lists(engine: Engine) -> None:
    with writing(engine) as conn:
        assert meta.rules_in_force(conn) == []
        first = [in_force("siege", "h1", city="town", aid="food"), in_force("truce", "h2", city="town")]
        meta.put_in_force(conn, first, NOW)
        assert meta.rules_in_force(conn) == first
        second = [in_force("siege", "h3", city="town, village")]
        meta.put_in_force(conn, second, NOW)
        meta.put_in_force(conn, second, NOW)
        assert meta.rules_in_force(conn) == second
        assert meta.rule_lists(conn, "h1") == {"city": "town", "aid": "food"}
        assert meta.rule_lists(conn, "h9") == {}
        assert set(meta.first_loaded(conn)) == {"siege", "truce"}
        meta.put_in_force(conn, [], NOW)
        assert meta.rules_in_force(conn) == []


def test_trouble_with_rules_is_noted_with_its_beginning(engine: Engine) -> None:
    with writing(engine) as conn:
        meta.put_rules_trouble(conn, "", NOW)
        assert meta.rules_trouble(conn) is None
        meta.put_rules_trouble(conn, "one", NOW)
        meta.put_rules_trouble(conn, "two", NOW + HOUR)
        assert meta.rules_trouble(conn) == meta.Trouble(since=NOW, text="two")
        meta.put_rules_trouble(conn, "", NOW + HOUR)
        assert meta.rules_trouble(conn) is None
