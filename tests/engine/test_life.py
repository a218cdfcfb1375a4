"""What must hold of all that readers are told, whatever is printed: tried on twelve weeks of news, and for longer on
years of it (`./dev soak`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from alerts.engine import acts
from alerts.engine.acts import Actor
from alerts.engine.rulebook import Rulebook, compiled
from alerts.engine.tracking import Told
from alerts.match import files
from alerts.read.places import Gazetteer
from alerts.resources import shipped
from alerts.store import alerts as alert_store
from alerts.store import outbox
from alerts.store.alerts import Record, Version
from alerts.store.database import reading, writing
from alerts.track import copies, origins
from alerts.types import CERTAINTIES, OPEN_STATES, Alert, Article, Evidence
from tests.engine.world import put_rules
from tests.reader import Mail, Reader, shipped_story

HOUR: Final = timedelta(hours=1)
YEARS: Final = Path(__file__).parents[2] / ".." / "shared" / "eval" / "syria_dev.jsonl"
SPIKE: Final = """\
format = 1
title  = "Wave of flight"
event  = "displacement"
status = "active"

[[match]]
[match.parts]
flight = ["~flee", "~displace", "~uproot"]

[numbers.displaced]
use = "displaced"

[place]
required = true

[when]
kind     = "spike"
count    = "people"
window   = "3 days"
baseline = "30 days"
history  = "7 days"
at_least = 5_000

[severity]
default = "moderate"

[alert]
title      = "Wave of flight in {{ place }}"
summary    = "{{ quote }}"
same_event = "7 days"
"""
# What is said in passing of how many were ever driven out, live somewhere, or might be.
BACKGROUND: Final = (
    "Since 2011, some 600,000 people have been displaced from {place} by the war.",
    "About 350,000 internally displaced people live in camps around {place}, most of them for years.",
    "Half of the population of {place} had been displaced by the end of 2015.",
    "{place}, which had a population of 400,000 before the war, hosts a total of 280,000 displaced people.",
    "More than six million Syrians have been displaced since the conflict began in 2011, many of them in {place}.",
    "The war has displaced half of the population since 2011, the council of {place} recalled.",
)
FRONT: Final = (
    "Here is a look at what our correspondents sent us today, put together by the night desk for readers who follow "
    "events abroad. Prices of bread rose again in the capital, and the football season begins in a fortnight.\n"
)
BEHIND: Final = (
    "\nThis text was edited for length and style by our staff. Subscribe to our letter for a weekly summary of what "
    "matters, and tell us what you think of our new design. All rights are reserved by the publishing house."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Articles in order of time, and the owners of those who print them."""

    articles: tuple[Article, ...]
    owners: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """All that came of news."""

    told: tuple[Told, ...]
    records: tuple[Record, ...]
    mails: tuple[Mail, ...]


@pytest.fixture(scope="module")
def rulebook(gazetteer: Gazetteer) -> Rulebook:
    return compiled(files.load([shipped("rules")], country=gazetteer.country_of).rules)


@pytest.fixture(scope="module", params=["story", pytest.param("years", marks=pytest.mark.soak)])
def news(request: pytest.FixtureRequest) -> News:
    if request.param == "story":
        articles, owners = shipped_story()
        return News(articles=tuple(articles), owners=owners)
    if not YEARS.exists():
        pytest.skip("the articles are not there")
    return News(articles=tuple(_years()), owners={})


def _years() -> list[Article]:
    rows = [json.loads(line) for line in YEARS.read_text(encoding="utf-8").splitlines()]
    found = [
        Article(
            id=row["id"],
            title=row["title"],
            text=row["text"],
            published=datetime.fromisoformat(row["published"]).replace(tzinfo=UTC),
            source=row["source"],
            language="en",
        )
        for row in rows
    ]
    return sorted(found, key=lambda article: (article.published, article.id))


@pytest.fixture(scope="module")
def life(news: News, rulebook: Rulebook, gazetteer: Gazetteer) -> Life:
    reader = Reader(rulebook, gazetteer, owners=dict(news.owners))
    told = [one for article in news.articles for one in reader.take(article)]
    reader.finish()
    with reading(reader.engine) as conn:
        found = [alert_store.get_alert(conn, alert_id) for alert_id in dict.fromkeys(one.alert.id for one in told)]
    records = tuple(record for record in found if record is not None)
    mails = tuple(reader.mails)
    reader.close()
    return Life(told=tuple(told), records=records, mails=mails)


def alerts_in(reader: Reader) -> list[Alert]:
    with reading(reader.engine) as conn:
        return [listed.alert for listed in alert_store.list_alerts(conn, limit=100_000)]


# ---------------------------------------------------------------------------------------- what was told


