"""What a version of an alert has to draw: its counts by day, or its numbers from version to version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from alerts.render.charts import Daily, Step, Steps
from alerts.render.view import Notice, Numbers
from alerts.template_filters import count, one_line

_USUAL_IS: Final = {"record": "highest before", "growth": "when last told"}
_FIRST: Final = ("killed", "displaced", "injured")  # which numbers are drawn, if there are more than there is room for
_PANELS: Final = 2
_BAND_DAYS: Final = 14  # of fewer days nobody can say what most are like
_BAND_SHARE: Final = 0.1  # so much is left out at either end


def daily_of(notice: Notice) -> Daily | None:
    """The counts by day of an alert of a rule that counts; None for others."""
    wave, series = notice.fields.get("spike"), notice.fields.get("series")
    if not wave or not series or len(series["counts"]) < 2:
        return None
    first, until = date.fromisoformat(series["first"]), date.fromisoformat(wave["day"])
    counts = tuple(max(0.0, float(count)) for count in series["counts"])
    before = counts[: max(0, (until - first).days - wave["days"] + 1)]
    days = 1 if wave["test"] == "ears" else wave["days"]
    return Daily(
        noun=one_line(wave["noun"]),
        first=first,
        counts=counts,
        until=until,
        marked=wave["days"],
        usual=wave["usual"] / days,
        usual_is=_USUAL_IS.get(wave["test"], "usual"),
        band=_band(before),
    )


def _band(before: Sequence[float]) -> tuple[float, float] | None:
    """Between which counts eight of ten days lie."""
    if len(before) < _BAND_DAYS:
        return None
    ordered, left_out = sorted(before), int(len(before) * _BAND_SHARE)
    low, high = ordered[left_out], ordered[-1 - left_out]
    return (low, high) if high > 0 else None


def steps_of(notice: Notice) -> tuple[Steps, ...]:
    """The numbers that changed from version to version, the gravest first; empty where none did."""
    history = [one for one in notice.history if one.at <= notice.at]
    names = dict.fromkeys(name for one in history for name in one.numbers)
    found = [panel for name in sorted(names, key=_rank) if (panel := _steps(name, history)) is not None]
    return tuple(found[:_PANELS])


def _rank(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _steps(name: str, history: Sequence[Numbers]) -> Steps | None:
    steps = tuple(_step(one, number) for one in history if (number := one.numbers.get(name)))
    changed = {(step.low, step.high) for step in steps}
    return Steps(label=one_line(name.replace("_", " ")), steps=steps) if len(changed) > 1 else None


def _step(one: Numbers, number: Mapping[str, Any]) -> Step:
    return Step(at=one.at, low=float(number["low"]), high=float(number["high"]), words=count(number))
