"""A bulletin as a mail: its plain text, and simple HTML made from it, by templates that the user may change."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from alerts.render.view import Site, direction, web_link
from alerts.template_filters import one_line

_LINK: Final = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
_ITEM: Final = "- "


def bulletin_view(
    *, kind: str, subject: str, body: str, at: datetime, site: Site, language: str = "en"
) -> dict[str, object]:
    """The variables of the templates `mail/bulletin.*` (`templates/README.md` lists them), without `reader`."""
    return {
        "kind": kind,
        "subject": one_line(subject),
        "text": "\n".join(one_line(line) if line.strip() else "" for line in body.split("\n")).strip(),
        "paragraphs": [_paragraph(text) for text in re.split(r"\n\s*\n", body.strip()) if text.strip()],
        "at": at,
        "site_name": one_line(site.name),
        "site_url": web_link(site.base_url),
        "contact": one_line(site.contact),
        "language": language,
        "direction": direction(language),
    }


def _paragraph(text: str) -> dict[str, object]:
    """Lines in pieces of text and links; `listed` when every line begins with "- "."""
    lines = [one_line(line) for line in text.split("\n") if line.strip()]
    listed = all(line.startswith(_ITEM) for line in lines)
    return {"listed": listed, "lines": [_pieces(line.removeprefix(_ITEM) if listed else line) for line in lines]}


def _pieces(line: str) -> list[dict[str, str]]:
    """A line cut at its links: {"text", "url"} each, `url` empty where it is none."""
    pieces, end = [], 0
    for found in _LINK.finditer(line):
        pieces.append({"text": line[end : found.start()], "url": ""})
        pieces.append({"text": found[0], "url": web_link(found[0])})
        end = found.end()
    pieces.append({"text": line[end:], "url": ""})
    return [piece for piece in pieces if piece["text"]]
