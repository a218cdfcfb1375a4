"""What belongs together is one mail; what is covered or silenced is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.notify.bundling import decide
from alerts.notify.happenings import MOST, Covers
from alerts.store.waiting import Heard, Mail, Plan, Waiting
from alerts.track.silence import Silence
from alerts.types import Place

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
TAIZ = Place(id="gn:70225", name="Taiz", country="YEM", precision="city")
GOMA = Place(id="gn:216281", name="Goma", country="COD", precision="city")
MINOR, MODERATE, SEVERE, EXTREME = range(4)
HOSPITAL: Covers = {"hospital": ("attack", "truce"), "attack": ("shots",)}


def row(number: int, **more: Any) -> Waiting:
    values: dict[str, Any] = {
        "person_id": 1,
        "channel": "mail",
        "due": True,
        "fixed": False,
        "urgency": SEVERE,
        "not_before": NOW,
        "alert_id": str(number),
        "version": 1,
        "rule": "attack",
        "incident": str(number),
        "place": TAIZ,
    }
    return Waiting(id=number, **values | more)


def heard(alert_id: str, **more: Any) -> Heard:
    values: dict[str, Any] = {
        "person_id": 1,
        "version": 1,
        "urgency": SEVERE,
        "rule": "hospital",
        "incident": "1",
        "going_on": True,
    }
    return Heard(alert_id=alert_id, **values | more)


def plan(*rows: Waiting, told: tuple[Heard, ...] = (), silences: tuple[Silence, ...] = ()) -> Plan:
    return decide(rows, told, covers=HOSPITAL, silences=silences, now=NOW)


def mails(found: Plan) -> list[tuple[int, ...]]:
    return [(mail.lead, *mail.members) for mail in found.mails]


def test_what_is_not_due_waits() -> None:
    assert plan(row(1, due=False)) == Plan()


def test_alerts_of_one_incident_are_one_mail_the_worst_first() -> None:
    found = plan(
        row(1, incident="7"),
        row(2, incident="7", urgency=EXTREME, rule="siege"),
        row(3, incident="7", due=False),
        row(4, incident="8"),
    )
    assert mails(found) == [(2, 1, 3), (4,)]


def test_what_one_article_brought_is_one_mail() -> None:
    assert mails(plan(row(1, trigger_id=5), row(2, trigger_id=5, due=False), row(3, trigger_id=6))) == [(1, 2), (3,)]


def test_readers_do_not_share_mails() -> None:
    assert mails(plan(row(1, incident="7"), row(2, incident="7", person_id=2))) == [(1,), (2,)]


def test_what_is_not_severe_goes_together_by_country() -> None:
    found = plan(
        row(1, urgency=MODERATE),
        row(2, urgency=MINOR, due=False),
        row(3, urgency=MODERATE, place=GOMA),
        row(4, urgency=SEVERE),
        row(5, urgency=MODERATE, place=None),
    )
    assert mails(found) == [(4,), (1, 2), (3,), (5,)]


def test_a_severe_alert_does_not_wait_for_the_country_nor_take_it_along() -> None:
    found = plan(row(1, incident="7"), row(2, incident="7", urgency=MINOR), row(3, urgency=MINOR, due=False))
    assert mails(found) == [(1, 2)]


def test_news_comes_before_what_is_over() -> None:
    over = row(1, incident="7", urgency=EXTREME, kind="cancel", version=2)
    assert mails(plan(over, row(2, incident="7"))) == [(2, 1)]


@pytest.mark.parametrize(
    "alone", [{"fixed": True}, {"round": 1}, {"alert_id": "", "incident": ""}], ids=["begun", "reminder", "bulletin"]
)
def test_what_was_begun_reminders_and_bulletins_stay_alone(alone: dict[str, Any]) -> None:
    found = plan(row(1, **{"incident": "7"} | alone), row(2, incident="7"))
    assert mails(found) == [(1,), (2,)]


def test_a_later_version_stands_for_the_earlier_ones_however_far_these_are() -> None:
    found = plan(row(1, alert_id="9", fixed=True), row(2, alert_id="9", version=2), row(3, alert_id="5", version=1))
    assert (mails(found), set(found.superseded)) == ([(2,), (3,)], {1})
    assert plan(row(1, alert_id="9"), told=(heard("9", version=2),)).superseded == {1}


def test_a_mail_tells_of_so_many_alerts_and_the_next_of_the_rest() -> None:
    rows = [row(number, incident="7", urgency=number % 4) for number in range(1, MOST + 4)]
    [mail] = plan(*rows).mails
    assert len((mail.lead, *mail.members)) == MOST
    left = [one for one in rows if one.id not in (mail.lead, *mail.members)]
    assert max(one.urgency for one in left) <= min(one.urgency for one in rows if one not in left)
    assert mails(plan(*left)) != []


def together(*rules: str, **more: Any) -> list[Waiting]:
    return [row(number, incident="7", rule=rule, **more) for number, rule in enumerate(rules, 1)]


def test_a_covered_alert_is_a_line_in_the_mail_of_the_one_that_covers_it() -> None:
    for rows in permutations(together("hospital", "attack", "truce", "siege")):
        assert plan(*rows).mails == (Mail(lead=1, members=(4,), covered={2: "1", 3: "1"}),)


def test_what_is_covered_itself_covers_nothing() -> None:
    for rows in permutations(together("hospital", "attack", "shots")):
        assert plan(*rows).mails == (Mail(lead=1, members=(3,), covered={2: "1"}),)


def test_nothing_worse_than_what_covers_it_is_covered() -> None:
    hospital, attack = together("hospital", "attack")
    assert mails(plan(hospital, replace(attack, urgency=EXTREME))) == [(2, 1)]
    assert mails(plan(hospital, replace(attack, urgency=MODERATE))) == [(1,)]


def test_nothing_is_covered_by_another_happening_or_without_one() -> None:
    hospital, attack = together("hospital", "attack", trigger_id=3)
    assert mails(plan(hospital, replace(attack, incident="8"))) == [(1, 2)]
    assert mails(plan(replace(hospital, incident=""), replace(attack, incident=""))) == [(1, 2)]


def test_an_alert_covers_what_comes_after_it_once_this_reader_was_told() -> None:
    [attack] = together("attack")
    attack = replace(attack, incident="1")
    found = plan(attack, told=(heard("20"),))
    assert (found.mails, found.covered) == ((), {1: "20"})
    assert mails(plan(attack, told=(heard("20", person_id=2),))) == [(1,)]
    assert mails(plan(attack, told=(heard("20", urgency=MODERATE),))) == [(1,)]
    assert mails(plan(attack, told=(heard("20", going_on=False),))) == [(1,)]
    assert mails(plan(attack, told=(heard("20", incident="2"),))) == [(1,)]


def test_what_is_over_or_was_wrong_is_never_kept_back() -> None:
    hospital, over = together("hospital", "attack")
    over = replace(over, kind="close", version=2)
    quiet = silence(rules=("attack",))
    assert mails(plan(hospital, over, silences=(quiet,))) == [(1, 2)]


def test_an_alert_that_is_over_covers_nothing() -> None:
    hospital, attack = together("hospital", "attack")
    assert mails(plan(replace(hospital, kind="cancel"), attack)) == [(2, 1)]
    assert mails(plan(replace(hospital, going_on=False), attack)) == [(1, 2)]


def test_rules_that_cover_each_other_leave_one_mail() -> None:
    both: Covers = {"a": ("b",), "b": ("a",)}
    for rows in permutations(together("a", "b")):
        [mail] = decide(rows, (), covers=both, now=NOW).mails
        assert len(mail.covered) == 1


def silence(**more: Any) -> Silence:
    values: dict[str, Any] = {
        "id": 4, "rules": (), "place": None, "author": "A", "why": "known",
        "created": NOW - timedelta(days=1), "until": NOW + timedelta(days=1),
    }  # fmt: skip
    return Silence(**values | more)


def test_a_silenced_alert_is_no_mail_and_goes_in_none() -> None:
    rows = together("attack", "siege", "truce")
    found = plan(*rows, silences=(silence(rules=("siege",)),))
    assert (mails(found), found.silenced) == ([(1, 3)], {2: 4})


def test_what_is_extreme_is_never_silenced() -> None:
    found = plan(*together("siege", urgency=EXTREME), silences=(silence(rules=("siege",)),))
    assert (mails(found), found.silenced) == ([(1,)], {})


def test_what_a_silence_hides_before_its_time_goes_on_waiting() -> None:
    first, later = together("attack", "siege")
    found = plan(first, replace(later, due=False), silences=(silence(rules=("siege",)),))
    assert (mails(found), found.silenced) == ([(1,)], {})


def test_a_silenced_alert_covers_nothing() -> None:
    found = plan(*together("hospital", "attack"), silences=(silence(rules=("hospital",)),))
    assert (mails(found), found.silenced) == ([(2,)], {1: 4})


def test_a_readers_own_silence_is_for_that_reader() -> None:
    own = silence(place=TAIZ, person_id=1)
    found = plan(row(1), row(2, person_id=2), silences=(own,))
    assert (mails(found), found.silenced) == ([(2,)], {1: 4})


ROWS = st.builds(
    lambda number, **more: row(number, **more),
    st.integers(1, 10_000),
    person_id=st.integers(1, 2),
    due=st.booleans(),
    fixed=st.booleans(),
    urgency=st.integers(0, 3),
    round=st.sampled_from([0, 0, 0, 1]),
    alert_id=st.sampled_from(["", "1", "2", "3", "4"]),
    version=st.integers(1, 3),
    kind=st.sampled_from(["new", "update", "close", "cancel"]),
    rule=st.sampled_from(["hospital", "attack", "shots", "truce"]),
    incident=st.sampled_from(["", "1", "2"]),
    trigger_id=st.sampled_from([None, 1, 2]),
    place=st.sampled_from([None, TAIZ, GOMA]),
    going_on=st.booleans(),
)
TOLD = st.builds(
    heard,
    st.sampled_from(["1", "2", "9"]),
    person_id=st.integers(1, 2),
    urgency=st.integers(0, 3),
    rule=st.sampled_from(["hospital", "attack"]),
    incident=st.sampled_from(["1", "2"]),
)


@settings(deadline=None)
@given(st.lists(ROWS, max_size=14, unique_by=lambda one: one.id), st.lists(TOLD, max_size=3), st.booleans())
def test_every_row_is_dealt_with_once_and_none_that_is_due_is_forgotten(
    rows: list[Waiting], told: list[Heard], quiet: bool
) -> None:
    silences = (silence(rules=("truce",)),) if quiet else ()
    found = decide(rows, told, covers=HOSPITAL, silences=silences, now=NOW)
    sent = [number for mail in found.mails for number in (mail.lead, *mail.members)]
    named = [number for mail in found.mails for number in mail.covered]
    dealt = [*sent, *named, *found.covered, *found.silenced, *found.superseded]
    assert len(dealt) == len(set(dealt))
    by_id = {one.id: one for one in rows}
    for mail in found.mails:
        assert len({by_id[one].person_id for one in (mail.lead, *mail.members, *mail.covered)}) == 1
        assert any(by_id[one].due for one in (mail.lead, *mail.members))
        for one, by in mail.covered.items():
            assert any(by_id[lead].alert_id == by for lead in (mail.lead, *mail.members))
            assert by_id[one].kind in ("new", "update")
    assert not any(by_id[one].urgency == EXTREME for one in found.silenced)
    # What is due is dealt with, but for what one covers that is not due yet, or that was just left out itself.
    for waiting in rows:
        if waiting.due and waiting.id not in dealt:
            assert waiting.rule in ("attack", "shots", "truce") and waiting.kind in ("new", "update")


@settings(deadline=None)
@given(st.lists(ROWS, max_size=8, unique_by=lambda one: one.id), st.lists(TOLD, max_size=2), st.randoms())
def test_the_order_in_which_rows_are_read_does_not_matter(rows: list[Waiting], told: list[Heard], chance: Any) -> None:
    mixed = rows.copy()
    chance.shuffle(mixed)
    assert decide(mixed, told, covers=HOSPITAL, now=NOW) == decide(rows, told, covers=HOSPITAL, now=NOW)
