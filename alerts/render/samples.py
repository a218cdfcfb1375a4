"""Made-up alerts to try templates on: each kind of message, with and without numbers, place and articles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.render.captions import Words
from alerts.render.pictures import Picture
from alerts.render.view import Notice, Numbers
from alerts.types import Claim, Evidence, Hit, Place, Quantity

_START = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
_PLACE = Place(
    id="gn:1", name="Sample Town", country="SYR", precision="city", admin1="SY-ID", admin1_name="Idlib",
    lat=35.6, lon=36.7, population=90_000, confidence=0.5, runner_up="TUR",
)  # fmt: skip
_DISPLACED = Quantity(low=6000, high=6000, stated=1200, unit="households", text="1,200 families", factor=5.0)
_SPIKE = {
    "test": "reports", "noun": "reports", "count": 9, "usual": 1.3, "days": 3, "day": "2026-03-02", "level": 9.0,
    "severity": None, "span": 0,
}  # fmt: skip
_SERIES = {"first": "2026-01-06", "counts": [0, 1, 0, 0, 2, 0, 0] * 7 + [0, 1, 0, 0, 4, 2, 5]}
_KILLED = Quantity(low=12, high=45, stated=12, unit="people", text="12 people")


def sample_notices() -> Iterator[Notice]:
    """One notice for each kind of message, and one with as little in it as an alert can have."""
    yield _notice("new", 1, "first report")
    told = sample_fields() | {"confirmed": True, "spike": _SPIKE, "series": _SERIES}
    changes = ("12 → 12–45 killed", "confirmed by a second source: Northern Radio")
    missed = "One mail about this alert was not sent, because it was silenced: now severe"
    yield replace(_notice("update", 2, changes[1], changes, fields=told), missed=missed)
    yield replace(_notice("close", 3, "a truce was agreed"), history=tuple(_history()))
    yield _notice("cancel", 4, "the publisher withdrew the report")
    bare = sample_fields() | {"place": None, "numbers": {}, "confirmed": True}
    yield _notice("new", 1, "first report", fields=bare, evidence=())


def sample_pictures() -> tuple[Picture, ...]:
    """A map and a chart as templates see them, without the pictures themselves."""
    place = Words(
        title="On the map", alt="Map of Syria with a dot at Sample Town.", caption="Sample Town, Idlib, Syria",
        head=("Place", "Position"), rows=(("Sample Town, Idlib, Syria", "35.60 N, 36.70 E"),),
    )  # fmt: skip
    counts = Words(
        title="Day by day", alt="Bar chart of reports a day: 5; usual 0.4 a day.", caption="Reports a day",
        head=("Days", "In all", "Each day"),
        rows=(("1 Mar to 2 Mar", "9", "4 · 5"), ("27 Feb to 28 Feb", "1", "0 · 1")),
    )  # fmt: skip
    return (
        Picture(kind="map", cid="map-1@alerts", png=b"", width=440, height=330, words=place),
        Picture(kind="chart", cid="chart-1@alerts", png=b"", width=440, height=250, words=counts),
    )


def sample_bulletin() -> dict[str, Any]:
    """What a mail about no alert is made from."""
    body = (
        "Two feeds have fallen silent.\n\n- Example Wire: nothing for 3 days\n- Northern Radio: nothing for 2 days\n\n"
        "See https://alerts.example/feeds."
    )
    return {"kind": "notices", "subject": "2 feeds are silent", "body": body, "at": _START}


def sample_fields() -> dict[str, Any]:
    """The JSON form of a sample alert, with title and summary."""
    place = {name: getattr(_PLACE, name) for name in _PLACE.__slots__}
    numbers = {
        name: {part: getattr(value, part) for part in value.__slots__}
        for name, value in (("killed", _KILLED), ("displaced", _DISPLACED))
    }
    return {
        "id": "7", "family": "sample", "rule": "sample_rule", "event": "attack", "key": "sample", "place": place,
        "state": "unconfirmed", "severity": "severe", "worst": "severe", "certainty": "likely", "confirmed": False,
        "version": 1, "numbers": numbers, "origins": 2, "articles": 3, "first_event": _START.isoformat(),
        "last_event": (_START + timedelta(days=2)).isoformat(), "opened": _START.isoformat(),
        "updated": _START.isoformat(), "told": {}, "title": "Strike on a market in Sample Town",
        "summary": "12 to 45 people killed; 1,200 families left the town.",
    }  # fmt: skip


def sample_evidence() -> tuple[Evidence, ...]:
    """Two origins, one of them with a copy."""
    wire = _article("1", "Example Wire", "1", 0)
    copy = _article("2", "Copying Times", "1", 1)
    radio = _article("3", "Northern Radio", "3", 5)
    return wire, copy, radio


def _history() -> Iterator[Numbers]:
    """A toll that rises from version to version."""
    for version, killed in enumerate((12.0, 20.0, 45.0), start=1):
        number = {"low": killed, "high": killed, "stated": killed, "unit": "people", "text": f"{killed:g} people"}
        yield Numbers(at=_START + timedelta(hours=6 * version), numbers={"killed": number})


def _notice(
    kind: Any, version: int, why: str, changes: tuple[str, ...] = (), *,
    fields: Mapping[str, Any] | None = None, evidence: tuple[Evidence, ...] | None = None,
) -> Notice:  # fmt: skip
    return Notice(
        alert_id="7",
        version=version,
        kind=kind,
        at=_START + timedelta(hours=6 * version),
        why=why,
        changes=changes,
        fields=sample_fields() if fields is None else fields,
        evidence=sample_evidence() if evidence is None else evidence,
    )


def _article(key: str, source: str, origin: str, hours: int) -> Evidence:
    published = _START + timedelta(hours=hours)
    hit = Hit(
        rule="sample_rule", rule_version="1", family="sample", event="attack", current=True, because=None,
        severity="severe", sentence="Warplanes struck the market of Sample Town on Monday, killing at least 12 people.",
        sentence_index=1, quote="struck the market", parts={"weapon": "Warplanes", "strike": "struck"},
        claims=(Claim(kind="alleged", cue="reportedly", at=0),), place=_PLACE, place_from="sentence",
        numbers={"killed": _KILLED, "displaced": _DISPLACED}, event_time=published,
    )  # fmt: skip
    return Evidence(
        article_id=key, revision=1, hit=hit, title="Market struck in Sample Town", source=source, owner=source,
        url=f"https://news.example/{key}", tier=2, cited=(), published=published, seen=published, origin=origin,
        story=origin,
    )  # fmt: skip
