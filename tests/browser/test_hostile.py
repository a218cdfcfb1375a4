"""Every route is asked what nobody means well by: in its path, its question, its form, its headers, as a stranger and
as an admin whose browser was tricked. It never fails, never gives markup back as markup, never sends anybody to another
host, and never hands out a file that is not to be had."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from random import Random
from typing import Any, Final
from urllib.parse import quote_from_bytes, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alerts.resources import shipped
from alerts.web.access.visitor import COOKIE
from tests.browser.filled import ADMIN, Filled
from tests.web.client import FORM, Answer, ask, asked
from tests.web.html import Page

EVIL: Final = (
    *(b"<script>x7()</script>", b'"><img src=x onerror=x7()>', b"' OR 1=1--", b"javascript:x7()", b"{{7*7}}"),
    *(
        b"\r\nX7: 1\r\n\r\n<x7>",
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x92\xa9",
        b"\xe2\x80\xae",
        b"\xd9\xa3",
    ),
    *(
        b"../../../etc/passwd",
        b"..%2f..%2fetc%2fpasswd",
        b"%2e%2e/%2e%2e/etc/passwd",
        b"..\\..\\config.toml",
        b"/etc/passwd",
    ),
    *(b"//evil.example/", b"\\\\evil.example", b"/\\evil.example", b"https://evil.example/", b"///evil.example"),
    *(b"-1", b"0", b"1e308", b"NaN", b"9" * 19, b"9" * 400, b"-0.0", b"0x10", b"1;2", b"[]", b"{}", b"null"),
    *(b"a" * 5_000, b"\xcc\x81" * 500, b"(" * 300, b"2026-02-30", b"0000-00-00", b"99999-12-31", b"%", b"%zz", b" "),
)
SOUND: Final = (
    b"1",
    b"2",
    b"5",
    b"SYR",
    b"gn:70225",
    b"shelling",
    b"severe",
    b"cancel",
    b"style.css",
    b"yes",
    b"2026-11-23",
)
"""What gets further in than nonsense does."""
KINDS: Final = (*8 * (FORM,), FORM + "; charset=utf-7", "multipart/form-data; boundary=x", "application/json", "", "x")
ENDS_IT: Final = ("/logout", "/operations/sessions")
"""After these the admin may be nobody any more."""
STARTS_PROCESSES: Final = ("/operations/lab/explain", "/operations/lab/try", "/operations/lab/backtests")
FIELDS: Final = tuple(
    sorted(
        {
            name
            for path in (shipped("templates") / "pages").rglob("*.html")
            for name in re.findall(r'\bname="([\w-]+)"', path.read_text(encoding="utf-8"))
        }
        | {
            "event",
            "country",
            "region",
            "place",
            "before",
            "since",
            "until",
            "q",
            "say",
            "page",
            "next",
            "name-0",
            "pick-0",
        }
    )
)


class Attacker:
    """Makes requests up, by `random`; `csrf` is what the forms of an admin's pages hold."""

    def __init__(self, random: Random, csrf: str) -> None:
        self.random, self.csrf = random, csrf

    def value(self) -> bytes:
        pool = SOUND if self.random.random() < 0.3 else EVIL
        made = self.random.choice(pool)
        return made + self.random.choice(EVIL) if self.random.random() < 0.1 else made

    def path(self, pattern: str) -> str:
        return re.sub(r"\{[\w:]+\}", lambda _: quote_from_bytes(self.value(), safe="/%"), pattern)

    def pairs(self, most: int) -> str:
        chosen = [self.random.choice(FIELDS) for _ in range(self.random.randrange(most))]
        return "&".join(f"{name}={quote_from_bytes(self.value(), safe='%')}" for name in chosen)

    def headers(self) -> dict[str, str]:
        found = {"host": "127.0.0.1", "cookie": f"{COOKIE}={ADMIN}"}
        names = ("host", "origin", "referer", "cookie", "accept-language", "accept-encoding", "if-none-match", "accept")
        more = ("x-forwarded-host", "x-forwarded-for", "x-forwarded-proto", "forwarded", "range", "authorization")
        for name in self.random.sample((*names, *more), self.random.choice((0, 0, 1, 3))):
            found[name] = self.value().decode("latin-1").replace("\r", "").replace("\n", "").replace("\x00", "")
        return found

    def body(self) -> bytes:
        kind = self.random.random()
        if kind < 0.1:
            return self.value() * self.random.choice((1, 100, 2_000))
        return f"csrf={self.csrf}&{self.pairs(12)}".encode()

    def requests(self, filled: Filled, *, processes: bool) -> Iterator[dict[str, Any]]:
        """One to each route, as it wants to be asked, and one to it in another way."""
        routes: Any = filled.app.routes
        for route in sorted(routes, key=lambda one: one.path in ENDS_IT):
            for method in sorted(route.methods - {"HEAD"}):
                if processes or not route.path.startswith(STARTS_PROCESSES):
                    yield self.request(route.path, method)
            yield self.request(route.path, self.random.choice(("HEAD", "PUT", "DELETE", "OPTIONS", "TRACE")))

    def request(self, pattern: str, method: str) -> dict[str, Any]:
        address = f"{self.path(pattern)}?{self.pairs(6)}" if self.random.random() < 0.7 else self.path(pattern)
        headers = self.headers()
        if method == "POST":
            headers["content-type"] = self.random.choice(KINDS)
        body = self.body() if method == "POST" else b""
        return {"address": address, "method": method, "headers": headers, "body": body, "host": "127.0.0.1"}


