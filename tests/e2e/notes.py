"""What a long test tells whoever looks at it, past pytest."""

from __future__ import annotations

import sys


def note(text: str) -> None:
    """A line of text."""
    assert sys.__stderr__ is not None
    sys.__stderr__.write(f"{text}\n")
