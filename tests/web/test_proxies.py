"""Who asks behind a proxy: what one of ours says is believed, what a stranger says is not."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import aiohttp
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alerts.read.places import Gazetteer
from alerts.web.app import WebSettings, create_app
from alerts.web.proxies import Forwarded, address_of, client_of
from alerts.web.serve import WebServer
from tests.notify.joining.world import World
from tests.web.archive import NOW
from tests.web.client import ask
from tests.web.joining import Pages

OURS = tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48")))
PROXY, ASKS = "10.0.0.2", "203.0.113.7"


def who(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.scheme} {request.client.host if request.client else '-'}")


def told(headers: dict[str, str], *, peer: str = PROXY, trusted: bool = True) -> str:
    middleware = [Middleware(Forwarded, trusted=OURS if trusted else ())]
    return ask(Starlette(routes=[Route("/", who)], middleware=middleware), "/", headers=headers, host=peer).text


@pytest.mark.parametrize(
    ("said", "client"),
    [
        (ASKS, ASKS),
        (f"198.51.100.1, {ASKS}", ASKS),  # the first is made up by who asks
        (f"198.51.100.1, {ASKS}, 10.0.0.9", ASKS),  # two proxies of ours
        (f"127.0.0.1, {ASKS}", ASKS),
        ("10.1.1.1, 10.0.0.9", "10.1.1.1"),  # all in our house
        (f"{ASKS}:4711", ASKS),
        ("[2001:db8:2::5]:4711", "2001:db8:2::5"),
        ("2001:db8:2::5, 2001:db8:1::9", "2001:db8:2::5"),
        (f"::ffff:{ASKS}", ASKS),
        ("", PROXY),
        ("unknown", PROXY),
        (f"{ASKS}, nonsense", PROXY),
        (f"{ASKS}, <script>, 10.0.0.9", "10.0.0.9"),
        ("1.2.3.4, " * 5000 + ASKS, ASKS),
    ],
)
def test_who_asks_is_the_rightmost_that_is_no_proxy_of_ours(said: str, client: str) -> None:
    assert told({"x-forwarded-for": said}) == f"http {client}"


def test_several_headers_are_one_list() -> None:
    assert str(client_of(ip_address(PROXY), ["198.51.100.1", f"{ASKS}, 10.0.0.9"], OURS)) == ASKS


def test_what_a_stranger_says_of_themselves_is_not_believed() -> None:
    forged = {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
    assert told(forged, peer=ASKS) == f"http {ASKS}"
    assert told(forged, trusted=False) == f"http {PROXY}"


@pytest.mark.parametrize(
    ("said", "scheme"),
    [("https", "https"), ("HTTPS", "https"), ("http, https", "https"), ("ftp", "http"), ("", "http")],
)
def test_the_scheme_is_the_one_that_the_proxy_says(said: str, scheme: str) -> None:
    assert told({"x-forwarded-for": ASKS, "x-forwarded-proto": said}) == f"{scheme} {ASKS}"


def test_what_is_no_address_is_none() -> None:
    assert [address_of(one) for one in ("", "_hidden", "1.2.3", "[::1", "localhost", "[]")].count(None) == 5


@pytest.mark.parametrize("trusted", [True, False])
def test_who_comes_through_a_proxy_is_never_on_this_machine_itself(engine: Engine, trusted: bool) -> None:
    settings = WebSettings(trusted_proxies=OURS if trusted else ())
    app = create_app(engine, settings, now=lambda: NOW)
    here = {"host": "127.0.0.1:8080"}
    assert ask(app, "/operations/feeds", headers=here).status == 200
    for said in (ASKS, "127.0.0.1", "unknown"):
        assert ask(app, "/operations/feeds", headers=here | {"x-forwarded-for": said}).status == 303
    assert ask(app, "/operations/feeds", headers=here, host=ASKS).status == 303


@pytest.mark.parametrize(("trusted", "written"), [(True, 6), (False, 8)])
def test_limits_count_who_asks_where_the_proxy_is_trusted(
    engine: Engine, gazetteer: Gazetteer, trusted: bool, written: int
) -> None:
    pages = Pages(World(engine=engine), gazetteer, {"trusted_proxies": OURS} if trusted else {})
    pages.world.limit(network=5)
    pages.open(pages.world.desk)
    for number in range(8):  # the last of another network
        last = "198.51.100.1" if number == 7 else ASKS
        answer = pages.send(
            "/subscribe",
            [("address", f"r{number}@example.org")],
            host=PROXY,
            x_forwarded_for=f"192.0.2.{number}, {last}",
        )
        assert answer.status == 200
    assert sum(bool(pages.world.letters(f"r{number}@example.org")) for number in range(8)) == written


async def test_it_works_through_the_real_server() -> None:
    app = Starlette(routes=[Route("/", who)], middleware=[Middleware(Forwarded, trusted=OURS)])
    server = WebServer(app, host="127.0.0.1", port=0)
    port = await server.start()
    headers = {"X-Forwarded-For": f"127.0.0.1, {ASKS}", "X-Forwarded-Proto": "https"}
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/", headers=headers) as answer:
        assert await answer.text() == f"https {ASKS}"
    await server.stop()
