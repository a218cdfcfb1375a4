"""A sample of new alerts as a text for a judge to fill in, and what the verdicts in it come to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from rich.table import Table

from alerts.engine.tracking import Told
from alerts.match.precision import wilson
from alerts.types import Evidence, Place

VERDICTS: Final = ("right", "wrong", "duplicate", "wrong place", "wrong number")
_NEAR: Final = timedelta(days=7)
_MARK: Final = re.compile(r"^verdict:[ \t]*([a-z ]*[a-z])?", re.MULTILINE)
_RULE: Final = re.compile(r"^## \d+: (\S+),", re.MULTILINE)
_HEAD: Final = f"""\
# {{shown}} of {{of}} new alerts, picked by seed {{seed}}

Write behind each "verdict:" one of: {", ".join(VERDICTS)}. What follows a dash is yours ("wrong - a film").
right: a careful duty officer would have told this. wrong: it did not happen so, or is no news. duplicate: another alert
told it before. wrong place, wrong number: right but for that, in what was told.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An alert as it was told first, with the evidence there was then."""

    told: Told
    evidence: tuple[Evidence, ...]

    @property
    def country(self) -> str | None:
        place = self.told.alert.place
        return place.country if place is not None else None


def sample(news: Sequence[New], count: int, *, seed: int) -> str:
    """`count` of the alerts in order of time, each with what a judge needs."""
    picked = Random(seed).sample(range(len(news)), min(count, len(news)))
    head = _HEAD.format(shown=len(picked), of=len(news), seed=seed)
    return head + "\n".join("\n".join(_block(news[index], news)) + "\n" for index in sorted(picked))


def _block(new: New, news: Sequence[New]) -> Iterator[str]:
    alert, message = new.told.alert, new.told.message
    how = ", ".join(dict.fromkeys(item.hit.place_from or "nowhere" for item in new.evidence))
    confirmed = "confirmed" if alert.confirmed else "unconfirmed"
    yield f"## {alert.id}: {alert.rule}, {message.at:%Y-%m-%d %H:%M}, {alert.severity}, {alert.certainty}, {confirmed}"
    yield f"title:    {new.told.title}"
    yield f"place:    {_place(alert.place)}; found in: {how}"
    numbers = (f"{name} {n.low:,.0f}-{n.high:,.0f} ({n.text})" for name, n in alert.numbers.items())
    yield f"numbers:  {'; '.join(numbers) or 'none'}"
    yield f"happened: {alert.first_event:%Y-%m-%d}"
    for item in new.evidence:
        yield f"article:  {item.title} [{item.source or 'unnamed'}, {item.published:%Y-%m-%d}]"
        yield f"sentence: {item.hit.sentence}"
    for other in _others(new, news):
        told = other.told
        yield f"near:     {told.alert.id}, {told.message.at:%Y-%m-%d}, {_place(told.alert.place)}: {told.title}"
    yield "verdict:"


def _place(place: Place | None) -> str:
    if place is None:
        return "unknown"
    return (
        ", ".join(dict.fromkeys(filter(None, (place.name, place.admin1_name, place.country)))) + f" ({place.precision})"
    )


def _others(new: New, news: Sequence[New]) -> list[New]:
    """Alerts of the same rule in the same country within a week: it may be one of them again."""

    def near(other: New) -> bool:
        one, two = new.told, other.told
        close = abs(one.message.at - two.message.at) <= _NEAR
        return one.alert.id != two.alert.id and one.alert.rule == two.alert.rule and close

    return [other for other in news if near(other) and other.country == new.country]


def judged(text: str) -> Table:
    """Precision and duplicates of a sample whose verdicts are filled in. Raises SystemExit for what is no verdict."""
    said = [found or "" for found in _MARK.findall(text)]
    if odd := sorted({one for one in said if one and one not in VERDICTS}):
        raise SystemExit(f"no verdict: {', '.join(odd)}; there are: {', '.join(VERDICTS)}")
    table = Table("what", "of", "share", "95 % interval", title=f"{len(said)} alerts, {said.count('')} not judged")
    rules = _RULE.findall(text)
    for name, verdicts in [("all", said), *_by_rule(rules, said)]:
        counts = Counter(one for one in verdicts if one)
        whole, doubled = counts.total(), counts["duplicate"]
        event = whole - doubled - counts["wrong"]
        for what, part, of in (
            ("right", counts["right"], whole - doubled),
            ("right but perhaps for place or number", event, whole - doubled),
            ("duplicates", doubled, whole),
        ):
            if of and (name == "all" or what == "right"):
                low, high = wilson(part, of)
                table.add_row(f"{name}: {what}", f"{part} of {of}", f"{part / of:.2f}", f"{low:.2f} to {high:.2f}")
        if name == "all":
            table.add_section()
    return table


def _by_rule(rules: Sequence[str], said: Sequence[str]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for rule, verdict in zip(rules, said, strict=True):
        found.setdefault(rule, []).append(verdict)
    return sorted(found.items())
