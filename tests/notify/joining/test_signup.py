"""Nobody gets mails who did not say yes themselves, and who asks learns nothing of others."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine

from alerts.errors import InputError
from alerts.notify.audience import Row
from alerts.notify.joining import preferences, signup
from alerts.notify.joining.desk import Desk
from alerts.notify.message import passes
from alerts.readers import Wishes
from alerts.store import alerts, outbox, people, suppression, tallies
from tests.notify.joining.world import SECRET, SYRIA, World
from tests.store import values

OLD = "done its work already"


def test_who_asks_gets_one_letter_and_is_no_reader_yet(world: World) -> None:
    world.ask(wishes=SYRIA)
    who = world.person()
    assert who is not None and not who.active and who.duties == ()
    assert world.letters() == ["confirm"]


def test_a_yes_makes_a_reader_with_the_wishes_of_the_letter(world: World) -> None:
    world.ask(wishes=SYRIA)
    done = world.confirm(world.token("confirm"))
    who = world.person()
    assert who is not None and who.active and who.duties == ("reader",)
    assert who.wishes == done.wishes == SYRIA
    assert world.letters() == ["welcome"]  # the question had not gone yet


def test_a_yes_holds_for_a_link_in_capitals(world: World) -> None:
    world.ask()
    assert world.confirm(world.token("confirm").upper()).person_id == 1


def test_the_link_in_the_letter_is_the_one_that_confirms(world: World) -> None:
    world.ask()
    found = re.search(r"https://alerts\.example/confirm/(\S+)", world.text())
    assert found is not None
    assert f"confirm+{found[1]}@alerts.example" in world.text()
    world.wait(hours=47)
    assert world.confirm(found[1]).person_id == 1


def test_a_link_confirms_once(world: World) -> None:
    world.ask()
    token = world.token("confirm")
    world.confirm(token)
    with pytest.raises(InputError, match=OLD):
        world.confirm(token)


def test_a_link_of_before_somebody_left_does_not_bring_them_back(world: World) -> None:
    world.limit(address=10)
    world.ask()
    world.confirm(world.token("confirm"))
    world.ask()  # "already": nothing to confirm
    token = world.token("confirm")
    world.leave(world.token("unsubscribe"))
    with pytest.raises(InputError, match=OLD):
        world.confirm(token)
    who = world.person()
    assert who is not None and not who.active


def test_an_old_link_confirms_nothing(world: World) -> None:
    world.ask()
    token = world.token("confirm")
    world.wait(hours=49)
    with pytest.raises(InputError, match="too old"):
        world.confirm(token)


def test_a_pass_to_leave_confirms_nothing(world: World) -> None:
    world.ask()
    with pytest.raises(InputError, match="not one that was sent from here"):
        world.confirm(world.token("unsubscribe"))


def test_a_reader_who_asks_again_hears_so_and_nothing_is_changed(world: World) -> None:
    world.reader(wishes=SYRIA)
    world.ask(wishes=Wishes(countries=("UKR",)))
    who = world.person()
    assert who is not None and who.wishes == SYRIA and world.letters() == ["already"]
    assert "Syria" in world.text() and "Ukraine" not in world.text()


def test_who_asks_twice_a_day_gets_one_letter_and_what_it_says_is_what_is_confirmed(world: World) -> None:
    world.ask(wishes=SYRIA)
    world.wait(hours=23)
    world.ask(wishes=Wishes(countries=("UKR",)))
    assert world.letters() == ["confirm"]
    assert world.confirm(world.token("confirm")).wishes == SYRIA


def test_a_day_later_a_new_letter_takes_the_place_of_one_that_has_not_gone(world: World) -> None:
    world.ask(wishes=SYRIA)
    world.wait(hours=25)
    world.ask(wishes=Wishes(countries=("UKR",)))
    assert [row.state for row in world.rows()] == ["withdrawn", "queued"]
    assert "Ukraine" in world.text()


def test_strangers_are_forgotten_after_two_days_with_all_about_them(world: World) -> None:
    world.ask()
    world.wait(hours=47.9)
    with world.writing() as conn:
        assert signup.upkeep(conn, world.now) == 0
    world.wait(hours=0.1)
    with world.writing() as conn:
        assert signup.upkeep(conn, world.now) == 1
    left = world.dump()
    assert left["person"] == left["outbox"] == left["attempt"] == []


def test_who_asked_again_is_forgotten_two_days_after_that(world: World) -> None:
    world.ask()
    world.wait(hours=30)
    world.ask()
    world.wait(hours=30)
    with world.writing() as conn:
        assert signup.upkeep(conn, world.now) == 0
    world.wait(hours=18)
    with world.writing() as conn:
        assert signup.upkeep(conn, world.now) == 1


def test_readers_and_those_who_left_are_not_forgotten(world: World) -> None:
    world.reader()
    world.reader("ben@example.org")
    world.leave(world.token("unsubscribe"))
    world.wait(days=400)
    with world.writing() as conn:
        assert signup.upkeep(conn, world.now) == 0


def test_who_leaves_gets_no_alerts_and_a_last_letter(world: World) -> None:
    world.reader()
    left = world.leave(world.token("unsubscribe"))
    who = world.person()
    assert who is not None and not who.active
    assert (left.again, left.duties) == (False, ()) and world.letters() == ["goodbye"]


def test_leaving_again_is_no_fault_and_writes_nothing(world: World) -> None:
    world.reader()
    token = world.token("unsubscribe")
    world.leave(token)
    before = world.dump()
    assert world.leave(token).again and world.dump() == before


def test_a_link_to_leave_works_years_later_and_after_coming_back(world: World) -> None:
    world.reader()
    token = world.token("unsubscribe")
    world.leave(token)
    world.wait(days=2000)
    world.ask()
    world.confirm(world.token("confirm"))
    world.leave(token)
    who = world.person()
    assert who is not None and not who.active


def test_who_was_erased_has_left(world: World) -> None:
    who = world.reader()
    token = world.token("unsubscribe")
    with world.writing() as conn:
        people.remove_person(conn, who.id)
    assert world.leave(token) == signup.Left(again=True, erased=True)


def test_a_forged_link_lets_nobody_leave(world: World) -> None:
    world.reader()
    with pytest.raises(InputError, match="not one that was sent from here"):
        world.leave(passes.make(b"o" * 32, "unsubscribe", 1))


def test_mails_that_waited_for_who_leaves_are_taken_back(world: World) -> None:
    who = world.reader()
    with world.writing() as conn:
        alert = alerts.save_alert(conn, values.alert(), title="Shells", summary="")
        alerts.add_version(conn, alert, values.message(), title="Shells", summary="")
        outbox.enqueue(conn, [_row(alert.id, who.id, world)])
    world.leave(world.token("unsubscribe"))
    assert [(row.letter, row.state) for row in world.rows()] == [(None, "withdrawn"), ("goodbye", "queued")]


def _row(alert_id: str, person_id: int, world: World) -> Row:
    return Row(
        alert_id=alert_id,
        version=1,
        person_id=person_id,
        channel="mail",
        urgency=2,
        message_id="<1@alerts.example>",
        created=world.now,
        not_before=world.now,
        expires=world.now + timedelta(days=1),
    )


def test_who_runs_the_service_goes_on_with_that(world: World) -> None:
    with world.writing() as conn:
        people.assign_duties(conn, "operator", ["ana@example.org"], world.now)
    world.ask(wishes=SYRIA)
    world.confirm(world.token("confirm"))
    who = world.person()
    assert who is not None and set(who.duties) == {"reader", "operator"} and who.wishes == SYRIA
    left = world.leave(world.token("unsubscribe"))
    who = world.person()
    assert who is not None and who.active and who.duties == ("operator",) and left.duties == ("operator",)


def test_whose_mail_came_back_may_ask_again_and_a_yes_lifts_it(world: World) -> None:
    who = world.reader()
    with world.writing() as conn:
        mark = people.marks(conn, [who.id])[who.id]
        people.set_active(conn, who.id, False)
        suppression.suppress(conn, mark, "bounce", world.now, "5.1.1")
    world.ask()
    world.confirm(world.token("confirm"))
    with world.writing() as conn:
        assert suppression.is_suppressed(conn, mark) is None


def test_who_complained_is_not_asked_because_of_a_form_in_the_web(world: World) -> None:
    who = world.reader()
    with world.writing() as conn:
        people.set_active(conn, who.id, False)
        suppression.suppress(conn, people.marks(conn, [who.id])[who.id], "complaint", world.now)
    world.ask()
    assert world.letters() == []
    world.wait(days=2)
    world.ask(how="mail")
    assert world.letters() == ["confirm"]


def test_where_only_operators_add_readers_nobody_is_asked(world: World) -> None:
    world.desk = Desk(secret=SECRET, domain="a.example", base_url="", open=False, contact="ops@a.example")
    with pytest.raises(InputError, match=r"Ask those who run this service: ops@a\.example"):
        world.ask()
    assert world.count() == 0


def test_what_is_no_address_is_told_without_it(world: World) -> None:
    with pytest.raises(InputError, match="no mail address") as refused:
        world.ask("ana@@example.org")
    assert "ana" not in str(refused.value) and world.count() == 0


def test_a_link_to_the_preferences_is_sent_to_who_has_them_only(world: World) -> None:
    world.reader()
    with world.writing() as conn:
        for address in ("ana@example.org", "nobody@example.org"):
            signup.send_link(world.desk, conn, address, world.now)
    assert world.letters() == ["preferences"] and world.count() == 1
    assert f"/preferences/{world.token('preferences')}" in world.text()


def test_a_link_is_sent_once_a_day(world: World) -> None:
    world.reader()
    for _ in range(3):
        with world.writing() as conn:
            signup.send_link(world.desk, conn, "ana@example.org", world.now)
    assert world.letters() == ["preferences"]


def test_help_goes_to_anybody_who_wrote_once_a_day(world: World) -> None:
    for _ in range(3):
        with world.writing() as conn:
            signup.send_help(world.desk, conn, "zoe@example.org", world.now)
    assert world.letters("zoe@example.org") == ["help"]
    assert "subscribe@alerts.example" in world.text("zoe@example.org")
    world.wait(hours=48)
    with world.writing() as conn:
        assert signup.upkeep(conn, world.now) == 1


def test_two_who_ask_for_one_address_at_the_same_moment_get_one_letter(engine: Engine) -> None:
    world = World(engine=engine)
    start = Barrier(4)

    def ask(_: int) -> None:
        start.wait(timeout=10)
        world.ask()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert world.letters() == ["confirm"]


def test_what_people_do_is_counted_and_of_nobody(world: World) -> None:
    world.ask()
    world.ask()  # once more on the same day
    world.confirm(world.token("confirm"))
    world.leave(world.token("unsubscribe"))
    world.leave(world.token("unsubscribe"))
    world.reader("ben@example.org")
    with world.writing() as conn:
        preferences.erase(world.desk, conn, world.token("preferences", "ben@example.org"), world.now, never_again=False)
        found = tallies.counted(conn, "sign-up")
    assert found == {"asked": 1, "refused": 1, "confirmed": 1, "left": 1, "erased": 1}
