"""A rule of our own, sound, and what a request to the workbench needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alerts.engine.lab.bench import Workbench

WATER = """\
format = 1
title  = "Water supply cut"
event  = "water"
status = "draft"

[[match]]
name = "water works hit"
within_words = 12
[match.parts]
damage = ["~hit", "~damage", "~destroy"]
water  = ["water works", "pumping station*"]

[severity]
default = "moderate"

[alert]
title   = "Water cut{% if place %} in {{ place }}{% endif %}"
summary = "{{ quote }}"

[[fires]]
text = "A rocket damaged the pumping station of Hasakah on Sunday."

[[quiet]]
text    = "A rocket could hit the water works of Kharkiv, engineers warned."
because = "possible"
"""


def asked(places: Path, *folders: Path, **more: Any) -> dict[str, Any]:
    """A request over these folders."""
    usual = {"off": [], "kept": [], "household": 5.0, "households": {}, "cpu": 20, "memory": 512 << 20, "nice": 0}
    return {"folders": [str(one) for one in folders], "gazetteer": str(places), **usual, **more}


def workbench(places: Path, *folders: Path, **more: Any) -> Workbench:
    return Workbench.open(asked(places, *folders, **more))
