"""`alerts rules adopt --list`: false alarms that are no examples of their rules yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.match.rule import Rule


def show(config_path: Path, *, as_json: bool) -> None:
    """List them, by rule."""
    from alerts.configured import rule_sources
    from alerts.match import files
    from alerts.store.database import reading

    config = common.load_config(config_path)
    places, sources = common.gazetteer(config, config_path), rule_sources(config)
    rules = files.load(sources.folders, country=places.country_of, off=sources.off).rules
    with common.store(config) as engine, reading(engine) as conn:
        rows = [row for rule in rules for row in _of(conn, rule)]
    if as_json:
        common.print_json(rows)
        return
    columns = ("alert", "rule", "title", "said by", "why")
    cells = [[row["alert"], row["rule"], row["title"], row["who"], row["why"]] for row in rows]
    common.print_table(columns, cells, empty="every false alarm is an example of its rule already, or none was judged")
    if rows:
        click.echo(f"make an example of one: alerts rules adopt {rows[0]['alert']}", err=True)


def _of(conn: Connection, rule: Rule) -> list[dict[str, Any]]:
    from alerts.engine.adoption import open_cases
    from alerts.store.alerts import get_alert
    from alerts.store.judgements import cases, judgements_of

    rows = []
    for alert_id in open_cases(conn, rule, cases(conn, rules={rule.name, rule.family})):
        record = get_alert(conn, alert_id)
        said = next(one for one in reversed(judgements_of(conn, alert_id)) if one.verdict == "wrong")
        title = record.title if record else ""
        rows.append({"alert": alert_id, "rule": rule.name, "title": title, "who": said.who, "why": said.why})
    return rows
