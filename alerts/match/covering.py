"""Faults in `[alert] covers`, which names other rules: they show only when all rules are seen together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from alerts.errors import Fault, did_you_mean
from alerts.match.rule import Rule
from alerts.toml_lines import Document


def cover_faults(rules: Sequence[Rule], others: Collection[str] = ()) -> list[Fault]:
    """What is wrong with the rules that are covered. `others` are broken or switched off: they may still be named."""
    by_name = {rule.name: rule for rule in rules}
    now_called = {old: rule.name for rule in rules for old in rule.about.formerly}
    faults = []
    for rule in rules:
        for index, name in enumerate(rule.alert.covers if rule.alert else ()):
            message = None if name in others else _wrong(rule.name, name, by_name, now_called)
            if message:
                faults.append(Document(rule.source, rule.file).fault(("alert", "covers", index), message))
    return faults


def _wrong(own: str, name: str, by_name: Mapping[str, Rule], now_called: Mapping[str, str]) -> str | None:
    if name == own:
        return "'covers' names this very rule: its own alerts need their mails"
    if name not in by_name:
        near = f"; it is called '{now_called[name]}' now" if name in now_called else did_you_mean(name, by_name)
        return f"there is no rule '{name}'{near}"
    if by_name[name].alert is None:
        return f"the rule '{name}' makes no alerts: there is nothing to cover"
    circle = _back_to(own, name, by_name)
    if circle:
        told = " covers ".join(f"'{one}'" for one in (own, *circle))
        return f"rules that cover each other leave no mail at all: {told}"
    return None


def _back_to(own: str, name: str, by_name: Mapping[str, Rule]) -> list[str]:
    """The shortest way from the rule `name` over what is covered back to `own`; empty if there is none."""
    ways = [[name]]
    seen = {name}
    for way in ways:
        rule = by_name.get(way[-1])
        for following in rule.alert.covers if rule is not None and rule.alert is not None else ():
            if following == own:
                return [*way, own]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []
