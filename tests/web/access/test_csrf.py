"""The token of forms: another one in each answer, and good for one cookie."""

from __future__ import annotations

import pytest

from alerts.web.access import csrf


def test_it_is_another_one_each_time_and_all_of_them_are_good() -> None:
    made = [csrf.token("secret") for _ in range(20)]
    assert len(set(made)) == len({one[:32] for one in made}) == len({one[32:] for one in made}) == 20
    assert all(csrf.same(one, made[0]) for one in made)


@pytest.mark.parametrize("given", ["", "x", "é", "0" * 64, "0" * 32, "0" * 66])
def test_what_was_not_made_for_the_cookie_is_not_good(given: str) -> None:
    known = csrf.token("secret")
    assert not csrf.same(given, known) and not csrf.same(known[:-2], known) and not csrf.same(given, "")
    assert not csrf.same(csrf.token("other"), known)


def test_who_has_no_cookie_has_no_token() -> None:
    assert not csrf.same("", "")
