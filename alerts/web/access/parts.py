"""The parts of the pages: what [web] private can keep for those who have logged in, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

Part = Literal["alerts", "maps", "places", "rules", "data", "operations", "open"]
"""To which part an address belongs. "operations" has its own login, whatever is private; "open" is for everybody in any
case: how to become a reader and stop being one, the links of mails, the login, what pages load, /about, /healthz."""

CLOSABLE: Final[tuple[Part, ...]] = ("alerts", "maps", "places", "rules", "data")
KEYED: Final[tuple[Part, ...]] = ("maps", "data")
"""What programs read with a key, where it is closed: the data, and maps as pictures."""


def closed(private: Collection[str]) -> frozenset[str]:
    """The parts that are closed where these are private. Who may not see the alerts may not have them by another way:
    maps, the pages of places and the data are the same alerts."""
    if "all" in private:
        return frozenset(CLOSABLE)
    more = ("maps", "places", "data") if "alerts" in private else ()
    return frozenset((*private, *more))
