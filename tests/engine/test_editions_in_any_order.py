"""In whatever order people edit at three machines, machines start, stop and are cut off: those that can read go by the
same edition, and what somebody wrote is in an edition, or where they wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from alerts.engine import ownfolders
from alerts.engine.edition_files import EditionFiles, Known
from alerts.engine.lab import filing
from alerts.errors import AlertsError
from alerts.store import editions
from alerts.store.database import open_database, open_scratch, reading, writing
from tests.engine.machines import Machine

FILES = ("my-rules/a.toml", "my-rules/b.toml", "my-rules/lexicon/a.toml", "my-templates/mail/alert.txt")
UNREACHABLE = open_database("postgresql+psycopg://alerts@127.0.0.1:9/nowhere")
_numbers = count(1)

DONE = ("edit", "edit", "edit", "roll out", "remove", "restart", "cut", "heal", "break off", "pull", "publish")
steps = st.lists(
    st.tuples(
        st.sampled_from(("look", "look", "look", *DONE)),
        st.integers(0, 2),
        st.sampled_from(FILES),
        st.integers(0, 3),
    ),
    max_size=20,
)


class _BrokenOff(BaseException):
    """The process ends in the middle of bringing its folders to what is in force."""


def play(machines: list[Machine], shared: Engine, what: str, one: Machine, file: str, number: int) -> None:
    if what == "edit":
        one.write(file, f"# {'x' * next(_numbers)}\n")
    elif what == "roll out":
        text = f"# {'y' * next(_numbers)}\n"
        for machine in machines[number % 3 :]:
            machine.write(file, text)
    elif what == "remove":
        (one.home / file).unlink(missing_ok=True)
    elif what == "look":
        for _ in range(number):
            one.editions._look()
    elif what == "restart":
        one.restart()
        one.editions.prepare()
    elif what == "cut":
        one.editions.engine = UNREACHABLE
    elif what == "heal":
        one.editions.engine = shared
    elif what == "break off":
        break_off(one, number)
    elif what == "pull":
        one.editions.pull()
    elif what == "publish":
        one.editions.publish(one.name)


def break_off(one: Machine, after: int) -> None:
    """Look, and end when so many files have been written; or just before it is kept what the folders are of."""
    left = [after]

    def put(path: Path, content: bytes, **more: Any) -> None:
        if not left[0]:
            raise _BrokenOff
        left[0] -= 1
        whole(path, content, **more)

    def remember(files: EditionFiles, known: Known) -> None:
        raise _BrokenOff

    whole = filing.put_whole
    with pytest.MonkeyPatch.context() as patch, suppress(_BrokenOff):
        if after == 3:
            patch.setattr(EditionFiles, "remember", remember)
        else:
            patch.setattr(ownfolders, "put_whole", put)
        one.tick()
    one.restart()


def written(machines: list[Machine], shared: Engine) -> set[tuple[str, str]]:
    """All that is in a folder of an operator's or in an edition."""
    with reading(shared) as conn:
        found = {text.decode() for edition in editions.kept(conn) for text in edition.files.values()}
    everywhere = {("", text) for text in found}
    return everywhere | {(one.name, text) for one in machines for text in {*found, *one.own.values()}}


def check(shared: Engine, folder: Path, done: list[tuple[str, int, str, int]]) -> None:
    machines = [Machine(shared, folder, name) for name in ("alpha", "beta", "gamma")]
    for what, who, file, number in done:
        before = written(machines, shared)
        with suppress(AlertsError):
            play(machines, shared, what, machines[who], file, number)
        if what not in ("edit", "roll out", "remove"):
            assert before <= written(machines, shared)
    for one in machines:
        one.editions.engine = shared
        with suppress(AlertsError):
            one.editions.prepare()
    for one in machines * 3:
        one.tick()
    with reading(shared) as conn:
        force = next(editions.kept(conn), None)
    for one in machines:
        assert one.goes_by == machines[0].goes_by
        files = {path.replace("my-rules/", "rules/0/").replace("my-", ""): text for path, text in one.own.items()}
        files = {path: text for path, text in files.items() if ".before" not in path}
        same = force is None or files == {path: text.decode() for path, text in force.files.items()}
        assert same != bool(one.trouble), one.trouble


@pytest.fixture(scope="module")
def scratch() -> Iterator[Engine]:
    engine = open_scratch()
    yield engine
    engine.dispose()


def run(scratch: Engine, done: list[tuple[str, int, str, int]]) -> None:
    with writing(scratch) as conn:
        conn.exec_driver_sql("DELETE FROM edition")
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        check(scratch, Path(folder), done)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=steps)
def test_no_edit_is_lost_and_all_go_by_the_same(scratch: Engine, done: list[tuple[str, int, str, int]]) -> None:
    run(scratch, done)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(done=steps)
def test_nor_in_many_other_orders(scratch: Engine, done: list[tuple[str, int, str, int]]) -> None:
    run(scratch, done)
