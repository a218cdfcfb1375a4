"""The rules in force: read, checked, tried on their own examples, compiled; and read again when a file changes.

A rule with a fault is not taken. If an earlier version of it is in force, that one stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from alerts.errors import Fault
from alerts.match import files
from alerts.match.bind import Households
from alerts.match.engine import Ruleset
from alerts.match.examples import run_examples
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.track.policy import Confirm, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSources:
    """Where rules come from: folders (a later one's file replaces an earlier one's), and rules not wanted."""

    folders: tuple[Path, ...]
    off: tuple[str, ...] = ()

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """Changes when any file of the folders does: path, time of change, size."""
        found = []
        for folder in self.folders:
            for path in (*folder.glob("*.toml"), *folder.glob("lexicon/*.toml")):
                try:
                    info = path.stat()
                except OSError:
                    continue  # taken away between the listing and the look: the next stamp differs
                found.append((str(path), info.st_mtime_ns, info.st_size))
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules in force, compiled, and what was wrong with the others. `kept` names the rules whose file
    has a fault and whose earlier version stays in force."""

    ruleset: Ruleset
    policies: dict[str, Policy]
    faults: tuple[Fault, ...]
    kept: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level == "error")

    def policy(self, rule: str, late_after: timedelta) -> Policy:
        return replace(self.policies[rule], late_after=late_after)


def load(
    sources: RuleSources,
    *,
    gazetteer: Gazetteer,
    households: Households,
    before: Rulebook | None = None,
    extra: Sequence[Path] = (),
) -> Rulebook:
    """Read all rules and try them. Raises nothing: faults are in the result, and stop only their own rule."""
    found = files.load(sources.folders, country=gazetteer.country_of, off=sources.off, extra=extra)
    faults = list(found.faults)
    trial = Ruleset(found.rules)
    sound: list[Rule] = []
    for rule in found.rules:
        problems = run_examples(rule, trial, gazetteer, households)
        faults += problems
        if not any(problem.level == "error" for problem in problems):
            sound.append(rule)
    names = {rule.name for rule in sound}
    wanted = files.rule_paths(sources.folders, sources.off).keys()
    kept = [rule for rule in (before.ruleset.rules if before else ()) if rule.name in wanted - names]
    rules = [rule for rule in (*sound, *kept) if rule.status in ("active", "test")]
    return Rulebook(
        ruleset=Ruleset(rules),
        policies={rule.name: policy_of(rule) for rule in rules},
        faults=tuple(faults),
        kept=tuple(sorted(rule.name for rule in kept)),
    )


def policy_of(rule: Rule) -> Policy:
    """What tracking needs of a rule."""
    if rule.alert is None:
        return Policy(precision=rule.place.precision)
    confirm = Confirm()
    if rule.confirm is not None:
        confirm = Confirm(sources=rule.confirm.sources, within=rule.confirm.within, until_then=rule.confirm.until_then)
    return Policy(
        same_event=rule.alert.same_event,
        title=rule.title,
        precision=rule.place.precision,
        confirm=confirm,
        steps=rule.severity.steps,
    )
