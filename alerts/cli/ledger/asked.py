"""What a person asks of the ledger, made out: a state that a rule keeps, a place, a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.track import placing

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.match.rule import Rule, StateRule
    from alerts.read.places import Gazetteer
    from alerts.types import Place


def states(config: Config, config_path: Path) -> dict[str, tuple[StateRule, Rule]]:
    """The states that rules keep, by name, each with its rule."""
    from alerts.configured import rule_sources
    from alerts.match import files

    places, sources = common.gazetteer(config, config_path), rule_sources(config)
    rules = files.load(sources.folders, country=places.country_of, off=sources.off).rules
    return {rule.state.name: (rule.state, rule) for rule in rules if rule.state is not None}


def state(name: str, known: dict[str, tuple[StateRule, Rule]]) -> tuple[StateRule, Rule]:
    """Raises InputError for a state that no rule keeps."""
    from alerts.errors import InputError

    if not known:
        raise InputError("no rule keeps a state in the ledger")
    if name not in known:
        raise InputError(f"no rule keeps the state '{name}'{common.meant(name, sorted(known))}")
    return known[name]


def place(name: str, country: str, places: Gazetteer) -> Place:
    """The place of a name; that it has namesakes is said. Raises InputError."""
    from alerts.errors import InputError

    try:
        found = placing.find(name, country, places)
    except placing.Unplaced as error:
        raise InputError(str(error)) from None
    if found is None:
        raise InputError("name a place")
    if said := placing.namesakes(name, country, found, places):
        click.echo(said, err=True)
    return found


def kept(found: Place, state: StateRule, places: Gazetteer) -> Place:
    """The place at which the state is kept. Raises InputError where it is kept town by town."""
    from alerts.errors import InputError
    from alerts.track.places import lift

    if state.per == "city" and found.precision == "country":
        raise InputError(f"'{state.name}' is kept town by town; name the town in {found.name}")
    return lift(found, state.per, places.by_id)


def moment(text: str, now: datetime, option: str) -> datetime:
    """A day means its beginning, and a time without a zone is in UTC. Raises InputError."""
    from alerts.errors import InputError

    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        wanted = 'write it year-month-day: 2026-01-31, "2026-01-31 18:00" (UTC)'
        raise InputError(f"{option}: '{text}' is no date; {wanted}") from None
    at = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    if option != "--until" and at > now:
        raise InputError(f"{option}: {at:%Y-%m-%d %H:%M} UTC is yet to come")
    return at


def by_hand(why: str) -> str:
    """How the ledger marks what a person said. Raises InputError without a reason."""
    from alerts.errors import InputError

    if not why.strip():
        raise InputError("--why: say why; it is kept with the entry")
    return f"by {common.user() or 'hand'}: {why.strip()}"
