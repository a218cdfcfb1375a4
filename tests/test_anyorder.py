"""Which queries get their rows in any order with `--any-order`."""

from __future__ import annotations

import pytest

from tests.anyorder import asks_for_no_order


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM feed",
        "SELECT id FROM (SELECT id FROM feed ORDER BY id) AS some",
        "SELECT name FROM meta WHERE name = 'order by (name'",
        "WITH n AS (SELECT 1) SELECT * FROM n",
        "SELECT id FROM feed FOR UPDATE",
    ],
)
def test_a_query_without_an_order_of_its_own_asks_for_none(query: str) -> None:
    assert asks_for_no_order(query)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM feed ORDER BY id",
        "SELECT id FROM feed WHERE host IN (SELECT host FROM feed) ORDER\nBY id LIMIT 1",
        "UPDATE feed SET host = 'a' RETURNING id",
        "WITH gone AS (DELETE FROM feed RETURNING id) SELECT id FROM gone",
        "SELECT pg_advisory_lock(1)",
        "PRAGMA foreign_keys = ON",
        "",
    ],
)
def test_what_asks_for_one_or_does_more_than_ask_is_left_as_it_is(statement: str) -> None:
    assert not asks_for_no_order(statement)
