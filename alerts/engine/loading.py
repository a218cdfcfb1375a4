"""Rules from their files into force: read, checked, tried on their own examples and stories, compiled; and read
again when a file changes.

A rule with a fault is not taken. If an earlier version of it is in force, that one stays; and all stay while
a folder cannot be read, which is no way to take rules out of force.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alerts.engine.rulebook import Rulebook, compiled
from alerts.engine.stories import run_stories
from alerts.errors import Fault
from alerts.match import files
from alerts.match.bind import Households
from alerts.match.examples import run_examples
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSources:
    """Where rules come from: folders (a later one's file replaces an earlier one's), and rules not wanted.
    Of `list_folders` only the word lists are read."""

    folders: tuple[Path, ...]
    off: tuple[str, ...] = ()
    list_folders: tuple[Path, ...] = ()

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


def load(
    sources: RuleSources,
    *,
    gazetteer: Gazetteer,
    households: Households,
    before: Rulebook | None = None,
    extra: Sequence[Path] = (),
) -> Rulebook:
    """Read all rules and try them; `extra` are files beside those of the folders. Raises nothing: faults are
    in the result, and stop only their own rule."""
    found = files.load(
        sources.folders, country=gazetteer.country_of, off=sources.off, extra=extra, lists=sources.list_folders
    )
    faults = list(found.faults)
    trial = compiled(found.rules)
    sound: list[Rule] = []
    for rule in found.rules:
        problems = try_out(rule, trial, gazetteer, households)
        faults += problems
        if not any(problem.level == "error" for problem in problems):
            sound.append(rule)
    names = {rule.name for rule in sound}
    wanted = files.rule_paths(sources.folders, sources.off).keys()
    readable = all(os.access(folder, os.R_OK | os.X_OK) for folder in sources.folders)
    earlier = [rule for rule in (before.ruleset.rules if before else ()) if rule.name not in names]
    kept = [rule for rule in earlier if rule.name in wanted or not readable]
    return compiled((*sound, *kept), faults, sorted(rule.name for rule in kept))


def try_out(rule: Rule, trial: Rulebook, gazetteer: Gazetteer, households: Households) -> list[Fault]:
    """What is wrong with the rule by its own examples and stories. `trial` holds all rules that are awake;
    a draft is tried as if it were."""
    if rule.name not in trial.policies:
        rule = replace(rule, status="test")
        trial = compiled([*trial.ruleset.rules, rule])
    return [
        *run_examples(rule, trial.ruleset, gazetteer, households),
        *run_stories(rule, trial, gazetteer, households),
    ]
