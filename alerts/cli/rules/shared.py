"""The editions of rules and templates that machines share, for `alerts rules publish` and `pull`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.engine.editions import Editions


@contextmanager
def editions(config_path: Path) -> Iterator[Editions]:
    """The editions of the configured database. Raises InputError for a machine by itself."""
    from alerts.configured import editions_of
    from alerts.errors import InputError

    config = common.load_config(config_path)
    if config.service.engine != "cluster":
        raise InputError(
            'this is not needed here: with [service] engine = "local" rules and templates are read as they stand in'
            " your own folders"
        )
    with common.store(config) as engine:
        yield editions_of(config, engine, common.now)


def listed(paths: list[str], *, most: int = 20) -> list[str]:
    """Files, a line each; of many, how many more there are."""
    more = [f"  and {len(paths) - most} more"] if len(paths) > most else []
    return [f"  {path}" for path in paths[:most]] + more
