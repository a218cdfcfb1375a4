"""Letters to one person about their own subscription, by templates that the user may change. The first line of the
plain text is the subject, so that a translation has all of it in one file.

What only this person may have, the passes in links and addresses, are slots here (`render.slots`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

from alerts.readers import YES_WITHIN, Duty, Wishes
from alerts.render import slots
from alerts.render.view import Site, direction, web_link
from alerts.render.wishes import Named, region_unknown, sentence
from alerts.template_filters import one_line

Kind = Literal["confirm", "welcome", "already", "preferences", "goodbye", "help", "login"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CONFIRM: Final = "confirm"
LOGIN: Final = "login"
_PASSES: Final = (CONFIRM, LOGIN, slots.UNSUBSCRIBE, slots.PREFERENCES)
_DUTIES: Final[dict[Duty, str]] = {
    "escalation": "extreme alerts that nobody has acknowledged",
    "operator": "how this service does",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter tells: `wishes` that wait for a yes, or hold; `duties` that its reader has. `inbox`: the domain to
    which mails with wishes may be written, "" where none are read; `open`: whether anybody may subscribe."""

    kind: Kind
    wishes: Wishes | None = None
    duties: tuple[Duty, ...] = ()
    inbox: str = ""
    open: bool = True


def letter_view(
    letter: Letter, site: Site, *, language: str = "en", named: Named = region_unknown
) -> dict[str, object]:
    """The variables of the templates `mail/letter_*` (`templates/README.md` lists them)."""
    wishes = letter.wishes
    return {
        "kind": letter.kind,
        "wishes": "" if wishes is None else _own(sentence(wishes, named)),
        "links": _links(site, letter.open),
        "mails": _mails(letter),
        "duties": [_DUTIES[duty] for duty in letter.duties if duty in _DUTIES],
        "hours": YES_WITHIN // timedelta(hours=1),
        "site_name": one_line(site.name),
        "site_url": web_link(site.base_url),
        "contact": one_line(site.contact),
        "language": language,
        "direction": direction(language),
    }


def _own(text: str) -> str:
    """Words in which no slot of ours can stand."""
    return slots.SLOT.sub("", text)


def _links(site: Site, subscribe: bool) -> dict[str, str]:
    start = web_link(site.base_url).rstrip("/")
    links = {name: f"{start}/{name}/{slots.slot(name)}" if start else "" for name in _PASSES}
    return links | {"subscribe": f"{start}/subscribe" if start and subscribe else ""}


def _mails(letter: Letter) -> dict[str, str]:
    at = f"@{letter.inbox}"
    mails = {name: f"{name}+{slots.slot(name)}{at}" for name in (CONFIRM, slots.UNSUBSCRIBE)}
    mails |= {"subscribe": f"subscribe{at}" if letter.open else "", "preferences": f"prefs{at}", "help": f"help{at}"}
    return mails if letter.inbox else dict.fromkeys(mails, "")


def last_resort(view: dict[str, object]) -> str:
    """A letter when no template works: its links, in a few words."""
    links = view["links"]
    assert isinstance(links, dict)
    lines = [f"{view['site_name']}: about your mails", "", str(view["wishes"])]
    wanted = {"confirm": CONFIRM, "login": LOGIN}.get(str(view["kind"]), slots.PREFERENCES)
    return "\n".join((*lines, "", f"To go on: {links[wanted]}"))


def samples() -> list[Letter]:
    """Made-up letters of each kind to try templates on."""
    wishes = Wishes(events=("attack",), countries=("SYR",), min_severity="severe")
    full = [
        Letter(
            kind=kind,
            wishes=None if kind in ("help", "login") else wishes,
            duties=("reader", "operator"),
            inbox="example.org",
        )
        for kind in KINDS
    ]
    return full + [Letter(kind=kind, open=False) for kind in KINDS]
