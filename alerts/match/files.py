"""Rule folders: which files there are, and what became of each.

A file in a user's folder replaces the shipped rule of the same name; the set of files is the set of rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.errors import Fault, Faults
from alerts.match.check import Checker
from alerts.match.lexicon import Lexicon
from alerts.match.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFiles:
    """What a read of the folders gave: the rules without faults, and every fault."""

    rules: tuple[Rule, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level == "error")


def rule_paths(folders: Iterable[Path], off: Sequence[str] = ()) -> dict[str, Path]:
    """Rule files by name; a later folder's file replaces an earlier one's. `off` names rules not wanted."""
    found: dict[str, Path] = {}
    for folder in folders:
        found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {name: path for name, path in found.items() if name not in off}


def load(
    folders: Sequence[Path],
    *,
    country: Callable[[str], str | None],
    off: Sequence[str] = (),
    extra: Sequence[Path] = (),
    lists: Sequence[Path] = (),
) -> RuleFiles:
    """Check every rule file and word list of `folders`, and the files `extra` beside them; of the folders
    `lists` only the word lists are read.

    Raises nothing: a file that cannot be used is among the faults, and the others are there all the same.
    """
    faults = [
        Fault(str(folder), 0, "there is no such folder of rules; make it, or take it out of [rules] folders")
        for folder in folders
        if not folder.is_dir()
    ]
    list_files: dict[str, Path] = {}
    for folder in (*folders, *lists):
        list_files |= {path.stem: path for path in sorted((folder / "lexicon").glob("*.toml"))}
    lexicon = Lexicon(list_files.values())
    faults += lexicon.faults
    checker = Checker(lexicon, country)
    paths = rule_paths(folders, off) | {path.stem: path for path in extra}
    rules: list[Rule] = []
    for name, path in sorted(paths.items()):
        try:
            rules.append(checker.check(name, path.read_text(encoding="utf-8")))
        except Faults as error:
            faults += error.faults
        except OSError as error:
            faults.append(Fault(path.name, 0, f"the file cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            faults.append(Fault(path.name, 0, "the file is not UTF-8 text; save it as UTF-8"))
    return RuleFiles(rules=tuple(rules), faults=tuple(faults + cross_check(rules)))


def cross_check(rules: Sequence[Rule]) -> list[Fault]:
    """What only shows when all rules are seen together: states that no rule keeps, names used twice."""
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
    return faults
