"""Programs of others that look at our mails. Tests with them are skipped where they are not installed, unless
ALERTS_REQUIRE_MAILTOOLS asks for them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

REQUIRE = "ALERTS_REQUIRE_MAILTOOLS"
NODE = Path(os.environ.get("ALERTS_NODE_MODULES") or Path(__file__).parents[3] / "node_modules")


def need(program: str, *, others: Sequence[str] = (), require: str = REQUIRE) -> str:
    """The path of a program, looked for beside Python and in the folders `others` as well. It is asked for by the
    variable `require`."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", str(Path(sys.executable).parent), *others]
    found = shutil.which(program, path=os.pathsep.join(folders))
    if found is None:
        missing(program, require)
    return str(found)


def node_module(path: str) -> Path:
    """A file of a package for node: in the folder `node_modules` of the checkout, or where ALERTS_NODE_MODULES says."""
    if not (NODE / path).exists():
        missing(path)
    return NODE / path


def missing(what: str, require: str = REQUIRE) -> None:
    """Skip the test, or fail it where the tools are asked for."""
    if os.environ.get(require):
        pytest.fail(f"{what} is not installed, and {require} is set")
    pytest.skip(f"{what} is not installed")
