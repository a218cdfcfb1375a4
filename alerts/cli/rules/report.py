"""What `alerts rules backtest` says: for people, and as one JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import click

from alerts.cli import common, output
from alerts.cli.rules.chosen import count
from alerts.engine.backtest import Alerts, Report
from alerts.match.backtest import Change, PhraseCount, Reason, Seen, count_words, sample
from alerts.match.phrasing import list_of
from alerts.template_filters import people
from alerts.types import Place

_LONGEST = 240
_FEW = 3  # samples of each reason
_WORDS = 8
_PHRASE = 90  # letters of a phrase
_PHRASES = 15  # phrases of a part
_NEVER = 20


def as_row(report: Report, *, file: str, label: str, samples: int) -> dict[str, Any]:
    """The report as JSON."""
    weeks = report.weeks
    row: dict[str, Any] = {
        "rule": report.rule.name,
        "file": file,
        "version": report.rule.version,
        "articles": report.articles,
        "first": report.first,
        "last": report.last,
        "weeks": weeks and round(weeks, 2),
        "hits": len(report.hits),
        "articles_hit": report.articles_hit,
        "alerts": report.alerts.opened,
        "alerts_a_week": weeks and round(report.alerts.opened / weeks, 2),
        "busiest_week": report.alerts.busiest and dict(zip(("week", "alerts"), report.alerts.busiest, strict=True)),
        "against": _against_row(report, label, samples),
        "phrases": [
            {"part": one.part, "phrase": one.phrase, "hits": one.hits, "alone": one.alone} for one in report.phrases
        ],
        "words": {part: dict(found) for part, found in count_words(report.hits, _WORDS).items()},
        "dropped": _reason_rows(report.dropped),
        "hidden": _reason_rows(report.hidden),
        "overlap": [{"rule": one.rule, "sentences": one.sentences, "articles": one.articles} for one in report.shared],
        "samples": [_seen_row(one) for one in sample(report.hits, samples)],
    }
    return row


def _against_row(report: Report, label: str, samples: int) -> dict[str, Any] | None:
    difference, alerts = report.difference, report.alerts_against
    if difference is None or alerts is None or report.against is None:
        return None
    return {
        "what": label,
        "version": report.against.version,
        "alerts": alerts.opened,
        "same": difference.same,
        "new": len(difference.new),
        "lost": len(difference.lost),
        "new_samples": [_seen_row(one.seen) | {"before": one.because} for one in _chosen(difference.new, samples)],
        "lost_samples": [_seen_row(one.seen) | {"now": one.because} for one in _chosen(difference.lost, samples)],
    }


def _reason_rows(reasons: dict[Reason, list[Seen]]) -> list[dict[str, Any]]:
    return [
        {"kind": why.kind, "by": why.by, "hits": len(found), "samples": [_seen_row(one) for one in sample(found, _FEW)]}
        for why, found in reasons.items()
    ]


def _seen_row(one: Seen) -> dict[str, Any]:
    hit = output.hit(one.hit, because=one.hit.because)
    return {"id": one.article_id, "source": one.source, "title": one.title, "published": one.published, **hit}


def _chosen(changes: Sequence[Change], number: int) -> list[Change]:
    by_key = {one.seen.key: one for one in changes}
    return [by_key[one.key] for one in sample((one.seen for one in changes), number)]


def print_report(report: Report, *, file: str, label: str, samples: int) -> None:
    """The report for people."""
    _print_head(report, file, label)
    if report.difference is not None:
        for title, changes, then in (
            ("new hits", report.difference.new, "before"),
            ("lost hits", report.difference.lost, "now"),
        ):
            if changes:
                _head(title, len(changes))
            for change in _chosen(changes, samples):
                click.echo(f"  {_sentence(change.seen)}\n      {then}: {change.because}")
    _print_phrases(report)
    _print_reasons("would be hits if nothing were ignored", report.hidden)
    _print_reasons("dropped", report.dropped)
    if report.shared:
        _head("flagged by other rules, too")
        rows = [
            (
                one.rule,
                f"{one.sentences} ({_share(one.sentences, len(report.hits))})",
                f"{one.articles} ({_share(one.articles, report.articles_hit)})",
            )
            for one in report.shared
        ]
        common.print_table(("rule", "hits", "articles"), rows, empty="")
    chosen = sample(report.hits, samples)
    if chosen:
        _head("samples", len(chosen), len(report.hits))
    for one in chosen:
        click.echo(f"  {_sentence(one)}\n      {_facts(one)}")


def _print_head(report: Report, file: str, label: str) -> None:
    weeks = report.weeks
    span = f", {report.first:%Y-%m-%d} to {report.last:%Y-%m-%d}" if report.first and report.last else ""
    click.secho(f"{report.rule.name} ({file})", bold=True)
    click.echo(f"articles  {report.articles}{span}{f', {weeks:.1f} weeks' if weeks else ''}")
    click.echo(f"hits      {len(report.hits)} in {count(report.articles_hit, 'article')}")
    click.echo(f"alerts    {_alerts(report.alerts, weeks)}")
    if report.difference is None or report.alerts_against is None:
        click.echo(f"against   {label}")
        return
    found = report.difference
    click.echo(f"against   {label}: {found.same} the same, {len(found.new)} new, {len(found.lost)} lost")
    click.echo(f"          alerts there: {_alerts(report.alerts_against, weeks)}")


def _alerts(alerts: Alerts, weeks: float | None) -> str:
    if weeks is None:
        return f"{alerts.opened} (the articles span less than a day)"
    most = f"; most in the week of {alerts.busiest[0]}: {alerts.busiest[1]}" if alerts.busiest else ""
    return f"{alerts.opened}, {alerts.opened / weeks:.1f} a week{most}"


def _print_phrases(report: Report) -> None:
    total = len(report.hits)
    if not total:
        return
    _head("phrases ('alone': no other phrase of the part is there)")
    found = [one for one in report.phrases if one.hits]
    parts = dict.fromkeys(one.part for one in found)
    shown = [one for part in parts for one in [row for row in found if row.part == part][:_PHRASES]]
    rows = [(one.part, _short(one.phrase, _PHRASE), one.hits, _share(one.hits, total), one.alone) for one in shown]
    common.print_table(("part", "phrase", "hits", "share", "alone"), rows, empty="none is found")
    if len(shown) < len(found):
        click.echo(f"and {len(found) - len(shown)} with fewer hits: --json has all")
    for part, words in count_words(report.hits, _WORDS).items():
        said = ", ".join(f"'{one}' {number}" for one, number in words)
        click.echo(f"most found for {part}: {said}")
    never = _never(report.phrases)
    if never:
        _head("phrases in no hit", len(never))
        for line in never[:_NEVER]:
            click.echo(f"  {line}")
        if len(never) > _NEVER:
            click.echo(f"  and {len(never) - _NEVER} more: --json has all")


def _never(phrases: Sequence[PhraseCount]) -> list[str]:
    """The phrases that found nothing; of a word list the lines are not told, for other rules use them, too."""
    found = {(one.part, list_of(one.phrase) or one.phrase) for one in phrases if one.hits}
    names = dict.fromkeys((one.part, list_of(one.phrase) or one.phrase) for one in phrases)
    return [f"{part}: {name}" for part, name in names if (part, name) not in found]


def _print_reasons(title: str, reasons: dict[Reason, list[Seen]]) -> None:
    if reasons:
        _head(title, sum(map(len, reasons.values())))
    for why, found in reasons.items():
        click.echo(f"  {len(found):5}  {why.kind}: {why.by}")
        for one in sample(found, _FEW):
            click.echo(f"         {_sentence(one)}")


def _head(title: str, number: int | None = None, of: int | None = None) -> None:
    counted = "" if number is None else f": {number}"
    click.secho(f"\n{title}{counted}{f' of {of}' if of is not None and of != number else ''}", bold=True)


def _share(some: int, total: int) -> str:
    return f"{100 * some / total:.0f} %" if total else ""


def _sentence(one: Seen) -> str:
    text = " ".join(one.hit.sentence.split())
    text = _short(text, _LONGEST)
    source = f"  {one.source}" if one.source else ""
    return f'{one.published:%Y-%m-%d}{source}  [{one.article_id}]  "{text}"'


def _short(text: str, longest: int) -> str:
    return f"{text[: longest - 1]}…" if len(text) > longest else text


def _facts(one: Seen) -> str:
    hit = one.hit
    numbers = (f"{name}: {people(number)} ('{number.text}')" for name, number in hit.numbers.items())
    return "; ".join(_filled((hit.severity, f"'{hit.quote}'", _place(hit.place), *numbers)))


def _place(place: Place | None) -> str:
    return f"{place.name}, {place.country}" if place else "no place"


def _filled(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]
