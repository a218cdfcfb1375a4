"""What a process of the workbench works with: the rules there are, the places, and a rule's text put in their midst.

Everything is made from one request (JSON), so that a rule under trial shares nothing with the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.engine import loading
from alerts.engine.backtest import awake
from alerts.errors import Fault, Faults
from alerts.match import files
from alerts.match.bind import Households
from alerts.match.check import Checker
from alerts.match.files import RuleFiles
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer

LONGEST_RULE = 64 * 1024
"""Letters of a rule file; the longest shipped one has a seventh of that."""
_MOST_LINE = 6_000  # letters of a line: a page shows them, and nobody reads such a one


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """`rules` are those that are known, by name: as their files say, or as they last were good."""

    found: RuleFiles
    rules: Mapping[str, Rule]
    places: Gazetteer
    households: Households

    @classmethod
    def open(cls, asked: Mapping[str, Any]) -> Workbench:
        """The workbench that a request describes (see `request.Material`)."""
        places = Gazetteer.open(Path(asked["gazetteer"]))
        found = files.load([Path(one) for one in asked["folders"]], country=places.country_of, off=asked["off"])
        known = {rule.name: rule for rule in found.rules}
        kept = [(name, text, lists) for name, text, lists in asked["kept"] if name not in known]
        rules, _ = loading.remembered(kept, places.country_of)
        return cls(
            found=found,
            rules={rule.name: rule for rule in rules} | known,
            places=places,
            households=Households(usual=asked["household"], by_country=asked["households"]),
        )

    def read(self, name: str, text: str) -> Rule:
        """The rule in a text that may be anything. Raises Faults."""
        if len(text) > LONGEST_RULE:
            told = f"the text has {len(text):,} letters; a rule has at most {LONGEST_RULE:,}: put its words into lists"
            raise Faults([Fault(f"{name}.toml", 0, told)])
        plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        long = [number for number, line in enumerate(plain.split("\n"), 1) if len(line) > _MOST_LINE]
        if long:
            told = f"the line has more than {_MOST_LINE:,} letters: break the list, one phrase a line"
            raise Faults([Fault(f"{name}.toml", number, told) for number in long[:10]])
        if "\0" in plain:
            raise Faults([Fault(f"{name}.toml", 0, "the text has a character (NUL) that no text has")])
        return Checker(self.found.lexicon, self.places.country_of).check(name, plain)

    def beside(self, name: str) -> list[Rule]:
        """The other rules that run."""
        return [rule for rule in self.rules.values() if rule.name != name and rule.status in ("active", "test")]

    def with_rule(self, rule: Rule) -> list[Rule]:
        """All rules that run, with this one in place of the one of its name, as if it ran."""
        return [*self.beside(rule.name), awake(rule)]
