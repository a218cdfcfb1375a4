"""A message of the Common Alerting Protocol (OASIS CAP 1.0 to 1.2) to the text of an article.

Offices for weather and disasters put a line into their feed and the message behind it: what is to be expected, where,
how bad. Our rules read prose, so it becomes prose, in the order in which a newspaper would tell it.

A message that tells of no event says so by its fields and not by its words: "Tsunami warning for Padang" is also the
headline of an exercise, and of a warning that is taken back. From such a message no words are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from alerts.collect.formats.encoding import decode
from alerts.collect.links.extracted import Extracted
from alerts.errors import ParseError
from alerts.read.text import plain

_NAMESPACE = re.compile(
    r"urn:oasis:names:tc:emergency:cap:1\.[0-9]|http://www\.(?:incident\.com|oasis-open\.org)/cap/1\.[0-9]"
)
_MOST_ELEMENTS, _DEEPEST = 50_000, 30
_MOST_INFOS, _MOST_AREAS = 20, 60
_LONGEST_AREA, _LONGEST = 1_000, 20_000
_USUAL_LANGUAGE = "en-US"  # where an info names none (CAP 1.2, 3.2.2)
# Why a message is no event: by its status, by its kind, and by what it answers.
_STATUS = {
    "exercise": "an exercise",
    "test": "a test",
    "system": "a message between systems",
    "draft": "a draft",
}
_KIND = {
    "cancel": "it takes an earlier message back",
    "error": "it rejects an earlier message",
    "ack": "it acknowledges an earlier message",
}
_OVER = "it says that the danger is over"
_UNLIKELY = "it says that nothing is expected to happen"
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_POINT = re.compile(r"(?:[*•·-]|\d{1,2}[.)])\s")


@dataclass(slots=True)
class _Element:
    name: str
    text: list[str] = field(default_factory=list)
    parts: list[_Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[str]:
        """The values of all parts of this name that have one."""
        for part in self.parts:
            if part.name == name and (value := "".join(part.text).strip()):
                yield value

    def one(self, name: str) -> str:
        """The first value, or ""."""
        return next(self.all(name), "")


def read(body: bytes, headers: Mapping[str, str], url: str = "", languages: Sequence[str] = ()) -> Extracted:
    """What a message says, in the first of `languages` that it has, else in its own first. Raises ParseError
    (`not_cap`, or `hostile` for what no office writes)."""
    alert = _tree(decode(body, headers.get("content-type", "")).text, url)
    if nothing := _STATUS.get(alert.one("status").lower()) or _KIND.get(alert.one("msgType").lower(), ""):
        return Extracted(text="", nothing=nothing)
    infos = [part for part in alert.parts if part.name == "info"][:_MOST_INFOS]
    language = _language(infos, languages)
    mine = [info for info in infos if _language_of(info) == language]
    likely = [info for info in mine if info.one("certainty").lower() != "unlikely"]
    ahead = [info for info in likely if "allclear" not in map(str.lower, info.all("responseType"))]
    if mine and not ahead:
        return Extracted(text="", nothing=_OVER if likely else _UNLIKELY)
    lines = [line for info in ahead for line in _lines(info)]
    if not lines:
        raise ParseError(url, "a CAP message without a word in it", reason="not_cap")
    return Extracted(text="\n".join(dict.fromkeys(lines))[:_LONGEST].rstrip(), language=language)


def _tree(text: str, url: str) -> _Element:
    """The message's elements under their bare names. Without a document type there are no entities to expand."""
    reader = _Reader(url)
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.words
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(_DECLARATION.sub("", text, count=1).strip().encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise ParseError(url, f"not a CAP message: {error}", reason="not_cap") from error
    assert reader.root is not None  # else the parser had found no element
    return reader.root


class _Reader:
    def __init__(self, url: str) -> None:
        self.url, self.count = url, 0
        self.root: _Element | None = None
        self.open: list[_Element] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        space, _, bare = name.rpartition(" ")
        self.count += 1
        if self.count > _MOST_ELEMENTS or len(self.open) >= _DEEPEST:
            raise ParseError(self.url, "more elements than a CAP message has", reason="hostile")
        element = _Element(bare)
        if self.open:
            self.open[-1].parts.append(element)
        else:
            if bare != "alert" or (space and not _NAMESPACE.fullmatch(space)):
                raise ParseError(self.url, f"not a CAP message but <{bare[:40]}>", reason="not_cap")
            self.root = element
        self.open.append(element)

    def end(self, name: str) -> None:
        self.open.pop()

    def words(self, text: str) -> None:
        self.open[-1].text.append(text)

    def doctype(self, name: str, *rest: object) -> None:
        if name.lower() == "html":
            raise ParseError(self.url, "not a CAP message but a web page", reason="not_cap")
        raise ParseError(self.url, "a CAP message with a document type", reason="hostile")


def _language_of(info: _Element) -> str:
    return (info.one("language") or _USUAL_LANGUAGE).lower()


def _language(infos: Iterable[_Element], wanted: Sequence[str]) -> str | None:
    """The language to take; all infos in it count, as they tell of several areas."""
    there = list(dict.fromkeys(map(_language_of, infos)))
    for tag in wanted:
        if found := [one for one in there if one.partition("-")[0] == tag.lower().partition("-")[0]]:
            return found[0]
    return there[0] if there else None


def _lines(info: _Element) -> Iterator[str]:
    """One info as paragraphs: what, where, the office's words, and its judgement at the end."""
    headline, event = _prose(info.one("headline")), _prose(info.one("event"))
    yield from headline
    if event and event[0].lower() not in " ".join(headline).lower():
        yield event[0]
    if areas := _areas(info):
        yield f"Area: {areas}."
    yield from _prose(info.one("description"))
    # "Move to higher ground" tells people there what to do. Read as news, it would be people who fled.
    if "evacuate" in map(str.lower, info.all("responseType")):
        yield from _prose(info.one("instruction"))
    if when := _when(info):
        yield when
    judged = [f"{name}: {value}." for name in ("severity", "urgency", "certainty") if (value := info.one(name))]
    if judged := [line.capitalize() for line in judged if "unknown" not in line.lower()]:
        yield " ".join(judged)
    if sender := _prose(info.one("senderName")):
        yield f"Issued by {sender[0].rstrip('.')}."


def _prose(text: str) -> list[str]:
    """Paragraphs and points of lists, each on one line: offices wrap their lines as telegraphs did."""
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines():
        line = " ".join(line.split())
        if not line or _POINT.match(line):
            paragraphs.append([])
        if line:
            paragraphs[-1].append(line)
    marked = "<br/>".join(" ".join(lines) for lines in paragraphs if lines)
    return [line for line in plain(marked).split("\n") if line]


def _areas(info: _Element) -> str:
    described = (part.one("areaDesc") for part in info.parts if part.name == "area")
    names = dict.fromkeys(" ".join(plain(area).split()).rstrip(".;") for area in described)
    return "; ".join([name for name in names if name][:_MOST_AREAS])[:_LONGEST_AREA]


def _when(info: _Element) -> str:
    begins = _moment(info.one("onset") or info.one("effective"))
    ends = _moment(info.one("expires"))
    parts = [f"{word} {moment}" for word, moment in (("from", begins), ("until", ends)) if moment]
    return f"Valid {' '.join(parts)}." if parts else ""


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return ""
    found = found.astimezone(UTC) if found.tzinfo else found
    return f"{found.day} {found:%B %Y, %H:%M}{' UTC' if found.tzinfo else ''}"
