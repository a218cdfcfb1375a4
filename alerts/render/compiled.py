"""What templates became when they were compiled, kept for all who use them: a mail's parts take a fifth of a second,
which was paid again by every environment, and by all of them whenever a file of templates changed.

Code that Jinja2 makes belongs to no environment; it follows from the template's text, its name, and options that are
the same for all documents.
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import Final

from jinja2.bccache import Bucket, BytecodeCache

_MOST: Final = 1024


class Compiled(BytecodeCache):
    """The last templates that were compiled, by name, file and text."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        while len(self._kept) >= _MOST:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[bucket.key, bucket.checksum] = bucket.code


@lru_cache(maxsize=1)
def compiled() -> Compiled:
    """Those of this process."""
    return Compiled()
