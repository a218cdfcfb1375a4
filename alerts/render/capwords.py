"""Our words for an alert in those of CAP 1.2, whose lists are closed: decided from a version's stored fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from alerts.types import CERTAINTIES, SEVERITIES, MessageKind

Status = Literal["Actual", "Exercise", "Test", "Draft"]

# How far around a place's point an alert about it may reach. A country is no circle: its code must do.
RADIUS_KM: Final[Mapping[str, int]] = {"city": 5, "admin2": 25, "admin1": 100}
_RECENT: Final = timedelta(hours=48)


def status(kind: MessageKind, stored: Mapping[str, Any], terms: Mapping[str, Any], *, exercise: bool) -> Status:
    """A draft waits for a person (the end of what was told waits for nobody); a rule in test speaks to its owner."""
    if stored.get("triage") == "waiting" and kind in ("new", "update"):
        return "Draft"
    if terms.get("test"):
        return "Test"
    return "Exercise" if exercise else "Actual"


def response(kind: MessageKind, stored: Mapping[str, Any], terms: Mapping[str, Any], *, public: bool) -> str:
    """What readers are to do. The standard keeps Assess out of warnings to the public."""
    if kind == "close":
        return "AllClear"
    if kind == "cancel":
        return "None"
    wanted = str(terms.get("response", "Monitor"))
    if wanted == "Monitor" and not stored.get("confirmed"):
        wanted = "Assess"
    return "Monitor" if public and wanted == "Assess" else wanted


def urgency(kind: MessageKind, stored: Mapping[str, Any], terms: Mapping[str, Any], *, now: datetime) -> str:
    """How soon to act, from how long ago the last of it happened. A state, such as a siege, goes on."""
    if kind in ("close", "cancel"):
        return "Past"
    recent = now - datetime.fromisoformat(str(stored["last_event"])) <= _RECENT
    if recent and stored["severity"] == "extreme":
        return "Immediate"
    if terms.get("stands"):
        return "Future"
    return "Expected" if recent else "Past"


def severity(stored: Mapping[str, Any], terms: Mapping[str, Any]) -> str:
    """Our levels are CAP's. Where a rule names none and no number is known, ours is a guess and CAP's is Unknown."""
    level = str(stored["severity"])
    guessed = terms.get("unrated") and level == "moderate" and not stored.get("numbers")
    return "Unknown" if guessed or level not in SEVERITIES else level.capitalize()


def certainty(stored: Mapping[str, Any]) -> str:
    """How sure."""
    word = str(stored["certainty"])
    return word.capitalize() if word in CERTAINTIES else "Unknown"
