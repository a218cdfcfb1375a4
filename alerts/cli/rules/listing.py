"""`alerts rules list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.config import Config


@click.command(name="list")
@common.config_option
@common.json_option
def command(config_path: Path, as_json: bool) -> None:
    """List all rules, in force or not."""
    from alerts.configured import rule_sources
    from alerts.match import files

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources = rule_sources(config)
    found = files.load(sources.folders, country=places.country_of, off=sources.off)
    paths = files.rule_paths(sources.folders, sources.off)
    fell = _fallen(config, config_path, {rule.name: rule.version for rule in found.rules})
    rows: list[dict[str, Any]] = [
        {
            "rule": rule.name,
            "event": rule.event,
            "status": "test" if rule.name in fell else rule.status,
            "title": rule.title,
            "examples": len(rule.examples) + len(rule.stories),
            "file": str(paths[rule.name]),
            "fallen": fell.get(rule.name),
        }
        for rule in found.rules
    ]
    broken = sorted(paths.keys() - {rule.name for rule in found.rules})
    for fault in found.errors:
        if Path(fault.file).stem not in broken:
            click.echo(str(fault), err=True)
    nothing = {"event": "", "status": "faulty", "title": "", "examples": 0, "fallen": None}
    rows += [nothing | {"rule": name, "file": str(paths[name])} for name in broken]
    if as_json:
        common.print_json(rows)
        return
    columns = ("rule", "event", "status", "title", "examples", "file")
    common.print_table(columns, [[row[name] for name in columns] for row in rows], empty="there are no rules")
    for name, why in fell.items():
        click.echo(f"{name} fell to test: {why}; alerts rules promote {name}", err=True)
    if broken:
        click.echo(f"see what is wrong: alerts rules check {' '.join(str(paths[name]) for name in broken)}", err=True)


def _fallen(config: Config, config_path: Path, versions: Mapping[str, str]) -> dict[str, str]:
    """Why each rule fell that did, as far as there is a database that can say."""
    from alerts.errors import StoreError
    from alerts.store import demotions
    from alerts.store.database import reading

    kept_here = config.service.database == "sqlite"
    if not config_path.exists() or (kept_here and not (config.service.data / "alerts.db").exists()):
        return {}
    try:
        with common.store(config) as engine, reading(engine) as conn:
            return {name: one.why for name, one in demotions.fallen_now(conn, versions).items()}
    except StoreError as error:
        click.echo(f"whether a rule fell to test is not known: {error}", err=True)
        return {}
