"""What changed, in words, between two snapshots of an alert.

A snapshot is plain JSON, kept with each version: so an update can say what changed since the version that
this very reader was last told, not since the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.template_filters import count
from alerts.track.facts import Facts
from alerts.track.severity import rank

Snapshot = Mapping[str, Any]

_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}


def snapshot(facts: Facts) -> dict[str, Any]:
    """What readers are told with a version: `Alert.told`."""
    place = facts.place
    return {
        "severity": facts.severity,
        "certainty": facts.certainty,
        "confirmed": facts.confirmed,
        "place": None if place is None else {"id": place.id, "name": place.name},
        "numbers": {name: [number.low, number.high] for name, number in facts.numbers.items()},
        "origins": dict(facts.origins),
        "denied_by": list(facts.denied_by),
    }


def changes(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The differences, worst news first: ("now extreme (was severe)", "12 → 45 killed")."""
    return (*level(before, after), *numbers(before, after), *sources(before, after), *rest(before, after))


def level(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    if before["severity"] == after["severity"]:
        return ()
    return (f"now {after['severity']} (was {before['severity']})",)


def numbers(before: Snapshot, after: Snapshot, *, only: frozenset[str] | None = None) -> tuple[str, ...]:
    found = []
    for name in sorted((before["numbers"].keys() | after["numbers"].keys()) if only is None else only):
        old, new = before["numbers"].get(name), after["numbers"].get(name)
        if old != new:
            found.append(_number(name.replace("_", " "), old, new))
    return tuple(found)


def sources(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """Who else reports it, and who is no longer counted."""
    new = [name for origin, name in after["origins"].items() if origin not in before["origins"]]
    gone = [name for origin, name in before["origins"].items() if origin not in after["origins"]]
    said = ["no longer confirmed"] if before["confirmed"] and not after["confirmed"] else []
    if len(after["origins"]) > len(before["origins"]) and new:
        names = _listed(new)
        if after["confirmed"] and not before["confirmed"]:
            said.append(f"confirmed by {_more(new, len(after['origins']))}: {names}")
        else:
            said.append(f"also reported by {names}")
    elif after["confirmed"] and not before["confirmed"]:
        said.append("confirmed")
    elif len(gone) > len(new):
        said.append(f"no longer reported by {_listed(gone)}")
    return tuple(said)


def rest(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    old, new = before["place"], after["place"]
    said = []
    if new is not None and (old is None or old["name"] != new["name"]):  # Idlib the town, Idlib the province
        said.append(f"place now known: {new['name']}" if old is None else f"place: {old['name']} → {new['name']}")
    said += [f"denied by {name}" for name in after["denied_by"] if name not in before["denied_by"]]
    return tuple(said)


def headline(before: Snapshot, after: Snapshot) -> str:
    """The one line for a level that changed: "now extreme: 12 → 45 killed"."""
    why = numbers(before, after)
    if not why or rank(after["severity"]) == rank(before["severity"]):
        return "; ".join(changes(before, after))
    return f"now {after['severity']}: {', '.join(why)}"


def first(after: Snapshot) -> str:
    """Why a new alert is told: who says so."""
    names = list(after["origins"].values())
    if after["confirmed"]:
        count = f"{len(names)} independent sources: " if len(names) > 1 else ""
        return f"reported by {count}{_listed(names)}"
    return f"first report: {_listed(names)} (unconfirmed)" if names else "first report (unconfirmed)"


def _more(new: Sequence[str], total: int) -> str:
    if len(new) == 1:
        return f"a {_ORDINALS[total]} source" if total in _ORDINALS else "another source"
    return f"{len(new)} more sources"


def _number(name: str, old: Sequence[float] | None, new: Sequence[float] | None) -> str:
    if new is None:
        return f"{_figure(old)} {name} no longer reported"
    if old is None:
        return f"{_figure(new)} {name}"
    return f"{_figure(old)} → {_figure(new)} {name}"


def _figure(interval: Sequence[float] | None) -> str:
    """As titles and mails word it: "about 50,000", "at least 43", "dozens"."""
    low, high = interval or (0, 0)
    return f"at least {low:,.0f}" if high == 2 * low > 0 else count([low, high])


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
