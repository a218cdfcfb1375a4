"""What people's verdicts do for rules: a weekly report to each rule's owner, and a rule that is too often wrong falls
to `test`, which is told and never happens in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from alerts.engine import adoption
from alerts.match.precision import Score, phrase_scores, score
from alerts.match.rule import Rule
from alerts.notify import bulletins
from alerts.read.places import Gazetteer
from alerts.readers import Person
from alerts.store import alerts as alert_store
from alerts.store import demotions, judgements, meta, people
from alerts.store.database import reading, writing
from alerts.store.judgements import Case, Judged

WEEK: Final = timedelta(days=7)
HOUR: Final = timedelta(hours=1)
ENOUGH: Final = 20  # judged alerts before a rule can fall
_LAST_REPORT: Final = "last report to owners"
_LAST_LOOK: Final = "last look at precision"
_MOST: Final = 20  # alerts named in one report, by rule and kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Looks at verdicts now and then. `secret` and `domain` are for the bulletins."""

    engine: Engine
    gazetteer: Gazetteer
    domain: str
    secret: bytes = field(repr=False)

    def run(self, rules: Sequence[Rule], now: datetime) -> list[str]:
        """Do what is due; what was done, for the log. To be called often: it mostly has nothing to do."""
        done: list[str] = []
        if self._due(_LAST_LOOK, HOUR, now):
            with writing(self.engine) as conn:
                done += self._drop_weak(conn, rules, now)
                _mark(conn, _LAST_LOOK, now)
        if self._due(_LAST_REPORT, WEEK, now):
            with reading(self.engine) as conn:
                letters = list(_letters(conn, rules, self.gazetteer, now - WEEK, now))
            with writing(self.engine) as conn:
                for one in letters:
                    self._post(conn, one.subject, one.body, one.people, now)
                _mark(conn, _LAST_REPORT, now)
            done += [f"reported to owners: {len(letters)} mails"] if letters else []
        return done

    def _due(self, name: str, every: timedelta, now: datetime) -> bool:
        with reading(self.engine) as conn:
            last = meta.get(conn, name)
        if last is None and every == WEEK:  # the first report is about a whole week
            with writing(self.engine) as conn:
                _mark(conn, name, now)
            return False
        return last is None or now - datetime.fromisoformat(last) >= every

    def _drop_weak(self, conn: Connection, rules: Sequence[Rule], now: datetime) -> Iterator[str]:
        """Let the rules fall whose precision is below what they ask for themselves."""
        known = demotions.fallen_now(conn, {rule.name: rule.version for rule in rules})
        for rule in rules:
            if rule.about.min_precision is None or rule.status != "active" or rule.name in known:
                continue
            found = score_of(conn, rule)
            if why := too_low(found, rule.about.min_precision):
                demotions.drop(conn, rule, why, now)
                subject, body = _fall_said(rule, why)
                to = {one.id: one for one in (*_owner(conn, rule), *people.active_people(conn, "operator"))}
                self._post(conn, subject, body, list(to.values()), now)
                yield f"{rule.name} fell to test: {why}"

    def _post(self, conn: Connection, subject: str, body: str, to: Sequence[Person], now: datetime) -> None:
        bulletins.post(
            conn,
            kind="verdicts",
            subject=subject,
            body=body,
            people=to,
            secret=self.secret,
            domain=self.domain,
            now=now,
        )


def _mark(conn: Connection, name: str, now: datetime) -> None:
    meta.put(conn, name, now.isoformat())


def score_of(conn: Connection, rule: Rule) -> Score:
    """How the alerts were judged that were opened since this version of the rule is in force, or was raised again."""
    since = demotions.counted_since(conn, rule)
    found = judgements.cases(conn, since=since, rules={rule.name, rule.family}) if since is not None else []
    return score(case.opinion for case in found)


def too_low(found: Score, least: float) -> str:
    """Why a rule has to fall; empty while it has not, or too little was judged to say so."""
    if found.judged < ENOUGH or found.precision is None or found.precision >= least:
        return ""
    return f"{said(found)}; its min_precision is {least:.0%}"


def said(found: Score) -> str:
    """A score in words: "9 of 20 judged alerts were right (45 %, 26 to 66 %)"."""
    if found.precision is None or found.interval is None:
        return "none of its alerts was judged"
    low, high = found.interval
    return (
        f"{found.right} of {found.judged} judged alerts were right "
        f"({100 * found.precision:.0f} %, {100 * low:.0f} to {100 * high:.0f} %)"
    )


def _fall_said(rule: Rule, why: str) -> tuple[str, str]:
    body = (
        f"The rule '{rule.name}' ({rule.title}) alerts its owner only from now on, as if its status were 'test': "
        f"{why}.\n\n"
        "Who was told of an open alert still hears what comes of it.\n\n"
        f"- see what is wrong with it: alerts rules stats {rule.name}\n"
        "- make examples of its false alarms: alerts rules adopt --list\n"
        "- mend its file: the new version alerts everybody again, and is judged anew\n"
        f"- or let it alert everybody as it is: alerts rules promote {rule.name}"
    )
    return f"The rule '{rule.name}' fell to test: too many of its alerts were wrong", body


