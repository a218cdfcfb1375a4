from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.addresses import normal_address


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Desk@Example.org ", "Desk@example.org"),
        ("desk@office.local", "desk@office.local"),
        ("desk@ngo.internal", "desk@ngo.internal"),
        ("alerts@localhost", "alerts@localhost"),
        ("desk@bücher.org", "desk@bücher.org"),
    ],
)
def test_an_address_is_brought_into_one_form(written: str, normal: str) -> None:
    assert normal_address(written) == normal


@pytest.mark.parametrize(
    "written", ["", "desk", "@example.org", "desk@", "desk@@office.local", "a b@office.local", "desk@-.org"]
)
def test_what_is_no_address_is_refused_without_being_repeated(written: str) -> None:
    with pytest.raises(ValueError, match="is no mail address"):
        normal_address(written)


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        assert "@" in normal_address(text)
    except ValueError:
        pass
