"""The courier's engine by itself: what it marked it gives account of, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alerts.errors import MailError, StoreError
from alerts.notify.stream import Item, Settled, Stream
from alerts.notify.ways.verdict import Verdict
from tests.notify.world import START, mails, new_database, populate


async def test_a_mail_that_is_fetched_again_as_its_lease_ran_out_before_it_was_begun_is_sent_once(
    tmp_path: Path,
) -> None:
    items, marked, sent = _waiting(tmp_path, 8), set[int](), list[int]()
    again = list[int]()

    async def fetch(limit: int) -> list[Item]:
        found = [item for item in items if item.row.id not in marked][:limit]
        again.extend(item.row.id for item in found)
        return found

    async def commit(marks: Sequence[Item], results: Sequence[Settled]) -> set[int]:
        ours = {item.row.id for item in marks} - marked
        marked.update(ours)
        return ours

    async def send(item: Item) -> Verdict:
        sent.append(item.row.id)
        await asyncio.sleep(0.05)
        return Verdict(state="accepted", not_before=START)

    await _stream(at_once=2, fetch=fetch, commit=commit, send=send).run()
    assert len(again) > len(set(again))
    assert sorted(sent) == sorted(item.row.id for item in items)


async def test_when_the_database_fails_whatever_was_marked_has_a_result(tmp_path: Path) -> None:
    waiting = _waiting(tmp_path, 40)
    marked, begun, stored = set[int](), set[int](), set[int]()
    failed: list[int] = []

    async def fetch(_: int) -> list[Item]:
        found = waiting.copy()
        waiting.clear()
        return found

    async def commit(marks: Sequence[Item], results: Sequence[Settled]) -> set[int]:
        if results and len(marked - begun) >= 3:
            failed.append(len(marked - begun))
            raise StoreError("the disk is full")
        marked.update(item.row.id for item in marks)
        stored.update(one.row.id for one in results)
        return {item.row.id for item in marks}

    async def send(item: Item) -> Verdict:
        begun.add(item.row.id)
        await asyncio.sleep(0 if len(begun) < 8 else 0.005)  # at first so fast that many are marked at once
        return Verdict(state="accepted", not_before=START)

    stream = _stream(at_once=1, fetch=fetch, commit=commit, send=send)
    left = await stream.run()
    assert failed and isinstance(stream.fault, StoreError)
    assert stored | {one.row.id for one in left} >= marked
    assert {one.row.id for one in left if one.verdict.state == "unbegun"} >= marked - begun
    assert not {one.row.id for one in left if one.verdict.state == "unbegun"} & begun


def _waiting(folder: Path, number: int) -> list[Item]:
    """So many mails, each to a reader of its own."""
    engine = new_database(folder)
    populate(engine, readers=number, severity="minor")
    found = [Item(row=row, mail=MailError("none", reason="broken", permanent=False)) for row in mails(engine)]
    engine.dispose()
    return found


def _stream(**parts: Any) -> Stream:
    """One that sends until nothing is due."""
    return Stream(
        goes_on=lambda: True,
        stops=lambda: False,
        hang_up=lambda: None,
        unbegun=lambda: Verdict(state="unbegun", not_before=START),
        **parts,
    )
