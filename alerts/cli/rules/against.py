"""Which other version of a rule a backtest compares with: the one in force, the one before, or a file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.cli import common
from alerts.cli.rules.material import has_archive, need_archive

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.engine.loading import RuleSources
    from alerts.match.rule import Rule
    from alerts.read.places import Gazetteer
    from alerts.store.versions import RuleVersion

PREVIOUS = "previous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The rule to try and its file, all rules in force beside it, and what to compare it with: `label` says what that
    is, or why there is nothing."""

    rule: Rule
    path: Path
    rules: tuple[Rule, ...]
    against: Rule | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """Reads the rules that a command line means."""

    config: Config
    config_path: Path
    places: Gazetteer

    def choose(self, given: str, against: str | None) -> Chosen:
        """`given` is the name of a rule or a file. Raises InputError, and Faults when the rule has some."""
        from alerts.cli.rules.chosen import sources_with
        from alerts.errors import InputError

        sources, extra = sources_with(self.config, (Path(given),))
        if len(extra) != 1:
            raise InputError(f"{given} has {len(extra)} rules: name one of them")
        path = extra[0]
        rules = self._rules(sources, path)
        rule = next(rule for rule in rules if rule.name == path.stem)
        others = tuple(one for one in rules if one.name != rule.name and one.status in ("active", "test"))
        other, label = self._against(rule, path, sources, against)
        return Chosen(rule=rule, path=path, rules=others, against=other, label=label)

    def _rules(self, sources: RuleSources, path: Path) -> Sequence[Rule]:
        """All rules, that of the file `path` among them. Raises Faults."""
        from alerts.errors import Faults
        from alerts.match import files

        found = files.load(
            sources.folders,
            country=self.places.country_of,
            off=sources.off,
            extra=(path,),
            lists=sources.list_folders,
        )
        if not any(rule.name == path.stem for rule in found.rules):
            own = [one for one in found.errors if one.file == path.name or one.file.startswith("lexicon/")]
            raise Faults(common.placed(own or found.errors, sources, (path,)))
        return found.rules

    def _against(self, rule: Rule, path: Path, sources: RuleSources, given: str | None) -> tuple[Rule | None, str]:
        from alerts.match.files import rule_paths

        if given is not None and given.lower() != PREVIOUS:
            return self._file(Path(given), sources), given
        in_force = rule_paths(sources.folders, sources.off).get(rule.name)
        if given is None and in_force is not None and in_force.resolve() != path.resolve():
            return self._file(in_force, sources), f"the rule in force, {in_force}"
        return self._previous(rule, sources, asked=given is not None)

    def _file(self, given: Path, sources: RuleSources) -> Rule:
        from alerts.cli.rules.chosen import sources_with

        beside, [path] = sources_with(self.config, (given,))
        lists = (*sources.list_folders, *beside.list_folders)
        return next(one for one in self._rules(replace(sources, list_folders=lists), path) if one.name == path.stem)

    def _previous(self, rule: Rule, sources: RuleSources, *, asked: bool) -> tuple[Rule | None, str]:
        """The last version that was in force and reads otherwise, as the database kept it."""
        from alerts.errors import Faults, InputError
        from alerts.store.database import reading
        from alerts.store.versions import rule_versions

        if asked:
            need_archive(self.config, self.config_path)
        elif not has_archive(self.config, self.config_path):
            return None, "nothing: no earlier version is known"
        with common.store(self.config) as engine, reading(engine) as conn:
            known = rule_versions(conn, rule.name)
        # What differs in its lists alone can be tried only if these were kept.
        other = next(
            (one for one in known if one.digest != rule.version and (one.lists or one.text != rule.source)), None
        )
        if other is None:
            if asked:
                raise InputError(f"no other version of '{rule.name}' was ever in force here")
            return None, "nothing: no earlier version is known"
        label = f"the version of {other.loaded:%Y-%m-%d %H:%M}"
        try:
            return self._kept(rule.name, other, sources), label
        except Faults as error:
            if asked:
                raise InputError(f"{label} cannot be read any more: {error.faults[0].message}") from None
            return None, f"nothing: {label} cannot be read any more ({error.faults[0].message})"

    def _kept(self, name: str, kept: RuleVersion, sources: RuleSources) -> Rule:
        """A version that the database kept: with its own word lists, else with those of today. Raises Faults."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.toml"
            path.write_text(kept.text, encoding="utf-8")
            (path.parent / "lexicon").mkdir()
            for one, text in kept.lists.items():
                (path.parent / "lexicon" / f"{one}.toml").write_text(text, encoding="utf-8")
            return self._file(path, sources)