def test_no_event_is_told_twice(life: Life) -> None:
    new = Counter(one.alert.id for one in life.told if one.message.kind == "new")
    assert new, "nothing was told"
    assert set(new.values()) == {1}
    going_on = Counter(record.alert.key for record in life.records if record.alert.state in OPEN_STATES)
    assert [key for key, count in going_on.items() if count > 1] == []


def test_each_version_reaches_a_reader_once_and_in_order(life: Life) -> None:
    reached: dict[str, list[int]] = {}
    for mail in life.mails:
        for alert_id, version in (*mail.tells, *mail.mentions):
            reached.setdefault(alert_id, []).append(version)
    assert reached.keys() <= {record.alert.id for record in life.records}
    assert {id: versions for id, versions in reached.items() if versions != sorted(set(versions))} == {}


def test_every_update_says_what_changed(life: Life) -> None:
    updates = [(before, after) for before, after in pairs(life) if after.kind == "update"]
    assert updates
    assert [said(after) for _, after in updates if not after.why] == []
    # That something which had ended is heard of again is news by itself.
    going_on = [(before, after) for before, after in updates if not after.why.startswith("again: ")]
    assert [said(after) for _, after in going_on if not after.changes] == []
    assert [said(after) for before, after in going_on if told_of(before) == told_of(after)] == []


def test_versions_have_no_holes_and_say_what_was_told(life: Life) -> None:
    for record in life.records:
        assert [one.version for one in record.versions] == list(range(1, record.alert.version + 1))
        for one in record.versions:
            if one.kind in ("new", "update"):
                assert as_told(one.fields) == {name: told_of(one)[name] for name in as_told(one.fields)}, said(one)
        last = next(one for one in reversed(record.versions) if one.kind in ("new", "update"))
        assert told_of(last) == record.alert.told


def pairs(life: Life) -> Iterator[tuple[Version, Version]]:
    for record in life.records:
        yield from zip(record.versions, record.versions[1:], strict=False)


def told_of(version: Version) -> dict[str, Any]:
    found: dict[str, Any] = version.fields["told"]
    return found


