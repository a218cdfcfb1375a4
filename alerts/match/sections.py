"""Reading the sections of a rule file: typed values, and a fault with its line for everything else.

Unknown is an error: nothing an analyst writes is ever ignored in silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from alerts.durations import duration
from alerts.errors import Fault, did_you_mean
from alerts.toml_lines import Document, KeyPath

T = TypeVar("T")
_LANGUAGE = re.compile("[a-z]{2,3}")

# Every key there is, by section. "" is the top of the file; NAME is the analyst's own word.
KEYS: dict[str, tuple[str, ...]] = {
    "": (
        "format", "title", "status", "event", "about", "scope", "match", "ignore", "claims", "numbers", "place", "when",
        "state", "confirm", "severity", "alert", "fires", "quiet", "story",
    ),
    "about": (
        "author", "owner", "created", "modified", "review_by", "why", "references", "false_alarms", "tags", "formerly",
        "min_precision",
    ),
    "scope": ("languages", "sources", "not_sources", "sections", "not_sections", "source_tier"),
    "match": (
        "name", "language", "within_words", "within_sentences", "look_in", "parts", "unless", "claims", "opens",
        "closes", "holds", "common",
    ),
    "ignore": ("phrases", "sentences", "articles"),
    "claims": ("denied", "possible", "past", "total", "standing", "alleged", "news_for"),
    "numbers.NAME": ("use", "say", "household", "at_least"),
    "place": ("required", "precision", "countries", "not_countries"),
    "when": (
        "kind", "in", "per", "learn", "state", "grace", "window", "baseline", "at_least", "times", "history", "count",
        "rule", "within",
    ),
    "state": ("name", "per", "lasts"),
    "confirm": ("sources", "within", "until_then"),
    "severity": ("default", "raise"),
    "severity.raise": ("said", "to"),
    "alert": (
        "title", "summary", "category", "response", "expires", "same_event", "course", "update_when", "covers",
        "triage",
    ),
    "fires": ("text", "title", "published", "language", "country", "source", "expect", "because", "known_problem"),
    "quiet": ("text", "title", "published", "language", "country", "source", "expect", "because", "known_problem"),
    "story": ("name", "article", "published", "known_problem"),
    "story.article": ("day", "text", "title", "language", "country", "source", "fires"),
}  # fmt: skip


def one_of(options: Sequence[str]) -> str:
    """The options in words: `'a', 'b' or 'c'`."""
    quoted = [f"'{option}'" for option in options]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


class Section:
    """One table of the file. Every reader notes faults in `faults` and gives the default instead."""

    def __init__(self, document: Document, path: KeyPath, data: object, kind: str, faults: list[Fault]) -> None:
        self.document, self.path, self.kind, self.faults = document, path, kind, faults
        if isinstance(data, dict):
            self.data: dict[str, Any] = data
        else:
            self.data = {}
            self.fault((), f"{self.label} must be a section")

    @property
    def line(self) -> int:
        """The line where the section stands."""
        return self.document.line(self.path)

    @property
    def label(self) -> str:
        names = [str(part) for part in self.path if isinstance(part, str)]
        return f"[{'.'.join(names)}]" if names else "the top of the file"

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(self.document.fault((*self.path, *path), message))

    def refuse_unknown(self, own: Collection[str] = ()) -> None:
        """A fault for every key that is not of this section; `own` are the analyst's own names."""
        known = (*KEYS[self.kind], *own)
        for key in self.data:
            if key not in known:
                self.fault((key,), self._unknown(key, known))

    def _unknown(self, key: str, known: Sequence[str]) -> str:
        elsewhere = any(key in keys for keys in KEYS.values())
        near = did_you_mean(key, known, cutoff=0.8 if elsewhere else 0.6)
        if not near:
            if key in KEYS[""] and self.kind:
                where = f"'{key}' stands inside {self.label}; it belongs at the top of the file"
                return where if isinstance(self.data[key], dict | list) else f"{where}, above the first [section]"
            homes = [name for name, keys in KEYS.items() if key in keys and name]
            if homes:
                here = f"inside {self.label}" if self.kind else "at the top of the file"
                section = isinstance(self.data[key], dict)
                remedy = f"write it [{homes[0]}.{key}]" if section else f"it belongs in [{homes[0]}]"
                return f"'{key}' stands {here}; {remedy}"
            return f"'{key}' is not a known key here; {self.label} has {one_of(known)}"
        return f"'{key}' is not a known key{near}"

    def take(self, key: str, kind: type | tuple[type, ...], what: str, default: T) -> T:
        """The value of `key` if it is of the type `kind` (`what` in words), else the default and a fault."""
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
            return cast(T, value)
        self.fault((key,), f"'{key}' must be {what}")
        return default

    def text(self, key: str, *, required: bool = False) -> str:
        value = self.take(key, str, "text in quotes", "")
        if (
            required
            and not value.strip()
            and not any(fault.message.startswith(f"'{key}' must") for fault in self.faults)
        ):
            self.fault((), f"{self.label} needs '{key}'")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values: list[Any] = self.take(key, list, 'a list of texts: ["a", "b"]', [])
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.fault((key, index), f"'{key}' must be a list of texts: write the value in quotes")
        return tuple(value for value in values if isinstance(value, str))

    def language(self, key: str) -> str:
        """A language by its code, or ""."""
        value = self.text(key)
        if value and not _LANGUAGE.fullmatch(value):
            self.fault((key,), f"'{value}' is no language code; write two small letters (ISO 639-1), such as en")
            return ""
        return value

    def languages(self, key: str) -> tuple[str, ...]:
        """A list of languages by their codes."""
        values = self.texts(key)
        for index, value in enumerate(values):
            if not _LANGUAGE.fullmatch(value):
                self.fault((key, index), f"'{value}' is no language code; write two small letters, such as en")
        return values

    def choice(self, key: str, options: Sequence[str], default: str) -> Any:
        value = self.take(key, str, f"one of {one_of(options)}, in quotes", default)
        if value not in options and value != default:
            self.fault((key,), self.no_option(key, value, options))
            return default
        return value

    def no_option(self, key: str, value: str, options: Sequence[str]) -> str:
        near = did_you_mean(value, options)
        return f"'{value}' is no {key}{near or f'; write {one_of(options)}'}"

    def flag(self, key: str, default: bool) -> bool:
        return self.take(key, bool, "true or false, without quotes", default)

    def whole(self, key: str, *, least: int, most: int) -> int | None:
        value: int | None = self.take(key, int, "a whole number without quotes", None)
        if value is not None and not least <= value <= most:
            self.fault((key,), f"'{key}' must be between {least} and {most}")
            return None
        return value

    def number(self, key: str) -> float | None:
        value: float | None = self.take(key, (int, float), "a number without quotes", None)
        if value is not None and value < 0:
            self.fault((key,), f"'{key}' must not be below 0")
            return None
        if value is not None and not math.isfinite(value):
            self.fault((key,), f"'{key}' must be a number that ends: '{value}' is none")
            return None
        return None if value is None else float(value)

    def share(self, key: str) -> float | None:
        value = self.number(key)
        if value is not None and not 0 < value < 1:
            self.fault((key,), f"'{key}' is a share between 0 and 1, such as 0.6")
            return None
        return value

    def length(self, key: str, default: timedelta) -> timedelta:
        value = self.take(key, str, 'a length of time in quotes: "3 days"', "")
        if not value:
            return default
        try:
            return duration(value)
        except ValueError as error:
            self.fault((key,), f"'{key}': {error}")
            return default

    def day(self, key: str) -> str:
        value = self.data.get(key)
        if value is None:
            return ""
        if not isinstance(value, date | datetime):
            self.fault((key,), f"'{key}' must be a date without quotes: 2026-01-31")
            return ""
        return value.isoformat()

    def sub(self, key: str, kind: str) -> Section | None:
        """The section `key` inside this one, or None."""
        if key not in self.data:
            return None
        return Section(self.document, (*self.path, key), self.data[key], kind, self.faults)

    def each(self, key: str, kind: str) -> list[Section]:
        """The sections written [[key]]."""
        found = self.data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self.fault((key,), f"'{key}' must be written as sections with double brackets: [[{key}]]")
            return []
        return [Section(self.document, (*self.path, key, i), one, kind, self.faults) for i, one in enumerate(found)]
