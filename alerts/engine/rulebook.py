"""The rules in force, compiled, with what tracking needs to know of each. `loading` makes it from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from alerts.errors import Fault
from alerts.match.engine import Ruleset
from alerts.match.files import RuleFiles
from alerts.match.rule import After, Rule
from alerts.match.rule import Confirm as WantedSources
from alerts.track.policy import REASONS, Confirm, Desk, Policy, Updates
from alerts.track.severity import rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules in force, compiled, and what was wrong with the others. `kept` names the rules whose file
    has a fault and whose earlier version stays in force.

    `files`, `trial` and `tried` are what the next reading of the files can build on: what was read, the rules that
    examples were tried with, and what came of it.
    """

    ruleset: Ruleset
    policies: dict[str, Policy]
    faults: tuple[Fault, ...] = ()
    kept: tuple[str, ...] = ()
    files: RuleFiles | None = None
    trial: Rulebook | None = None
    tried: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level == "error")

    @property
    def events(self) -> list[str]:
        """What the rules in force tell of."""
        return sorted({rule.event for rule in self.ruleset.rules if rule.event})

    @property
    def versions(self) -> dict[str, str]:
        """The version of each rule in force."""
        return {rule.name: rule.version for rule in self.ruleset.rules}

    def policy(self, rule: str, late_after: timedelta, desk: Desk | None = None) -> Policy:
        """What holds for a rule's alerts. Of what the rule and the `desk` (the configuration) say of triage the
        stricter holds; without a desk there is nobody to look, so that nothing waits."""
        policy = replace(self.policies[rule], late_after=late_after)
        if desk is None:
            return replace(policy, triage_from=None)
        asked = sorted((level for level in (policy.triage_from, desk.triage_from) if level is not None), key=rank)
        return replace(policy, triage_from=asked[0] if asked else None, triage_for=desk.triage_for)


def compiled(rules: Iterable[Rule]) -> Rulebook:
    """A rulebook of checked rules; drafts and retired ones are left out."""
    awake = [rule for rule in rules if rule.status in ("active", "test")]
    return Rulebook(
        ruleset=Ruleset(awake),
        policies={rule.name: policy_of(rule) for rule in awake},
    )


def covers(book: Rulebook) -> dict[str, tuple[str, ...]]:
    """Which rules' alerts the alerts of each rule cover, by name: those need no mail of their own."""
    return {rule.name: rule.alert.covers for rule in book.ruleset.rules if rule.alert is not None and rule.alert.covers}


def with_those_before(names: Iterable[str], known: Mapping[str, Rule]) -> list[str]:
    """Names of rules with those of the rules after which they come, and so on."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name in known and name not in found:
            found[name] = None
            when = known[name].when
            waiting += [when.rule] if isinstance(when, After) else []
    return list(found)


def told(book: Rulebook, before: Mapping[str, str] | None = None) -> str:
    """What reading the rules came to, for the log and the operator: which rules came, changed, and went since the
    versions `before`, which stand as they were, and every fault, in one text."""
    lines = [f"{len(book.ruleset.rules)} in force"]
    if before is not None:
        lines[0] += "".join(f"; {how}: {', '.join(names)}" for how, names in _changes(book, before) if names)
    if book.kept:
        lines[0] += f"; still in force as they were: {', '.join(book.kept)}"
    if lost := _lost(book):
        lines[0] += f"; not in force, for their faults: {', '.join(lost)}"
    return "\n  ".join([*lines, *map(str, book.faults)])


def _lost(book: Rulebook) -> list[str]:
    """Rules with a fault of which no good version is known."""
    names = {fault.file.removesuffix(".toml") for fault in book.errors if fault.file.endswith(".toml")}
    return sorted(name for name in names - book.ruleset.by_name.keys() if "/" not in name)


def _changes(book: Rulebook, old: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    new = book.versions
    yield "new", sorted(new.keys() - old.keys())
    yield "changed", sorted(name for name in new.keys() & old.keys() if new[name] != old[name])
    yield "no longer in force", sorted(old.keys() - new.keys())


def policy_of(rule: Rule) -> Policy:
    """What tracking needs of a rule."""
    if rule.alert is None:
        return Policy(precision=rule.place.precision)
    wanted = rule.confirm or WantedSources()
    confirm = Confirm(sources=wanted.sources, within=wanted.within, until_then=wanted.until_then)
    return Policy(
        same_event=rule.alert.same_event,
        blow=rule.alert.course == "blow",
        title=rule.title,
        precision=rule.place.precision,
        confirm=confirm,
        steps=rule.severity.steps,
        updates=Updates(when=frozenset(reason for reason in REASONS if reason in rule.alert.update_when)),
        ends_after=rule.alert.expires,
        triage_from=rule.alert.triage,
    )
