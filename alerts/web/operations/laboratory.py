"""What the pages of rules work with: the workshop, the folders of rules, and what was found out of a version of a rule,
which stays so as long as it is that version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from alerts.config import Config
from alerts.configured import households, machine_name, rule_sources
from alerts.engine.lab import checking
from alerts.engine.lab.filing import Shelf
from alerts.engine.lab.request import Material
from alerts.engine.loading import RuleSources
from alerts.engine.rulebook import Rulebook
from alerts.match.bind import Households
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.web.operations.jobs import Workshop

_MOST: Final = 200


@dataclass(slots=True)
class Kept:
    """What was worked out before: of a version of a rule, or of the alerts some seconds ago."""

    _of_rules: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _figures: tuple[datetime, Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of_rule(self, version: str, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        with self._lock:
            if version not in self._of_rules:
                if len(self._of_rules) >= _MOST:
                    self._of_rules.clear()
                self._of_rules[version] = make()
            return self._of_rules[version]

    def figures(self, now: datetime, seconds: float, make: Callable[[], Any]) -> Any:
        with self._lock:
            if self._figures is None or not timedelta(0) <= now - self._figures[0] < timedelta(seconds=seconds):
                self._figures = now, make()
            return self._figures[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """`book` gives the rules in force at the moment."""

    workshop: Workshop
    shelf: Shelf
    book: Callable[[], Rulebook]
    places: Gazetteer
    households: Households
    kept: Kept = field(default_factory=Kept)

    def rules(self) -> dict[str, Rule]:
        """Every rule that can be read, by name: as it is in force, else (drafts, retired ones) as its file says."""
        book = self.book()
        files = {rule.name: rule for rule in book.files.rules} if book.files else {}
        return files | book.ruleset.by_name

    def known(self, name: str) -> Rule | None:
        """A rule that can be read, in force or not."""
        return self.rules().get(name)

    def tested(self, rule: Rule) -> Mapping[str, Any]:
        """What the rule's examples do, what its words stand for, and how common they are."""
        return self.kept.of_rule(f"{rule.name} {rule.version}", lambda: self._tested(rule))

    def _tested(self, rule: Rule) -> Mapping[str, Any]:
        book = self.book()
        return {
            "shown": checking.shown(rule),
            "rates": checking.rates(rule),
            "examples": checking.examples(rule, book, self.places, self.households),
        }


def laboratory(
    config: Config,
    *,
    sources: RuleSources,
    book: Callable[[], Rulebook],
    places: Gazetteer,
    now: Callable[[], datetime],
    barred: Callable[[], str] = lambda: "",
) -> Laboratory:
    """The laboratory of a service. `sources` are where its rules come from; what is written goes to the folders of the
    configuration, where nothing has `barred` it."""
    homes = households(config)
    material = Material(
        folders=sources.folders,
        off=sources.off,
        gazetteer=config.gazetteer_path,
        households=homes,
        database=config.database_url,
    )
    return Laboratory(
        workshop=Workshop(material, book, now=now, machine=machine_name(config)),
        shelf=Shelf(
            folders=rule_sources(config).folders,
            own=config.rules.folders,
            editable=config.rules.editable,
            barred=barred,
        ),
        book=book,
        places=places,
        households=homes,
    )
