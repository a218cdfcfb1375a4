"""Sizes as people write them in the configuration, in options and in lists of feeds: "5 MiB", "500 kB"."""

from __future__ import annotations

import re
from typing import Final

_FACTOR: Final = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9, "bytes": 1}
_FORM: Final = re.compile(rf"(\d{{1,12}})\s*({'|'.join(_FACTOR)})")


def size(text: str) -> int:
    """Bytes in "5 MiB" or "500 kB". Raises ValueError with a text for who wrote it."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no size: write a whole number and KiB, MiB or GiB, such as \"5 MiB\"")
    return int(found[1]) * _FACTOR[found[2]]


def say_size(count: int) -> str:
    """`count` bytes in the largest unit that divides them; `size` reads it back as the same number."""
    for unit in ("GiB", "MiB", "KiB"):
        if count and count % _FACTOR[unit] == 0:
            return f"{count // _FACTOR[unit]} {unit}"
    return f"{count} bytes"


def about(count: int) -> str:
    """`count` bytes for people who want to know how much it is: "94 KiB", "1.2 MiB"."""
    for unit, factor in (("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}" if count < 10 * factor else f"{count / factor:.0f} {unit}"
    return f"{count} bytes"
