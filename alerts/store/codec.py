"""The values of `alerts.types` as JSON columns, and back.

Reading is lenient towards time: a field that an older row lacks takes its default, one that only a newer
version of the program wrote is left out. So a stored alert can be read for years.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final, TypeVar

from alerts.readers import Near, Quiet, Wishes
from alerts.types import Alert, Claim, Hit, Place, Quantity, Wave

Value = TypeVar("Value")

_ALERT_TIMES: Final = ("first_event", "last_event", "opened", "updated", "waits_since")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PLAIN: Final = frozenset((int, float, bool, type(None)))


def clean(text: str) -> str:
    """Without NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold."""
    return _UNSTORABLE.sub("", text)


def clean_or_none(text: str | None, longest: int | None = None) -> str | None:
    """`clean`, cut to what its column holds; None stays None, and so does what is empty."""
    return clean(text)[:longest] or None if text else None


def row_id(alert_id: str) -> int:
    """An alert's id as the database has it; what is no id is none of any alert."""
    return int(alert_id) if alert_id.isascii() and alert_id.isdigit() and len(alert_id) < 10 else -1


def to_json(value: Any) -> Any:
    """Any value of `alerts.types` as JSON: dataclasses as objects, times as ISO 8601 text."""
    kind: Any = type(value)
    if kind is str:
        return clean(value)
    if kind in _PLAIN:
        return value
    if (names := _fields(kind)) is not None:
        return {name: to_json(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(to_json(item) for item in value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    return clean(value) if isinstance(value, str) else value


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[str, ...] | None:
    """The names of a dataclass's fields; None for what is none."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


def place(data: Mapping[str, Any] | None) -> Place | None:
    return None if data is None else _make(Place, data)


def quantities(data: Mapping[str, Any]) -> dict[str, Quantity]:
    return {name: _make(Quantity, item) for name, item in data.items()}


def wave(data: Mapping[str, Any] | None) -> Wave | None:
    return None if data is None else _make(Wave, data, day=date.fromisoformat(data["day"]))


def hit(data: Mapping[str, Any]) -> Hit:
    return _make(
        Hit,
        data,
        claims=tuple(_make(Claim, item) for item in data["claims"]),
        place=place(data["place"]),
        numbers=quantities(data["numbers"]),
        event_time=datetime.fromisoformat(data["event_time"]),
    )


def wishes(data: Mapping[str, Any]) -> Wishes:
    """A reader's wishes; what an older version of the program did not ask for has its default. Their key is as it lies
    in the database, sealed (`people.wishes_of` opens it)."""
    quiet, until = data.get("quiet"), data.get("paused_until")
    lists = {name: tuple(data[name]) for name in ("events", "countries", "regions") if name in data}
    return _make(
        Wishes,
        data,
        **lists,
        near=tuple(_make(Near, item) for item in data.get("near", ())),
        quiet=quiet and Quiet(begin=time.fromisoformat(quiet["begin"]), end=time.fromisoformat(quiet["end"])),
        paused_until=until and datetime.fromisoformat(until),
    )


def alert(data: Mapping[str, Any]) -> Alert:
    """An alert from its JSON form, such as the `fields` of one of its versions."""
    times = [name for name in _ALERT_TIMES if data.get(name) is not None]
    return _make(
        Alert,
        data,
        place=place(data["place"]),
        numbers=quantities(data["numbers"]),
        spike=wave(data.get("spike")),
        **{name: datetime.fromisoformat(data[name]) for name in times},
    )


def _make(kind: type[Value], data: Mapping[str, Any], **read: Any) -> Value:
    known = _NAMES[kind]
    given = {**data, **read}
    return kind(**(given if given.keys() <= known else {name: given[name] for name in given.keys() & known}))


_KINDS: Final = (Alert, Claim, Hit, Near, Place, Quantity, Wave, Wishes)
_NAMES: Final[dict[type[Any], frozenset[str]]] = {
    kind: frozenset(field.name for field in fields(kind)) for kind in _KINDS
}
