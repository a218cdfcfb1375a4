"""`alerts rules stats`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common
from alerts.cli.rules.material import since_option

if TYPE_CHECKING:
    from alerts.match.phrasing import PhraseKey
    from alerts.match.precision import Score
    from alerts.match.rule import Rule
    from alerts.store.judgements import Case


@click.command(name="stats", short_help="How often rules alert, and how often they are right.")
@click.argument("rule", required=False, metavar="[RULE]")
@common.config_option
@common.json_option
@since_option
def command(rule: str | None, config_path: Path, as_json: bool, since: datetime | None) -> None:
    """How often rules alert, and how often they were right, by what was said of their alerts (by readers who pressed a
    link of the mail, by `alerts rules judge` and `adopt`): right of judged, and between which shares the truth lies
    with 95 % certainty. An alert with a wrong place or number counts as right, and is shown; a duplicate is no fault
    of the rule, and counts as not judged. With RULE the same for each of its phrases.
    """
    from alerts.configured import rule_sources
    from alerts.match import files
    from alerts.match.precision import phrase_scores
    from alerts.store import demotions, meta
    from alerts.store.database import reading
    from alerts.store.judgements import cases, hits_of

    config = common.load_config(config_path)
    places, sources = common.gazetteer(config, config_path), rule_sources(config)
    rules = files.load(sources.folders, country=places.country_of).rules
    broken = files.rule_paths(sources.folders).keys() - {one.name for one in rules}
    for name in sorted(broken if rule is None else broken & {rule}):
        click.echo(f"the file of '{name}' has faults, and its phrases are not counted: alerts rules check", err=True)
    with common.store(config) as engine, reading(engine) as conn:
        every = cases(conn, since=since)
        wanted = _of(rule, every, rules)
        first = meta.first_loaded(conn)
        hits = hits_of(conn, [case.alert_id for case in wanted]) if rule is not None else {}
        fell = demotions.fallen_now(conn, {one.name: one.version for one in rules})
    rows = _rows(wanted, rules, first, since)
    if rule is not None and not rows:
        rows = [_row(rule, [], None)]
    for row in rows:
        row["fallen"] = fell[row["rule"]].why if row["rule"] in fell else None
    found = next((one for one in rules if one.name == rule), None)
    judged = [(hits[case.alert_id], case.opinion) for case in wanted] if found else []
    phrases = phrase_scores(found, judged, places) if found else []
    if not as_json:
        _print(rows, phrases)
        return
    if rule is not None:
        said = [{"part": part, "phrase": phrase, **_said(one), "weak": one.weak} for (part, phrase), one in phrases]
        rows = [row | {"phrases": said} for row in rows]
    common.print_json(rows)


def _of(rule: str | None, every: Sequence[Case], rules: Sequence[Rule]) -> list[Case]:
    """The alerts of the rule, under all names it had. Raises InputError for one that never was."""
    from alerts.errors import InputError

    if rule is None:
        return list(every)
    family = next((one.family for one in rules if one.name == rule), rule)
    found = [case for case in every if family in (case.family, case.rule)]
    if not found and not any(one.name == rule for one in rules):
        known = sorted({one.name for one in rules} | {case.rule for case in every})
        raise InputError(f"there is no rule '{rule}'{common.meant(rule, known)}")
    return found


def _rows(
    every: Sequence[Case], rules: Sequence[Rule], first: dict[str, datetime], since: datetime | None
) -> list[dict[str, Any]]:
    """A row for each rule that alerted, by its present name."""
    from alerts.engine.backtest import weeks_between

    names = {one.family: one.name for one in rules}
    by_name: dict[str, list[Case]] = {}
    for case in every:
        by_name.setdefault(names.get(case.family, case.rule), []).append(case)
    rows = []
    for name, found in sorted(by_name.items()):
        known = [first[one] for one in {name, *(case.rule for case in found)} if one in first]
        begun = min([*known, found[0].opened])
        weeks = weeks_between(max(begun, since) if since else begun, common.now())
        rows.append(_row(name, found, weeks))
    return rows


def _row(name: str, found: Sequence[Case], weeks: float | None) -> dict[str, Any]:
    from alerts.match.precision import score

    told = sum(case.told for case in found)
    return {
        "rule": name,
        **_said(score(case.opinion for case in found)),
        "never_told": len(found) - told,
        "a_week": round(told / weeks, 2) if weeks else None,
    }


def _said(score: Score) -> dict[str, Any]:
    interval = score.interval
    return {
        "alerts": score.alerts,
        "judged": score.judged,
        "wrong": score.wrong,
        "precision": None if score.precision is None else round(score.precision, 3),
        "interval": [round(bound, 3) for bound in interval] if interval else None,
        "wrong_place": score.wrong_place,
        "wrong_number": score.wrong_number,
        "duplicates": score.duplicates,
    }


def _print(rows: list[dict[str, Any]], phrases: list[tuple[PhraseKey, Score]]) -> None:
    columns = ("rule", "alerts", "never told", "a week", "judged", "wrong", "precision", "95 %", "besides")
    cells = [
        (row["rule"], row["alerts"], row["never_told"] or "", row["a_week"], *_judged(row), _besides(row))
        for row in rows
    ]
    common.print_table(columns, cells, empty="no alerts yet")
    if phrases:
        click.echo()
        heads = ("part", "phrase", "alerts", "judged", "wrong", "precision", "95 %", "")
        lines = [(*key, one.alerts, *_judged(_said(one)), "mostly wrong" if one.weak else "") for key, one in phrases]
        common.print_table(heads, lines, empty="")
    for row in rows:
        if row["fallen"]:
            click.echo(f"{row['rule']} fell to test: {row['fallen']}; alerts rules promote {row['rule']}", err=True)
    if rows and not any(row["judged"] for row in rows):
        click.echo("nothing is judged yet: alerts rules judge ALERT --right (or --wrong)", err=True)


def _judged(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["judged"], row["wrong"], *_shares(row))


def _besides(row: dict[str, Any]) -> str:
    """What counts neither for nor against the rule."""
    kinds = {"wrong_place": "wrong place", "wrong_number": "wrong number", "duplicates": "duplicate"}
    return ", ".join(f"{row[name]} {words}" for name, words in kinds.items() if row[name])


def _shares(row: dict[str, Any]) -> tuple[str, str]:
    if row["precision"] is None:
        return "", ""
    low, high = row["interval"]
    return f"{100 * row['precision']:.0f} %", f"{100 * low:.0f}-{100 * high:.0f} %"
