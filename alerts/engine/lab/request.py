"""What the service tells a process of the workbench: where the rules and the places are, what runs now, and how much
it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alerts.engine.rulebook import Rulebook
from alerts.match.bind import Households

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`folders` are all folders of rules, `off` the rules that are switched off. `database` may hold a password."""

    folders: tuple[Path, ...]
    off: tuple[str, ...] = ()
    gazetteer: Path
    households: Households
    database: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process may take: seconds of the processor (0: as `wall` allows), seconds on the clock, bytes of memory
    above what it begins with; `nice` as Unix counts it."""

    cpu: float
    wall: float
    memory: int
    nice: int


# A person waits for these.
SHORT: Final = Limits(cpu=20, wall=30, memory=512 * _MIB, nice=5)
# For these nobody does.
LONG: Final = Limits(cpu=0, wall=20 * 60, memory=1024 * _MIB, nice=19)


def request(material: Material, book: Rulebook, limits: Limits, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One request as JSON: `asked` has the `task` and what it needs. Of rules whose file has faults the version that
    is in force goes along."""
    kept = [rule for rule in book.ruleset.rules if rule.name in book.kept]
    return {
        "folders": [str(folder) for folder in material.folders],
        "off": list(material.off),
        "kept": [(rule.name, rule.source, dict(rule.lists)) for rule in kept],
        "gazetteer": str(material.gazetteer),
        "household": material.households.usual,
        "households": dict(material.households.by_country),
        "cpu": limits.cpu,
        "memory": limits.memory,
        "nice": limits.nice,
        **({"database": material.database} if asked["task"] == "try" else {}),
        **asked,
    }
