"""A hold in words: shared by the commands that look at mails."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.holds import Hold


def held(one: Hold, now: datetime) -> str:
    """A hold in a sentence, without its end."""
    what = "all mails but operators'" if one.kind == "all" else f"the alerts of the rule {one.rule}"
    return f"hold {one.id}: {what}, since {one.since:%Y-%m-%d %H:%M} UTC ({common.ago(one.since, now)}): {one.reason}"
