"""The form of wishes as its template shows it: each field with what stands in it, what may be chosen, and its fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from alerts.notify.joining import form
from alerts.notify.joining.form import Known, Typed, Understood
from alerts.notify.joining.whereabouts import Row
from alerts.readers import WEEKDAYS
from alerts.render.view import event_name
from alerts.render.wishes import LANGUAGES

_SEVERITIES: Final = (
    ("minor", "All, also minor ones"),
    ("moderate", "Moderate or worse"),
    ("severe", "Severe or worse"),
    ("extreme", "Extreme ones only"),
)
_CERTAINTIES: Final = (
    ("possible", "All, also what one source alone reports"),
    ("likely", "What is likely or surer"),
    ("observed", "What was observed"),
)
_RHYTHMS: Final = (
    ("now", "At once, a mail for each"),
    ("hourly", "One mail an hour at most"),
    ("daily", "One mail a day"),
    ("weekly", "One mail a week"),
)
_WAKES: Final = (
    ("", "Nothing"),
    ("extreme", "Extreme alerts"),
    ("severe", "Severe alerts, or worse"),
    ("moderate", "Moderate alerts, or worse"),
    ("minor", "All alerts"),
)
_LABELS: Final = {
    "address": "Your mail address",
    "website": "Leave this empty",
    "event": "What",
    "severity": "How bad",
    "certainty": "How sure",
    "language": "Language",
    "rhythm": "How often",
    "hour": "At what hour",
    "weekday": "On which day",
    "zone": "Your time zone",
    "quiet_from": "Quiet from",
    "quiet_to": "Quiet until",
    "wake": "At once, at any hour",
    "pause": "Nothing before",
    "key": "Your OpenPGP key",
}
_NAMES: Final = (*_LABELS, "text_only", "discreet")


def form_view(typed: Typed, known: Known, read: Understood | None = None) -> dict[str, Any]:
    """The variables of `pages/_wishes.html`."""
    faults = dict(read.faults) if read else {}
    value = typed.values.get
    return {
        "values": {name: value(name, "") for name in _NAMES},
        "faults": {name: faults.get(name, "") for name in _NAMES},
        "summary": [
            {"field": _field(name), "label": _label(name), "said": faults[name]} for name in sorted(faults, key=_order)
        ],
        "events": _events(typed, known),
        "rows": _rows(typed, read),
        "severities": _options(_SEVERITIES, value("severity", "minor")),
        "certainties": _options(_CERTAINTIES, value("certainty", "possible")),
        "rhythms": _options(_RHYTHMS, value("rhythm", "now")),
        "hours": _options([(str(hour), f"{hour:02}:00") for hour in range(24)], value("hour", "7")),
        "weekdays": _options([(str(number), name) for number, name in enumerate(WEEKDAYS)], value("weekday", "0")),
        "wakes": _options(_WAKES, value("wake", "")),
        "languages": _options(
            [(code, LANGUAGES.get(code, code)) for code in dict.fromkeys((*known.languages, value("language", "en")))],
            value("language", "en"),
        ),
        "zones": sorted(form.zones_by_name().values()),
        "encrypts": known.check_key is not None,
        "most_places": form.MOST_PLACES,
    }


def _options(choices: Iterable[tuple[str, str]], chosen: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": label, "chosen": value == chosen} for value, label in choices]


def _events(typed: Typed, known: Known) -> list[dict[str, Any]]:
    every = sorted(dict.fromkeys((*known.events, *typed.events)), key=event_name)
    return [
        {"value": event, "label": event_name(event).capitalize(), "chosen": event in typed.events} for event in every
    ]


def _rows(typed: Typed, read: Understood | None) -> list[dict[str, Any]]:
    empty = min(form.EMPTY_ROWS, form.MOST_PLACES - len(typed.rows))
    rows: Sequence[Row] = (*typed.rows, *(Row() for _ in range(empty)))
    return [
        {
            "number": number,
            "row": row,
            "fault": read.faults.get(f"place {number}", "") if read else "",
            "choices": [
                {"value": one.id, "label": one.label, "chosen": one.id == row.pick}
                for one in (read.choices.get(number, ()) if read else ())
            ],
        }
        for number, row in enumerate(rows)
    ]


def _field(name: str) -> str:
    """The id of the element that a fault is about."""
    return name.replace(" ", "-")


def _order(name: str) -> tuple[int, str]:
    """Faults come as their fields do."""
    place = name.startswith("place ")
    return list(_LABELS).index("severity" if place else name) * 2 - place, name.zfill(12)


def _label(name: str) -> str:
    return f"Place {int(name.split()[1]) + 1}" if name.startswith("place ") else _LABELS.get(name, name)
