"""Who looks at a page: somebody with a cookie, somebody on this machine, or nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.notify.joining.entering import mark_of
from alerts.store import operators, sessions
from alerts.store.database import writing
from alerts.web.access.visitor import COOKIE, Visitor
from alerts.web.app import WebSettings, create_app
from tests.web.archive import NOW
from tests.web.client import FORM, Answer, ask

FEEDS, AUDIT, SILENCES = "/operations/feeds", "/operations/audit", "/operations/silences"


@pytest.fixture
def site(engine: Engine) -> Starlette:
    with writing(engine) as conn:
        for role in ("viewer", "admin"):
            made = operators.add(conn, f"{role}@desk.example", role, role.capitalize(), NOW)
            sessions.begin(conn, mark_of(role), person_id=made.person_id, series=0, now=NOW)
    settings = WebSettings(base_url="https://alerts.example/desk", overview_kept=0.0)
    return create_app(engine, settings, now=lambda: NOW)


def see(site: Starlette, path: str, cookie: str = "") -> Answer:
    return ask(site, path, headers={"cookie": f"other=1; {COOKIE}={cookie}"} if cookie else {})


def test_nobody_is_led_to_the_login_and_back(site: Starlette) -> None:
    answer = see(site, f"{FEEDS}?state=all")
    assert (answer.status, answer.headers["cache-control"]) == (303, "no-store")
    assert answer.headers["location"].startswith("/desk/login?next=/operations/feeds%3Fstate%3Dall")


def test_a_session_opens_what_its_role_may_see(site: Starlette) -> None:
    assert see(site, FEEDS, "viewer").status == 200
    assert (see(site, AUDIT, "viewer").status, see(site, AUDIT, "admin").status) == (403, 200)


@pytest.mark.parametrize("cookie", ["none", "x" * 5000, mark_of("admin"), "admin!", "\x7f"])
def test_a_cookie_that_is_none_of_ours_opens_nothing(site: Starlette, cookie: str) -> None:
    assert see(site, FEEDS, cookie).status == 303


def test_a_role_that_is_lost_is_lost_at_once(site: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        known = operators.find_by_name(conn, "Admin")
        assert known is not None
        operators.remove(conn, known.person_id)
    assert see(site, AUDIT, "admin").status == 303


def test_a_session_that_is_too_old_opens_nothing(engine: Engine, site: Starlette) -> None:
    settings = WebSettings(base_url="https://alerts.example/desk")
    later = create_app(engine, settings, now=lambda: NOW + timedelta(days=8))
    assert see(later, AUDIT, "admin").status == 303


def test_a_form_without_the_token_of_its_page_does_nothing(site: Starlette) -> None:
    headers = {"cookie": f"{COOKIE}=admin", "content-type": FORM}
    for body in (b"", b"csrf=", b"csrf=x", b"csrf=%C3%A9"):
        assert ask(site, SILENCES, method="POST", headers=headers, body=body).status == 403


def test_a_form_of_another_site_does_nothing(site: Starlette) -> None:
    token = see(site, "/operations/mails", "admin").text.partition('name="csrf" value="')[2].partition('"')[0]
    headers = {"cookie": f"{COOKIE}=admin", "content-type": FORM, "sec-fetch-site": "cross-site"}
    body = f"csrf={token}&act=hold&rule=&why=x".encode()
    assert len(token) == 64
    assert ask(site, "/operations/mails", method="POST", headers=headers, body=body).status == 403
    ours = headers | {"sec-fetch-site": "same-origin"}
    assert ask(site, "/operations/mails", method="POST", headers=ours, body=body).status == 303


def test_a_page_for_one_visitor_is_kept_for_nobody_else(site: Starlette) -> None:
    assert see(site, "/about", "viewer").headers["cache-control"] == "private, no-cache"
    assert see(site, "/about").headers["cache-control"] == "no-cache"


def test_the_token_of_a_visitor_is_not_in_what_the_log_would_show() -> None:
    assert "secret" not in repr(Visitor(person_id=1, name="Ana", role="admin", csrf="secret"))
