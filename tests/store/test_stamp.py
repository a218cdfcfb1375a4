"""The stamp says of any change of an alert that there was one, as soon as it is committed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from alerts.store import alerts, stamp
from alerts.store.database import reading, writing
from tests.store import values


def _stamp(engine: Engine) -> str:
    with reading(engine) as conn:
        return stamp.read(conn)


def test_each_change_of_an_alert_is_seen_and_nothing_else(engine: Engine) -> None:
    seen = [_stamp(engine)]
    with writing(engine) as conn:
        saved = alerts.save_alert(conn, values.alert(), title="One", summary="")
    seen.append(_stamp(engine))
    with writing(engine) as conn:
        alerts.save_alert(conn, saved, title="One", summary="more")
    seen.append(_stamp(engine))
    with writing(engine) as conn:
        alerts.save_state(conn, replace(saved, state="ended"))
    seen.append(_stamp(engine))
    assert len(set(seen)) == len(seen)
    with writing(engine) as conn:
        values.add_articles(conn, "one")
    assert _stamp(engine) == seen[-1]


def test_a_change_is_not_seen_before_it_is_committed_nor_when_it_is_undone(engine: Engine) -> None:
    before = _stamp(engine)
    with pytest.raises(ZeroDivisionError), writing(engine) as conn:
        alerts.save_alert(conn, values.alert(), title="One", summary="")
        assert stamp.read(conn) != before
        assert _stamp(engine) == before
        raise ZeroDivisionError
    assert _stamp(engine) == before
