"""The container file, without an engine for it: what it copies is there, and what it installs is what we test."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "packaging" / "Containerfile").read_text(encoding="utf-8")
STEPS = [line for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", TEXT)).splitlines() if line.strip()]
EXTRAS = ("fulltext", "openpgp", "postgres")


def steps(word: str) -> list[str]:
    """What follows the instructions of this name."""
    return [line.partition(" ")[2].strip() for line in STEPS if line.startswith(f"{word} ")]


def lock(path: str) -> dict[str, str]:
    """Each package of a lock with its version, marker and hashes."""
    blocks = re.split(r"(?m)^(?=[a-z0-9])", (ROOT / path).read_text(encoding="utf-8"))
    return {block.partition("==")[0]: block.strip() for block in blocks if "==" in block}


def copied() -> list[str]:
    return [source for step in steps("COPY") if "--from" not in step for source in step.split()[:-1]]


def test_what_is_copied_is_there_and_let_into_the_container() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert len(copied()) >= 8
    for source in copied():
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in allowed), f"{source} is kept out by .dockerignore"
    assert set(allowed) == set(copied())  # and nothing else goes in


def test_it_has_all_that_the_wheel_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"]}
    assert wanted | set(project["project"]["license-files"]) <= set(copied())


def test_what_it_installs_is_what_the_tests_run_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in EXTRAS for one in project["optional-dependencies"][extra])]
    tested, shipped = lock("requirements.lock"), lock("packaging/runtime.lock")
    assert {name: block for name, block in shipped.items() if tested.get(name) != block} == {}
    names = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names <= set(shipped)
    assert not {"pytest", "mypy", "playwright"} & set(shipped)


def test_what_builds_the_wheel_is_held_to_hashes_too() -> None:
    found = re.search(r"/\^\(([a-z|-]+)\)==/", TEXT)
    assert found is not None
    for name in found[1].split("|"):
        assert "--hash=sha256:" in lock("requirements.lock")[name]
    for step in steps("RUN"):
        for part in re.findall(r"pip install [^&]*", step):
            assert "--require-hashes" in part or "--no-index" in part


def test_it_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    assert steps("USER") == ["10001:10001"]
    assert steps("VOLUME") == ["/data"]
    command = json.loads(steps("HEALTHCHECK")[0].partition("CMD")[2])
    compile(command[-1], "healthcheck", "exec")
    assert "/healthz" in command[-1]
    assert json.loads(steps("ENTRYPOINT")[0]) == ["alerts"]
    assert json.loads(steps("CMD")[0]) == ["run"]
