"""Rules from their files into force: read, checked, tried on their own examples and stories, compiled; and read
again when a file changes.

A rule with a fault is not taken. The version of it that was last good stays in force: the one in force now, or
after a restart the one that the database kept. All stay while a folder cannot be read, which is no way to take
rules out of force.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path

from alerts.engine.rulebook import Rulebook, compiled
from alerts.engine.stories import run_stories
from alerts.errors import Fault, Faults
from alerts.match import baserates, files, lint, wordcounts
from alerts.match.baserates import Estimator
from alerts.match.bind import Households
from alerts.match.check import Checker
from alerts.match.examples import run_examples
from alerts.match.lexicon import Lexicon
from alerts.match.rule import After, Rule
from alerts.read.places import Gazetteer

Remembered = tuple[str, str, Mapping[str, str]]


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
    last_good: Callable[[], Sequence[Rule]] = tuple,
    extra: Sequence[Path] = (),
    today: date | None = None,
) -> Rulebook:
    """Read all rules and try them; `extra` are files beside those of the folders. Raises nothing: faults are
    in the result, and stop only their own rule.

    `before` is the rulebook in force. Without one, `last_good` is asked for earlier versions if a rule cannot be
    taken. With `today`, rules and words that were to be looked at by an earlier day are told.
    """
    found = files.load(
        sources.folders,
        country=gazetteer.country_of,
        off=sources.off,
        extra=extra,
        lists=sources.list_folders,
        known=before.files if before else None,
    )
    standing = _Standing(sources, found, before, last_good)
    broken = standing.without({rule.name for rule in found.rules}) if found.own else []
    trial = compiled((*found.rules, *broken))
    tried = _try_all(found.rules, trial, before, gazetteer, households)
    failed = {name for name, problems in tried.items() if any(problem.level == "error" for problem in problems)}
    book, kept, sound = trial, broken, list(found.rules)
    if failed:
        sound = [rule for rule in found.rules if rule.name not in failed]
        standing.also(name for rule in found.rules if rule.name in failed for name in rule.about.formerly)
        kept = standing.without({rule.name for rule in sound})
        book = compiled((*sound, *kept))
    faults = [*found.own, *files.cross_check((*sound, *kept), found.others), *chain.from_iterable(tried.values())]
    faults += lint.overdue(found.rules, found.lexicon, today) if today else []
    names = tuple(sorted(rule.name for rule in kept))
    return replace(book, faults=tuple(faults), kept=names, files=found, trial=trial, tried=tried)


class _Standing:
    """The earlier versions that stand in for rules that cannot be taken."""

    def __init__(
        self,
        sources: RuleSources,
        found: files.RuleFiles,
        before: Rulebook | None,
        last_good: Callable[[], Sequence[Rule]],
    ) -> None:
        self._wanted = files.rule_paths(sources.folders, sources.off).keys() | found.formerly
        self._readable = all(os.access(folder, os.R_OK | os.X_OK) for folder in sources.folders)
        self._off = sources.off
        self._earlier = (lambda: before.ruleset.rules) if before else last_good
        self._known: Sequence[Rule] | None = None

    def also(self, names: Iterable[str]) -> None:
        """Rules of these names are wanted too: they were renamed to one that cannot be taken."""
        self._wanted = self._wanted | set(names)

    def without(self, names: set[str]) -> list[Rule]:
        """Earlier versions of the rules that are wanted, less those of `names`."""
        if self._known is None:
            self._known = self._earlier()
        return [
            rule
            for rule in self._known
            if rule.name not in names
            and rule.name not in self._off
            and (rule.name in self._wanted or not self._readable)
        ]


def _try_all(
    rules: Sequence[Rule], trial: Rulebook, before: Rulebook | None, gazetteer: Gazetteer, households: Households
) -> dict[str, tuple[Fault, ...]]:
    """What is wrong with each rule by its own examples. One that is as it was is not tried again, if no rule that
    keeps a state has changed."""
    unchanged: dict[str, Rule] = {}
    if before is not None and before.trial is not None and _keepers(before.trial) == _keepers(trial):
        unchanged = before.trial.ruleset.by_name
    tried = {}
    estimator = Estimator(wordcounts.shipped())
    for rule in rules:
        if before is not None and unchanged.get(rule.name) is rule and rule.name in before.tried:
            tried[rule.name] = before.tried[rule.name]
        else:
            problems = try_out(rule, trial, gazetteer, households)
            tried[rule.name] = (*problems, *lint.copies(rule), *baserates.lint(rule, estimator))
    return tried


def _keepers(book: Rulebook) -> dict[str, str]:
    """The versions of rules on which other rules depend: they keep a state, or another one comes after them."""
    rules = book.ruleset.rules
    named = {rule.when.rule for rule in rules if isinstance(rule.when, After)}
    return {rule.name: rule.version for rule in rules if rule.state is not None or rule.name in named}


def remembered(texts: Sequence[Remembered], country: Callable[[str], str | None]) -> tuple[list[Rule], list[Fault]]:
    """Rules from (name, text, texts of their word lists), and what is wrong with those that cannot be used any more:
    an older release may have found them good."""
    rules: list[Rule] = []
    faults: list[Fault] = []
    for name, text, lists in texts:
        try:
            rules.append(Checker(Lexicon(texts=lists), country).check(name, text))
        except Faults as error:
            faults += [replace(fault, message=f"the version kept before: {fault.message}") for fault in error.faults]
    return rules, faults


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
