"""Which of our addresses a mail is for, and so what it asks. What is none of them is refused before the mail is sent:
this service keeps no mail for anybody.

    subscribe@, subscribe+siege.yem@    confirm+PASS@    unsubscribe+PASS@    prefs@    help@    bounce+TOKEN@
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Final, Literal

from alerts.errors import InputError
from alerts.readers import ALL, Wishes

Kind = Literal["subscribe", "confirm", "unsubscribe", "preferences", "help", "bounce", "reply"]

_ALONE: Final[dict[str, Kind]] = {
    "subscribe": "subscribe",
    "prefs": "preferences",
    "preferences": "preferences",
    "help": "help",
}
_WITH_TOKEN: Final[dict[str, tuple[Kind, re.Pattern[str]]]] = {
    "confirm": ("confirm", re.compile(r"[0-9a-z-]{20,56}")),
    "unsubscribe": ("unsubscribe", re.compile(r"[0-9a-z-]{20,56}")),
    "bounce": ("bounce", re.compile(r"[0-9a-f]{12}-[0-9a-f]{28}")),
}
_LONGEST: Final = 320
_MOST_TOPICS: Final = 10
_APART: Final = re.compile(r"[+.=]")
_MOST_SAID: Final = 400  # letters of topics: an answer to a mail server has 512 at most (RFC 5321, 4.5.3.1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Our addresses, all of one `domain`; `own` is the local part of what our mails come from, to
    which readers answer. `events` are the events that somebody can ask for, `country_of` finds a country's code by name
    or code."""

    domain: str
    own: str
    events: Callable[[], Collection[str]]
    country_of: Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a mail to one of our addresses asks. `token` is the pass, or of a bounce the mail's; it never shows."""

    kind: Kind
    token: str = field(default="", repr=False)
    wishes: Wishes = ALL


def request_of(address: str, house: House) -> Request | None:
    """What mail to `address` asks; None when it is none of ours. Raises InputError for a topic that is not known:
    who meant one would else get all, or nothing."""
    local, _, domain = address.strip().strip("<>").casefold().rpartition("@")
    if len(address) > _LONGEST or domain.rstrip(".") != house.domain.casefold():
        return None
    if local in _ALONE:
        return Request(kind=_ALONE[local])
    if local == house.own.casefold():
        return Request(kind="reply")
    word, _, rest = local.partition("+")
    if word == "subscribe" and rest:
        return Request(kind="subscribe", wishes=_wishes(rest, house))
    if word not in _WITH_TOKEN:
        return None
    kind, form = _WITH_TOKEN[word]
    return Request(kind=kind, token=rest) if form.fullmatch(rest) else None


def is_ours(address: str, house: House) -> bool:
    """Whether mail to `address` comes to us. Others may share our domain."""
    try:
        return request_of(address, house) is not None
    except InputError:
        return True


def _wishes(text: str, house: House) -> Wishes:
    """Topics stand apart by "+" or "."; within one, a hyphen is a blank."""
    known = {_plain(event): event for event in house.events()}
    events, countries = [], []
    for word in _APART.split(text)[: _MOST_TOPICS + 1]:
        if (event := known.get(_plain(word))) is not None:
            events.append(event)
        elif word and (country := house.country_of(_plain(word))) is not None:
            countries.append(country)
        else:
            raise InputError(f"there is no such topic; there are: {_said(known)}, and countries")
    if len(events) + len(countries) > _MOST_TOPICS:
        raise InputError(f"at most {_MOST_TOPICS} topics can be asked for by one mail")
    return Wishes(events=tuple(dict.fromkeys(events)), countries=tuple(dict.fromkeys(countries)))


def _said(known: Collection[str]) -> str:
    """Topics as they are written in an address."""
    return shorten(", ".join(sorted(name.replace(" ", "-") for name in known if name.isascii())), _MOST_SAID)


def _plain(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ").strip()
