"""The compiler of the index of places: `build` makes it here, `ensure` in a process of its own when it is missing,
out of date or broken. `alerts.read.places` opens it.
"""

from alerts.read.gazetteer.building import build, fresh
from alerts.read.gazetteer.ensuring import ensure

__all__ = ["build", "ensure", "fresh"]
