"""`alerts rules list`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(name="list")
@common.config_option
@common.json_option
def command(config_path: Path, as_json: bool) -> None:
    """List all rules, in force or not."""
    from alerts.match import files
    from alerts.service import rule_sources

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources = rule_sources(config)
    found = files.load(sources.folders, country=places.country_of, off=sources.off)
    paths = files.rule_paths(sources.folders, sources.off)
    rows = [
        {
            "rule": rule.name,
            "event": rule.event,
            "status": rule.status,
            "title": rule.title,
            "examples": len(rule.examples) + len(rule.stories),
            "file": str(paths[rule.name]),
        }
        for rule in found.rules
    ]
    broken = sorted(paths.keys() - {rule.name for rule in found.rules})
    for fault in found.errors:
        if Path(fault.file).stem not in broken:
            click.echo(str(fault), err=True)
    rows += [
        {"rule": name, "event": "", "status": "faulty", "title": "", "examples": 0, "file": str(paths[name])}
        for name in broken
    ]
    if as_json:
        common.print_json(rows)
        return
    columns = ("rule", "event", "status", "title", "examples", "file")
    common.print_table(columns, [[row[name] for name in columns] for row in rows], empty="there are no rules")
    if broken:
        click.echo(f"see what is wrong: alerts rules check {' '.join(str(paths[name]) for name in broken)}", err=True)
