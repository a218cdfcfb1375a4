"""The courier's engine by itself: what it marked it gives account of, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from alerts.errors import MailError, StoreError
from alerts.notify.stream import Item, Settled, Stream
from alerts.notify.ways.verdict import Verdict
from tests.notify.world import START, mails, new_database, populate


async def test_when_the_database_fails_whatever_was_marked_has_a_result(tmp_path: Path) -> None:
    engine = new_database(tmp_path)
    populate(engine, readers=40, severity="minor")
    waiting = [Item(row=row, mail=MailError("none", reason="broken", permanent=False)) for row in mails(engine)]
    engine.dispose()
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

    stream = Stream(
        at_once=1,
        fetch=fetch,
        commit=commit,
        send=send,
        goes_on=lambda: True,
        stops=lambda: False,
        hang_up=lambda: None,
        unbegun=lambda: Verdict(state="unbegun", not_before=START),
    )
    left = await stream.run()
    assert failed and isinstance(stream.fault, StoreError)
    assert stored | {one.row.id for one in left} >= marked
    assert {one.row.id for one in left if one.verdict.state == "unbegun"} >= marked - begun
    assert not {one.row.id for one in left if one.verdict.state == "unbegun"} & begun
