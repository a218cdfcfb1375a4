"""What a reader can say of an alert with one press: the words of the mail's links and of the page's buttons.

A mail is rendered once for all readers, so its links hold a slot for each reader's own token (`render.slots`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from alerts.render import slots
from alerts.types import MessageKind

Saying = Literal["have_it", "true", "false_alarm", "duplicate", "wrong_place", "wrong_number", "mute"]
SAYINGS: Final[tuple[Saying, ...]] = get_args(Saying)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`label` stands on the button and in the mail, `meaning` beside it on the page."""

    label: str
    meaning: str


WORDS: Final[Mapping[Saying, Words]] = {
    "have_it": Words(label="I have it", meaning="You look after it. Nobody is reminded of it, unless it gets worse."),
    "true": Words(label="True", meaning="What the alert says did happen."),
    "false_alarm": Words(
        label="False alarm", meaning="It did not happen, or is no such event. Those who were told hear so."
    ),
    "duplicate": Words(label="Duplicate", meaning="Another alert told of the same event before."),
    "wrong_place": Words(label="Wrong place", meaning="It happened, but somewhere else."),
    "wrong_number": Words(label="Wrong number", meaning="It happened, but the numbers are wrong."),
    "mute": Words(
        label="Mute this place for 7 days", meaning="You get no mail about this place, unless it is extreme."
    ),
}


def sayings(kind: MessageKind, *, place: bool) -> list[Saying]:
    """What can be said of a version of this kind; only what happened at a known `place` can be muted there."""
    if kind == "cancel":
        return []
    left_out = {"have_it"} if kind == "close" else set()
    return [one for one in SAYINGS if one not in left_out and (place or one != "mute")]


def links(site_url: str, alert_id: str, kind: MessageKind, *, place: bool) -> list[dict[str, str]]:
    """The links of a mail: name, label and address, the last with a slot for the reader's token."""
    if not site_url:
        return []
    start = f"{site_url.rstrip('/')}/v/{slots.slot(slots.link(alert_id))}"
    return [{"name": one, "label": WORDS[one].label, "url": f"{start}?say={one}"} for one in sayings(kind, place=place)]
