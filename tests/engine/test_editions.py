"""What is changed on one machine reaches all, and nothing of an operator's is lost on the way."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.errors import Fault, Faults, InputError
from alerts.store import editions
from alerts.store.database import open_scratch, reading, writing
from tests.engine.machines import NOW, Machine, rule


@pytest.fixture(scope="module")
def made() -> Iterator[Engine]:
    engine = open_scratch()
    yield engine
    engine.dispose()


@pytest.fixture
def shared(made: Engine) -> Engine:
    """A database without editions."""
    with writing(made) as conn:
        conn.exec_driver_sql("DELETE FROM edition")
        conn.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'edition'")
    return made


@pytest.fixture
def shared_postgres(migrated_postgres: Engine) -> Engine:
    with writing(migrated_postgres) as conn:
        conn.exec_driver_sql("TRUNCATE edition RESTART IDENTITY")
    return migrated_postgres


@pytest.fixture
def alpha(shared: Engine, tmp_path: Path) -> Machine:
    return Machine(shared, tmp_path, "alpha").write("my-rules/siege.toml", rule("siege")).start()


@pytest.fixture
def beta(shared: Engine, tmp_path: Path, alpha: Machine) -> Machine:
    return Machine(shared, tmp_path, "beta").start()


def head(engine: Engine) -> editions.Head | None:
    with reading(engine) as conn:
        return editions.head(conn)


def number(engine: Engine) -> int:
    found = head(engine)
    return found.number if found else 0


def test_the_first_machine_publishes_and_the_next_is_filled(alpha: Machine, beta: Machine, shared: Engine) -> None:
    assert number(shared) == 1
    assert alpha.goes_by == beta.goes_by == {"rules/siege.toml": rule("siege")}
    assert beta.own == alpha.own
    assert not alpha.trouble and not beta.trouble


def test_machines_without_files_publish_nothing_and_go_by_what_comes(shared: Engine, tmp_path: Path) -> None:
    worker = Machine(shared, tmp_path, "worker").start()
    assert worker.goes_by == {} and head(shared) is None and not worker.trouble
    Machine(shared, tmp_path, "alpha").write("my-rules/siege.toml", rule("siege")).start()
    assert worker.tick() and worker.goes_by == {"rules/siege.toml": rule("siege")}


def test_a_change_reaches_all_whoever_makes_it(alpha: Machine, beta: Machine, shared: Engine) -> None:
    beta.write("my-rules/flood.toml", rule("flood")).write("my-rules/lexicon/town.toml", "town")
    beta.write("my-templates/mail/fr/alert.txt", "Alerte")
    assert beta.tick() and alpha.tick()
    assert (
        alpha.goes_by
        == beta.goes_by
        == {
            "rules/siege.toml": rule("siege"),
            "rules/flood.toml": rule("flood"),
            "rules/lexicon/town.toml": "town",
            "templates/mail/fr/alert.txt": "Alerte",
        }
    )
    assert alpha.own == beta.own
    (alpha.rules / "siege.toml").unlink()
    assert alpha.tick() and beta.tick()
    assert not (beta.rules / "siege.toml").exists() and "rules/siege.toml" not in beta.goes_by
    found = head(shared)
    assert found is not None and (found.number, found.by) == (3, "alpha")


def test_a_language_that_was_taken_away_leaves_no_folder_on_other_machines(alpha: Machine, beta: Machine) -> None:
    alpha.write("my-templates/mail/fr/alert.txt", "Alerte").write("my-templates/mail/alert.txt", "Alert").tick()
    beta.tick()
    shutil.rmtree(alpha.home / "my-templates/mail/fr")
    alpha.tick()
    beta.tick()
    assert beta.own == alpha.own and not (beta.home / "my-templates/mail/fr").exists()


def test_a_file_that_is_being_written_is_left_alone(alpha: Machine, shared: Engine) -> None:
    alpha.write("my-rules/siege.toml", "")
    assert not alpha.editions._look() and number(shared) == 1
    alpha.write("my-rules/siege.toml", rule("siege at last"))
    assert not alpha.editions._look() and number(shared) == 1
    assert alpha.editions._look() and alpha.goes_by["rules/siege.toml"] == rule("siege at last")


def test_the_same_files_rolled_out_one_after_the_other_are_one_edition(
    alpha: Machine, beta: Machine, shared: Engine
) -> None:
    alpha.write("my-rules/siege.toml", rule("rolled out")).tick()
    beta.write("my-rules/siege.toml", rule("rolled out")).tick()
    alpha.tick()
    assert number(shared) == 2 and not alpha.trouble and not beta.trouble
    beta.write("my-rules/siege.toml", rule("next")).tick()
    assert number(shared) == 3


def test_changed_at_two_machines_one_is_in_force_and_the_other_says_so(
    alpha: Machine, beta: Machine, shared: Engine
) -> None:
    alpha.write("my-rules/siege.toml", rule("alpha's"))
    beta.write("my-rules/siege.toml", rule("beta's")).write("my-rules/new.toml", rule("new"))
    alpha.tick()
    beta.tick()
    assert beta.own["my-rules/siege.toml"] == rule("beta's")
    assert alpha.goes_by == beta.goes_by == {"rules/siege.toml": rule("alpha's")}
    for word in ("edition 2 by alpha", str(beta.rules / "siege.toml"), "new.toml", "rules pull", "rules publish"):
        assert word in beta.trouble
    assert not alpha.trouble and number(shared) == 2
    beta.restart()
    beta.start()
    assert "rules pull" in beta.trouble and beta.own["my-rules/siege.toml"] == rule("beta's")


def test_pull_brings_what_is_in_force_and_keeps_what_was_there(alpha: Machine, beta: Machine) -> None:
    for text in ("beta's", "beta's second"):
        alpha.write("my-rules/siege.toml", rule(f"over {text}"))
        beta.write("my-rules/siege.toml", rule(text))
        alpha.tick()
        beta.tick()
        assert beta.editions.pull()[1] == [beta.rules / f"siege.toml.before{'-2' if 'second' in text else ''}"]
        beta.tick()
        assert not beta.trouble
    assert beta.own == {
        "my-rules/siege.toml": rule("over beta's second"),
        "my-rules/siege.toml.before": rule("beta's"),
        "my-rules/siege.toml.before-2": rule("beta's second"),
    }
    assert beta.goes_by == alpha.goes_by == {"rules/siege.toml": rule("over beta's second")}


def test_publish_puts_what_stands_there_in_force(alpha: Machine, beta: Machine, shared: Engine) -> None:
    alpha.write("my-rules/siege.toml", rule("alpha's")).tick()
    beta.write("my-rules/siege.toml", rule("beta's")).tick()
    assert beta.editions.publish("beta (kim)") == (3, True)
    assert beta.editions.publish("beta (kim)") == (3, False)
    assert beta.tick() and alpha.tick()
    assert alpha.own == beta.own == {"my-rules/siege.toml": rule("beta's")}
    assert not alpha.trouble and not beta.trouble
    found = head(shared)
    assert found is not None and found.by == "beta (kim)"


def test_a_machine_whose_first_files_are_others_goes_by_the_database(
    alpha: Machine, shared: Engine, tmp_path: Path
) -> None:
    other = Machine(shared, tmp_path, "other").write("my-rules/other.toml", rule("other")).start()
    assert other.goes_by == alpha.goes_by and other.own == {"my-rules/other.toml": rule("other")}
    assert "rules pull" in other.trouble


def test_a_machine_that_forgot_everything_knows_an_earlier_edition_again(alpha: Machine, beta: Machine) -> None:
    alpha.write("my-rules/siege.toml", rule("second")).tick()
    shutil.rmtree(beta.home / "data")
    beta.restart()
    beta.start()
    assert beta.own == alpha.own and not beta.trouble


def test_a_disk_that_is_not_there_takes_no_rule_out_of_force(alpha: Machine, beta: Machine, shared: Engine) -> None:
    shutil.rmtree(alpha.rules)
    alpha.tick()
    assert "there is no such folder" in alpha.trouble and number(shared) == 1
    alpha.rules.mkdir()  # where it was to be mounted
    alpha.tick()
    assert "no file is left" in alpha.trouble and number(shared) == 1
    assert alpha.goes_by == beta.goes_by == {"rules/siege.toml": rule("siege")}
    beta.write("my-rules/flood.toml", rule("flood")).tick()
    assert alpha.tick() and alpha.goes_by == beta.goes_by and alpha.own == {}
    alpha.editions.pull()
    alpha.tick()
    assert alpha.own == beta.own and not alpha.trouble


def test_folders_that_may_not_be_written_to_are_told_and_the_machine_goes_on(
    alpha: Machine, beta: Machine, shared: Engine
) -> None:
    os.rename(beta.rules / "siege.toml", beta.rules / ".siege")
    (beta.rules / "siege.toml").symlink_to(".siege")  # nobody's file is written over through a link
    beta.tick()
    alpha.write("my-rules/siege.toml", rule("second")).tick()
    assert beta.tick() and beta.goes_by == alpha.goes_by
    assert "is a link to another file" in beta.trouble and beta.own["my-rules/siege.toml"] == rule("siege")
    (beta.rules / ".siege").write_text(rule("second"))  # as whoever may write there brings it
    beta.tick()
    assert not beta.trouble and number(shared) == 2


def test_a_folder_of_another_user_is_left_as_it_is(
    alpha: Machine, beta: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha.write("my-rules/siege.toml", rule("second")).write("my-templates/mail/alert.txt", "Alert").tick()
    before, known = beta.own, beta.editions.files.known()
    with monkeypatch.context() as patch:
        patch.setattr("os.access", lambda path, mode: str(path) != str(beta.rules))
        assert beta.tick() and beta.goes_by == alpha.goes_by
    assert beta.own == before and beta.editions.files.known() == known
    assert f"{beta.rules} may not be written to by this user" in beta.trouble
    beta.tick()
    assert beta.own == alpha.own and not beta.trouble


def test_folders_that_a_machine_does_not_have_stay_as_others_have_them(
    alpha: Machine, shared: Engine, tmp_path: Path
) -> None:
    alpha.write("my-templates/mail/alert.txt", "Alert").tick()
    plain = Machine(shared, tmp_path, "plain", templates=False).start()
    assert plain.goes_by == alpha.goes_by
    plain.write("my-rules/flood.toml", rule("flood")).tick()
    alpha.tick()
    assert alpha.own["my-templates/mail/alert.txt"] == "Alert" and alpha.own["my-rules/flood.toml"] == rule("flood")


def test_a_database_brought_back_from_a_backup_does_not_undo_what_came_since(alpha: Machine, shared: Engine) -> None:
    alpha.write("my-rules/siege.toml", rule("second")).tick()
    with writing(shared) as conn:
        conn.exec_driver_sql("DELETE FROM edition WHERE number = 2")
    assert alpha.tick() and alpha.goes_by == {"rules/siege.toml": rule("siege")}
    assert alpha.own == {"my-rules/siege.toml": rule("second")} and "rules publish" in alpha.trouble
    with writing(shared) as conn:  # what another machine makes of it has the number of what is forgotten
        conn.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'edition'")
        editions.put(conn, {"rules/0/siege.toml": b"third"}, by="gamma", now=NOW, over=1)
        editions.put(conn, {"rules/0/siege.toml": b"fourth"}, by="gamma", now=NOW, over=2)
    assert alpha.tick() and number(shared) == 3
    assert alpha.own == {"my-rules/siege.toml": rule("second")} and "rules publish" in alpha.trouble


def test_what_has_no_text_travels_too(alpha: Machine, beta: Machine) -> None:
    for name, content in (("my-templates/static/logo.png", b"\x89PNG\0\xff"), ("my-rules/latin.toml", b"caf\xe9")):
        (alpha.home / name).parent.mkdir(exist_ok=True)
        (alpha.home / name).write_bytes(content)
    alpha.tick()
    beta.tick()
    assert (beta.home / "my-templates/static/logo.png").read_bytes() == b"\x89PNG\0\xff"
    assert (beta.editions.files.rules / "latin.toml").read_bytes() == b"caf\xe9"


def test_a_broken_template_is_told_with_its_line(alpha: Machine, beta: Machine) -> None:
    alpha.write("my-templates/mail/alert.txt", "one\n{{ tite }}\n").tick()
    beta.tick()
    for machine in (alpha, beta):
        assert "templates/mail/alert.txt:2: error: there is no 'tite' here; did you mean 'title'?" in machine.trouble
    alpha.restart()
    assert "'tite'" in alpha.start().trouble  # though nothing is new to it
    beta.write("my-templates/mail/alert.txt", "{{ title }}\n").tick()
    alpha.tick()
    assert not alpha.trouble and not beta.trouble


def test_the_editor_waits_for_what_is_on_its_way(alpha: Machine, beta: Machine) -> None:
    assert beta.editions.barred() == ""
    alpha.write("my-rules/siege.toml", rule("second")).tick()
    assert "edition 2 by alpha is on its way" in beta.editions.barred()
    beta.tick()
    assert beta.editions.barred() == ""
    beta.write("my-rules/siege.toml", rule("beta's"))
    alpha.write("my-rules/siege.toml", rule("third")).tick()
    beta.tick()
    assert "rules pull" in beta.editions.barred()


def test_a_disk_that_is_full_leaves_the_earlier_edition_in_force(
    alpha: Machine, beta: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha.write("my-rules/siege.toml", rule("second")).tick()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert not beta.tick() and beta.goes_by == {"rules/siege.toml": rule("siege")}
    assert "edition 2 cannot be taken" in beta.trouble and "No space left on device" in beta.trouble
    assert beta.tick() and beta.goes_by == alpha.goes_by and not beta.trouble


def test_machines_that_start_at_the_same_moment_publish_once(shared_postgres: Engine, tmp_path: Path) -> None:
    machines = [Machine(shared_postgres, tmp_path, f"m{number}") for number in range(4)]
    for one in machines:
        one.write("my-rules/siege.toml", rule("siege"))
    with ThreadPoolExecutor(len(machines)) as pool:
        list(pool.map(Machine.start, machines))
    assert number(shared_postgres) == 1 and not any(one.trouble for one in machines)
    for at, one in enumerate(machines):
        one.write("my-rules/siege.toml", rule(f"by {at}"))
    with ThreadPoolExecutor(len(machines)) as pool:
        list(pool.map(Machine.tick, machines))
    assert sum(bool(one.trouble) for one in machines) == len(machines) - 1  # one was first, the others say so
    for one in machines:
        one.tick()
    assert all(one.goes_by == machines[0].goes_by for one in machines)


def test_by_hand_nothing_happens_where_nothing_can(shared: Engine, tmp_path: Path) -> None:
    alone = Machine(shared, tmp_path, "alone")
    with pytest.raises(InputError, match="no edition is in force yet"):
        alone.editions.pull()
    shutil.rmtree(alone.rules)
    with pytest.raises(Faults, match="there is no such folder"):
        alone.editions.publish("alone")


def test_a_fault_of_a_template_is_told_by_the_file_that_the_operator_wrote(alpha: Machine) -> None:
    copy = alpha.editions.files.templates / "mail" / "alert.txt"
    assert alpha.editions.at_home(Fault(str(copy), 2, "x")).file == f"{alpha.templates}/mail/alert.txt"
    shipped = Fault("/opt/alerts/templates/mail/alert.txt", 2, "x")
    assert alpha.editions.at_home(shipped) == shipped
