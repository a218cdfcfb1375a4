"""What a reader asks for, as a person writes it: in options, in a CSV or JSON file. One way in and one way out, so that
what `export` writes is what `import` and `change` read.

A slip here is an alert that somebody never gets, so a name of several provinces, an unknown zone or a word that no rule
flags is refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alerts.cli import common
from alerts.cli.people import nearby
from alerts.cli.people.options import USUAL
from alerts.errors import InputError, did_you_mean
from alerts.readers import RHYTHMS, WEEKDAYS, Near, Quiet, Wishes
from alerts.track.silence import place_said
from alerts.types import CERTAINTIES, SEVERITIES

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.read.places import Gazetteer

LISTS: Final = ("events", "countries", "regions", "near")
FIELDS: Final = tuple(one.name for one in fields(Wishes))
_DEFAULTS: Final = Wishes()
_QUIET: Final = re.compile(r"(\d{1,2})(?::(\d\d))?\s*(?:-|–|to)\s*(\d{1,2})(?::(\d\d))?")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_YES: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(slots=True, kw_only=True)
class Known:
    """What names are checked against, read when the first is; `remarks` are what to mind of those that were taken."""

    config: Config
    config_path: Path
    remarks: list[str] = field(default_factory=list)
    _places: Gazetteer | None = None
    _events: list[str] | None = None

    @property
    def places(self) -> Gazetteer:
        if self._places is None:
            self._places = common.gazetteer(self.config, self.config_path)
        return self._places

    @property
    def events(self) -> list[str]:
        if self._events is None:
            self._events = common.all_events(self.config, self.config_path)
        return self._events


def read(given: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The fields of `Wishes` that were given, by their names; `usual` is what a new reader has. Texts come as they were
    written, lists as sequences of them. Raises InputError for all that cannot be used, a line each."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in given.items():
        try:
            _mind_usual(value)
            found[name] = usual(name) if _is_usual(value) else _READ[name](value, known)
        except (InputError, ValueError) as error:
            wrong.append(str(error))
    if wrong:
        raise InputError("\n".join(wrong))
    return found


def usual(name: str) -> Any:
    """What a new reader has."""
    return getattr(_DEFAULTS, name)


def _is_usual(value: Any) -> bool:
    one = value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
    return isinstance(one, str) and one.strip().lower() == USUAL


def _mind_usual(value: Any) -> None:
    if isinstance(value, (list, tuple)) and len(value) > 1 and any(_is_usual(one) for one in value):
        raise InputError(f"{USUAL} takes a wish back, and stands alone")


def texts(wishes: Wishes) -> dict[str, str | list[str]]:
    """The wishes as they are written: every field, lists as lists."""
    return {name: _WRITE.get(name, str)(getattr(wishes, name)) for name in FIELDS}


def _event(text: str, known: Known) -> str:
    if text not in known.events:
        raise InputError(f"no rule flags the event '{text}'{common.meant(text, known.events)}")
    return text


def _each(one: Callable[[str, Known], Any]) -> Callable[[Sequence[str], Known], tuple[Any, ...]]:
    def every(given: Sequence[str], known: Known) -> tuple[Any, ...]:
        found = [one(text.strip(), known) for text in given if text.strip()]
        flat = [part for item in found for part in (item if isinstance(item, tuple) else (item,))]
        return tuple(dict.fromkeys(flat))

    return every


def _country(text: str, known: Known) -> str:
    return common.country_code(known.places, text)


def _region(text: str, known: Known) -> tuple[str, ...]:
    """The ids of a province, or of all provinces of a region that is made of several. A name may be followed by its
    country: "Central, Uganda"."""
    name, country = nearby.with_country(text, known.places)
    found = [one for one in known.places.namesakes(name, country or None) if one.precision == "admin1"]
    if not found:
        raise InputError(f"no province '{text}' is known; write its usual name, or its code (SY-ID); of a town: --near")
    if parts := known.places.provinces(found[0].id):
        return tuple(one.id for one in parts)
    if len(found) > 1:
        named = "; ".join(f"{place_said(one)}: {one.id}" for one in found)
        raise InputError(f"several provinces are called '{text}'; write the code of one of them: {named}")
    if found[0].name.casefold() != name.casefold() and found[0].id != name:
        known.remarks.append(f"'{text}' is taken for {place_said(found[0])}")
    return (found[0].id,)


def _near(text: str, known: Known) -> Near:
    return nearby.near(text, known.places, known.remarks)


def _one_of(what: str, words: Sequence[str]) -> Callable[[str, Known], str]:
    def one(text: str, known: Known) -> str:
        word = text.strip().lower()
        if word not in words:
            raise InputError(f"'{text}' is no {what}{did_you_mean(text, words)}; there are {', '.join(words)}")
        return word

    return one


def _wake(text: str, known: Known) -> str | None:
    if text.strip().lower() in ("none", "nothing", "never"):
        return None
    return _one_of("severity", SEVERITIES)(text, known)


def _language(text: str, known: Known) -> str:
    if not _LANGUAGE.fullmatch(text.strip()):
        raise InputError(f"'{text}' is no language code; write two small letters (ISO 639-1), such as en, or pt-BR")
    return text.strip()


def _hour(text: str, known: Known) -> int:
    number = str(text).strip().removesuffix(":00")
    if not (number.isascii() and number.isdigit() and int(number) < 24):
        raise InputError(f"'{text}' is no hour of the day; write 0 to 23")
    return int(number)


def _weekday(text: str, known: Known) -> int:
    word = str(text).strip().lower()
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= 2 and name.lower().startswith(word):
            return number
    raise InputError(f"'{text}' is no day of the week; there are {', '.join(WEEKDAYS)}")


def _time_zone(text: str, known: Known) -> str:
    from alerts.notify.joining.form import zone, zones_by_name

    try:
        return zone(text)
    except InputError:
        meant = did_you_mean(text, zones_by_name().values())
        advice = meant or "; write an IANA name, such as Asia/Aden or Europe/Kyiv, or its city"
        raise InputError(f"there is no time zone '{text}'{advice}") from None


def _quiet(text: str, known: Known) -> Quiet | None:
    if text.strip().lower() == "none":
        return None
    found = _QUIET.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        hours = [time(int(found[at]), int(found[at + 1] or 0)) for at in (1, 3)]
    except ValueError:
        raise InputError(f"'{text}' are no hours; write them by the reader's clock, such as 22:00-06:00") from None
    if hours[0] == hours[1]:
        raise InputError(f"'{text}': no time lies between; to send nothing at all, pause: alerts people pause")
    return Quiet(begin=hours[0], end=hours[1])


def _yes(given: bool | str, known: Known) -> bool:
    if isinstance(given, bool):
        return given
    if given.strip().lower() not in _YES:
        raise InputError(f"'{given}' is neither yes nor no")
    return _YES[given.strip().lower()]


def _moment(text: str, known: Known) -> datetime | None:
    return moment(text, common.now()) if text.strip() else None


def moment(text: str, now: datetime) -> datetime:
    """ "2026-01-31", "2026-01-31 18:00" (UTC), or "7 days" from now. Raises InputError."""
    from alerts.durations import duration

    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        return now + duration(text)
    except ValueError:
        raise InputError(f'\'{text}\' is no moment; write 2026-01-31, "2026-01-31 18:00" (UTC) or "7 days"') from None


def _key(text: str, known: Known) -> str:
    """An OpenPGP certificate: its text. The file was read before."""
    from alerts.notify.message.pgp import usual_form

    key = text.strip()
    if not key:
        return ""
    if "PRIVATE KEY" in key.partition("\n")[0]:
        raise InputError("this is a private key, which nobody else may have; export the public one")
    return usual_form(key, now=common.now())


def key_file(path: Path) -> str:
    """The text of a reader's OpenPGP certificate. Raises InputError naming the file."""
    try:
        text = path.read_text(encoding="ascii")
    except UnicodeDecodeError:
        raise InputError(f"{path}: the key must be in text form: gpg --export --armor ADDRESS") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name the file of their public key in text form") from None
    if not text.strip():
        raise InputError(f"{path}: the file is empty; gpg --export --armor ADDRESS writes a key")
    return text


