"""What the rooms of joining share: how links are made, and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from alerts.notify.joining.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`domain` is that of the service's mails, `base_url` that of its pages. Unless `open`, only operators add readers;
    `contact` is who they may ask. `give_up`: how long a letter is worth sending."""

    secret: bytes = field(repr=False)
    domain: str
    base_url: str
    open: bool = True
    contact: str = ""
    limits: Limits = field(default_factory=Limits)
    give_up: timedelta = timedelta(days=2)
