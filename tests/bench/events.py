"""How well the rules flag: `./dev bench events FILE.jsonl [...]`, precision and recall of each event.

FILE holds an article a line, as `alerts detect` reads them, with `"gold": {"SIEGE": "C", ...}`: C where the article
reports the event as new or going on, B where it is only history. A hit on an article without a C is a false alarm.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from alerts.cli.articles import Defaults, Reader, moment
from alerts.cli.common import places_cache
from alerts.configured import open_gazetteer
from alerts.engine.rulebook import compiled
from alerts.match import files
from alerts.match.bind import Households
from alerts.resources import shipped

_LABELS = {
    "displacement": "DISPLACEMENT",
    "ceasefire_violation": "CEASEFIRE_BREACH",
    "ceasefire": "CEASEFIRE_AGREED",
    "siege": "SIEGE",
    "attack": "ATTACK",
    "protected_attack": "PROTECTED",
    "territory": "TERRITORY",
    "aid_obstruction": "AID_BLOCKED",
    "disaster": "DISASTER",
    "abduction": "ABDUCTION",
}
_FEWEST = 5  # labelled articles below which an event does not count for the mean


@dataclass(slots=True)
class _Count:
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./dev bench events", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.jsonl")
    for path in parser.parse_args(arguments).files:
        Console().print(_table(path.name, _score(path)))


def _score(path: Path) -> Mapping[str, _Count]:
    gazetteer = open_gazetteer(places_cache(), lambda *_: None)
    ruleset = compiled(files.load([shipped("rules")], country=gazetteer.country_of).rules).ruleset
    gold = {str(row["id"]): row for row in _rows(path)}
    counts = {event: _Count() for event in _LABELS}
    reader = Reader(Defaults(now=moment("2026-01-15T12:00:00Z"), country_of=gazetteer.country_of))
    for article in reader.read([str(path)]):
        found = ruleset.detect(article, gazetteer, Households())
        said = {hit.event for hit in found.hits if hit.current and not hit.needs_state}
        row = gold[article.id]
        for event, label in _LABELS.items():
            if label in row.get("disputed", ()):
                continue
            wanted = row["gold"].get(label) == "C"
            counts[event].right += wanted and event in said
            counts[event].wrong += not wanted and event in said
            counts[event].missed += wanted and event not in said
    return counts


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _table(name: str, counts: Mapping[str, _Count]) -> Table:
    table = Table("event", "reported", "right", "wrong", "precision", "recall", "F1", title=name)
    for event, count in counts.items():
        whole = (count.right + count.missed, count.right, count.wrong)
        table.add_row(event, *map(str, whole), *(f"{x:.2f}" for x in (count.precision, count.recall, count.f1)))
    scored = [count for count in counts.values() if count.right + count.missed >= _FEWEST]
    if scored:
        mean = [
            sum(values) / len(scored) for values in zip(*((c.precision, c.recall, c.f1) for c in scored), strict=True)
        ]
        table.add_section()
        table.add_row(f"mean of those with {_FEWEST}", "", "", "", *(f"{x:.3f}" for x in mean))
    return table


if __name__ == "__main__":
    main()
