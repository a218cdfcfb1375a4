"""A host is asked by one at a time, with a gap between."""

from __future__ import annotations

import asyncio

from alerts.collect.asking.turns import Turns


async def ask(turns: Turns, host: str, log: list[tuple[str, float]], *, takes: float = 0.0) -> None:
    async with turns.turn(host):
        log.append((f"begin {host}", asyncio.get_running_loop().time()))
        await asyncio.sleep(takes)
        log.append((f"end {host}", asyncio.get_running_loop().time()))


async def test_a_host_has_one_turn_at_a_time_with_a_gap_after_it() -> None:
    turns, log = Turns(0.05), list[tuple[str, float]]()
    await asyncio.gather(*(ask(turns, "a.example", log, takes=0.01) for _ in range(3)))
    assert [what for what, _ in log] == ["begin a.example", "end a.example"] * 3
    for (_, end), (_, begin) in zip(log[1::2], log[2::2], strict=False):
        assert begin - end >= 0.049


async def test_hosts_do_not_wait_for_each_other() -> None:
    turns, log = Turns(10.0), list[tuple[str, float]]()
    async with asyncio.timeout(9):
        await asyncio.gather(*(ask(turns, f"{name}.example", log, takes=0.05) for name in "abc"))
    assert [what.split()[0] for what, _ in log] == ["begin"] * 3 + ["end"] * 3


async def test_a_turn_that_broke_off_lets_the_next_one_go() -> None:
    turns, log = Turns(0.0), list[tuple[str, float]]()
    begun = asyncio.create_task(ask(turns, "a.example", log, takes=60))
    waiting = asyncio.create_task(ask(turns, "a.example", log))
    await asyncio.sleep(0.01)
    begun.cancel()
    await asyncio.wait_for(waiting, 30)
    assert [what.split()[0] for what, _ in log] == ["begin", "begin", "end"]


async def test_hosts_that_nobody_asks_are_forgotten() -> None:
    turns, log = Turns(0.02), list[tuple[str, float]]()
    await asyncio.gather(*(ask(turns, f"{number}.example", log) for number in range(50)))
    await asyncio.sleep(0.2)
    assert turns._hosts == {}
