"""Rules by the thousand, as a house of many analysts would have them: each a shipped rule with words of its own,
sharing the word lists and most phrases."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

_OWN_WORDS = 4  # names a rule watches
_EXAMPLES = re.compile(r"^\[\[(?:fires|quiet|story)\]\]", re.MULTILINE)
_PARTS = "[match.parts]\n"


def names_in(texts: Sequence[str]) -> list[str]:
    """Capitalised words of the texts: what the rules of analysts name, and the texts know some of."""
    found = {name for text in texts for name in re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}", text)}
    return sorted(found) or ["Anytown"]


def write_rules(folder: Path, count: int, *, shipped: Path, names: Sequence[str], seed: int) -> None:
    """`count` rule files in `folder`: the shipped ones, then others that each take the blocks of a shipped rule and
    ask for names of their own besides (a place, a company, a road); half of them have an idiom of their own, too."""
    chance = random.Random(seed)
    originals = [(path.stem, path.read_text(encoding="utf-8")) for path in sorted(shipped.glob("*.toml"))]
    lists = folder / "lexicon"
    lists.mkdir(parents=True)
    for path in (shipped / "lexicon").glob("*.toml"):
        (lists / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    for number in range(count):
        stem, text = originals[number % len(originals)]
        if number < len(originals):
            (folder / f"{stem}.toml").write_text(text, encoding="utf-8")
            continue
        own = chance.sample(names, min(_OWN_WORDS, len(names)))
        (folder / f"{stem}_{number}.toml").write_text(_varied(text, own, phrase=number % 2 == 0), encoding="utf-8")


def _varied(text: str, own: Sequence[str], *, phrase: bool) -> str:
    found = _EXAMPLES.search(text)
    text = text[: found.start()] if found else text
    first, *others = [f'"{name}"' for name in own]
    watched = ", ".join([first, *others, f'"{own[0]} (road | bridge | province)"'])
    text = text.replace(_PARTS, f"{_PARTS}watched_here = [{watched}]\n")
    if phrase:
        text = re.sub(r"^phrases = \[", f'phrases = ["{own[-1]} ..3.. (film | match)", ', text, count=1, flags=re.M)
    return f'{text}\n[[fires]]\ntext = "Made for measuring, never run: {own[0]}."\n'
