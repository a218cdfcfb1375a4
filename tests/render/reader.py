"""A mail as one reader sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from types import MappingProxyType

from alerts.render import slots
from alerts.render.mail import MailText, own_values


def personal(mail: MailText, reason: str, tokens: Mapping[str, str] = MappingProxyType({})) -> MailText:
    """The mail with why this reader gets it, and the `tokens` of this reader's links by alert id. As it looks: the
    bytes of a mail are made from its values."""
    values = own_values(reason, tokens)
    escaped = {name: escape(value) for name, value in values.items()}
    return replace(mail, text=filled(mail.text, values), html=filled(mail.html, escaped))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with `values` in its slots; nothing where there is none."""
    return slots.SLOT.sub(lambda found: values.get(found[1], ""), text)
