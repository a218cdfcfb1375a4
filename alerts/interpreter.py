"""How the service's Python is set: for one process that runs for months and always has mails in hand."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from typing import Final

TURN_S: Final = 0.0005  # how long a thread keeps the interpreter from the one that talks to a mail server
CIRCLES: Final = 10_000  # objects that come before it is looked for those that hold each other
LARGE: Final = 256 * 1024  # bytes in one piece that are given back to the system as soon as they are free
HEAPS: Final = 2  # that all threads share: what one has freed another can use

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h of the GNU C library


def settle() -> None:
    """To be called once what stays is loaded. Rules and places are a quarter of a million objects: to look through them
    for garbage again and again would hold up everything for a tenth of a second each time; and to look for it as often
    as Python does by itself takes a tenth of the work on a mail."""
    sys.setswitchinterval(TURN_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(CIRCLES)
    _give_back()


def _give_back() -> None:
    """Have free memory go back to the system. The GNU C library learns from each large piece to keep more, and gives
    each thread a heap of its own: each comes to hold ten megabytes of which it uses one or two, and what is free in one
    heap is of no use to the others."""
    with suppress(OSError, AttributeError, TypeError):  # another C library does so by itself, or cannot be told
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, LARGE)
        library.mallopt(_M_TRIM_THRESHOLD, LARGE)
        library.mallopt(_M_ARENA_MAX, HEAPS)
        library.malloc_trim(0)
