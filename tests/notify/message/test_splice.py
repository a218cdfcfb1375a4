"""Texts that are encoded once say to each reader what they would if they were encoded for each."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.notify.message.splice import stencil
from alerts.render import slots
from tests.render.reader import filled

TEXTS = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\ufdd0\ufdd1"), max_size=120),
        st.sampled_from([slots.slot("reason"), slots.slot("link 7"), slots.slot("unknown"), "\n", " ", "=", "x" * 76]),
    ),
    max_size=12,
).map("".join)


def decoded(data: bytes) -> str:
    return quopri.decodestring(data).decode().replace("\r\n", "\n")


@given(text=TEXTS, reason=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=200))
@example(text="x" * 75 + slots.slot("reason") + "\n", reason="a")
@example(text="a\n" + slots.slot("reason"), reason="")
@example(text="\n" + slots.slot("reason"), reason="")
@example(text="é" * 30 + slots.slot("reason"), reason="")
@example(text=" " + slots.slot("reason") + " ", reason=" ")
def test_a_filled_text_reads_as_if_it_were_encoded_whole(text: str, reason: str) -> None:
    values = {"reason": reason, "link 7": "abc-123"}
    data = stencil(text).filled(values)
    assert decoded(data) == filled(text, values).removesuffix("\n") + "\n"
    assert all(len(line) <= 76 and not line.endswith((b" ", b"\t")) for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


@pytest.mark.parametrize("length", range(60, 90))
def test_no_line_is_too_long_wherever_a_slot_begins(length: int) -> None:
    for letter in "xé=":
        data = stencil(letter * length + slots.slot("reason") + "end").filled({"reason": "why"})
        assert all(len(line) <= 76 for line in data.split(b"\r\n"))
        assert decoded(data) == letter * length + "whyend\n"


def test_what_is_nobodys_own_is_encoded_once() -> None:
    text = "The same for all. " * 50 + slots.slot("reason")
    assert stencil(text) is stencil(text)
    first, second = (stencil(text).filled({"reason": reason}) for reason in ("one", "two"))
    assert first.replace(b"one", b"two") == second


def test_line_ends_are_those_of_mail() -> None:
    assert stencil("a\r\nb\rc\n").filled({}) == b"a\r\nb\r\nc\r\n"
    assert stencil("").filled({}) == b"\r\n"


def test_a_reader_cannot_be_given_a_slot_to_fill() -> None:
    assert b"secret" not in stencil(slots.slot("reason")).filled({"reason": slots.slot("link 7"), "link 7": "secret"})
