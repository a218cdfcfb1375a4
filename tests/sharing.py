"""Each process of a run imports all tests. What pytest compiles for that, it keeps: no two need to compile the same."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def import_a_share(arguments: Iterable[str]) -> None:
    """Of the tests in these files and folders, import those that no other process begins with. A fault is told by the
    import that pytest does itself, later."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not number:
        return
    files = {found for argument in arguments for found in _files(Path(argument.partition("::")[0]).resolve())}
    for file in sorted(files)[int(number) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]:
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def _files(path: Path) -> Iterable[Path]:
    return [path] if path.is_file() else path.rglob("test_*.py")
