"""`alerts rules new`: a first draft of a rule from a few questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.rules.chosen import faults_of

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.match.drafting import Answers, Draft, Tools
    from alerts.match.files import RuleFiles
    from alerts.read.places import Gazetteer
    from alerts.types import Severity

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LEVELS = ("minor", "moderate", "severe", "extreme")
_WHAT, _WHOM = "act", "target"
_TRIES = 5


def _parts(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, list[str]]:
    """--part NAME=PHRASE, PHRASE"""
    found: dict[str, list[str]] = {}
    for value in values:
        name, sign, phrases = value.partition("=")
        if not sign or not _NAME.fullmatch(name.strip()) or not _phrases(phrases):
            raise click.BadParameter(f"'{value}' is no part; write it as damage=\"~hit, shut down\"")
        found.setdefault(name.strip(), []).extend(_phrases(phrases))
    return found


def _phrases(text: str) -> list[str]:
    """Phrases between commas, which no phrase has."""
    return [phrase for one in text.split(",") if (phrase := " ".join(one.strip().strip('"').split()))]


@click.command(name="new")
@click.argument("name", metavar="NAME")
@common.config_option
@click.option("--title", help="What it flags, for people: Water supply cut.")
@click.option("--event", help="The word for what it flags, to which readers subscribe: water.")
@click.option("--fires", metavar="SENTENCE", help="A sentence that must fire the rule.")
@click.option("--quiet", metavar="SENTENCE", help="One with the same words that must not.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    callback=_parts,
    metavar="PART=PHRASES",
    help='Words that must be there: "damage=~hit, shut down"; what happens first (repeatable).',
)
@click.option("--ignore", multiple=True, metavar="PHRASE", help="Words that make it something else (repeatable).")
@click.option("--place/--no-place", default=None, help="Whether a place must be named.")
@click.option("--level", type=click.Choice(_LEVELS), help="How bad it is, if nothing else is said.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to write it. [default: your first folder]")
def command(
    name: str,
    config_path: Path,
    title: str | None,
    event: str | None,
    fires: str | None,
    quiet: str | None,
    parts: dict[str, list[str]],
    ignore: tuple[str, ...],
    place: bool | None,
    level: Severity | None,
    folder: Path | None,
) -> None:
    """Write the first draft of a rule, called NAME: small letters, digits and _.

    Asks what it is to flag, a sentence that must fire it and one that must not, and proposes the words. What is
    given by an option is not asked. The draft is tried on both sentences before it is written; it is not in force
    until you say so in the file.
    """
    config = common.config_or_defaults(config_path)
    path = _path(config, name, folder)
    places = common.gazetteer(config, config_path)
    desk = _Desk.open(config, places, name)
    given = _Given(title, event, fires, quiet, parts, ignore, place, level)
    draft = _drafted(desk, given)
    _write(path, draft.text)
    _check(config, places, path)
    _next(config, path, name)


@dataclass(frozen=True, slots=True)
class _Given:
    """The options: None or nothing where to ask."""

    title: str | None
    event: str | None
    fires: str | None
    quiet: str | None
    parts: Mapping[str, Sequence[str]]
    ignore: tuple[str, ...]
    place: bool | None
    level: Severity | None

    @property
    def whole(self) -> bool:
        """Nothing has to be asked: a script's call."""
        return bool(self.fires and self.quiet and self.parts)


def _path(config: Config, name: str, folder: Path | None) -> Path:
    """Where the draft is to be written. Raises InputError."""
    from alerts.configured import rule_sources
    from alerts.errors import InputError
    from alerts.match.files import rule_paths

    if not _NAME.fullmatch(name):
        raise InputError(f"'{name}' is no name of a rule: write small letters, digits and _, such as water_cut")
    known = rule_paths(rule_sources(config).folders)
    if name in known:
        raise InputError(f"there is a rule '{name}' already: {known[name]}; take another name, or copy that file")
    if folder is None and not config.rules.folders:
        raise InputError("there is no folder for rules of your own: give --folder, or name one in [rules] folders")
    path = (folder or config.rules.folders[0]) / f"{name}.toml"
    if path.exists():
        raise InputError(f"{path} is there already; take another name")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What a draft is made with: the rules there are, and what checks a new one."""

    name: str
    found: RuleFiles
    places: Gazetteer
    tools: Tools

    @classmethod
    def open(cls, config: Config, places: Gazetteer, name: str) -> _Desk:
        from alerts.configured import households, rule_sources
        from alerts.match import files
        from alerts.match.drafting import Tools

        found = files.load(rule_sources(config).folders, country=places.country_of)
        tools = Tools.over(found.lexicon, places, households(config), common.now().date())
        return cls(name=name, found=found, places=places, tools=tools)

    @property
    def events(self) -> list[str]:
        return sorted({rule.event for rule in self.found.rules if rule.event})

    def phrase(self, text: str) -> None:
        """Raises PhraseError for one that cannot be used."""
        from alerts.match.grammar import parse

        parse(text, self.found.lexicon)


def _drafted(desk: _Desk, given: _Given) -> Draft:
    """The draft, asked for until it does what its sentences say. Raises InputError, Faults."""
    from alerts.errors import InputError
    from alerts.match.drafting import draft

    answers = _asked(desk, given)
    for _ in range(_TRIES):
        made = draft(answers, desk.tools)
        if made.problem is None:
            return made
        if given.whole:
            raise InputError(made.problem)
        click.echo(f"\n{made.problem}", err=True)
        answers = _again(desk, answers, made.about or "")
    raise InputError("no draft was written: its two sentences and its words do not go together")


def _asked(desk: _Desk, given: _Given) -> Answers:
    """The answers: from the options, the rest from the terminal; a script's rest is what is usual."""
    from alerts.match.drafting import Answers

    ask = _default if given.whole else _prompt
    named = desk.name.replace("_", " ").capitalize()
    title = given.title or ask("1. What does it flag, in a few words", named, _text)
    known = f" ({', '.join(desk.events)}, or a word of your own)" if desk.events else ""
    word = f"2. The word for it, to which readers subscribe{known}"
    event = _valid(given.event, _event) or ask(word, desk.name, _event)
    firing = "3. A sentence that must fire it, as a newspaper prints it"
    fires = _valid(given.fires, _text) or _prompt(firing, None, _text)
    staying = "4. One with the same words that must stay quiet"
    quiet = _valid(given.quiet, _text) or _prompt(staying, None, _text)
    parts = _valid_parts(desk, given.parts) or _ask_parts(desk, fires)
    for phrase in given.ignore:
        _valid(phrase, lambda text: _usable(desk, text))
    place = given.place
    if place is None:
        place = ask("6. Must a place be named (y/n)", "n", _yes_or_no) == "y"
    level = given.level or ask(f"7. How bad is it ({', '.join(_LEVELS)})", "moderate", _level)
    return Answers(
        name=desk.name,
        title=title,
        event=event,
        fires=fires,
        quiet=quiet,
        parts=parts,
        ignore=given.ignore,
        place=place,
        level=level,  # type: ignore[arg-type]
    )


def _ask_parts(desk: _Desk, fires: str) -> dict[str, Sequence[str]]:
    """The words of the two parts, with those of the sentence as a proposal."""
    from alerts.match.drafting import propose

    what, whom = propose(fires, desk.places, desk.found.rules)
    click.echo(
        "5. Its words, between commas. ~hit: all forms of a verb; station*: any ending; (a | b): either.", err=True
    )

    def check(text: str) -> str:
        return ", ".join(_usable(desk, phrase) for phrase in _phrases(text)) or _text("")

    first = _prompt("   What happens", ", ".join(what) or None, check)
    second = _prompt(
        "   To what (- for anything)", ", ".join(whom) or "-", lambda text: text if text == "-" else check(text)
    )
    parts: dict[str, Sequence[str]] = {_WHAT: _phrases(first)}
    return parts if second == "-" else parts | {_WHOM: _phrases(second)}


def _or_none(check: Callable[[str], str]) -> Callable[[str], str]:
    """As `check`, but for '-'."""
    return lambda text: text if text.strip() == "-" else check(text)


