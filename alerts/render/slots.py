"""Where a reader's own parts go in a mail that is rendered once for all of its readers.

A slot is a name between two noncharacters of Unicode: no news text holds those, and what little could is dropped before
rendering (`render.mail`). So no article can forge one.
"""

from __future__ import annotations

import re
from typing import Final

REASON: Final = "reason"
UNSUBSCRIBE: Final = "unsubscribe"
PREFERENCES: Final = "preferences"
SLOT: Final = re.compile("\ufdd0([a-z]+(?: [0-9]+)?)\ufdd1")


def slot(name: str) -> str:
    """The place for what `name` stands for: one of the names above, or "link" with the id of an alert."""
    return f"\ufdd0{name}\ufdd1"


def link(alert_id: str) -> str:
    """The name of the slot for the token of a reader's links about an alert."""
    return f"link {alert_id}"
