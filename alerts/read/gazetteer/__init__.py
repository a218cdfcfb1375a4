"""The compiler of the index of places: `build` makes it here, `ensure` in a process of its own when it is missing,
out of date or broken. `alerts.read.places` opens it.
"""

from alerts.read.gazetteer.build import build, fresh
from alerts.read.gazetteer.ensure import ensure

__all__ = ["build", "ensure", "fresh"]
