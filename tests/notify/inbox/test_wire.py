"""A mail is taken apart whatever its state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.inbox.wire import fields, readable, taken_apart, walk


def test_fields_are_found_whatever_their_capitals_and_folds() -> None:
    found = fields("Subject: one\n  two\nno field\nSUBJECT:three\nX :  y\n")
    assert found.all("subject") == ["one two", "three"]
    assert (found.get("x"), found.get("z"), "X" in found, "x" in found) == ("y", "", False, True)


def test_parts_in_parts_come_in_their_order() -> None:
    mail = (
        b"Content-Type: multipart/mixed; boundary=a\n\nbefore\n--a\n\nfirst\n--a \n"
        b"Content-Type: multipart/alternative;\n boundary='b'\n\n--'b'\n\nsecond\n--'b'--\nnot this\n"
        b"--a\nContent-Type: message/rfc822\n\nSubject: x\n\nthird\n--a--\nafter"
    )
    texts = [part.text() for part in walk(taken_apart(mail)) if part.type == "text/plain"]
    assert texts == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("base64", b"w6k=", "é"),
        ("BASE64", b"w6\r\nk", "é"),
        ("base64", b"w", "w"),
        ("quoted-printable", b"=C3=A9=\r\n!", "é!"),
        ("7bit", b"\xc3\xa9", "é"),
        ("", b"\xe9", "é"),
    ],
)
def test_a_body_is_decoded_or_stays_as_it_is(encoding: str, body: bytes, text: str) -> None:
    assert taken_apart(b"Content-Transfer-Encoding: " + encoding.encode() + b"\n\n" + body).text() == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?d=C3=A9sabonner?=", "désabonner"),
        ("=?utf-8?b?0YHRgtC+0L8=?= now", "стоп now"),
        ("=?nonsense?q?x?=", "=?nonsense?q?x?="),
        ("=?utf-8?b?x?=", "=?utf-8?b?x?="),
        ("plain", "plain"),
    ],
)
def test_a_subject_is_read_or_stays_as_it_is(value: str, text: str) -> None:
    assert readable(value) == text


@given(st.text(max_size=200))
def test_no_subject_is_a_surprise(value: str) -> None:
    readable(value)
    readable(f"=?utf-8?b?{value}?= =?{value}?q?=?=")
