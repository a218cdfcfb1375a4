"""Who left, or whose mail came back, is not written to by mistake again."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from alerts.store import people, suppression
from alerts.store.database import writing
from alerts.store.suppression import Reason
from tests.store import mailed
from tests.store.values import HOUR, NOW


def test_nobody_is_suppressed_at_first_and_lifting_says_so(engine: Engine) -> None:
    with writing(engine) as conn:
        mark = people.mark_of(conn, "reader@example.org")
        assert suppression.is_suppressed(conn, mark) is None
        assert not suppression.lift(conn, mark)


def test_suppression_outlives_the_person(engine: Engine) -> None:
    with writing(engine) as conn:
        known = mailed.reader(conn, now=NOW)
        mark = people.mark_of(conn, "Reader@Example.org")
        assert suppression.suppress(conn, mark, "bounce", NOW, "5.1.1")
        people.remove_person(conn, known.id)
        assert suppression.is_suppressed(conn, people.mark_of(conn, "reader@example.org")) == "bounce"
        assert suppression.lift(conn, mark)
        assert suppression.is_suppressed(conn, mark) is None


def test_a_wish_outweighs_a_bounce_and_not_the_other_way_round(engine: Engine) -> None:
    with writing(engine) as conn:
        assert suppression.suppress(conn, "a" * 64, "bounce", NOW)
        assert not suppression.suppress(conn, "a" * 64, "bounce", NOW + HOUR)
        assert suppression.suppress(conn, "a" * 64, "complaint", NOW)
        assert not suppression.suppress(conn, "a" * 64, "bounce", NOW)
        assert suppression.suppress(conn, "a" * 64, "never", NOW)
        assert not suppression.suppress(conn, "a" * 64, "complaint", NOW)
        assert suppression.among(conn, ["a" * 64, "b" * 64]) == {"a" * 64: "never"}


def test_the_suppressed_of_a_time_are_counted_by_reason(engine: Engine) -> None:
    with writing(engine) as conn:
        suppression.suppress(conn, "a" * 64, "bounce", NOW - HOUR)
        suppression.suppress(conn, "b" * 64, "bounce", NOW)
        suppression.suppress(conn, "c" * 64, "complaint", NOW)
        assert suppression.count_since(conn, NOW - HOUR) == {"bounce": 1, "complaint": 1}


@pytest.mark.parametrize(
    ("reason", "by_mail", "may"),
    [
        (None, False, True),
        ("bounce", False, True),
        ("complaint", False, False),
        ("complaint", True, True),
        ("never", False, False),
        ("never", True, True),
    ],
)
def test_who_wants_no_mails_is_asked_for_a_yes_only_when_they_write_themselves(
    reason: Reason | None, by_mail: bool, may: bool
) -> None:
    assert suppression.may_ask(reason, by_mail=by_mail) == may
