"""How the service's Python is set: for one process that runs for months and always has mails in hand."""

from __future__ import annotations

import gc
import sys
from typing import Final

TURN_S: Final = 0.0005  # how long a thread keeps the interpreter from the one that talks to a mail server
CIRCLES: Final = 10_000  # objects that come before it is looked for those that hold each other


def settle() -> None:
    """To be called once what stays is loaded. Rules and places are a quarter of a million objects: to look through them
    for garbage again and again would hold up everything for a tenth of a second each time; and to look for it as often
    as Python does by itself takes a tenth of the work on a mail."""
    sys.setswitchinterval(TURN_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(CIRCLES)
