"""Whom a sentence cites, under one name each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.claims import cited_sources
from alerts.read.text import words


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Two camps were emptied, according to the United Nations.", ("united nations",)),
        ("The Syrian Observatory for Human Rights said six died.", ("syrian observatory for human rights",)),
        ("Six died, according to the Observatory.", ("syrian observatory for human rights",)),
        ("State television said the army had entered the town.", ("state television",)),
        ("State TV reported clashes.", ("state television",)),
        ("MAIDUGURI (Reuters) - Gunmen burned a clinic.", ("reuters",)),
        ("A medic told AFP that six died.", ("afp",)),
        ("The official SANA news agency reported shelling.", ("sana",)),
        ("The Ministry of Health said wards were full.", ("ministry of health",)),
        ("Residents said they had fled at dawn.", ()),
        ("President Ouattara said the army would act.", ()),
        ("He was told to leave the United Nations compound.", ()),
    ],
)
def test_organisations_are_cited_and_crowds_are_not(text: str, sources: tuple[str, ...]) -> None:
    assert cited_sources(words(text)) == sources


def test_a_source_named_twice_is_one() -> None:
    assert cited_sources(words("AFP said so, and a witness told AFP the same")) == ("afp",)


@given(st.text(max_size=120))
def test_no_text_raises(text: str) -> None:
    for name in cited_sources(words(text)):
        assert name
