"""What every answer carries."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.web.access.visitor import cookie_name
from alerts.web.app import WebSettings, create_app
from tests.web.archive import NOW
from tests.web.client import ask


def site(engine: Engine, base_url: str) -> Starlette:
    return create_app(engine, WebSettings(base_url=base_url), now=lambda: NOW)


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/static/style.css", "/operations", "/healthz", "/alerts?severity=x"]
)
def test_behind_tls_browsers_are_told_to_stay_there(engine: Engine, path: str) -> None:
    answer = ask(site(engine, "https://alerts.example"), path)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in ask(site(engine, "http://alerts.example"), path).headers


def test_a_fault_of_ours_carries_it_too(engine: Engine) -> None:
    app = site(engine, "https://alerts.example")
    app.state.web.engine.dispose()
    object.__setattr__(app.state.web, "engine", None)
    answer = ask(app, "/alerts")
    assert answer.status == 500 and "strict-transport-security" in answer.headers


def test_scripts_and_what_they_ask_for_are_our_own_and_nothing_stands_in_a_page(engine: Engine) -> None:
    policy = ask(site(engine, "https://alerts.example"), "/").headers["content-security-policy"]
    rules = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert {rules[f"{kind}-src"] for kind in ("script", "connect", "style", "img")} == {"'self'"}
    assert "unsafe" not in policy and "*" not in policy


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://alerts.example", "__Host-alerts_session"),
        ("https://alerts.example:8443/", "__Host-alerts_session"),
        ("https://alerts.example/desk", "alerts_session"),
        ("http://127.0.0.1:8080", "alerts_session"),
    ],
)
def test_the_cookie_is_bound_to_the_host_where_browsers_take_it_so(base_url: str, name: str) -> None:
    assert cookie_name(base_url) == name


@pytest.mark.parametrize("path", ["/", "/login", "/about", "/subscribe", "/operations"])
def test_the_public_has_no_cookie(engine: Engine, path: str) -> None:
    assert "set-cookie" not in ask(site(engine, "https://alerts.example"), path).headers
