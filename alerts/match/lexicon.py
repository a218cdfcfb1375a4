"""Word lists: `lexicon/NAME.toml` files that any phrase uses as `@NAME`, parsed once for all rules.

Lists may use lists; a cycle is a fault. A list in a user's own folder replaces the shipped one of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

from alerts.errors import Fault, Faults, did_you_mean
from alerts.match.grammar import PhraseError, parse
from alerts.match.phrases import Choice, Phrase
from alerts.match.sections import one_of
from alerts.toml_lines import Document

FAULTY_LIST = "has faults of its own"
_KEYS = ("about", "words")
_DEEPEST = 8  # lists that use lists; with the brackets of each, Python's stack is the limit
_ENTRY = 'a word list needs words = ["...", "..."]; a line of it may be { say = "...", valid_until = 2027-01-31 }'


class Lexicon:
    """All word lists of the rule folders, from their `files` or from `texts` by name. `faults` holds what is wrong
    with them."""

    def __init__(self, files: Iterable[Path] = (), *, texts: Mapping[str, str] | None = None) -> None:
        self.faults: list[Fault] = []
        self._documents: dict[str, Document] = {}
        self._lists: dict[str, Choice | None] = {}
        self._phrases: dict[tuple[str, ...], Choice] = {}
        self._parsed: dict[str, Phrase] = {}
        self._uses: dict[str, set[str]] = {}
        self._depths: dict[str, int] = {}  # how deep the lists that a list uses go
        self._open: list[str] = []
        self.dated: list[tuple[str, int, str, date]] = []  # list, number of the line, phrase, the day it holds until
        found: dict[str, Path | str] = {path.stem: path for path in files}
        for name, source in (found | dict(texts or {})).items():
            try:
                self._documents[name] = Document.load(source, f"lexicon/{name}.toml")
            except Faults as error:
                self.faults += error.faults
                self._lists[name] = None
        for name in list(self._documents):
            self._load(name)

    @property
    def names(self) -> Mapping[str, Document]:
        return self._documents

    def __call__(self, name: str) -> Choice:
        """The list `name`, for `phrases.parse`. Raises PhraseError with advice."""
        if name in self._open:
            circle = " -> ".join(f"@{one}" for one in (*self._open[self._open.index(name) :], name))
            raise PhraseError(f"the word lists go in a circle: {circle}")
        if len(self._open) > _DEEPEST:
            raise PhraseError(f"word lists use each other more than {_DEEPEST} deep, down to '@{name}'")
        if self._open:
            self._uses.setdefault(self._open[-1], set()).add(name)
        if name not in self._lists:
            if name not in self._documents:
                known = did_you_mean("@" + name, (f"@{one}" for one in self._documents))
                raise PhraseError(f"there is no word list '@{name}'{known} (lists live in rules/lexicon/)")
            self._load(name)
        found = self._lists[name]
        if found is None:
            raise PhraseError(f"the word list '@{name}' {FAULTY_LIST}")
        if self._open:
            self._depths[self._open[-1]] = max(self._depths.get(self._open[-1], 0), self._depths.get(name, 0) + 1)
            if self._depths[self._open[-1]] > _DEEPEST:
                raise PhraseError(f"word lists use each other more than {_DEEPEST} deep, here by '@{name}'")
        return found

    def same_as(self, other: Lexicon) -> bool:
        """Whether both were made from the same lists."""
        return self.faults == other.faults and self._all_texts() == other._all_texts()

    def _all_texts(self) -> dict[str, str]:
        return {name: document.text for name, document in self._documents.items()}

    def choice(self, sources: tuple[str, ...], phrases: list[Phrase]) -> Choice:
        """One shared Choice for equal lists of phrases, so that what many rules look for is found once."""
        known = self._phrases.get(sources)
        if known is None:
            known = self._phrases[sources] = Choice(phrases)
        return known

    def phrase(self, source: str) -> Phrase:
        """The phrase of a rule, parsed once for all rules that have it. Raises PhraseError with advice."""
        known = self._parsed.get(source)
        if known is None:
            known = self._parsed[source] = parse(source, self)
        return known

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """The texts of the lists `names` and of all lists they use, by name."""
        todo, done = list(names), set()
        while todo:
            name = todo.pop()
            if name not in done and name in self._documents:
                done.add(name)
                todo.extend(self._uses.get(name, ()))
        return {name: self._documents[name].text for name in sorted(done)}

    def _load(self, name: str) -> None:
        if name in self._lists:
            return
        document = self._documents[name]
        before = len(self.faults)
        words = document.data.get("words")
        for key in document.data:
            if key not in _KEYS:
                advice = did_you_mean(key, _KEYS) or f"; a word list has {one_of(_KEYS)}"
                self.faults.append(document.fault((key,), f"'{key}' is not a known key{advice}"))
        if not isinstance(words, list) or not words:
            self.faults.append(document.fault(("words",), _ENTRY))
            words = []
        self._open.append(name)
        phrases: list[Phrase] = []
        for index, entry in enumerate(words):
            try:
                phrases.append(parse(self._source(name, index, entry), self))
            except PhraseError as error:
                self.faults.append(document.fault(("words", index), str(error)))
        self._open.pop()
        sound = len(self.faults) == before and phrases
        self._lists[name] = Choice(phrases, name=name) if sound else None

    def _source(self, name: str, index: int, entry: object) -> str:
        """The phrase of one line of a list; a line that has a last day is noted in `dated`."""
        if isinstance(entry, dict) and {*entry} == {"say", "valid_until"}:
            until = entry["valid_until"]
            if isinstance(until, datetime):
                until = until.date()
            if not isinstance(until, date):
                raise PhraseError("'valid_until' must be a date without quotes: 2026-01-31")
            if isinstance(entry["say"], str):
                self.dated.append((name, index, entry["say"], until))
            entry = entry["say"]
        if not isinstance(entry, str):
            raise PhraseError(_ENTRY)
        return entry
