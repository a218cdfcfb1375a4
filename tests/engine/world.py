"""A small service without network or clock: rules from text, feeds made by hand, everything else real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, update

from alerts.engine import loading
from alerts.engine.analysis import Analyst, Report
from alerts.engine.loading import RuleSources
from alerts.engine.rulebook import Rulebook
from alerts.engine.tracking import Tracker
from alerts.match.bind import Households
from alerts.notify.posting import Post
from alerts.read.places import Gazetteer
from alerts.store import alerts, articles, feeds, outbox, people
from alerts.store.alerts import Record
from alerts.store.articles import Draft
from alerts.store.database import open_scratch, reading, writing
from alerts.store.feeds import FeedRow
from alerts.store.outbox import State
from alerts.store.schema import feed as feed_table

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

SHELLING = """\
format = 1
title  = "Shelling"
event  = "attack"
status = "active"

[about]
owner = "analyst@example.org"

[[match]]
[match.parts]
attack = ["~shell", "shells fell"]

[place]
required  = true
precision = "city"

[numbers.killed]
say = ["killed {people}", "killing {people}"]

[severity]
default = "minor"
[severity.killed]
10  = "severe"
100 = "extreme"

[alert]
title      = "Shelling in {{ place }}{% if killed %}: {{ killed | people }} killed{% endif %}"
summary    = "{{ quote }}"
same_event = "3 days"
"""
CUT_OFF = """\
format = 1
title  = "Town cut off"
event  = "siege"
status = "active"

[[match]]
[match.parts]
siege = ["~besiege", "under siege"]

[place]
required = true

[when]
kind = "first"
in   = "60 days"

[severity]
default = "severe"

[alert]
title      = "{{ place }} cut off"
summary    = "{{ quote }}"
same_event = "2 days"
"""
TRUCE = """\
format = 1
title  = "Truce"
event  = "ceasefire"
status = "active"

[state]
name  = "truce"
per   = "country"
lasts = "14 days"

[[match]]
name  = "begins"
opens = "truce"
[match.parts]
start = ["agreed to"]
truce = ["a truce"]

[[match]]
name   = "ends"
closes = "truce"
[match.parts]
truce = ["the truce"]
end   = ["~collapse"]

[place]
required  = true
precision = "country"

[severity]
default = "moderate"

[alert]
title      = "Truce in {{ country }}"
summary    = "{{ quote }}"
same_event = "14 days"
"""
BREACH = """\
format = 1
title  = "Truce broken"
event  = "ceasefire_violation"
status = "active"

[[match]]
[match.parts]
attack = ["~ambush"]

[place]
required = true

[when]
kind  = "during"
state = "truce"

[severity]
default = "severe"

[alert]
title   = "Truce broken in {{ place }}"
summary = "{{ quote }}"
"""


def put_rules(folder: Path, rules: Mapping[str, str]) -> RuleSources:
    """Rule files in a folder of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rules.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return RuleSources(folders=(folder,))


def read_rules(sources: RuleSources, gazetteer: Gazetteer, before: Rulebook | None = None) -> Rulebook:
    return loading.load(sources, gazetteer=gazetteer, households=Households(), before=before)


def sound(folder: Path, gazetteer: Gazetteer, **rules: str) -> Rulebook:
    """A rulebook of sound rules."""
    book = read_rules(put_rules(folder, rules), gazetteer)
    assert not book.faults, "\n".join(map(str, book.faults))
    return book


@dataclass(slots=True)
class World:
    """Articles in, rows of the outbox out. `now` is its clock."""

    rulebook: Rulebook
    gazetteer: Gazetteer
    engine: Engine = field(default_factory=open_scratch)
    now: datetime = NOON
    tracker: Tracker = field(init=False)
    _feeds: dict[str, FeedRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        post = Post(domain="alerts.example", secret=b"s" * 32)
        self.tracker = Tracker(rulebook=self.rulebook, gazetteer=self.gazetteer, outbox=post)

    def reader(self, address: str) -> int:
        with writing(self.engine) as conn:
            return people.add_person(conn, address, now=self.now).id

    def feed(self, source: str, *, owner: str = "", tier: int = 2) -> FeedRow:
        if source not in self._feeds:
            url = f"https://feeds.example/{len(self._feeds)}"
            with writing(self.engine) as conn:
                self._feeds[source] = feeds.add_feed(
                    conn, url, now=self.now, interval=HOUR, source=source, owner=owner, tier=tier
                )
                conn.execute(update(feed_table).values(next_due=NEVER))  # nobody polls here, so nothing is late
        return self._feeds[source]

    def publish(
        self,
        text: str,
        *,
        source: str = "The Daily",
        key: str = "",
        title: str = "",
        published: datetime | None = None,
        dated: bool = True,
        backlog: bool = False,
    ) -> str:
        """An article, or with a `key` that is there a revision of it; its id."""
        feed = self.feed(source)
        key = key or text[:60]
        draft = Draft(
            key=key,
            content_hash=sha256(f"{title}|{text}".encode()).hexdigest(),
            title=title,
            text=text,
            url=f"https://news.example/{quote(key)}",
            language="en",
            published=(published or self.now) if dated else None,
        )
        with writing(self.engine) as conn:
            articles.store(conn, feed.id, [draft], now=self.now, backlog=backlog)
            stored = articles.find(conn, feed.id, key)
        assert stored is not None
        return stored.article.id

    def read(self, *, limit: int = 100) -> Report:
        """Take what waits through."""
        analyst = Analyst(engine=self.engine, tracker=self.tracker, households=Households())
        return analyst.run(lambda: self.now, limit=limit)

    def hear(self, text: str, **how: object) -> list[str]:
        """Publish, read, and say what was told: "new 1 Shelling in Taiz"."""
        self.publish(text, **how)  # type: ignore[arg-type]
        report = self.read()
        assert not report.unread, report.unread
        assert not report.faults, report.faults
        return [f"{told.message.kind} {told.message.version} {told.title}" for told in report.told]

    def later(self, **length: float) -> None:
        self.now += timedelta(**length)

    def tidy(self) -> int:
        """End the alerts of which nothing more is heard; how many."""
        with writing(self.engine) as conn:
            return self.tracker.end_quiet_alerts(conn, self.now)

    def alerts(self) -> list[Record]:
        with reading(self.engine) as conn:
            found = [alerts.get_alert(conn, one.alert.id) for one in alerts.list_alerts(conn)]
        return sorted((one for one in found if one is not None), key=lambda record: int(record.alert.id))

    def mails(self, *states: State) -> list[tuple[int, int]]:
        """(reader, version) of the mails in these states, in order."""
        with reading(self.engine) as conn:
            return sorted((row.person.id, row.version) for row in outbox.list_rows(conn, states=states))

    def send_all(self) -> None:
        """As if the courier had brought out all that is queued."""
        with writing(self.engine) as conn:
            ids = [row.id for row in outbox.lease(conn, self.now, "t", 1000, 60)]
            outbox.mark_sending(conn, ids, "t", self.now, 60)
            outbox.mark_accepted(conn, ids, "t", self.now)
