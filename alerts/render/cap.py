"""A version of an alert as a message of the Common Alerting Protocol (OASIS CAP 1.2), for other systems.

Made only of what is stored with versions, so a message is the same bytes for ever: systems that read it know it by
sender, identifier and time, and later messages refer to it by these. Built as a tree, never as text.

The schema holds less than the standard says. So, by its text: UTC is written -00:00, a message expires after it was
sent, and neither identifiers nor senders hold blanks, commas or markup.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from alerts.render import capwords
from alerts.render.capwords import Status
from alerts.render.view import Site, event_name, place_view, web_link
from alerts.render.xmltext import clean, iri
from alerts.template_filters import listed, one_line, shorten, when
from alerts.types import MessageKind

MEDIA_TYPE: Final = "application/cap+xml"
NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
LONGEST_HEADLINE: Final = 160
_PREFIX: Final[Mapping[MessageKind, str]] = {"new": "", "update": "", "close": "Over: ", "cancel": "Cancelled: "}
_LASTS: Final = timedelta(days=3)  # of a version that did not take its rule's word along
_LEAST: Final = timedelta(minutes=1)
_ISO_3166_2: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


class Stored(Protocol):
    """A version as stored (`store.alerts.Version`)."""

    @property
    def alert_id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def kind(self) -> MessageKind: ...
    @property
    def at(self) -> datetime: ...
    @property
    def why(self) -> str: ...
    @property
    def changes(self) -> tuple[str, ...]: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues messages. `sender` is a name that no other issuer has, such as a host's; no address of a person need
    be given away. `restriction` says whom messages of the scope "Restricted" are for. `exercise` marks all of them."""

    sender: str
    name: str = "alerts"
    contact: str = ""
    base_url: str = ""
    scope: str = "Restricted"
    restriction: str = ""
    exercise: bool = False


def issuer_of(site: Site) -> Issuer:
    """The issuer of versions that took none along."""
    return Issuer(
        sender=urlsplit(site.base_url).hostname or "localhost",
        name=site.name,
        contact=site.contact,
        base_url=site.base_url,
    )


def status(version: Stored) -> Status:
    """Whether a message is in earnest. What is "Draft" must not leave the house, "Test" is for a rule's owner."""
    exercise = bool((_issued(version).get("issuer") or {}).get("exercise"))
    return capwords.status(version.kind, version.fields, _terms(version), exercise=exercise)


def is_public(version: Stored) -> bool:
    """Whether other systems may have the message of a version."""
    return status(version) in ("Actual", "Exercise")


def cap(version: Stored, earlier: Iterable[Stored], usual: Issuer) -> bytes:
    """The message of a version. `earlier` are the versions of the alert, and of those that were merged into it, that
    were made before; `usual` issues what took no issuer along."""
    issuer = _issuer(version, usual)
    told = sorted((one for one in earlier if status(one) != "Draft"), key=lambda one: (one.at, one.alert_id))
    references = [reference(one, usual) for one in _referred(version, told)]
    note = _note(version, exercise=status(version) == "Exercise")
    root = Element("alert", {"xmlns": NAMESPACE})
    for tag, text in (
        ("identifier", identifier(version)),
        ("sender", issuer.sender),
        ("sent", utc(version.at)),
        ("status", status(version)),
        ("msgType", "Cancel" if version.kind == "cancel" else "Update" if references else "Alert"),
        ("scope", issuer.scope),
        ("restriction", one_line(issuer.restriction) if issuer.scope == "Restricted" else ""),
        ("note", note),
        ("references", " ".join(references)),
        ("incidents", _incident(version)),
    ):
        _text(root, tag, text)
    _info(SubElement(root, "info"), version, issuer)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def identifier(version: Stored) -> str:
    """The message's name for ever: `haf-YYYY-NNNNNN-V`."""
    opened = _moment(version.fields["opened"])
    return f"haf-{opened.year:04}-{int(version.alert_id):06}-{version.version}"


def reference(version: Stored, usual: Issuer) -> str:
    """A message as later ones refer to it: `sender,identifier,sent`."""
    return f"{_issuer(version, usual).sender},{identifier(version)},{utc(version.at)}"