def fault(answer: Answer) -> str:
    """What is wrong with an answer; "" if nothing is."""
    if answer.status >= 500 or answer.raised:
        return f"{answer.status}: {answer.raised!r}"
    text = answer.body.decode("utf-8", "replace")
    if "text/html" in answer.headers.get("content-type", "") and re.search(
        r"<script>x7|<img src=x|<x7|=javascript:", text
    ):
        return "markup comes back as markup"
    if "x7" in answer.headers or any("\n" in one or "\r" in one for one in answer.headers.values()):
        return "a header of the attacker's"
    if "root:x:0" in text or "[collect]" in text:
        return "a file that is not to be had"
    goal = answer.headers.get("location", "/")
    if urlsplit(goal).netloc or not goal.startswith("/") or goal.startswith(("//", "/\\")):
        return f"leads away: {goal}"
    return "" if answer.headers.get("x-content-type-options") == "nosniff" else "no nosniff"


def attack(filled: Filled, seed: int, *, processes: bool = False) -> None:
    """One round over all routes, made of a number."""
    filled.enter()
    page = ask(filled.app, "/login", headers={"host": "127.0.0.1", "cookie": f"{COOKIE}={ADMIN}"})
    csrf = next(one["value"] for one in Page(page.text).all("input") if one.get("name") == "csrf")

    async def run() -> None:
        for one in Attacker(Random(seed), csrf).requests(filled, processes=processes):
            found = fault(await asked(filled.app, **one))
            assert not found, (found, one)

    asyncio.run(run())


ROUNDS: Final = settings(suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
SEEDS: Final = st.integers(0, 2**32 - 1)
"""What a request is made of is drawn from the number, for a round of hundreds is not made smaller by halves."""


@settings(ROUNDS, max_examples=4)
@given(seed=SEEDS)
def test_whatever_is_asked_of_any_route_it_answers_soundly(filled: Filled, seed: int) -> None:
    attack(filled, seed)


@pytest.mark.soak
@settings(ROUNDS, max_examples=150)
@given(seed=SEEDS)
def test_whatever_is_asked_for_long_it_answers_soundly(filled: Filled, seed: int) -> None:
    attack(filled, seed, processes=True)
