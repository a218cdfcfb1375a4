"""The rules in force, compiled, with what tracking needs to know of each. `loading` makes it from files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from alerts.errors import Fault
from alerts.match.engine import Ruleset
from alerts.match.rule import Rule
from alerts.track.policy import REASONS, Confirm, Policy, Updates


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules in force, compiled, and what was wrong with the others. `kept` names the rules whose file
    has a fault and whose earlier version stays in force."""

    ruleset: Ruleset
    policies: dict[str, Policy]
    faults: tuple[Fault, ...]
    kept: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level == "error")

    def policy(self, rule: str, late_after: timedelta) -> Policy:
        return replace(self.policies[rule], late_after=late_after)


def compiled(rules: Iterable[Rule], faults: Sequence[Fault] = (), kept: Sequence[str] = ()) -> Rulebook:
    """A rulebook of checked rules; drafts and retired ones are left out."""
    awake = [rule for rule in rules if rule.status in ("active", "test")]
    return Rulebook(
        ruleset=Ruleset(awake),
        policies={rule.name: policy_of(rule) for rule in awake},
        faults=tuple(faults),
        kept=tuple(kept),
    )


def policy_of(rule: Rule) -> Policy:
    """What tracking needs of a rule."""
    if rule.alert is None:
        return Policy(precision=rule.place.precision)
    confirm = Confirm()
    if rule.confirm is not None:
        confirm = Confirm(sources=rule.confirm.sources, within=rule.confirm.within, until_then=rule.confirm.until_then)
    return Policy(
        same_event=rule.alert.same_event,
        title=rule.title,
        precision=rule.place.precision,
        confirm=confirm,
        steps=rule.severity.steps,
        updates=Updates(when=frozenset(reason for reason in REASONS if reason in rule.alert.update_when)),
        ends_after=rule.alert.expires,
    )
