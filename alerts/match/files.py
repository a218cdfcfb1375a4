"""Rule folders: which files there are, and what became of each.

A file in a user's folder replaces the shipped rule of the same name; the set of files is the set of rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.errors import Fault, Faults
from alerts.match.check import Checker
from alerts.match.check_when import cross_faults
from alerts.match.covering import cover_faults
from alerts.match.lexicon import Lexicon
from alerts.match.rule import Rule
from alerts.toml_lines import Document, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFiles:
    """What a read of the folders gave: the rules without faults, and every fault. `own` are those of single files;
    the others show only when all rules are seen together. `formerly` has the earlier names of broken rules, `others`
    the names of rules that are broken or switched off."""

    rules: tuple[Rule, ...]
    own: tuple[Fault, ...]
    lexicon: Lexicon
    formerly: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (*self.own, *cross_check(self.rules, self.others))

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level == "error")


def _toml_files(folder: Path) -> list[Path]:
    """The TOML files of a folder, without those that editors hide there (.#siege.toml)."""
    return [path for path in sorted(folder.glob("*.toml")) if not path.name.startswith(".")]


def rule_paths(folders: Iterable[Path], off: Sequence[str] = ()) -> dict[str, Path]:
    """Rule files by name; a later folder's file replaces an earlier one's. `off` names rules not wanted."""
    found: dict[str, Path] = {}
    for folder in folders:
        found |= {path.stem: path for path in _toml_files(folder)}
    return {name: path for name, path in found.items() if name not in off}


def load(
    folders: Sequence[Path],
    *,
    country: Callable[[str], str | None],
    off: Sequence[str] = (),
    extra: Sequence[Path] = (),
    lists: Sequence[Path] = (),
    known: RuleFiles | None = None,
) -> RuleFiles:
    """Check every rule file and word list of `folders`, and the files `extra` beside them; of the folders
    `lists` only the word lists are read. What is as it was when `known` was read is not checked again.

    Raises nothing: a file that cannot be used is among the faults, and the others are there all the same.
    """
    faults = [
        Fault(str(folder), 0, "there is no such folder of rules; make it, or take it out of [rules] folders")
        for folder in folders
        if not folder.is_dir()
    ]
    faults += [fault for folder in folders for fault in _overlooked(folder)]
    lexicon = _lexicon((*folders, *lists))
    checked: dict[str, Rule] = {}
    if known is not None and known.lexicon.same_as(lexicon):
        lexicon = known.lexicon  # so that equal phrases of old and new rules stay one
        checked = {rule.name: rule for rule in known.rules}
    faults += lexicon.faults
    checker = Checker(lexicon, country)
    paths = rule_paths(folders, off) | {path.stem: path for path in extra}
    rules: list[Rule] = []
    formerly: set[str] = set()
    for name, path in sorted(paths.items()):
        text = ""
        try:
            text = read_text(path, path.name)
            same = checked.get(name)
            rules.append(same if same is not None and same.source == text else checker.check(name, text))
        except Faults as error:
            faults += error.faults
            formerly |= _formerly(text)
    return RuleFiles(
        rules=tuple(rules),
        own=tuple(faults),
        lexicon=lexicon,
        formerly=frozenset(formerly),
        others=frozenset(paths).union(off) - {rule.name for rule in rules},
    )


def _lexicon(folders: Iterable[Path]) -> Lexicon:
    """The word lists of the folders; a later folder's list replaces an earlier one's."""
    found: dict[str, Path] = {}
    for folder in folders:
        found |= {path.stem: path for path in _toml_files(folder / "lexicon")}
    return Lexicon(found.values())


def _overlooked(folder: Path) -> Iterator[Fault]:
    """Warnings of files that somebody may take for rules in force: Notepad saves siege.toml.txt."""
    for path in sorted(folder.glob("*")):
        name = path.name.lower()
        if name.endswith((".toml.txt", ".yaml", ".yml")) or (name.endswith(".toml") and path.suffix != ".toml"):
            better = re.sub(r"(\.(toml|txt|ya?ml))+$", "", name)
            yield Fault(str(path), 0, f"this file is not read: call it {better}.toml", "warning")
        elif path.is_dir() and name != "lexicon" and next(path.glob("*.toml"), None) is not None:
            yield Fault(
                str(path),
                0,
                "rules in this folder are not read: name it in [rules] folders, or move them up",
                "warning",
            )


def _formerly(text: str) -> set[str]:
    """The earlier names that a broken rule gives itself, as far as it can be read."""
    try:
        about = Document(text, "").data.get("about")
    except Faults:
        return set()
    names = about.get("formerly") if isinstance(about, dict) else None
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def cross_check(rules: Sequence[Rule], others: Collection[str] = ()) -> list[Fault]:
    """What only shows when all rules are seen together: states that no rule keeps, rules that take each other's
    alerts for their own, and rules covered that there are not, not even among `others`."""
    names = {rule.name for rule in rules}
    families = Counter(rule.family for rule in rules)
    states = {rule.state.name for rule in rules if rule.state}
    faults = []
    for rule in rules:
        wanted = {block.opens for block in rule.blocks} | {block.closes for block in rule.blocks}
        wanted |= {block.holds for block in rule.blocks}
        if rule.when.kind == "during":
            wanted.add(rule.when.state)
        for state in sorted(name for name in wanted if name and name not in states):
            message = f"no rule keeps the state '{state}': one needs [state] name = \"{state}\""
            faults.append(Fault(rule.file, 0, message))
        if families[rule.family] > 1 and rule.about.formerly:
            other = "there is still" if rule.family in names else "another rule was also"
            message = (
                f"'formerly' says that this rule was '{rule.family}', but {other} '{rule.family}': they would share"
                " their alerts; take the old file away, or the name out of 'formerly'"
            )
            faults.append(Document(rule.source, rule.file).fault(("about", "formerly"), message))
    return faults + cross_faults(rules) + cover_faults(rules, others)
