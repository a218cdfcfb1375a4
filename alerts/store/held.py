"""What readers may see of an alert of which more waits for a person, or was dropped by one: what they were told, and no
more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.store import codec
from alerts.types import OPEN_STATES, Alert

# What changes without news of the event, and hides nothing.
_AS_NOW: Final = ("version", "updated", "incident", "triage", "merged_into")


def is_held(value: Alert) -> bool:
    """Whether the alert says more by now than readers may know."""
    return value.triage in ("waiting", "dropped") and value.version > 0


def as_told(value: Alert, told: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of an alert that is held, by the `fields` of its last version: the level, the place and the numbers
    that readers were told. Whether it goes on is no secret."""
    now = codec.to_json(value)
    names = _AS_NOW if value.state in OPEN_STATES else (*_AS_NOW, "state")
    return dict(told) | {name: now[name] for name in names}
