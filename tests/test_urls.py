"""No user, password or token of an address is ever shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.urls import host_and_path, without_secrets


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://example.org/feed.xml", "example.org/feed.xml"),
        ("https://example.org/", "example.org"),
        ("http://user:secret@example.org:8080/feed/", "example.org:8080/feed"),
        ("https://example.org/feed?token=secret", "example.org/feed?..."),
        ("https://example.org/feed?token=secret#secret", "example.org/feed?..."),
        ("https://example.org/feed#secret", "example.org/feed"),
        ("https://example.org?secret", "example.org?..."),
        ("https://[2001:db8::1]:8080/a@b", "[2001:db8::1]:8080/a@b"),
        ("", ""),
    ],
)
def test_an_address_is_shown_as_host_and_path(url: str, wanted: str) -> None:
    assert host_and_path(url) == wanted


@given(
    st.sampled_from(["https://{0}:{0}@example.org/x", "https://example.org/x?a={0}", "http://{0}@h:1/?{0}#{0}"]),
    st.text("abcXYZ019%+-._~!$&'()*,;=", min_size=9),
)
def test_what_is_secret_is_not_in_it(form: str, secret: str) -> None:
    secret = f"QQ{secret}QQ"
    assert "QQ" not in host_and_path(form.format(secret))
    text = f"answered 503 at {form.format(secret)} twice"
    if not set(secret) & set("'"):  # which ends an address in a text
        assert "QQ" not in without_secrets(text)
        assert without_secrets(text).startswith("answered 503 at ") and without_secrets(text).endswith(" twice")


def test_the_words_around_an_address_stay() -> None:
    text = "https://u:p@example.org/a?b=c: answered 503 (moved to http://example.org/d?e, says it)."
    assert without_secrets(text) == "example.org/a?...: answered 503 (moved to example.org/d?..., says it)."
    assert without_secrets("nothing: here") == "nothing: here"
