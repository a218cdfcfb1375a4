"""How fast articles are flagged: `./dev bench match [FILE.jsonl ...] [--spacy PYTHON]`.

Measures everything `alerts detect` does with an article (language, events, figures, JSON) in processor time of one
core, start-up apart. FILEs hold articles a line; without any the examples of the shipped rules are read, and again
joined to full articles.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from alerts.cli.common import places_cache
from alerts.cli.output import Detector
from alerts.config import defaults
from alerts.configured import open_gazetteer
from alerts.engine.rulebook import compiled
from alerts.match import files
from alerts.match.bind import Households
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.resources import shipped
from alerts.types import Article
from tests.bench.made_rules import names_in, write_rules

_WHEN = datetime(2026, 1, 15, 12, tzinfo=UTC)
_SENTENCES = 12  # of a full article made of examples
_BESIDE = Path(__file__).parents[2] / ".." / "shared" / "eval"
_SPACY = Path(__file__).with_name("spacy_pipeline.py")
_HOW_TO = (
    "make an environment for it: python3 -m venv /tmp/spacy && /tmp/spacy/bin/pip install spacy, then give"
    " --spacy /tmp/spacy/bin/python; en_core_web_sm is used if it is installed there"
)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    if options.memory is not None:
        _flag_and_tell_memory(options.memory)
        return
    gazetteer = open_gazetteer(places_cache(), lambda *_: None)
    rules = _load([shipped("rules")], gazetteer)
    sets = {path.stem: _read(path) for path in options.files} or _made(rules)
    table = Table("what", "measured", "bar", title="alerts: flagging articles, one core, processor time")
    shortest = min(sets, key=lambda name: sum(len(a.text) for a in sets[name]) / len(sets[name]))
    for name, articles in sets.items():
        _throughput(table, name, articles, rules, gazetteer, bar=20_000 if name == shortest else 1_000)
    short = sets[shortest]
    names = names_in([article.text for article in short])
    _scaling(table, short[:: max(1, len(short) // options.sample)], names, gazetteer, options.rules)
    _memory(table, options.files)
    for name, articles in sets.items():
        _against_spacy(table, name, articles, rules, gazetteer, options.spacy)
    Console(width=120).print(table)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench match", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="articles, one a line as JSON")
    parser.add_argument("--rules", type=int, nargs="+", default=[10, 1_000, 5_000], help="how many made rules")
    parser.add_argument("--sample", type=int, default=500, help="articles for the made rules")
    parser.add_argument("--spacy", default=sys.executable, help="the Python of an environment with spaCy")
    parser.add_argument("--memory", type=Path, nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    beside = (_BESIDE / "news_dev.jsonl", _BESIDE / "syria_dev.jsonl")
    options.files = options.files or [path for path in beside if path.exists()]
    return options


def _load(folders: Sequence[Path], gazetteer: Gazetteer) -> tuple[Rule, ...]:
    found = files.load(folders, country=gazetteer.country_of)
    for fault in found.errors:
        sys.stderr.write(f"{fault}\n")
    return found.rules


def _read(path: Path) -> list[Article]:
    with path.open(encoding="utf-8") as lines:
        return [_article(number, **json.loads(line)) for number, line in enumerate(lines, 1)]


def _article(number: int, *, text: str, title: str = "", published: str | None = None, **_: object) -> Article:
    when = datetime.fromisoformat(published) if published else _WHEN
    return Article(id=str(number), title=title, text=text, published=when if when.tzinfo else when.replace(tzinfo=UTC))


def _made(rules: Sequence[Rule]) -> dict[str, list[Article]]:
    """The examples of the rules one by one, and joined to articles of some length."""
    texts = [example.text for rule in rules for example in rule.examples]
    joined = ["\n".join(texts[at : at + _SENTENCES]) for at in range(0, len(texts), 3)]
    return {
        "examples": [_article(number, text=text) for number, text in enumerate(texts)],
        "joined examples": [_article(number, text=text) for number, text in enumerate(joined)],
    }


def _seconds(work: Callable[[], object]) -> float:
    """Processor time of the second of two runs: words seen before are known, as in a service that runs."""
    took = 0.0
    for _ in range(2):
        begun = time.process_time()
        work()
        took = time.process_time() - begun
    return took


def _detector(rules: Sequence[Rule], gazetteer: Gazetteer) -> Detector:
    return Detector(compiled(rules), gazetteer, defaults(Path.cwd()), everything=False, figures=True)


def _flag(rules: Sequence[Rule], gazetteer: Gazetteer, articles: Sequence[Article]) -> Callable[[], None]:
    detector = _detector(rules, gazetteer)

    def flag() -> None:
        for article in articles:
            json.dumps(detector.row(article), ensure_ascii=False)

    return flag


def _throughput(
    table: Table, name: str, articles: Sequence[Article], rules: Sequence[Rule], gazetteer: Gazetteer, *, bar: int
) -> None:
    """Items a second through everything, through the events alone, and the share that one scan dismissed."""
    detector = _detector(rules, gazetteer)
    whole = len(articles) / _seconds(_flag(rules, gazetteer, articles))
    detect = partial(detector.ruleset.detect, gazetteer=gazetteer, households=detector.households)
    events = len(articles) / _seconds(lambda: [detect(article) for article in articles])
    dismissed = sum(detect(article).reading is None for article in articles) / len(articles)
    words = sum(len(article.text.split()) for article in articles) / len(articles)
    table.add_row(f"{name}: {len(articles)} articles of {words:.0f} words", f"{whole:,.0f}/s", f">= {bar:,}/s")
    table.add_row("  events alone, without figures and JSON", f"{events:,.0f}/s", "")
    table.add_row("  dismissed by one scan", f"{dismissed:.0%}", "most")


def _scaling(
    table: Table, articles: Sequence[Article], names: Sequence[str], gazetteer: Gazetteer, counts: Sequence[int]
) -> None:
    """The cost of more rules, and of loading them."""
    least: float | None = None
    for count in counts:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made) / "rules"
            write_rules(folder, count, shipped=shipped("rules"), names=names, seed=count)
            begun = time.process_time()
            rules = _load([folder], gazetteer)
            book = compiled(rules)
            loaded = time.process_time() - begun
        detect = partial(book.ruleset.detect, gazetteer=gazetteer, households=Households())
        took = _seconds(lambda detect=detect: [detect(article) for article in articles])  # type: ignore[misc]
        least = least or took
        bar = {1_000: ("<= 3", "< 2 s"), 5_000: ("<= 6", "")}.get(count, ("", ""))
        speed = f"{len(articles) / took:,.0f}/s, {took / least:.1f} times the first"
        table.add_row(f"{len(rules):,} rules: events", speed, bar[0])
        table.add_row("  loaded and compiled in", f"{loaded:.1f} s", bar[1])


def _memory(table: Table, given: Sequence[Path]) -> None:
    """The most memory that a process of its own takes to flag all articles."""
    run = [sys.executable, "-m", "tests.bench.match", "--memory", *map(str, given)]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    table.add_row("most memory, with the gazetteer", f"{int(told) / 1024:.0f} MB", "< 300 MB")


def _flag_and_tell_memory(given: Sequence[Path]) -> None:
    gazetteer = open_gazetteer(places_cache(), lambda *_: None)
    rules = _load([shipped("rules")], gazetteer)
    sets = [_read(path) for path in given] or list(_made(rules).values())
    for articles in sets:
        _flag(rules, gazetteer, articles)()
    sys.stdout.write(str(_most_memory()))


def _most_memory() -> int:
    """The most kilobytes this process had in memory. Linux counts into `ru_maxrss` what the parent had when it
    started this process, so its own account is asked first."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _against_spacy(
    table: Table, name: str, articles: Sequence[Article], rules: Sequence[Rule], gazetteer: Gazetteer, python: str
) -> None:
    """How many times faster than spaCy's small English pipeline, on the same items."""
    sample = articles[:: max(1, len(articles) // 200)]
    given = json.dumps([article.text for article in sample])
    told = subprocess.run([python, str(_SPACY)], input=given, capture_output=True, text=True)
    if told.returncode:
        table.add_row(f"{name}: against spaCy", f"not measured: {_HOW_TO}", ">= 50")
        return
    found = json.loads(told.stdout)
    ours, theirs = _seconds(_flag(rules, gazetteer, sample)), float(found["seconds"])
    table.add_row(
        f"{name}: against {found['pipeline']}",
        f"{theirs / ours:.0f} times ({len(sample) / theirs:,.0f}/s by spaCy)",
        ">= 50",
    )


if __name__ == "__main__":
    main()
