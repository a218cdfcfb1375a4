"""CAP messages as other systems meet them: the schema of OASIS, the rules its text adds, and a board that shows what
is in force."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from xmlschema import XMLSchema

NS = {"cap": "urn:oasis:names:tc:emergency:cap:1.2"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00")
_NAME = re.compile(r"[^\s,<&]+")
_CIRCLE = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?) (\d+(?:\.\d+)?)")
_SCHEMA = Path(__file__).parent / "data" / "CAP-v1.2.xsd"


@lru_cache(maxsize=1)
def schema() -> XMLSchema:
    return XMLSchema(str(_SCHEMA))


def closed_list(name: str) -> set[str]:
    """The words that the schema has for an element, such as "category"."""
    root = ElementTree.parse(_SCHEMA).getroot()
    xsd = "{http://www.w3.org/2001/XMLSchema}"
    [element] = [one for one in root.iter(f"{xsd}element") if one.get("name") == name]
    return {str(one.get("value")) for one in element.iter(f"{xsd}enumeration")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as a stranger's reader takes it apart."""

    name: tuple[str, str, str]  # sender, identifier, sent
    status: str
    kind: str
    references: tuple[tuple[str, ...], ...]
    expires: datetime
    response: str
    headline: str
    whole: dict[str, Any]


@lru_cache(maxsize=256)
def read(document: bytes) -> Message:
    """A message through the schema, which refuses what is not valid."""
    whole: Any = schema().to_dict(document.decode(), strip_namespaces=True)
    info = whole["info"][0]
    return Message(
        name=(whole["sender"], whole["identifier"], whole["sent"]),
        status=whole["status"],
        kind=whole["msgType"],
        references=tuple(tuple(one.split(",")) for one in (whole.get("references") or "").split()),
        expires=datetime.fromisoformat(info["expires"]),
        response=info["responseType"][0],
        headline=info.get("headline", ""),
        whole=whole,
    )


class Board:
    """What is in force, by a system that reads messages in any order: a message that a later Update or Cancel names
    is gone, wherever and whenever that is read; a Cancel and an all-clear put nothing up."""

    def __init__(self, documents: Iterable[bytes] = (), *, status: str = "Actual") -> None:
        self._status = status
        self._messages: dict[tuple[str, str, str], Message] = {}
        self._gone: set[tuple[str, ...]] = set()
        for document in documents:
            self.take(document)

    def take(self, document: bytes) -> None:
        message = read(document)
        assert message.status == self._status
        assert self._messages.setdefault(message.name, message) == message, "one name, two messages"
        if message.kind in ("Update", "Cancel"):
            self._gone.update(message.references)

    @property
    def messages(self) -> list[Message]:
        return list(self._messages.values())

    def shown(self, now: datetime) -> list[str]:
        """The identifiers of what is in force."""
        return sorted(
            message.name[1]
            for message in self._messages.values()
            if message.name not in self._gone
            and message.kind != "Cancel"
            and message.response != "AllClear"
            and message.expires > now
        )


def offences(document: bytes) -> Iterator[str]:
    """What the standard's text forbids and its schema does not."""
    root = ElementTree.fromstring(document)
    for element in root.iter():
        if not len(element) and not (element.text or "").strip():
            yield f"{element.tag} is empty"
    for tag in ("sent", "effective", "onset", "expires"):
        for element in root.iterfind(f".//cap:{tag}", NS):
            if not _MOMENT.fullmatch(element.text or ""):
                yield f"{tag}: {element.text}"
    for tag in ("identifier", "sender"):
        if not _NAME.fullmatch(root.findtext(f"cap:{tag}", "", NS)):
            yield f"{tag}: {root.findtext(f'cap:{tag}', '', NS)}"
    yield from _envelope(root)
    for info in root.iterfind("cap:info", NS):
        yield from _info(info, root.findtext("cap:sent", "", NS))


def _envelope(root: ElementTree.Element) -> Iterator[str]:
    references = root.findtext("cap:references", "", NS)
    for one in references.split():
        parts = one.split(",")
        if len(parts) != 3 or not all(_NAME.fullmatch(part) for part in parts) or not _MOMENT.fullmatch(parts[2]):
            yield f"reference: {one}"
    if (root.findtext("cap:msgType", "", NS) != "Alert") != bool(references):
        yield "an Update or Cancel names what it is about, an Alert names nothing"
    if (root.findtext("cap:scope", "", NS) == "Restricted") != bool(root.findtext("cap:restriction", "", NS)):
        yield "a restriction belongs to the scope Restricted, and that to a restriction"
    if root.findtext("cap:scope", "", NS) == "Private":
        yield "Private would need addresses"
    if len(root.findtext("cap:incidents", "", NS).split()) > 1:
        yield "one incident is one word"


def _info(info: ElementTree.Element, sent: str) -> Iterator[str]:
    expires = info.findtext("cap:expires", "", NS)
    if datetime.fromisoformat(expires) <= datetime.fromisoformat(sent):
        yield f"expires at {expires}, sent at {sent}"
    if len(info.findtext("cap:headline", "", NS)) > 160:
        yield "the headline is long"
    for tag in ("web", "resource/cap:uri"):
        for element in info.iterfind(f"cap:{tag}", NS):
            if not re.match(r"https?://\S+$", element.text or ""):
                yield f"{tag}: {element.text}"
    for element in info.iterfind("cap:area/cap:circle", NS):
        found = _CIRCLE.fullmatch(element.text or "")
        if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
            yield f"circle: {element.text}"
