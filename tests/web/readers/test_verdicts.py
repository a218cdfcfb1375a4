"""Readers say what became of an alert with one press; looking alone changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update
from starlette.applications import Starlette

from alerts.engine.rulebook import Rulebook
from alerts.engine.verdicts import Hearing
from alerts.notify.message import links
from alerts.read.places import Gazetteer
from alerts.render.verdicts import SAYINGS
from alerts.store import acts as act_store
from alerts.store import judgements, people
from alerts.store.database import reading, writing
from alerts.store.schema import act, alert, bulletin, judgement, silence
from alerts.store.silences import in_force
from alerts.track.policy import Desk
from alerts.web.app import WebSettings, create_app
from tests.engine.conftest import rulebook
from tests.engine.world import World
from tests.store.dumped import dump
from tests.web.client import FORM, Answer, ask, press
from tests.web.html import Page

__all__ = ["rulebook"]

SECRET = b"s" * 32
SHELLED = "Shells fell on Djibo, killing 12 civilians."


@pytest.fixture
def world(rulebook: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    made = told(World(rulebook, gazetteer))
    yield made
    made.engine.dispose()


def told(made: World) -> World:
    """Three readers and an operator, who were told of shells on Djibo; the mails are out."""
    for name in ("ana", "ben", "cleo"):
        made.reader(f"{name}@example.org")
    with writing(made.engine) as conn:
        people.assign_duties(conn, "operator", ["ops@example.org"], made.now)
    made.hear(SHELLED)
    made.send_all()
    return made


def _app(world: World, second_look: int = 50) -> Starlette:
    hearing = Hearing(
        rulebook=lambda: world.rulebook,
        outbox=world.tracker.outbox,
        domain="alerts.example",
        secret=SECRET,
        second_look=second_look,
    )
    settings = WebSettings(base_url="https://alerts.example/desk", operations=True)
    return create_app(world.engine, settings, now=lambda: world.now, hearing=hearing)


@pytest.fixture
def app(world: World) -> Starlette:
    return _app(world)


def link(world: World, person: int = 1, *, version: int = 1, alert_id: str = "1") -> str:
    return "/v/" + links.sign(SECRET, alert_id=alert_id, version=version, person_id=person, now=world.now)


def said(answer: Answer) -> str:
    """What the page says came of the press."""
    assert answer.status == 200, answer.text
    found = re.search(r'role="status">(.*?)</p>', answer.text)
    assert found is not None
    return found[1]


def bulletins(world: World) -> list[str]:
    with reading(world.engine) as conn:
        return list(conn.execute(select(bulletin.c.subject)).scalars())


def state(world: World) -> str:
    with reading(world.engine) as conn:
        return str(conn.execute(select(alert.c.state)).scalars().first())


# Looking


def test_the_page_tells_what_was_told_and_has_a_button_for_each_thing_to_say(app: Starlette, world: World) -> None:
    page = Page(ask(app, link(world)).text)
    assert page.inside("h1") == ["Shelling in Djibo: 12 people killed"]
    assert "Djibo, Sahel" in page.text and "first report" in page.text
    forms = page.all("form")
    assert {(one["method"], one["action"]) for one in forms} == {("post", f"/desk{link(world)}")}
    assert [one["value"] for one in page.all("input")] == list(SAYINGS)
    assert "Mute Djibo for 7 days" in page.inside("button")


def test_the_link_of_the_mail_puts_its_own_button_first(app: Starlette, world: World) -> None:
    page = Page(ask(app, f"{link(world)}?say=wrong_place").text)
    assert page.inside("button")[0] == "Wrong place" and len(page.all("form")) == len(SAYINGS)
    assert page.all("form")[0]["class"] == "say first"
    assert Page(ask(app, f"{link(world)}?say=<script>").text).inside("button")[0] == "I have it"


def test_looking_changes_nothing_whatever_the_link_asks_for(app: Starlette, world: World) -> None:
    before = dump(world.engine)
    for query in ("", "?say=false_alarm", "?say=mute&other=1", "?say=have_it"):
        for method in ("GET", "HEAD"):
            assert ask(app, link(world) + query, method=method).status == 200
    assert dump(world.engine) == before


def test_pages_of_a_link_are_kept_nowhere_and_lead_nobody_to_it(app: Starlette, world: World) -> None:
    for answer in (
        ask(app, link(world)),
        press(app, link(world), say="true"),
        ask(app, "/v/forged"),
        press(app, "/v/forged", say="true"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"].startswith("noindex")
        assert "set-cookie" not in answer.headers and "etag" not in answer.headers
    assert Page(ask(app, link(world)).text).all("meta")[-1] == {"name": "robots", "content": "noindex, nofollow"}


def test_the_page_says_what_happened_since_the_mail(app: Starlette, world: World) -> None:
    world.hear("Shells fell on Djibo, killing 50 civilians.", source="The Other")
    page = Page(ask(app, link(world)).text)
    assert "Since this mail: Update 1" in page.text and "12 people killed" in page.inside("h1")[0]


def test_what_a_stranger_wrote_is_text_on_these_pages(app: Starlette, world: World) -> None:
    world.hear("Shells fell on Goma, killing 12 <script>alert(1)</script> people.", title="<b onclick=x>")
    page = Page(ask(app, link(world, alert_id="2")).text)
    assert not page.all("script") and not any("onclick" in attributes for _, attributes in page.elements)


# Links


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_link_is_refused_and_changes_nothing(app: Starlette, world: World, method: str) -> None:
    before = dump(world.engine)
    token = link(world)
    for forged in (f"{token}x", token.replace("/v/1.1.1", "/v/1.1.2"), "/v/x", "/v/%00", f"/v/{'9' * 3000}"):
        answer = ask(app, forged, method=method, headers={"Content-Type": FORM}, body=b"say=false_alarm")
        assert answer.status == 403 and "not one that was sent from here" in Page(answer.text).text
    assert dump(world.engine) == before


def test_an_old_link_is_refused(app: Starlette, world: World) -> None:
    old = link(world)
    world.now += timedelta(days=32)
    answer = press(app, old, say="false_alarm")
    assert answer.status == 403 and "too old" in answer.text and state(world) != "cancelled"


def test_the_links_of_who_gets_no_alerts_any_more_do_nothing(app: Starlette, world: World) -> None:
    with writing(world.engine) as conn:
        people.set_active(conn, 1, False)
        people.remove_person(conn, 2)
    for person in (1, 2):
        for answer in (press(app, link(world, person), say="false_alarm"), ask(app, link(world, person))):
            assert answer.status == 403 and "gets no alerts any more" in answer.text
    assert state(world) != "cancelled"


def test_a_link_about_an_alert_that_is_gone_is_refused(app: Starlette, world: World) -> None:
    for token in (link(world, alert_id="99"), link(world, version=9)):
        assert ask(app, token).status == 403
    assert press(app, link(world, alert_id="99"), say="true").status == 403


# Pressing


def test_a_false_alarm_is_taken_back_at_once_for_exactly_those_who_were_told(app: Starlette, world: World) -> None:
    world.reader("late@example.org")  # came after the alert
    assert said(press(app, link(world, 2), say="false_alarm")) == (
        "Noted, thank you. 3 readers are told that this was a false alarm."
    )
    assert world.mails("queued") == [(1, 2), (2, 2), (3, 2)] and state(world) == "cancelled"


def test_pressing_twice_changes_nothing_more(app: Starlette, world: World) -> None:
    for saying in SAYINGS:
        press(app, link(world, 3), say=saying)
        before = dump(world.engine)
        assert press(app, link(world, 3), say=saying).status == 200
        assert dump(world.engine) == before, saying


def test_what_is_kept_names_the_reader_by_number_only(app: Starlette, world: World) -> None:
    press(app, link(world, 2), say="wrong_number")
    with reading(world.engine) as conn:
        [one] = judgements.judgements_of(conn, "1")
    assert (one.verdict, one.who, one.person_id, one.by_reader) == ("wrong_number", "reader 2", 2, True)
    assert "@" not in str([dump(world.engine)[name] for name in ("judgement", "act", "bulletin")])


def test_above_the_second_look_the_operators_are_asked_and_a_second_reader_decides(world: World) -> None:
    app = _app(world, second_look=2)
    waits = "Noted, thank you. A second person has to look, because 3 readers were told of it. The operators are told."
    assert said(press(app, link(world, 1), say="false_alarm")) == waits
    assert said(press(app, link(world, 1), say="false_alarm")).startswith("You said so before.")
    assert bulletins(world) == ["Somebody has to look: alert 1 is said to be a false alarm"]
    assert state(world) != "cancelled"
    assert "3 readers are told" in said(press(app, link(world, 2), say="false_alarm"))
    assert state(world) == "cancelled"


def test_who_has_taken_it_on_and_who_says_it_is_true_are_asked_for_a_second_look(app: Starlette, world: World) -> None:
    assert "you look after it" in said(press(app, link(world, 1), say="have_it"))
    assert "somebody else has taken it on" in said(press(app, link(world, 2), say="false_alarm"))
    world.hear("Shells fell on Goma, killing 12 civilians.")
    world.send_all()
    press(app, link(world, 1, alert_id="2"), say="true")
    answer = press(app, link(world, 2, alert_id="2"), say="false_alarm")
    assert "somebody else said that it is true" in said(answer)


def test_who_took_it_on_may_say_that_it_was_a_false_alarm(app: Starlette, world: World) -> None:
    press(app, link(world, 1), say="have_it")
    assert "3 readers are told" in said(press(app, link(world, 1), say="false_alarm"))


def test_an_extreme_alert_is_not_taken_back_by_one(app: Starlette, world: World) -> None:
    world.hear("Shells fell on Goma, killing 200 civilians.")
    world.send_all()
    answer = press(app, link(world, 1, alert_id="2"), say="false_alarm")
    assert "because the alert is extreme" in said(answer)


def test_having_it_is_kept_for_the_version_of_the_link(app: Starlette, world: World) -> None:
    press(app, link(world, 1), say="have_it")
    with reading(world.engine) as conn:
        [row] = conn.execute(select(act)).all()
    assert (row.kind, row.version, row.person_id, row.who) == ("acknowledge", 1, 1, "reader 1")


def test_a_muted_place_is_muted_for_this_reader_for_seven_days(app: Starlette, world: World) -> None:
    assert said(press(app, link(world, 2), say="mute")) == (
        "Until 9 March 2026 you get no mail about Djibo, unless it is extreme."
    )
    with reading(world.engine) as conn:
        [one] = in_force(conn, world.now)
        assert one.person_id == 2 and one.place is not None and one.place.name == "Djibo"
        assert conn.execute(select(silence.c.id)).scalars().all() == [1]


def test_a_duplicate_is_named_from_the_open_alerts_of_the_country(app: Starlette, world: World) -> None:
    world.hear("Shells fell on Dori, killing 12 civilians.")
    world.hear("Shells fell on Goma, killing 12 civilians.")
    world.send_all()
    page = Page(ask(app, f"{link(world, alert_id='2')}?say=duplicate").text)
    assert [one["value"] for one in page.all("option")] == ["", "1"]
    answer = press(app, link(world, alert_id="2"), say="duplicate", other="1")
    assert "The two stay apart" in said(answer)
    with reading(world.engine) as conn:
        [one] = judgements.judgements_of(conn, "2")
    assert (one.verdict, one.duplicate_of) == ("duplicate", "1")


def test_what_waits_for_a_person_is_not_named_as_a_duplicate(app: Starlette, world: World) -> None:
    world.tracker.desk = Desk(triage_from="extreme")
    world.hear("Shells fell on Dori, killing 12 civilians.")
    world.hear("Shells fell on Dori, killing 400 people, a doctor who was there all night said.", source="Evening Post")
    world.hear("Shells fell on Goma, killing 300 civilians.")
    world.send_all()
    text = ask(app, f"{link(world)}?say=duplicate").text
    assert "Shelling in Dori: 12 people killed" in text
    assert "400" not in text
    assert "Goma" not in text


@pytest.mark.parametrize(("other", "why"), [("1", "no duplicate of itself"), ("77", "no alert of this number")])
def test_a_duplicate_is_one_of_another_alert_that_is_there(app: Starlette, world: World, other: str, why: str) -> None:
    before = dump(world.engine)
    answer = press(app, link(world), say="duplicate", other=other)
    assert answer.status == 400 and why in answer.text and dump(world.engine) == before


def test_that_a_cancelled_alert_is_true_is_told_to_the_operators(app: Starlette, world: World) -> None:
    press(app, link(world, 1), say="false_alarm")
    assert "the operators hear" in said(press(app, link(world, 2), say="true"))
    press(app, link(world, 2), say="true")
    assert bulletins(world) == ["Alert 1 was cancelled, but a reader says that it is true"]
    assert "The alert was cancelled already" in said(press(app, link(world, 3), say="false_alarm"))


# What is not a button of ours


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b'{"say": "false_alarm"}', 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("", b"say=false_alarm", 415),
        (FORM, b"say=false_alarm&x=" + b"y" * 5000, 413),
        (FORM, b"say=everything", 400),
        (FORM, b"", 400),
        (FORM, b"say=duplicate&other=1;drop", 400),
        (FORM, b"say=duplicate&other=99999999999999999999", 400),
        (FORM, "say=duplicate&other=\u0661".encode(), 400),
        (FORM, b"say=false_alarm&a=1&b=1&c=1&d=1&e=1", 400),
        (FORM, b"say=%ff%fe", 400),
    ],
)
def test_only_the_buttons_of_these_pages_do_anything(
    app: Starlette, world: World, kind: str, body: bytes, status: int
) -> None:
    before = dump(world.engine)
    answer = ask(app, link(world), method="POST", headers={"Content-Type": kind}, body=body)
    assert answer.status == status and Page(answer.text).inside("h1")
    assert dump(world.engine) == before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80), st.sampled_from([FORM, f"{FORM}; charset=utf-8", "text/plain"]))
def test_no_body_makes_a_fault(app: Starlette, world: World, body: bytes, kind: str) -> None:
    answer = ask(app, link(world), method="POST", headers={"Content-Type": kind}, body=b"say=" + body)
    assert answer.raised is None and answer.status in (200, 400, 403, 415)


def test_other_methods_and_other_pages_still_answer_405(app: Starlette, world: World) -> None:
    assert ask(app, link(world), method="DELETE").status == 405
    for path in ("/", "/alerts/1", "/alerts.atom", "/healthz"):
        assert press(app, path, say="true").status == 405


def test_without_anybody_to_hear_there_are_no_such_pages(world: World) -> None:
    app = create_app(world.engine, WebSettings(), now=lambda: world.now)
    assert ask(app, link(world)).status == 404 and press(app, link(world), say="true").status == 404


def test_no_log_line_holds_a_link(app: Starlette, world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        ask(app, link(world))
        press(app, link(world), say="false_alarm")
        press(app, "/v/forged", say="false_alarm")
    assert link(world).removeprefix("/v/") not in caplog.text


def test_a_verdict_of_each_kind_is_one_row(app: Starlette, world: World) -> None:
    for saying in ("true", "wrong_place", "wrong_number", "true"):
        press(app, link(world, 2), say=saying)
    with reading(world.engine) as conn:
        found = conn.execute(select(judgement.c.verdict).order_by(judgement.c.id)).scalars().all()
    assert found == ["right", "wrong_place", "wrong_number", "right"]


def test_two_who_press_at_the_same_moment_take_the_alert_back_once(
    rulebook: Rulebook, gazetteer: Gazetteer, engine: Engine
) -> None:
    world = told(World(rulebook, gazetteer, engine=engine))
    app = _app(world)
    start = Barrier(2)

    def say(person: int) -> str:
        start.wait(timeout=10)
        return said(press(app, link(world, person), say="false_alarm"))

    with ThreadPoolExecutor(2) as pool:
        came = sorted(pool.map(say, (1, 2)))
    assert [words.removeprefix("Noted, thank you. ") for words in came] == [
        "3 readers are told that this was a false alarm.",
        "The alert was cancelled already.",
    ]
    assert world.mails("queued") == [(1, 2), (2, 2), (3, 2)]


def test_who_changes_their_mind_tells_the_operators_once_and_cannot_fill_the_database(world: World) -> None:
    app = _app(world, second_look=0)
    answers = [press(app, link(world), say=saying) for _ in range(15) for saying in ("false_alarm", "wrong_place")]
    assert [answer.status for answer in answers] == [200] * 20 + [400, 200] * 5  # what they said last they may repeat
    assert "many things of this alert" in answers[20].text
    assert len(dump(world.engine)["judgement"]) == 20 and len(bulletins(world)) == 1


def test_what_is_said_of_a_merged_alert_is_said_of_the_one_that_goes_on(app: Starlette, world: World) -> None:
    world.hear("Shells fell on Dori, killing 12 civilians.")
    world.send_all()
    with writing(world.engine) as conn:
        conn.execute(update(alert).where(alert.c.id == 1).values(state="merged", merged_into=2))
    assert "you look after it" in said(press(app, link(world), say="have_it"))
    press(app, link(world), say="false_alarm")
    with reading(world.engine) as conn:
        states = {row.id: row.state for row in conn.execute(select(alert.c.id, alert.c.state))}
        assert [one.verdict for one in judgements.judgements_of(conn, "2")] == ["wrong"]
        assert act_store.acknowledged(conn, "2") == {1: 1}
    assert states == {1: "merged", 2: "cancelled"}


def test_a_level_that_waits_for_a_person_is_not_betrayed(app: Starlette, world: World) -> None:
    world.tracker.desk = Desk(triage_from="extreme")
    world.hear(
        "Shells fell on Djibo, killing 400 people, a doctor who was there all night said.", source="Evening Post"
    )
    text = press(app, link(world), say="false_alarm").text
    assert "extreme" not in text.lower() and "400" not in text
    assert "readers are told that this was a false alarm" in text
