"""Rules of the kind `spike` on the database: a report is counted, and weighed against what its place has seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from alerts.match.rule import After, Rule, Spike
from alerts.read.figures import figures
from alerts.read.reading import Reading
from alerts.store import reports
from alerts.store.reports import LastSpike
from alerts.track import spike
from alerts.track.facts import event_time
from alerts.track.lifecycle import Step
from alerts.track.spike import Series, Terms, Told, Verdict
from alerts.types import Alert, Evidence, Hit, Place, Wave

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A report of a rule at `place`, weighed; `last` is what was told there before."""

    rule: Rule
    place: Place
    window: int
    verdict: Verdict
    last: LastSpike | None


def watched(rules: Iterable[Rule]) -> list[str]:
    """What is to be watched for these rules, and written by one at a time. Other counts at another level of place
    are another series: it begins without a history."""
    return [name for rule in rules if (name := _watch_name(rule)) is not None]


def _watch_name(rule: Rule) -> str | None:
    when = rule.when
    if isinstance(when, Spike):
        return f"{rule.family} {when.number or 'reports'} {when.per}"
    return rule.family if isinstance(when, After) else None


def terms_of(when: Spike) -> Terms:
    return Terms(
        window=when.window // _DAY,
        baseline=when.baseline // _DAY,
        history=when.history // _DAY,
        at_least=when.at_least,
        times=when.times,
        noun=when.noun,
        reports=when.number is None,
    )


def weigh(
    conn: Connection, rule: Rule, when: Spike, place: Place, item: Evidence, *, now: datetime, reading: Reading | None
) -> Weighed:
    """Count a report at `place` (at the rule's level), and say what that makes of it."""
    reports.count(conn, place, item, _value(rule, when, item.hit, reading))
    terms, day = terms_of(when), _date(event_time(item))
    ends = [day + i * _DAY for i in range(terms.window) if i == 0 or day + i * _DAY <= _date(now)]
    last = reports.last_spike(conn, rule.family, place.id)
    back = terms.baseline + (terms.window if terms.reports else spike.LONGEST)
    first = min(day, last.told.day if last else day) - back * _DAY
    since = reports.watched_since(conn, _watch_name(rule) or "") or _date(now)
    series = Series(reports.days(conn, rule.family, place.id, first, ends[-1]), max(since, first))
    verdict = spike.weigh(series, terms, ends, last.told if last else None)
    return Weighed(rule=rule, place=place, window=terms.window, verdict=verdict, last=last)


def _value(rule: Rule, when: Spike, hit: Hit, reading: Reading | None) -> float | None:
    """The low end of the number that is counted, if it counts what is new: those who live displaced, and totals
    of long wars, are no wave."""
    quantity = hit.numbers.get(when.number or "")
    number = next((number for number in rule.numbers if number.name == when.number), None)
    if quantity is None or number is None:
        return None
    if number.kind is not None and reading is not None:
        near = [i for i in (hit.sentence_index, hit.sentence_index + 1, 0) if i < len(reading.sentences)]
        said = [reading.sentences[i] for i in dict.fromkeys(near)]
        found = figures(
            [(sentence.words, sentence.governed) for sentence in said],
            place_at=lambda sentence, word: None,
            published=reading.article.published,
            dates_at=lambda sentence: said[sentence].dates,
        )
        own = [one for one in found if one.kind == number.kind and one.stated == quantity.stated]
        if own and all(one.flow == "stock" for one in own):
            return None
    return quantity.low


def of_the_window(conn: Connection, found: Weighed, wave: Wave) -> list[Evidence]:
    """The reports that made a spike: what the alert rests on."""
    first = wave.day - (found.window - 1) * _DAY
    return reports.counted_between(conn, found.rule.family, found.place.id, first, wave.day)


def with_share(conn: Connection, found: Weighed, wave: Wave, reported: Sequence[Evidence]) -> Wave:
    """The wave with its share of what the same outlets printed. Only an archive of all articles knows it."""
    first = wave.day - (found.window - 1) * _DAY
    ids = sorted({item.article_id for item in reported})
    return replace(wave, share=reports.share_of(conn, ids, first, wave.day))


def with_all(step: Step, stored: Sequence[Evidence], together: Sequence[Evidence]) -> Step:
    """The step with all evidence that is to be stored: what the alert did not have before, and what changed."""
    final = {item.article_id: item for item in (*together, *step.regrouped)}
    had = {item.article_id: item.origin for item in stored}
    return replace(step, regrouped=tuple(item for item in final.values() if had.get(item.article_id) != item.origin))


def remember(conn: Connection, found: Weighed, wave: Wave, alert: Alert) -> None:
    """This was told: from here on the spike goes on, until it falls or grows far above."""
    told = Told(day=wave.day, level=wave.level, severity=alert.severity)
    reports.put_spike(conn, found.rule.family, found.place.id, LastSpike(alert_id=alert.id, told=told))


def _date(time: datetime) -> date:
    return time.astimezone(UTC).date()