def as_told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The snapshot that the fields of a version should have told."""
    place = fields["place"]
    return {
        "severity": fields["severity"],
        "certainty": fields["certainty"],
        "confirmed": fields["confirmed"],
        "place": None if place is None else {"id": place["id"], "name": place["name"]},
        "numbers": {name: [number["low"], number["high"]] for name, number in fields["numbers"].items()},
    }


def said(version: Version) -> str:
    return f"alert {version.alert_id} version {version.version}: {version.why} {version.changes}"


# ---------------------------------------------------------------------------------------- how sure


def test_certainty_follows_from_who_is_independent(life: Life) -> None:
    for record in life.records:
        told = [item for item in record.evidence if item.hit.current]
        again = origins.assign(record.evidence)
        assert {item.article_id: item.origin for item in again} == {
            item.article_id: item.origin for item in record.evidence
        }
        assert record.alert.origins <= len({item.origin for item in told})
        assert CERTAINTIES.index(record.alert.certainty) <= CERTAINTIES.index(at_most(told)), record.title


def at_most(told: Sequence[Evidence]) -> str:
    """The surest that so many origins allow, and whether an official one is among them."""
    count = len({item.origin for item in told})
    official = any(item.tier == 1 for item in told)
    if count >= 3 or (official and count == 2):
        return "observed"
    return "likely" if official or count == 2 else "possible"


def test_copies_are_one_origin(life: Life) -> None:
    compared = 0
    for record in life.records:
        for number, one in enumerate(record.evidence):
            for other in record.evidence[:number]:
                if copies.near_copies(one.text, other.text):
                    compared += 1
                    assert one.origin == other.origin, (record.title, one.article_id, other.article_id)
    assert compared


def test_a_near_copy_some_hours_later_changes_nothing(news: News, rulebook: Rulebook, gazetteer: Gazetteer) -> None:
    copied = {one.id: list(copies_of(one)) for one in news.articles[::10]}
    reader = Reader(rulebook, gazetteer, owners=dict(news.owners))
    waiting: list[Article] = []
    changed = []
    for article in news.articles:
        while waiting and waiting[0].published <= article.published:
            changed += changes_by(reader, waiting.pop(0))
        reader.take(article)
        waiting = sorted(waiting + copied.pop(article.id, []), key=lambda one: one.published)
    reader.close()
    assert not changed, "\n".join(changed)


def copies_of(article: Article) -> Iterator[Article]:
    """What others make of an article: another headline, only its first part, text before it, text behind it."""
    cut = article.text[: max(len(article.text) * 6 // 10, 200)].rpartition(". ")[0] + "."
    made = (
        ("headline", "What we know so far", article.text),
        ("cut", article.title, cut),
        ("front", article.title, FRONT + article.text),
        ("behind", article.title, article.text + BEHIND),
    )
    for hours, (how, title, text) in enumerate(made, 2):
        published = article.published + hours * HOUR
        source = f"Copyist {hours}"
        yield replace(article, id=f"{article.id} {how}", title=title, text=text, published=published, source=source)


def changes_by(reader: Reader, copy: Article) -> list[str]:
    """What an article changes of what there is, in words."""
    reader.bring_out(until=copy.published)
    reader.tidy(copy.published)
    before, rows = {alert.id: facts(alert) for alert in alerts_in(reader)}, mail_rows(reader)
    told = [f"{copy.id} tells {one.message.kind} {one.title}: {one.message.why}" for one in reader.take(copy)]
    after = {alert.id: facts(alert) for alert in alerts_in(reader)}
    found = [f"{copy.id} opens alert {alert_id}: {after[alert_id]}" for alert_id in after.keys() - before.keys()]
    for alert_id in before.keys() & after.keys():
        differing = {name for name, value in after[alert_id].items() if value != before[alert_id][name]}
        found += [
            f"{copy.id}: {name} of {alert_id}, {before[alert_id][name]} becomes {after[alert_id][name]}"
            for name in sorted(differing)
        ]
    if mail_rows(reader) != rows:
        found.append(f"{copy.id} is mailed")
    return told + found


def facts(alert: Alert) -> dict[str, object]:
    numbers = {name: (number.low, number.high, number.sources) for name, number in alert.numbers.items()}
    names = ("state", "severity", "certainty", "confirmed", "version", "origins", "key", "first_event", "last_event")
    return {name: getattr(alert, name) for name in names} | {"numbers": numbers}


def mail_rows(reader: Reader) -> int:
    with reading(reader.engine) as conn:
        return sum(outbox.counts(conn).values())


# ---------------------------------------------------------------------------------------- background


def test_background_figures_make_no_displacement_alert_and_no_spike(
    news: News, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    put_rules(tmp_path, {"flight_wave": SPIKE})
    every = files.load([shipped("rules"), tmp_path], country=gazetteer.country_of).rules
    reader = Reader(compiled(rule for rule in every if rule.event == "displacement"), gazetteer)
    begin = news.articles[-1].published
    fled = [alert for one in fresh(begin) for alert in reader.take(one)]
    assert {told.alert.rule for told in fled} == {"displacement", "flight_wave"}, "real news is told"
    background = list(articles_of_background(news, begin + timedelta(days=60)))
    assert len(background) > 50
    told = [f"{one.message.kind} {one.title}: {article.text}" for article in background for one in reader.take(article)]
    reader.close()
    assert told == []


def fresh(begin: datetime) -> Iterator[Article]:
    for day in range(0, 40, 10):
        yield Article(
            id=f"fresh {day}",
            title="",
            text=f"Some {20 + day},000 people fled Manbij on {begin + timedelta(days=day):%A}, the council said.",
            published=begin + timedelta(days=day, hours=1),
            source=f"Paper {day}",
            language="en",
        )


def articles_of_background(news: News, begin: datetime) -> Iterator[Article]:
    """Each sentence of each place, of an outlet of its own, some hours apart."""
    names = ("Idlib", "Saraqib", "Maarat al-Numan", "Ariha", "Aleppo", "Raqqa", "Homs", "Hama", "Daraa", "Deir ez-Zor")
    for place in names:
        for number, sentence in enumerate(BACKGROUND):
            begin += 3 * HOUR
            text = f"The council of {place} met on {begin:%A}. {sentence.format(place=place)}"
            yield Article(
                id=f"{place} {number}", title="", text=text, published=begin, source=f"Paper {number}", language="en"
            )


# ---------------------------------------------------------------------------------------- taken back


def test_what_was_taken_back_stays_so(news: News, rulebook: Rulebook, gazetteer: Gazetteer) -> None:
    """Every third alert is taken back when the next article comes, and what is printed then is printed again."""
    reader = Reader(rulebook, gazetteer, owners=dict(news.owners))
    gone: dict[str, int] = {}
    new: list[str] = []
    some = news.articles[: len(news.articles) // 3]
    for article in some:
        with writing(reader.engine) as conn:
            for alert_id in new[::3]:
                by = Actor(who="analyst")
                acts.cancel(conn, rulebook, reader.post, alert_id, by, why="it was a film", now=article.published)
                alert = alert_store.alert_of(conn, alert_id)
                assert alert is not None
                gone[alert_id] = alert.version
        told = [*reader.take(article), *reader.take(next(copies_of(article)))]
        new = [one.alert.id for one in told if one.message.kind == "new"]
        assert [one.title for one in told if one.alert.id in gone] == []
    after = {alert.id: (alert.state, alert.version) for alert in alerts_in(reader) if alert.id in gone}
    reader.close()
    assert gone
    assert after == {alert_id: ("cancelled", version) for alert_id, version in gone.items()}