def _again(desk: _Desk, answers: Answers, about: str) -> Answers:
    """Ask anew for what a draft failed by."""
    if about == "parts":
        return replace(answers, parts=_ask_parts(desk, answers.fires))
    if about == "fires too":
        said = "   Words that make it something else, to be ignored (- for another sentence)"
        phrases = _prompt(said, "-", _or_none(lambda text: _usable(desk, text)))
        if phrases != "-":
            return replace(answers, ignore=(*answers.ignore, phrases))
    if about != "fires":
        return replace(answers, quiet=_prompt("4. A sentence that must stay quiet", answers.quiet, _text))
    fires = _prompt("3. A sentence that must fire it", answers.fires, _text)
    return replace(answers, fires=fires, parts=_ask_parts(desk, fires))


def _prompt(question: str, default: str | None, check: Callable[[str], str]) -> str:
    """Ask until the answer is usable."""

    def convert(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    answer: str = click.prompt(question, default=default, value_proc=convert, err=True)
    return answer


def _default(question: str, default: str | None, check: Callable[[str], str]) -> str:
    return check(default or "")


def _valid(text: str | None, check: Callable[[str], str]) -> str | None:
    """An option's value, checked. Raises InputError."""
    from alerts.errors import InputError

    try:
        return None if text is None else check(text)
    except ValueError as error:
        raise InputError(str(error)) from None


def _valid_parts(desk: _Desk, parts: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    for phrases in parts.values():
        for phrase in phrases:
            _valid(phrase, lambda text: _usable(desk, text))
    return parts


def _usable(desk: _Desk, phrase: str) -> str:
    desk.phrase(phrase)  # PhraseError is a ValueError
    return phrase


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("write a few words")
    return " ".join(text.split())


def _event(text: str) -> str:
    if not _NAME.fullmatch(text.strip()):
        raise ValueError(f"'{text}' is no word for an event: write small letters, digits and _, such as water")
    return text.strip()


def _yes_or_no(text: str) -> str:
    if text.strip().lower() not in ("y", "yes", "n", "no"):
        raise ValueError("write y or n")
    return text.strip().lower()[0]


def _level(text: str) -> str:
    from alerts.errors import did_you_mean

    if text.strip() not in _LEVELS:
        near = did_you_mean(text, _LEVELS) or f"; write {', '.join(_LEVELS)}"
        raise ValueError(f"'{text}' is no level{near}")
    return text.strip()


def _write(path: Path, text: str) -> None:
    """Never over a file that is there. Raises InputError."""
    from alerts.errors import InputError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def _check(config: Config, places: Gazetteer, path: Path) -> None:
    """The same check that decides whether a rule comes into force. A draft that does not pass is taken away again:
    Raises Faults."""
    from alerts.cli.rules.chosen import sources_with
    from alerts.configured import households
    from alerts.engine import loading
    from alerts.errors import Faults

    sources, extra = sources_with(config, (path,))
    alone = replace(sources, folders=(), list_folders=(*sources.folders, *sources.list_folders))
    book = loading.load(alone, gazetteer=places, households=households(config), extra=extra)
    faults = common.placed(faults_of(book.faults, extra), sources, extra)
    errors = [fault for fault in faults if fault.level == "error" and fault.file == str(path)]
    if errors:
        path.unlink()
        raise Faults(errors)
    for fault in faults:
        click.echo(str(fault), err=True)


def _next(config: Config, path: Path, name: str) -> None:
    folders = {folder.resolve() for folder in config.rules.folders}
    inside = path.parent.resolve() in folders
    known = name if inside else str(path)
    click.echo(f"wrote {path}: a draft that passes its two examples")
    click.echo("next:")
    steps = [
        (f"alerts rules test {known}", "what fires, and why the quiet ones are quiet"),
        (f'alerts rules explain {known} "SENTENCE"', "why another sentence fires, or not"),
        (f"alerts rules backtest {known}", "what it would have flagged in the articles there are"),
    ]
    width = max(len(step) for step, _ in steps)
    for step, what in steps:
        click.echo(f"  {step:{width}}  # {what}")
    if not inside:
        click.echo(f'  name the folder in the configuration: [rules] folders = ["{path.parent}"]')
    click.echo('then write more examples, set status = "test" in the file, and "active" when you trust it')
