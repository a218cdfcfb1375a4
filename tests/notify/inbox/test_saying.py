"""The log says what went wrong, and no address."""

from __future__ import annotations

from alerts.errors import StoreError
from alerts.notify.inbox.saying import said


def test_an_error_of_ours_is_told_in_its_words() -> None:
    assert said(StoreError("the disk is full")) == "the disk is full"


def test_of_another_only_its_kind_and_its_place_are_told() -> None:
    try:
        int("reader@example.org")
    except ValueError as error:
        assert said(error).startswith("ValueError in test_saying.py:")
    assert said(ValueError("reader@example.org")) == "ValueError"
