"""Who may see how the service does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.store.overview import Overview
from alerts.store.polls import Traffic
from alerts.web.operations.opening import Kept, open_to
from tests.web.archive import NOW

HERE = "http://127.0.0.1:8080"


def may(
    setting: bool | None = None,
    *,
    host: str = "127.0.0.1",
    base_url: str = HERE,
    named: str = "127.0.0.1:8080",
    client: str = "127.0.0.1",
    **more: str,
) -> bool:
    headers = {"host": named} | {name.replace("_", "-"): value for name, value in more.items()}
    return open_to(setting, host=host, base_url=base_url, headers=headers, client=client)


@pytest.mark.parametrize("named", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "127.0.0.2"])
def test_who_asks_on_the_machine_itself_may(named: str) -> None:
    assert may(named=named)
    assert may(named=named, host="::1", base_url="http://localhost:8080")


@pytest.mark.parametrize(
    ("why", "how"),
    [
        ("it listens to others", {"host": "0.0.0.0"}),
        ("it listens to others", {"host": "::"}),
        ("readers have an address", {"base_url": "https://alerts.example.org"}),
        ("a page elsewhere sent the browser", {"named": "evil.example:8080"}),
        ("a page elsewhere sent the browser", {"named": "localhost.evil.example"}),
        ("a page elsewhere sent the browser", {"named": "127.0.0.1.evil.example"}),
        ("nobody is named", {"named": ""}),
        ("nonsense is named", {"named": "[::1"}),
        ("somebody passed it on", {"x_forwarded_for": "203.0.113.7"}),
        ("somebody passed it on", {"forwarded": "for=203.0.113.7"}),
        ("it comes from elsewhere", {"client": "203.0.113.7"}),
        ("nobody knows from where", {"client": ""}),
        ("somebody passed it on", {"via": "1.1 proxy"}),
    ],
)
def test_without_a_setting_nobody_else_may(why: str, how: dict[str, str]) -> None:
    assert not may(**how), why  # type: ignore[arg-type]
    assert may(True, **how)


def test_with_the_setting_off_nobody_may() -> None:
    assert not may(False)


def test_an_overview_is_made_anew_when_it_has_grown_old() -> None:
    kept, made = Kept(), []

    def ask(seconds: float) -> Overview:
        at = NOW + timedelta(seconds=seconds)

        def make() -> Overview:
            made.append(seconds)
            return Overview(
                at=at, feeds=(), groups=(), outage=None, looked=None, hour=Traffic(), day=Traffic(), lag=None
            )

        return kept.overview(at, 10.0, make)

    assert [ask(seconds).at - NOW for seconds in (0, 9, 10, 5)] == [timedelta(seconds=s) for s in (0, 0, 10, 5)]
    assert made == [0, 10, 5]  # a clock that went back too
