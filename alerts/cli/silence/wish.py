"""The silence that a file asks for, and every key of it that cannot be read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from alerts.errors import did_you_mean
from alerts.track.silence import HIGHEST
from alerts.track.silencing import Wish, Wrong

if TYPE_CHECKING:
    from alerts.toml_lines import Document

_TEXTS: Final = ("place", "country", "up_to", "author", "why")
KEYS: Final = ("rule", *_TEXTS[:3], "until", *_TEXTS[3:], "idle_days")


def from_file(document: Document) -> tuple[Wish, list[Wrong]]:
    """The wish that a file holds, and every key of it that cannot be read."""
    data, wrong = document.data, list[Wrong]()
    for key in data:
        if key not in KEYS:
            meant = did_you_mean(key, KEYS) or f"; known are {', '.join(KEYS)}"
            wrong.append(((key,), f"unknown key{meant}"))
    texts = {key: _text(data, key, wrong) for key in _TEXTS if key in data}
    until = data.get("until")
    if until is not None and not isinstance(until, date | str):
        wrong.append((("until",), "must be a date without quotes: 2026-01-31"))
        until = None
    idle = data.get("idle_days")
    if idle is not None and (not isinstance(idle, int) or isinstance(idle, bool)):
        wrong.append((("idle_days",), "must be a whole number, without quotes"))
        idle = None
    return Wish(rules=_rules(data, wrong), until=until, idle_days=idle, **texts), wrong


def _text(data: dict[str, Any], key: str, wrong: list[Wrong]) -> str:
    value = data[key]
    if isinstance(value, str):
        return value
    wrong.append(((key,), 'must be text in quotes, "like this"'))
    return HIGHEST if key == "up_to" else "?"  # not missing, only unread


def _rules(data: dict[str, Any], wrong: list[Wrong]) -> tuple[str, ...]:
    given = data.get("rule", [])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        wrong.append((("rule",), 'must be the name of a rule in quotes, or a list of names: ["one", "two"]'))
        return ()
    return tuple(dict.fromkeys(names))