_READ: Final[dict[str, Callable[[Any, Known], Any]]] = {
    "events": _each(_event),
    "countries": _each(_country),
    "regions": _each(_region),
    "near": _each(_near),
    "min_severity": _one_of("severity", SEVERITIES),
    "min_certainty": _one_of("certainty", CERTAINTIES),
    "language": _language,
    "text_only": _yes,
    "rhythm": _one_of("rhythm", RHYTHMS),
    "hour": _hour,
    "weekday": _weekday,
    "time_zone": _time_zone,
    "quiet": _quiet,
    "wake_from": _wake,
    "paused_until": _moment,
    "discreet": _yes,
    "key": _key,
}


def quiet_text(quiet: Quiet | None) -> str:
    """ "22:00-06:00", or "none"."""
    return "none" if quiet is None else f"{quiet.begin:%H:%M}-{quiet.end:%H:%M}"


def _yes_text(value: bool) -> str:
    return "yes" if value else "no"


_WRITE: Final[dict[str, Callable[[Any], str | list[str]]]] = {
    "events": list,
    "countries": list,
    "regions": list,
    "near": lambda near: [nearby.text(one) for one in near],
    "text_only": _yes_text,
    "weekday": lambda number: WEEKDAYS[number],
    "quiet": quiet_text,
    "wake_from": lambda level: level or "none",
    "paused_until": lambda until: until.isoformat() if until else "",
    "discreet": _yes_text,
}
