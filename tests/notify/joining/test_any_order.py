"""In whatever order people and strangers press, ask and wait: who did not say yes last gets nothing, and nobody is
asked more than once a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from alerts.errors import InputError
from alerts.notify.joining import preferences, signup
from alerts.notify.joining.desk import Desk
from alerts.notify.joining.limits import Limits
from alerts.notify.message import passes
from alerts.notify.message.passes import Purpose
from alerts.store.schema import outbox
from tests.notify.joining.world import SECRET, World

NAMES = ("ana", "ben", "cleo")
PURPOSES: dict[str, Purpose] = {"confirm": "confirm", "leave": "unsubscribe", "erase": "preferences"}
_numbers = count()

steps = st.lists(
    st.tuples(
        st.sampled_from(("ask", "ask", "confirm", "confirm", "leave", "erase", "upkeep")),
        st.sampled_from(NAMES),
        st.integers(0, 5),
        st.sampled_from((0.0, 0.0, 1.0, 25.0, 49.0)),
    ),
    max_size=14,
)


@dataclass(slots=True)
class Reader:
    """Somebody who keeps every mail. `willing`: their last word was yes."""

    address: str
    links: dict[Purpose, list[str]] = field(default_factory=dict)
    asked: list[datetime] = field(default_factory=list)
    willing: bool = False


def play(world: World, readers: dict[str, Reader], what: str, name: str, number: int) -> None:
    who = readers[name]
    if what == "ask":
        world.ask(who.address)
    elif what == "upkeep":
        with world.writing() as conn:
            signup.upkeep(conn, world.now)
    elif links := who.links.get(PURPOSES[what]):
        press(world, who, what, links[number % len(links)])
    for reader in readers.values():
        deliver(world, reader)
        person = world.person(reader.address)
        assert (person is not None and person.active) == reader.willing


def press(world: World, who: Reader, what: str, token: str) -> None:
    """An old link may be refused; one that is taken is the reader's last word."""
    try:
        if what == "confirm":
            world.confirm(token)
            who.willing = True
        elif what == "leave":
            erased = world.leave(token).erased
            who.willing = who.willing and erased
        else:
            with world.writing() as conn:
                preferences.erase(world.desk, conn, token, world.now, never_again=False)
            who.willing = False
    except InputError:
        assert what != "leave"


def deliver(world: World, who: Reader) -> None:
    """All that was written goes out, and is read."""
    person = world.person(who.address)
    if person is None:
        return
    with world.writing() as conn:
        waiting = (outbox.c.person_id == person.id) & (outbox.c.state == "queued")
        kinds = conn.execute(select(outbox.c.letter).where(waiting)).scalars().all()
        conn.execute(update(outbox).where(waiting).values(state="accepted", finished=world.now))
    for kind in kinds:
        who.asked += [world.now] if kind == "confirm" else []
        for purpose in PURPOSES.values():
            series = 0 if purpose == "unsubscribe" else person.series
            token = passes.make(SECRET, purpose, person.id, series=series, now=world.now)
            who.links.setdefault(purpose, []).append(token)


def check(engine: Engine, done: list[tuple[str, str, int, float]]) -> None:
    limits = Limits(in_all=10**6)
    desk = Desk(secret=SECRET, domain="alerts.example", base_url="https://alerts.example", limits=limits)
    world = World(engine=engine, desk=desk)
    readers = {name: Reader(f"{name}-{next(_numbers)}@example.org") for name in NAMES}
    for what, name, number, hours in done:
        world.wait(hours=hours)
        play(world, readers, what, name, number)
    for reader in readers.values():
        assert all(later - earlier >= timedelta(days=1) for earlier, later in pairwise(reader.asked))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_in_any_order_the_last_word_holds_and_nobody_is_asked_twice_a_day(
    sqlite_engine: Engine, done: list[tuple[str, str, int, float]]
) -> None:
    check(sqlite_engine, done)


@pytest.mark.soak
@pytest.mark.timeout(600)
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_in_any_of_five_hundred_orders_too(sqlite_engine: Engine, done: list[tuple[str, str, int, float]]) -> None:
    check(sqlite_engine, done)


def test_the_players_get_as_far_as_a_yes_and_a_farewell(sqlite_engine: Engine) -> None:
    """The test above can fail: its steps do what they are called."""
    world = World(engine=sqlite_engine)
    ana = Reader("ana@example.org")
    willing = []
    for what in ("ask", "confirm", "confirm", "leave", "confirm"):
        play(world, {"ana": ana}, what, "ana", 0)
        willing.append(ana.willing)
    assert willing == [False, True, True, False, False] and len(ana.asked) == 1
