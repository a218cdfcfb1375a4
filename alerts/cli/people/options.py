"""What a reader may ask for, as options: the same for `add`, which says it of a new one, and for `change`, where what
is not given stays and the word `usual` takes a wish back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from alerts.errors import InputError
from alerts.readers import RHYTHMS
from alerts.types import CERTAINTIES, SEVERITIES

Command = TypeVar("Command", bound=Callable[..., object])

USUAL: Final = "usual"
"""Takes a wish back."""

# The option's word to the field of `readers.Wishes`, where they differ.
_FIELDS = {"event": "events", "country": "countries", "region": "regions"}


def wishes_options(*, usual: bool) -> Callable[[Command], Command]:
    """The options of all wishes, as keyword arguments of the command; what was not given is None or empty."""
    made = (*_what(usual), *_when(usual), *_form(usual))

    def decorated(command: Command) -> Command:
        for one in reversed(made):
            command = one(command)
        return command

    return decorated


def _many(name: str, metavar: str, says: str) -> Any:
    return click.option(name, multiple=True, metavar=metavar, help=f"{says} (repeatable).")


def _level(name: str, words: tuple[str, ...], says: str, usual: bool) -> Any:
    return click.option(name, type=click.Choice((*words, USUAL) if usual else words), help=says)


def _text(name: str, metavar: str, says: str, usual: bool) -> Any:
    return click.option(name, metavar=f"{metavar}|{USUAL}" if usual else metavar, help=says)


def _default(says: str, usual: bool) -> str:
    """What holds for a new reader; a change leaves as it is what is not given."""
    return "" if usual else f" [default: {says}]"


def _what(usual: bool) -> list[Any]:
    """What somebody wants to hear of, and where."""
    return [
        _many("--event", "EVENT", "Only this event, such as displacement"),
        _many("--country", "COUNTRY", "Only this country: SYR or Syria"),
        _many("--region", "PROVINCE", "Only this province: Idlib, or its code SY-ID; adds to --country"),
        _many("--near", "PLACE:KM", "Only so near to a place: Taiz:50km, or 13.58,44.02:50km; adds to the others"),
        _level("--min-severity", SEVERITIES, f"This severity or worse.{_default('minor', usual)}", usual),
        _level("--min-certainty", CERTAINTIES, f"This certainty or better.{_default('possible', usual)}", usual),
    ]


def _when(usual: bool) -> list[Any]:
    """When mails come."""
    now = _default("now", usual)
    return [
        _level("--rhythm", RHYTHMS, f"Each alert as it comes, or what came since the last mail.{now}", usual),
        _text("--hour", "HOUR", f"When a daily or weekly mail comes, by their clock.{_default('7', usual)}", usual),
        _text("--weekday", "DAY", f"The day of a weekly mail.{_default('Monday', usual)}", usual),
        _text("--time-zone", "ZONE", f"Where their clock is: Asia/Aden.{_default('UTC', usual)}", usual),
        _text("--quiet", "HOURS", "Hours without mail, by their clock: 22:00-06:00.", usual),
        _level(
            "--wake-from",
            (*SEVERITIES, "none"),
            f"What comes at once all the same, in quiet hours and beside digests.{_default('severe', usual)}",
            usual,
        ),
    ]


def _form(usual: bool) -> list[Any]:
    """How mails look."""
    code = f"CODE|{USUAL}" if usual else "CODE"
    language = f"Language of the mails, where templates/ has it.{_default('en', usual)}"
    file = f"FILE|{USUAL}" if usual else "FILE"
    return [
        click.option("--language", metavar=code, help=language),
        click.option("--text-only/--no-text-only", default=None, help="Plain text alone, for slow lines."),
        click.option(
            "--discreet/--no-discreet", default=None, help="Mails that do not show what they are about; text alone."
        ),
        click.option(
            "--key",
            type=click.Path(path_type=Path),
            metavar=file,
            help="Their OpenPGP certificate: nothing goes out unencrypted.",
        ),
    ]


def given(options: dict[str, Any]) -> dict[str, Any]:
    """What was given, by the fields of `readers.Wishes`; the key's file is read. Raises InputError."""
    from alerts.cli.people.wishes import key_file

    found = {_FIELDS.get(name, name): value for name, value in options.items() if value not in (None, ())}
    for name, value in found.items():
        if isinstance(value, tuple) and not all(one.strip() for one in value):
            raise InputError(f"{name}: one of them is empty; name it, or leave the option out")
    key = found.get("key")
    if isinstance(key, Path) and str(key) != USUAL:
        found["key"] = key_file(key)
    elif key is not None:
        found["key"] = USUAL
    return found
