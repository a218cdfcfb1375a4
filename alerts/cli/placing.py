"""What names regions for commands."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from alerts.cli import common

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.config import Config
    from alerts.render.wishes import Named


def namer(config: Config, config_path: Path) -> Named:
    """What names regions by their ids; the index of places is opened only where one is asked about."""
    from alerts.notify.joining.whereabouts import region_name

    opened = cache(lambda: common.gazetteer(config, config_path))
    return lambda region: region_name(region, opened())
