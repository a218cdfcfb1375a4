"""Reading [when]: which time kind a rule has, and its keys. Each key belongs to one kind or a few; one that would
mean nothing is a fault. `cross_faults` needs all rules: an `after` names another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from alerts.errors import Fault, did_you_mean
from alerts.match.rule import After, During, Each, First, Rule, Spike, When
from alerts.match.sections import Section, one_of
from alerts.types import PRECISIONS, Precision

_DAY = timedelta(days=1)
_OWN = {
    "each": (),
    "first": ("in", "per", "learn"),
    "during": ("state", "grace"),
    "spike": ("window", "baseline", "at_least", "times", "history", "per", "count"),
    "after": ("rule", "within", "per"),
}
_KINDS = tuple(_OWN)


def when(top: Section) -> When:
    """The time kind of the rule; `each` where there is no [when]."""
    section = top.sub("when", "when")
    if section is None:
        return Each()
    section.refuse_unknown()
    kind: str = section.choice("kind", _KINDS, "")
    if not kind:
        if "kind" not in section.data:
            section.fault((), f"[when] needs 'kind': {one_of(_KINDS)}")
        return Each()
    for key in section.data:
        if key != "kind" and key not in _OWN[kind]:
            section.fault((key,), f"'{key}' means nothing for kind = \"{kind}\"")
    readers: dict[str, Callable[[Section, Section], When]] = {
        "first": _first,
        "during": _during,
        "spike": _spike,
        "after": _after,
    }
    return readers[kind](section, top) if kind in readers else Each()


def _first(section: Section, top: Section) -> First:
    if "in" not in section.data:
        section.fault((), "a 'first' needs how long nothing was heard before: in = \"120 days\"")
    return First(
        within=section.length("in", timedelta(days=120)),
        per=section.choice("per", PRECISIONS, "city"),
        learn=section.length("learn", timedelta(0)),
    )


def _during(section: Section, top: Section) -> During:
    return During(state=section.text("state", required=True), grace=section.length("grace", timedelta(0)))


def _spike(section: Section, top: Section) -> Spike:
    number, noun = _counted(section, top)
    window = _days(section, "window", 'the days that are counted together: window = "3 days"')
    baseline = _days(section, "baseline", 'the time before it that shows what is usual: baseline = "6 weeks"')
    history = _days(section, "history", "") if "history" in section.data else baseline
    if window and baseline and baseline < 2 * window:
        section.fault(("baseline",), "'baseline' must be at least two windows long, or it shows nothing usual")
    if window and history and history < window:
        section.fault(("history",), "'history' must be at least as long as 'window'")
    if baseline and history and history > baseline:
        section.fault(("history",), "'history' must not be longer than 'baseline': more is not looked at")
    times = section.number("times")
    if times is not None and times <= 1:
        section.fault(("times",), "'times' must be above 1: so many times the usual")
    return Spike(
        window=window,
        baseline=baseline,
        history=history,
        at_least=_at_least(section, number),
        times=3.0 if times is None else times,
        per=_level(section, top),
        number=number,
        noun=noun,
    )


def _days(section: Section, key: str, what: str) -> timedelta:
    """A length in whole days (the counts are kept by day); zero with a fault."""
    if key not in section.data:
        section.fault((), f"a 'spike' needs {what}")
        return timedelta(0)
    found = len(section.faults)
    length = section.length(key, timedelta(0))
    if len(section.faults) > found:
        return timedelta(0)
    if not length or length % _DAY:
        section.fault((key,), f"'{key}' is counted in whole days: write such as {key} = \"3 days\"")
        return timedelta(0)
    return length


def _at_least(section: Section, number: str | None) -> float:
    if "at_least" not in section.data:
        section.fault((), "a 'spike' needs the least that is one, however little is usual: at_least = 3")
        return 2.0
    value = section.number("at_least")
    if value is None:
        return 2.0
    if number is None and (value < 2 or value % 1):
        section.fault(("at_least",), "'at_least' counts reports: a whole number, 2 or more, for one report is no spike")
    elif not value:
        section.fault(("at_least",), "'at_least' must be above 0")
    return value


def _counted(section: Section, top: Section) -> tuple[str | None, str]:
    """The number that is counted (None: reports), and the noun for it."""
    count = section.text("count") or "reports"
    if count == "reports":
        return None, "reports"
    numbers: Any = top.data.get("numbers")
    names: dict[str, Any] = numbers if isinstance(numbers, dict) else {}
    if count != "people":
        if count not in names:
            known = ("reports", "people", *names)
            near = did_you_mean(count, known) or f"; write {one_of(known)}"
            section.fault(("count",), f"there is nothing called '{count}' to count{near}")
        return count, count.replace("_", " ")
    displaced = [name for name, one in names.items() if isinstance(one, dict) and one.get("use") == "displaced"]
    if not displaced:
        section.fault(
            ("count",),
            'count = "people" counts people newly displaced: the rule needs a number of them, '
            '[numbers.displaced] with use = "displaced"',
        )
    return (displaced or ["displaced"])[0], "people"


def _level(section: Section, top: Section) -> Precision:
    """The level of place at which is counted; alerts are told apart at the same."""
    place: Any = top.data.get("place")
    own = place.get("precision") if isinstance(place, dict) else None
    default: Precision = own if own in PRECISIONS else "city"
    per: Precision = section.choice("per", PRECISIONS, default)
    if own in PRECISIONS and per != own:
        section.fault(
            ("per",), f'\'per\' is "{per}" and [place] precision "{own}": a spike is told where it is counted'
        )
    return per


def _after(section: Section, top: Section) -> After:
    if "within" not in section.data:
        section.fault((), "an 'after' needs how long ago it may have been: within = \"7 days\"")
    within = section.length("within", _DAY)
    if not within:
        section.fault(("within",), "'within' must be longer than nothing: within = \"7 days\"")
    return After(
        rule=section.text("rule", required=True),
        within=within,
        per=section.choice("per", PRECISIONS, "city"),
        line=section.document.line((*section.path, "rule")),
    )


def cross_faults(rules: Sequence[Rule]) -> list[Fault]:
    """What is wrong with the rules that `after` rules name."""
    by_name = {rule.name: rule for rule in rules}
    now_called = {old: rule.name for rule in rules for old in rule.about.formerly}
    faults = []
    for rule in rules:
        if isinstance(rule.when, After) and rule.when.rule:
            message = _no_leader(rule.name, rule.when.rule, by_name, now_called)
            if message:
                faults.append(Fault(rule.file, rule.when.line, message))
    return faults


def _no_leader(own: str, name: str, by_name: Mapping[str, Rule], now_called: Mapping[str, str]) -> str | None:
    if name == own:
        return "'rule' names this very rule: an 'after' needs another one that fired before"
    if name not in by_name:
        near = f"; it is called '{now_called[name]}' now" if name in now_called else did_you_mean(name, by_name)
        return f"there is no rule '{name}'{near}"
    if by_name[name].alert is None:
        return f"the rule '{name}' makes no alerts: it can never have fired"
    chain = [own]
    while name in by_name and name not in chain:
        chain.append(name)
        following = by_name[name].when
        if not isinstance(following, After):
            return None
        name = following.rule
    circle = " after ".join(f"'{one}'" for one in (*chain, own))
    return f"rules that wait for each other never fire: {circle}" if name == own else None