def utc(moment: datetime) -> str:
    """The standard wants -00:00 for UTC, and no fractions of a second."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}-00:00"


def expires(version: Stored) -> datetime:
    """When a version is no longer in force by itself."""
    lasts = _terms(version).get("lasts")
    return version.at + max(_LEAST, _LASTS if lasts is None else timedelta(seconds=lasts))


def _referred(version: Stored, told: Sequence[Stored]) -> list[Stored]:
    """The messages that this one takes the place of: all that are in force, and the last of each alert whatever its
    age; a cancellation takes back all that was ever told."""
    if version.kind == "cancel":
        return list(told)
    last = {one.alert_id: one.version for one in sorted(told, key=lambda one: one.version)}
    return [one for one in told if expires(one) > version.at or last[one.alert_id] == one.version]


def _info(info: Element, version: Stored, issuer: Issuer) -> None:
    terms, stored = _terms(version), version.fields
    event = str(stored["event"])
    _text(info, "language", "en")
    _text(info, "category", terms.get("category", "Security"))
    _text(info, "event", one_line(terms.get("title") or event_name(event)) or event)
    _text(info, "responseType", capwords.response(version.kind, stored, terms, public=issuer.scope == "Public"))
    _text(info, "urgency", capwords.urgency(version.kind, stored, terms, now=version.at))
    _text(info, "severity", capwords.severity(stored, terms))
    _text(info, "certainty", capwords.certainty(stored))
    _value(info, "eventCode", "family", stored.get("family", ""))
    _value(info, "eventCode", "event", event)
    _text(info, "effective", utc(version.at))
    _text(info, "onset", utc(_moment(stored["first_event"])))
    _text(info, "expires", utc(expires(version)))
    _text(info, "senderName", one_line(issuer.name))
    prefix = _PREFIX[version.kind]
    _text(info, "headline", prefix + shorten(one_line(stored["title"]), LONGEST_HEADLINE - len(prefix)))
    _text(info, "description", "\n\n".join(_paragraphs(version)))
    site = Site(name=issuer.name, base_url=issuer.base_url)
    _text(info, "web", iri(web_link(site.alert_url(version.alert_id))))
    _text(info, "contact", one_line(issuer.contact))
    for name, value in _parameters(stored, terms):
        _value(info, "parameter", name, value)
    _resources(info, version)
    _area(info, stored.get("place"))


def _paragraphs(version: Stored) -> Iterator[str]:
    """What is known, and who says so: sentences of articles with their source and time."""
    if summary := one_line(version.fields["summary"]):
        yield summary
    denied = [one_line(name) for name in (version.fields.get("told") or {}).get("denied_by", ())]
    if denied:
        yield f"Denied by {listed(denied)}."
    for quote in _quotes(version):
        source = one_line(quote["source"]) or "unnamed source"
        yield f"“{one_line(quote['sentence'])}” ({source}, {when(quote['published'])})"


def _parameters(stored: Mapping[str, Any], terms: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, number in sorted((stored.get("numbers") or {}).items()):
        unit = number.get("unit")
        counted = unit if unit in ("housing", "settlements") else "people"  # of households it is the people in them
        for end in ("low", "high"):
            if math.isfinite(number[end]):
                yield f"{counted}.{one_line(name)}.{end}", str(round(number[end]))
    yield "sources", str(stored.get("origins", 0))
    yield "articles", str(stored.get("articles", 0))
    yield "rule", one_line(terms.get("rule") or stored["rule"])
    yield "ruleVersion", str(terms.get("version", ""))
    yield "confirmed", "true" if stored.get("confirmed") else "false"


def _resources(info: Element, version: Stored) -> None:
    """Links to the articles that are quoted; their text stays theirs."""
    seen = set()
    for quote in _quotes(version):
        link = web_link(quote["url"])
        if not link or link in seen:
            continue
        seen.add(link)
        resource = SubElement(info, "resource")
        words = [one_line(quote["source"]), one_line(quote["title"])]
        _text(resource, "resourceDesc", ": ".join(word for word in words if word) or "article")
        _text(resource, "mimeType", "text/html")
        _text(resource, "uri", iri(link))


def _area(info: Element, place: Mapping[str, Any] | None) -> None:
    """Where. Nothing where no place is known: to say so of the whole world would be wrong."""
    view = place_view(place)
    if place is None or view is None:
        return
    area = SubElement(info, "area")
    _text(area, "areaDesc", f"{view['full']}{' (the place is in doubt)' if view['doubtful'] else ''}")
    radius = capwords.RADIUS_KM.get(str(place["precision"]))
    lat, lon = place.get("lat"), place.get("lon")
    if radius is not None and lat is not None and lon is not None:
        _text(area, "circle", f"{lat:.4f},{lon:.4f} {radius}")
    if str(place["id"]).startswith("gn:"):
        _value(area, "geocode", "GeoNames", str(place["id"]).removeprefix("gn:"))
    for code in dict.fromkeys((str(place["id"]), str(place.get("admin1")))):
        if _ISO_3166_2.fullmatch(code):
            _value(area, "geocode", "ISO3166-2", code)
    _value(area, "geocode", "ISO3166-1", str(place["country"]))


def _note(version: Stored, *, exercise: bool) -> str:
    """Why there is a further message: the reason of a cancellation, the correction of an update."""
    said = [] if version.kind == "new" else [version.why, *(one for one in version.changes if one != version.why)]
    words = "; ".join(one_line(one) for one in said if one_line(one))
    return ". ".join(word for word in ("This is an exercise" if exercise else "", words) if word)


def _incident(version: Stored) -> str:
    incident = str(version.fields.get("incident") or "")
    return f"haf-incident-{incident}" if incident else ""


def _issued(version: Stored) -> Mapping[str, Any]:
    return version.fields.get("issued") or {}


def _terms(version: Stored) -> Mapping[str, Any]:
    return _issued(version).get("terms") or {}


def _quotes(version: Stored) -> Sequence[Mapping[str, Any]]:
    return _issued(version).get("quotes") or ()


def _issuer(version: Stored, usual: Issuer) -> Issuer:
    kept = _issued(version).get("issuer")
    return Issuer(**{name: kept[name] for name in _ISSUER if name in kept}) if kept else usual


_ISSUER: Final = tuple(field.name for field in fields(Issuer))


def _text(parent: Element, tag: str, text: str) -> None:
    """An element with a text; none without one, for an empty one says nothing."""
    if found := clean(text).strip():
        SubElement(parent, tag).text = found


def _value(parent: Element, tag: str, name: str, value: str) -> None:
    if clean(value).strip():
        element = SubElement(parent, tag)
        _text(element, "valueName", name)
        _text(element, "value", value)


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
