"""In by a link of a mail, out by a button; what is old, used, made up or not theirs lets nobody in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from alerts.read.places import Gazetteer
from alerts.store import operators, sessions
from alerts.store.database import reading, writing
from alerts.store.schema import login_link
from alerts.web.access.login import own_path
from alerts.web.access.visitor import COOKIE
from tests.notify.joining.world import World
from tests.web.client import Answer
from tests.web.html import Page
from tests.web.joining import Pages

ANA = "ana@desk.example"


@pytest.fixture
def pages(engine: Engine, gazetteer: Gazetteer) -> Pages:
    found = Pages(World(engine=engine), gazetteer)
    with writing(engine) as conn:
        operators.add(conn, ANA, "analyst", "Ana", found.world.now)
    return found


def asked(pages: Pages, address: str = ANA, goal: str = "/operations?x=1") -> str:
    """The token of the link that is mailed."""
    pages.world.wait(seconds=1)
    assert pages.send("/login", [("address", address), ("next", goal)]).status == 200
    found = re.search(r"/login/([0-9a-f]{40})", pages.world.text(address))
    assert found is not None
    return found[1]


def entered(pages: Pages, address: str = ANA) -> str:
    """The cookie of who has logged in."""
    answer = pages.send(f"/login/{asked(pages, address)}")
    assert answer.status == 303
    return answer.headers["set-cookie"].partition(";")[0]


def is_in(pages: Pages, cookie: str) -> bool:
    return "You are logged in" in pages.see("/login", cookie=cookie).text


def csrf(pages: Pages, cookie: str) -> str:
    answer = pages.see("/login", cookie=cookie)
    return next(one["value"] for one in Page(answer.text).all("input") if one.get("name") == "csrf")


def refused(answer: Answer) -> str:
    assert answer.status == 403 and "set-cookie" not in answer.headers
    return Page(answer.text).text


def test_the_button_behind_the_link_logs_in_and_leads_where_they_wanted_to_go(pages: Pages) -> None:
    token = asked(pages)
    assert "as Ana" in Page(pages.see(f"/login/{token}").text).text
    answer = pages.send(f"/login/{token}")
    assert (answer.status, answer.headers["location"]) == (303, "/desk/operations?x=1")
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == COOKIE and {"HttpOnly", "Secure", "SameSite=lax", "Path=/desk"} <= set(rest.split("; "))
    assert is_in(pages, answer.headers["set-cookie"].partition(";")[0])
    assert not is_in(pages, f"{COOKIE}=other")


def test_a_link_is_good_once_and_looking_at_it_does_not_use_it(pages: Pages) -> None:
    token = asked(pages)
    for _ in range(2):
        assert pages.see(f"/login/{token}").status == 200
    assert pages.send(f"/login/{token}").status == 303
    assert "used already" in refused(pages.send(f"/login/{token}"))
    assert "used already" in refused(pages.see(f"/login/{token}"))


def test_a_link_is_good_for_a_quarter_of_an_hour(pages: Pages) -> None:
    token = asked(pages)
    pages.world.now += timedelta(minutes=15)
    assert "too old" in refused(pages.send(f"/login/{token}"))


@pytest.mark.parametrize("token", ["0" * 40, "x", "%00", "é"])
def test_a_made_up_link_lets_nobody_in(pages: Pages, token: str) -> None:
    assert "not one that was sent from here" in refused(pages.send(f"/login/{token}"))


def test_only_hashes_of_links_and_cookies_are_stored(pages: Pages, engine: Engine) -> None:
    token, cookie = asked(pages), entered(pages)
    with engine.connect() as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        stored = "\n".join(raw.iterdump())
    assert token not in stored and cookie.partition("=")[2] not in stored


def test_who_is_not_known_gets_the_same_answer_and_no_mail(pages: Pages) -> None:
    known = pages.send("/login", [("address", ANA)])
    unknown = pages.send("/login", [("address", "eve@desk.example")])
    assert unknown.status == known.status == 200
    assert unknown.text.replace("eve@", "ana@") == known.text
    assert len(pages.world.rows(ANA)) == 1


def test_what_is_no_address_is_told(pages: Pages) -> None:
    assert pages.send("/login", [("address", "ana")]).status == 422


def test_an_address_gets_some_links_a_day_and_no_more(pages: Pages, engine: Engine) -> None:
    for _ in range(25):
        pages.send("/login", [("address", ANA)])
        pages.world.wait(seconds=1)
    with engine.connect() as conn:
        assert len(conn.execute(login_link.select()).all()) == 20


def test_logging_out_ends_the_session_so_that_its_cookie_lets_nobody_in_again(pages: Pages) -> None:
    cookie, other = entered(pages), entered(pages)
    answer = pages.send("/logout", [("csrf", csrf(pages, cookie))], cookie=cookie)
    assert answer.status == 303 and 'alerts_session=""' in answer.headers["set-cookie"]
    assert answer.headers["clear-site-data"] == '"cache"'
    assert not is_in(pages, cookie) and is_in(pages, other)


def test_with_a_host_of_its_own_the_cookie_is_bound_to_it_when_it_comes_and_when_it_goes(pages: Pages) -> None:
    pages.settings = {"base_url": "https://alerts.example"}
    pages.open(pages.world.desk)
    answer = pages.send(f"/login/{asked(pages)}")
    assert answer.headers["location"] == "/operations?x=1"
    cookie, _, rest = answer.headers["set-cookie"].partition("; ")
    assert cookie.startswith("__Host-alerts_session=") and {"Path=/", "Secure", "HttpOnly"} <= set(rest.split("; "))
    gone = pages.send("/logout", [("csrf", csrf(pages, cookie))], cookie=cookie).headers["set-cookie"]
    assert gone.startswith('__Host-alerts_session=""; ') and {"Path=/", "Secure", "Max-Age=0"} <= set(gone.split("; "))
    assert not is_in(pages, cookie)


def test_who_uses_a_session_keeps_it_for_a_week(pages: Pages) -> None:
    cookie = entered(pages)
    for _ in range(15):
        pages.world.now += timedelta(hours=11)
        assert is_in(pages, cookie)
    pages.world.now += timedelta(hours=4)
    assert not is_in(pages, cookie)


def test_who_guesses_links_is_slowed_down_and_keeps_out_nobody_who_has_one(pages: Pages) -> None:
    token = asked(pages)
    assert [pages.send(f"/login/{number:040x}").status for number in range(32)] == [403] * 30 + [429] * 2
    assert pages.see(f"/login/{'f' * 40}").headers["retry-after"] == "600"
    assert pages.send(f"/login/{token}").status == 303


def test_a_network_asks_for_some_links_an_hour_and_no_more(pages: Pages, engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(25):
            operators.add(conn, f"o{number}@desk.example", "viewer", f"Operator {number}", pages.world.now)
    for number in range(25):
        pages.send("/login", [("address", f"o{number}@desk.example")], host="203.0.113.7")
    assert sum(bool(pages.world.letters(f"o{number}@desk.example")) for number in range(25)) == 20
    pages.send("/login", [("address", ANA)], host="198.51.100.7")
    assert pages.world.letters(ANA) == ["login"]


def test_all_other_sessions_can_be_ended(pages: Pages) -> None:
    cookie, other = entered(pages), entered(pages)
    pages.send("/logout", [("csrf", csrf(pages, cookie)), ("all", "yes")], cookie=cookie)
    assert not is_in(pages, cookie) and not is_in(pages, other)


def test_the_token_of_another_session_or_none_does_not_log_out(pages: Pages) -> None:
    cookie, other = entered(pages), entered(pages)
    for fields in ([], [("csrf", "")], [("csrf", csrf(pages, other))]):
        assert pages.send("/logout", fields, cookie=cookie).status == 403
    assert is_in(pages, cookie)


def test_a_page_of_another_site_logs_nobody_in(pages: Pages) -> None:
    token = asked(pages)
    assert pages.send(f"/login/{token}", sec_fetch_site="cross-site").status == 403


def test_a_session_is_new_with_each_login_and_the_one_before_it_ends(pages: Pages) -> None:
    planted = entered(pages)
    answer = pages.send(f"/login/{asked(pages)}", cookie=planted)
    assert planted not in answer.headers["set-cookie"] and not is_in(pages, planted)


@pytest.mark.parametrize("length", [timedelta(hours=12), timedelta(days=7)])
def test_a_session_ends_when_it_is_not_used_or_too_old(pages: Pages, length: timedelta) -> None:
    cookie = entered(pages)
    pages.world.now += length
    assert not is_in(pages, cookie)


def test_who_loses_the_role_or_gets_another_is_logged_out(pages: Pages, engine: Engine) -> None:
    with reading(engine) as conn:
        found = operators.find_by_name(conn, "ana")
    assert found is not None
    for change in ("role", "remove"):
        cookie = entered(pages)
        with writing(engine) as conn:
            if change == "role":
                operators.set_role(conn, found.person_id, "viewer")
            else:
                operators.remove(conn, found.person_id)
        assert not is_in(pages, cookie)
    with reading(engine) as conn:
        assert operators.list_all(conn) == [] and sessions.role_of(conn, found.person_id) is None


@pytest.mark.parametrize(
    "goal", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/\nx", "/é", "", "/" * 2000]
)
def test_nobody_is_led_to_another_site(goal: str) -> None:
    assert own_path(goal) == "/"