def _owner(conn: Connection, rule: Rule) -> list[Person]:
    """The owner, if that is the address of somebody who gets mail."""
    found = people.find_person(conn, rule.about.owner) if "@" in rule.about.owner else None
    return [found] if found is not None and found.active else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One weekly report."""

    people: tuple[Person, ...]
    subject: str
    body: str


def _letters(
    conn: Connection, rules: Sequence[Rule], gazetteer: Gazetteer, first: datetime, end: datetime
) -> Iterator[Letter]:
    """A report for each owner of a rule that alerted or was judged in the time; what has no owner goes to the
    operators."""
    week = judgements.judged_between(conn, first, end)
    every = judgements.cases(conn)
    sections: dict[int, list[str]] = defaultdict(list)
    owners: dict[int, Person] = {}
    operators = people.active_people(conn, "operator")
    for rule in rules:
        text = _section(conn, rule, every, week, gazetteer, first)
        to = _owner(conn, rule) or operators if text else []
        for one in to:
            owners[one.id] = one
            sections[one.id].append(text)
    for person_id, texts in sections.items():
        head = f"What your rules told from {first:%d %B} to {end:%d %B %Y}, and what was said of it."
        yield Letter(people=(owners[person_id],), subject="Your rules this week", body="\n\n".join([head, *texts]))


def _section(
    conn: Connection,
    rule: Rule,
    every: Sequence[Case],
    week: Sequence[Judged],
    gazetteer: Gazetteer,
    first: datetime,
) -> str:
    """What there is to say of one rule; empty if it did not alert and nobody said anything."""
    own = [case for case in every if rule.family == case.family or rule.name == case.rule]
    ids = {case.alert_id for case in own}
    judged = [one for one in week if one.alert_id in ids]
    new = [case for case in own if case.opened >= first]
    if not new and not judged:
        return ""
    told = sum(case.told for case in new)
    total = score(case.opinion for case in own)
    lines = [
        f"{rule.name}: {rule.title}",
        f"{_many(told, 'alert')} told this week" + (f", {len(new) - told} never told" if len(new) > told else ""),
        said(total) + (f"; {_many(total.duplicates, 'duplicate')} besides" if total.duplicates else ""),
    ]
    fell = demotions.fallen_now(conn, {rule.name: rule.version}).get(rule.name)
    if fell is not None:
        lines.append(f"it fell to test on {fell.at:%d %B}: alerts rules promote {rule.name}")
    paragraphs = ["\n".join(lines), *_mistakes(conn, judged)]
    paragraphs += _weak_phrases(conn, rule, own, gazetteer)
    paragraphs += _to_adopt(conn, rule, own)
    return "\n\n".join(paragraphs)


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _mistakes(conn: Connection, judged: Sequence[Judged]) -> Iterator[str]:
    """The alerts whose place or number was said to be wrong, and the duplicates."""
    kinds = {"wrong_place": "The place was wrong", "wrong_number": "The number was wrong", "duplicate": "Duplicates"}
    for verdict, words in kinds.items():
        found = {one.alert_id: one for one in judged if one.verdict == verdict}
        if found:
            lines = [f"- {_title(conn, number)}{_pair(one)}" for number, one in list(found.items())[:_MOST]]
            yield f"{words}:"
            yield "\n".join(lines)


def _pair(one: Judged) -> str:
    if one.duplicate_of is None:
        return ""
    return f" (of {one.duplicate_of}: alerts merge {one.duplicate_of} {one.alert_id})"


def _title(conn: Connection, alert_id: str) -> str:
    record = alert_store.get_alert(conn, alert_id)
    return f"alert {alert_id}: {record.title}" if record is not None else f"alert {alert_id}"


def _weak_phrases(conn: Connection, rule: Rule, own: Sequence[Case], gazetteer: Gazetteer) -> Iterator[str]:
    """The phrases that are mostly wrong."""
    cases = [case for case in own if case.opinion is not None]
    hits = judgements.hits_of(conn, [case.alert_id for case in cases])
    found = phrase_scores(rule, [(hits[case.alert_id], case.opinion) for case in cases], gazetteer)
    weak = [(part, phrase, one) for (part, phrase), one in found if one.weak]
    if weak:
        yield "Phrases that are mostly wrong:"
        yield "\n".join(f"- '{phrase}' ({part}): {one.right} of {one.judged} right" for part, phrase, one in weak)


def _to_adopt(conn: Connection, rule: Rule, own: Sequence[Case]) -> Iterator[str]:
    """False alarms that are no example of the rule yet."""
    found = adoption.open_cases(conn, rule, own)
    if found:
        yield "False alarms, to be made examples so that the rule cannot repeat them:"
        yield "\n".join(f"- {_title(conn, one)}: alerts rules adopt {one}" for one in found[:_MOST])
        if len(found) > _MOST:
            yield f"And {len(found) - _MOST} more: alerts rules adopt --list"
