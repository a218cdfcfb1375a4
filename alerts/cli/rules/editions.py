"""`alerts rules editions`."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.editions import Edition


@click.command(name="editions", short_help="What was in force on all machines, when and by whom.")
@common.config_option
@common.json_option
def command(config_path: Path, as_json: bool) -> None:
    """The editions of rules and templates that all machines went by, the last one first: it is in force. Each was made
    by a change of files on one machine. `alerts rules publish --edition NUMBER` puts an earlier one in force again.
    """
    from alerts.cli.rules.shared import editions
    from alerts.store.database import reading
    from alerts.store.editions import kept

    with editions(config_path) as shared, reading(shared.engine) as conn:
        rows = []
        for edition, before in pairwise([*kept(conn), None]):
            assert edition is not None
            changed = _changed(edition, before) if before else None
            rows.append((edition.number, edition.made, edition.by, changed))
    if as_json:
        common.print_json([dict(zip(("edition", "made", "by", "changed"), row, strict=True)) for row in rows])
        return
    at = common.now()
    shown = [(number, common.ago(made, at), by, _said(changed)) for number, made, by, changed in rows]
    common.print_table(("edition", "made", "by", "what changed"), shown, empty="no edition yet")


def _changed(edition: Edition, before: Edition) -> list[str]:
    """The files that differ, new and deleted ones too."""
    paths = {*edition.files, *before.files}
    return sorted(path for path in paths if edition.files.get(path) != before.files.get(path))


def _said(paths: list[str] | None, *, most: int = 4) -> str:
    if paths is None:
        return "the earliest that is kept"
    return ", ".join(paths if len(paths) <= most else [*paths[:most], f"and {len(paths) - most} more"])
