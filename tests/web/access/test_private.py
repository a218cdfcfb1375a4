"""What is private is seen by who has logged in, and by programs with a key; by nobody else, by no way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route

from alerts.notify.joining.entering import mark_of
from alerts.store import keys, operators, people, sessions
from alerts.store.database import reading, writing
from alerts.web.access import keys as data_keys
from alerts.web.access.pace import Pace
from alerts.web.access.parts import closed
from alerts.web.access.visitor import COOKIE
from alerts.web.app import WebSettings, create_app
from alerts.web.data.formats import hub_of
from tests.web.archive import NOW, tell
from tests.web.client import Answer, ask

OPEN = {
    *("/about", "/v/{token}", "/subscribe", "/confirm/{token}", "/unsubscribe/{token}", "/preferences/{token}"),
    *("/preferences/{token}/copy.json", "/forget/{token}", "/login", "/login/{token}", "/logout"),
    *("/healthz", "/readyz"),
    *("/static/{name}", "/land/{name}.geojson"),
}
"""What everybody reaches in any case. A new address that is to be so has to be put here."""
OWN_LOGIN = ("/operations", "/feeds", "/mails", "/metrics")
FEED, KEY = "/alerts.atom", "k" * 32


class Site:
    """A site with an alert, an operator who has a key, and a reader; both have logged in."""

    def __init__(self, engine: Engine, private: Sequence[str], **settings: Any) -> None:
        self.engine, self.now = engine, NOW
        with writing(engine) as conn:
            tell(conn)
            vera = operators.add(conn, "vera@desk.example", "viewer", "Vera", NOW).person_id
            reader = people.add_person(conn, "rim@readers.example", now=NOW).id
            for name, person in (("vera", vera), ("rim", reader)):
                sessions.begin(conn, mark_of(name), person_id=person, series=0, now=NOW)
            keys.add(conn, mark_of(KEY), person_id=vera, label="dashboard", now=NOW)
        self.vera = vera
        own = WebSettings(base_url="https://alerts.example/desk", private=tuple(private), **settings)
        self.app: Starlette = create_app(engine, own, now=lambda: self.now)

    def see(self, path: str, cookie: str = "", **headers: str) -> Answer:
        more = {"cookie": f"{COOKIE}={cookie}"} if cookie else {}
        return ask(self.app, path, headers=more | headers, host="203.0.113.7")

    def paths(self) -> list[str]:
        return sorted({route.path for route in self.app.routes if isinstance(route, Route)})


def address(path: str) -> str:
    return path.format(id="1", version="1", number="1", name="style.css", token="x", code="SYR")


def kept_out(answer: Answer) -> bool:
    """Led to the login, or told that a key is needed."""
    location = answer.headers.get("location", "")
    return answer.status == 401 or (answer.status == 303 and location.startswith("/desk/login?next="))


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_where_all_is_private_a_stranger_sees_what_is_open_and_nothing_else(engine: Engine, accept: str) -> None:
    site = Site(engine, ["all"])
    seen = {path: site.see(address(path), accept=accept) for path in site.paths()}
    let_in = {path for path, answer in seen.items() if not kept_out(answer)}
    assert {path for path in let_in if not path.startswith(OWN_LOGIN)} == OPEN
    assert all(seen[path].status in (403, 404, 405) for path in let_in - OPEN)
    assert not any("Djibo" in answer.text for answer in seen.values())
    assert site.see(f"{FEED}?key=", accept=accept).status in (303, 401)


def test_who_has_logged_in_sees_all_of_it_and_nobody_keeps_it_for_others(engine: Engine) -> None:
    site = Site(engine, ["all"])
    for path in set(site.paths()) - OPEN:
        for cookie in ("vera", "rim"):
            answer = site.see(address(path), cookie)
            if path.startswith(OWN_LOGIN):
                continue
            assert not kept_out(answer), path
            assert answer.headers["cache-control"] in ("private, no-cache", "no-store"), path
            if answer.status == 200:
                assert answer.headers["vary"].startswith("Cookie") and "noindex" in answer.headers["x-robots-tag"]
                assert "access-control-allow-origin" not in answer.headers


def test_what_they_have_already_is_not_sent_again_but_only_to_them(engine: Engine) -> None:
    site = Site(engine, ["all"])
    tag = {"if-none-match": site.see("/alerts", "rim").headers["etag"]}
    assert site.see("/alerts", "rim", **tag).status == 304
    assert kept_out(site.see("/alerts", **tag))


@pytest.mark.parametrize(
    ("private", "shut", "wide"),
    [
        ([], "", "/ /alerts/1 /places /rules /alerts.csv /data"),
        (["rules"], "/rules /rules/x", "/ /alerts/1 /places /alerts.csv"),
        (["places"], "/places /places/BFA", "/ /alerts/1 /rules /alerts.csv"),
        (
            ["data"],
            "/alerts.csv /alerts.cap.atom /alerts/1.json /alerts/1.cap /data",
            "/ /alerts/1 /alerts.svg /places /rules",
        ),
        (["alerts"], "/ /alerts /alerts/1 /alerts.svg /places/BFA /alerts.json", "/rules /about"),
        (["all"], "/ /alerts/1 /places /rules /alerts.csv /data", "/about"),
    ],
)
def test_a_part_is_private_with_what_shows_the_same(engine: Engine, private: list[str], shut: str, wide: str) -> None:
    site = Site(engine, private)
    assert all(kept_out(site.see(path)) for path in shut.split())
    assert not any(kept_out(site.see(path)) for path in wide.split())


def test_the_page_of_a_rule_shows_no_alert_where_these_are_private(engine: Engine) -> None:
    site = Site(engine, ["alerts"])
    with reading(engine) as conn:
        rule = conn.exec_driver_sql("SELECT rule FROM alert").scalar_one()
    assert "/desk/alerts/1" in site.see(f"/rules/{rule}", "rim").text
    assert "/desk/alerts/1" not in site.see(f"/rules/{rule}").text


def test_the_login_leads_back_to_what_was_wanted_without_its_key(engine: Engine) -> None:
    site = Site(engine, ["all"])
    answer = site.see("/data?x=1&key=hush", accept="text/html")
    assert answer.status == 401 and "hush" not in str(answer.headers) + answer.text
    answer = site.see("/alerts?state=open&key=hush")
    assert answer.headers["location"] == "/desk/login?next=/alerts%3Fstate%3Dopen"


def test_a_key_opens_the_data_and_nothing_else(engine: Engine) -> None:
    site = Site(engine, ["all"])
    answer = site.see(f"{FEED}?severity=severe&key={KEY}")
    assert answer.status == 200 and KEY not in answer.text + str(answer.headers)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert site.see("/alerts.csv", authorization=f"Bearer {KEY}").status == 200
    assert site.see("/alerts/1.json", authorization=f"bearer {KEY}").status == 200
    assert site.see(f"/alerts.svg?key={KEY}").status == 200
    for path in ("/", "/alerts/1", "/places", "/rules", "/operations"):
        assert kept_out(site.see(f"{path}?key={KEY}")) and kept_out(site.see(path, authorization=f"Bearer {KEY}"))


@pytest.mark.parametrize("key", ["x", KEY[:-1], KEY.upper(), mark_of(KEY), "é", "%00", "k" * 10_000])
def test_a_wrong_key_opens_nothing(engine: Engine, key: str) -> None:
    answer = Site(engine, ["data"]).see(f"{FEED}?key={key}", accept="text/html")
    assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Bearer")
    assert "opens nothing" in answer.text and "Djibo" not in answer.text


def test_a_key_that_is_withdrawn_opens_nothing_at_once_nor_one_of_who_is_no_operator(engine: Engine) -> None:
    site = Site(engine, ["data"])
    with writing(engine) as conn:
        other, made = data_keys.make(conn, site.vera, "map", NOW)
        assert keys.withdraw(conn, made.id, site.vera)
    assert site.see(f"{FEED}?key={other}").status == 401
    with writing(engine) as conn:
        operators.remove(conn, site.vera)
    assert site.see(f"{FEED}?key={KEY}").status == 401
    assert kept_out(site.see("/alerts.csv", "vera"))


def test_that_a_key_is_used_is_kept_to_a_day(engine: Engine) -> None:
    site = Site(engine, ["data"])
    used = []
    for hours in (0, 1, 25):
        site.now = NOW + timedelta(hours=hours)
        site.see(f"{FEED}?key={KEY}")
        with reading(engine) as conn:
            used += [one.used for one in keys.list_all(conn)]
    assert used == [NOW, NOW, NOW + timedelta(hours=25)]


def test_who_guesses_keys_is_slowed_down_and_keeps_out_nobody_who_has_one(engine: Engine) -> None:
    site = Site(engine, ["data"])
    assert [site.see(f"{FEED}?key=x{number}").status for number in range(32)] == [401] * 30 + [429] * 2
    assert site.see(f"{FEED}?key={KEY}").status == 200
    assert ask(site.app, f"{FEED}?key=x", host="198.51.100.9").status == 401
    site.now += timedelta(minutes=10)
    assert site.see(f"{FEED}?key=x").status == 401


def test_guesses_are_counted_by_network_and_the_list_of_networks_ends() -> None:
    pace = Pace(most=2)
    assert [pace.wrong(f"203.0.113.{number}", NOW) for number in range(3)] == [True, True, False]
    for number in range(10_001):
        pace.wrong(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", NOW)
    assert len(pace._wrong) == 10_000 and pace.wrong("203.0.113.1", NOW)


def test_that_everybody_may_see_the_feeds_of_the_service_opens_nothing_private(engine: Engine) -> None:
    site = Site(engine, ["all"], operations=True)
    assert site.see("/operations/feeds").status == 200 and kept_out(site.see("/alerts"))


def test_who_asks_on_this_machine_itself_sees_what_is_private(engine: Engine) -> None:
    app = create_app(engine, WebSettings(private=("all",)), now=lambda: NOW)
    assert ask(app, "/alerts", headers={"host": "localhost:8080"}).status == 200
    assert ask(app, "/alerts", headers={"host": "localhost:8080", "x-forwarded-for": "127.0.0.1"}).status == 303


def test_a_hub_is_told_of_nothing_private(engine: Engine) -> None:
    with_hub = WebSettings(hub="https://hub.example/", private=("alerts",))
    app = create_app(engine, with_hub, now=lambda: NOW)
    assert hub_of(app.state.web) == ""
    assert "hub.example" not in ask(app, FEED, headers={"host": "localhost"}).text
    assert "hub.example" in ask(create_app(engine, WebSettings(hub="https://hub.example/"), now=lambda: NOW), FEED).text


def test_all_is_all_that_there_is() -> None:
    assert closed(["all"]) == {"alerts", "maps", "places", "rules", "data"} and closed([]) == frozenset()
