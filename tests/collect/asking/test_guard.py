from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from alerts.collect.asking import guard
from alerts.collect.asking.fetch import Fetcher
from alerts.collect.settings import CollectSettings
from alerts.errors import FetchError, ForbiddenAddress
from tests.fakes.feeds import FeedServer, rss, story

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
INSIDE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:192.168.1.1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert guard.is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_lead_inside_are_refused(address: str) -> None:
    assert not guard.is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_in_its_mapped_forms(address: object) -> None:
    public = guard.is_public(str(address))
    assert guard.is_public(f"::ffff:{address}") == public
    assert guard.is_public(f"64:ff9b::{address}") == public


@pytest.mark.parametrize("network", ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "100.64.0.0/10"])
def test_nothing_of_a_private_network_is_public(network: str) -> None:
    @given(st.ip_addresses(network=network))
    def check(address: object) -> None:
        assert not guard.is_public(str(address))

    check()


def test_an_entry_with_a_port_allows_that_port_only() -> None:
    allowed = guard.allowed(["intranet.example:8080"], [80, 443])
    assert allowed.host(URL("http://intranet.example:8080/feed"))
    assert allowed.port(URL("http://intranet.example:8080/feed"))
    assert not allowed.host(URL("http://intranet.example/feed"))
    assert not allowed.port(URL("http://intranet.example:6379/"))


def test_an_entry_without_a_port_allows_the_usual_ports() -> None:
    allowed = guard.allowed(["Intranet.Example.", "10.0.0.5"], [80, 443])
    assert allowed.host(URL("https://intranet.example/feed"))
    assert allowed.host(URL("http://10.0.0.5/feed"))
    assert not allowed.port(URL("http://10.0.0.5:6379/"))


def test_addresses_of_version_6_can_be_allowed() -> None:
    allowed = guard.allowed(["[::1]:8080", "fd00::0:1"], [80])
    assert allowed.host(URL("http://[::1]:8080/"))
    assert allowed.host(URL("http://[fd00::1]/"))


@pytest.mark.parametrize("entry", ["", "host:", "host:0", "host:http", "host:99999", ":80"])
def test_an_entry_that_is_no_host_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a host nor host:port"):
        guard.allowed([entry], [])


def _strict(server: FeedServer) -> CollectSettings:
    """Settings that open the server's port, but no private host."""
    return CollectSettings(allow_ports=(80, 443, server.port), total_timeout=5.0)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "127.0.0.1.",
        "user:pass@127.0.0.1",
    ],
)
async def test_no_way_of_writing_loopback_gets_through(server: FeedServer, host: str) -> None:
    server.serve(rss(story()), "/")
    async with Fetcher(_strict(server)) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"http://{host}:{server.port}/")
    assert caught.value.reason in {"forbidden_address", "dns", "bad_url"}
    assert server.asked == []


async def test_a_refusal_names_the_url_the_address_and_the_way_out(server: FeedServer) -> None:
    async with Fetcher(_strict(server)) as fetcher:
        with pytest.raises(ForbiddenAddress) as caught:
            await fetcher.get(f"http://localhost:{server.port}/feed")
    text = str(caught.value)
    assert text.startswith(f"http://localhost:{server.port}/feed: localhost is not on the public internet (")
    assert "127.0.0.1" in text
    assert f'add "localhost:{server.port}" to collect.allow_hosts' in text


async def test_a_redirect_to_a_private_address_is_refused(server: FeedServer) -> None:
    url = server.redirect(f"http://localhost:{server.port}/secret")
    settings = CollectSettings(allow_hosts=(server.address,), allow_ports=(server.port,))
    async with Fetcher(settings) as fetcher:
        with pytest.raises(ForbiddenAddress, match="localhost is not on the public internet"):
            await fetcher.get(url)
    assert [asked.path for asked in server.asked] == ["/feed"]


async def test_a_redirect_to_a_port_nobody_allowed_is_refused(server: FeedServer) -> None:
    url = server.redirect("http://127.0.0.1:6379/")
    async with Fetcher(CollectSettings(allow_hosts=(server.address,))) as fetcher:
        with pytest.raises(FetchError, match="port 6379 is not allowed") as caught:
            await fetcher.get(url)
    assert caught.value.reason == "bad_url"
    assert caught.value.url == url


async def test_a_public_feed_cannot_lead_to_an_allowed_private_host(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even over a connection that the private feed's own poll has left open."""
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.2")
    private = server.serve(rss(story()), "/private")
    async with FeedServer(host="127.0.0.2") as outside:
        settings = CollectSettings(allow_hosts=(server.address,), allow_ports=(outside.port,))
        async with Fetcher(settings) as fetcher:
            assert (await fetcher.get(private)).status == 200
            with pytest.raises(ForbiddenAddress):
                await fetcher.get(outside.redirect(private))
    assert len(server.asked) == 1


async def test_a_proxy_of_the_environment_is_not_used(
    server: FeedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert (await fetcher.get(server.serve(rss(story())))).status == 200
