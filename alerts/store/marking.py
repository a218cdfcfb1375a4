"""The statements by which rows of the outbox are marked (`store.outbox`), made once: marks are what sending asks of the
database most often."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, bindparam, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from alerts.store.schema import outbox

STATE: Final = outbox.c.state.concat("")
"""The state where rows are named: by the column itself SQLite looks at all rows of a state instead."""


@cache
def marking(names: tuple[str, ...]) -> ReturningUpdate[int]:
    """Mark the rows `ids` that are leased with `token` and in one of the states `before`: with `new_state` and with
    `new_...` for each of `names`; `new_attempts` is added. Returns the ids of those that were."""
    ids: BindParameter[Sequence[int]] = bindparam("ids", expanding=True)
    before: BindParameter[Sequence[str]] = bindparam("before", expanding=True)
    ours = outbox.c.id.in_(ids) & (outbox.c.lease_token == bindparam("token")) & STATE.in_(before)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("state", *names)}
    if "attempts" in values:
        values["attempts"] = outbox.c.attempts + bindparam("new_attempts")
    return update(outbox).where(outbox.c.id.in_(in_order(ours))).values(values).returning(outbox.c.id)


def in_order(which: ColumnElement[bool]) -> ScalarSelect[int]:
    """Rows to be changed, locked in the order of their ids: so that two who change some of the same wait for each
    other, and not crosswise."""
    return select(outbox.c.id).where(which).order_by(outbox.c.id).with_for_update().scalar_subquery()
