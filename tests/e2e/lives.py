"""Services that take `longstory` and are killed on the way: the child of `test_restarts`.

Each line of input is FOLDER, STORY and WAY, separated by tabs: FOLDER has the rules, and the database is made in it;
STORY is "whole" or "at once" (`longstory.told_at_once`). A story is a row of small works: an article is taken, the
mails are brought out, somebody acts, what is quiet is ended. WAY says in which processes:

    batch N     one process does all, N articles in a batch
    article     a new process for each article, which kills itself right after that is committed; what else there is to
                do is done by the next one
    each        a new process for each work, which kills itself right after its commit
    storm SEED  processes that are killed at random moments

The answer is how many processes it took. All of them are forked, so that imports and rules are paid for once.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine

from alerts.engine import acts, loading, merging
from alerts.engine.acts import Actor
from alerts.engine.analysis import Analyst
from alerts.engine.loading import RuleSources
from alerts.engine.rulebook import Rulebook
from alerts.engine.tracking import Tracker
from alerts.match.bind import Households
from alerts.notify import silences
from alerts.notify.audience import Policy
from alerts.notify.courier import Courier
from alerts.notify.posting import Post
from alerts.notify.ways.maildir import Maildir
from alerts.read.places import Gazetteer
from alerts.render.mail import MailRenderer
from alerts.render.samples import sample_bulletin, sample_notices
from alerts.store import alerts as alert_store
from alerts.store import articles, feeds, meta, outbox, people
from alerts.store import silences as silence_store
from alerts.store.acts import of_alert
from alerts.store.articles import Draft
from alerts.store.database import open_database, reading, writing
from alerts.track.policy import Desk
from alerts.track.silence import Silence
from alerts.types import Alert
from tests.drawn import share_pictures
from tests.e2e.longstory import START, STORY, Piece, Poll, told_at_once, write_rules
from tests.notify.world import SECRET, SENDER, Clock, renderer
from tests.sealed import VAULT
from tests.warm import empty_database, share_statements

READERS = ("one@example.org", "two@example.org")
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Life:
    """The service in one process, at one moment."""

    engine: Engine
    folder: Path
    tracker: Tracker
    renderer: MailRenderer
    now: datetime
    limit: int = 1

    def take(self, poll: Poll) -> None:
        """Store what came in, and read one batch of what waits."""
        with writing(self.engine) as conn:
            for piece in poll.pieces:
                articles.store(conn, _feed(conn, piece.source), [_draft(piece, poll.at)], now=poll.at)
        self.read()

    def read(self) -> None:
        analyst = Analyst(engine=self.engine, tracker=self.tracker, households=Households())
        report = analyst.run(lambda: self.now, limit=self.limit)
        assert not report.unread, report.unread
        assert not report.faults, report.faults

    def tidy(self) -> None:
        with writing(self.engine) as conn:
            acts.let_go_due(conn, self.tracker, self.now)
            self.tracker.end_quiet_alerts(conn, self.now)
            silences.upkeep(conn, secret=SECRET, domain=SENDER.domain, now=self.now)

    def mail(self) -> None:
        with reading(self.engine) as conn:
            left = outbox.list_rows(conn, states=("queued", "bundled", "sending"))
        if left:
            asyncio.run(self._mail())

    async def _mail(self) -> None:
        way = Maildir(self.folder / "mail")
        clock = Clock(self.now)
        courier = Courier(engine=self.engine, transport=way, renderer=self.renderer, sender=SENDER, clock=clock)
        await courier.recover()
        await courier.deliver_all()
        await courier.close()

    def act(self, poll: Poll) -> None:
        """What a person does; once, though the process may die before it can say that it did."""
        with writing(self.engine) as conn:
            alert = _alert_of(conn, poll.about)
            if poll.act == "silence":
                _silence(conn, alert, self.now)
            elif not any(act.at == self.now for act in of_alert(conn, alert.id)):
                self._act(conn, poll, alert)

    def _act(self, conn: Connection, poll: Poll, alert: Alert) -> None:
        actor, book, post = Actor(who="analyst"), self.tracker.rulebook, self.tracker.outbox
        if poll.act == "approve":
            acts.approve(conn, book, post, alert.id, actor, now=self.now, lookup=self.tracker.gazetteer.by_id)
        elif poll.act == "acknowledge":
            acts.acknowledge(conn, alert.id, actor, now=self.now)
        elif poll.act == "close":
            acts.close(conn, book, post, alert.id, actor, why="they went home", now=self.now)
        elif poll.act == "cancel":
            acts.cancel(conn, book, post, alert.id, actor, why="it was thunder", now=self.now)
        elif poll.act == "merge":
            tools = merging.Tools(rulebook=book, lookup=self.tracker.gazetteer.by_id, outbox=post)
            into = _alert_of(conn, poll.about, before=alert)
            merging.merge(conn, tools, into.id, [alert.id], actor, why="one event", now=self.now)


def _draft(piece: Piece, came: datetime) -> Draft:
    return Draft(
        key=piece.key,
        content_hash=sha256(f"{piece.title}|{piece.text}".encode()).hexdigest(),
        title=piece.title,
        text=piece.text,
        url=f"https://news.example/{len(piece.text)}",
        language="en",
        published=came - piece.age,
    )


def _feed(conn: Connection, source: str) -> int:
    known = {feed.source: feed.id for feed in feeds.list_feeds(conn)}
    return known[source]


def _alert_of(conn: Connection, rule: str, before: Alert | None = None) -> Alert:
    """The latest alert of a rule; or the latest `before` that one at its place."""
    found = [item.alert for item in alert_store.list_alerts(conn) if item.alert.rule == rule]
    if before is not None:
        found = [alert for alert in found if alert.place == before.place and int(alert.id) < int(before.id)]
    return max(found, key=lambda alert: int(alert.id))


def _silence(conn: Connection, alert: Alert, now: datetime) -> None:
    if any(silence.created == now for silence in silence_store.list_silences(conn)):
        return
    draft = Silence(
        rules=(alert.rule,),
        place=alert.place,
        author="analyst",
        why="known",
        created=now,
        until=now + timedelta(days=3),
    )
    silence_store.add(conn, draft, now)


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is to be done at a time; `reads`: articles, a batch of them."""

    at: datetime
    do: Callable[[Life], None]
    reads: bool = False


def works(polls: tuple[Poll, ...], limit: int) -> list[Work]:
    """All that is to be done, in order."""
    found = []
    for poll in polls:
        if poll.pieces:
            found.append(Work(poll.at, partial(Life.take, poll=poll), reads=True))
            found += [Work(poll.at, Life.read, reads=True)] * ((len(poll.pieces) - 1) // limit)
        if poll.act:
            found.append(Work(poll.at, partial(Life.act, poll=poll)))
        found += [Work(poll.at, Life.tidy), Work(poll.at, Life.mail)]
    return found


@dataclass(frozen=True, slots=True)
class Common:
    """What all towns share, made ready before the first fork."""

    gazetteer: Gazetteer
    renderer: MailRenderer

    @classmethod
    def at(cls, places: Path) -> Common:
        made = renderer()
        for notice in sample_notices():
            made.render(notice)
        made.bulletin(**sample_bulletin())
        return cls(Gazetteer.open(places), made)


class Town:
    """Where the services live: the folder of one story, and what was read once for all of them."""

    def __init__(self, folder: Path, book: Rulebook, common: Common, polls: tuple[Poll, ...]) -> None:
        self.folder, self.book, self.common, self.polls = folder, book, common, polls
        self.progress = folder / "progress"

    def found(self) -> None:
        """Make the database, its feeds and its readers."""
        empty_database(self.folder / "alerts.db")
        engine = self._open()
        with writing(engine) as conn:
            for number, source in enumerate(sorted({piece.source for poll in self.polls for piece in poll.pieces})):
                url = f"https://feeds.example/{number}"
                owner = "" if source != "Northern Star" else "Morning Post"
                tier = 1 if source == "Aid Desk" else 2
                feeds.add_feed(conn, url, now=START, interval=AN_HOUR, source=source, owner=owner, tier=tier)
            for reader in READERS:
                people.add_person(conn, reader, now=START)
            people.assign_duties(conn, "operator", READERS[:1], START)
        engine.dispose()
        self.progress.write_text("0")

    def _open(self) -> Engine:
        return open_database(f"sqlite:///{self.folder}/alerts.db", vault=VAULT)

    def live(self, *, limit: int = 1, stop: Callable[[Work], bool] = lambda work: False) -> None:
        """One process, from where the last one was killed: until it has done what it is to `stop` after."""
        done = int(self.progress.read_text())
        todo = works(self.polls, limit)[done:]
        engine = self._open()
        tracker = self._tracker(engine, todo[0].at)
        for number, work in enumerate(todo, start=done + 1):
            work.do(Life(engine, self.folder, tracker, self.common.renderer, work.at, limit))
            kept = self.progress.with_suffix(".new")
            kept.write_text(str(number))
            kept.rename(self.progress)
            if stop(work):
                os.kill(os.getpid(), signal.SIGKILL)
        engine.dispose()

    def _tracker(self, engine: Engine, now: datetime) -> Tracker:
        """As the service has it when it starts."""
        rules = self.book.ruleset.rules
        with writing(engine) as conn:
            versions = [
                meta.InForce(rule=rule.name, version=rule.version, text=rule.source, lists=rule.lists) for rule in rules
            ]
            meta.put_in_force(conn, versions, now)
        with reading(engine) as conn:
            first_loaded = meta.first_loaded(conn)
        return Tracker(
            rulebook=self.book,
            gazetteer=self.common.gazetteer,
            outbox=Post(domain=SENDER.domain, secret=SECRET, policy=Policy(waits={})),
            first_loaded=first_loaded,
            desk=Desk(triage_from="extreme") if self.polls == STORY else None,
        )

    def is_over(self) -> bool:
        return int(self.progress.read_text()) >= len(works(self.polls, 1))

    def forked(self, task: Callable[[], None], *, after: float = 0.0) -> int:
        """A process for `task`, killed (`after` seconds, if it has not ended); the number of the signal."""
        child = os.fork()
        if child == 0:
            try:
                task()
            except BaseException:
                sys.excepthook(*sys.exc_info())
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        if after:
            time.sleep(after)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return -os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def stopped(self, stop: Callable[[Work], bool]) -> int:
        """A new process after each work that is to `stop` one."""
        lived = 0
        while not self.is_over():
            ended = self.forked(lambda: self.live(stop=stop))
            assert ended == signal.SIGKILL or self.is_over(), f"process {lived} ended by itself: {ended}"
            lived += 1
        return lived

    def storm(self, seed: str) -> int:
        chance, lived, stop = random.Random(seed), 0, time.monotonic() + 600
        while not self.is_over():
            assert time.monotonic() < stop, "it does not get on"
            assert self.forked(self.live, after=chance.uniform(0.05, 0.8)) in (0, signal.SIGKILL)
            lived += 1
        return lived


def founded(folder: Path, polls: tuple[Poll, ...], common: Common) -> Town:
    sources = RuleSources(folders=(folder / "rules",))
    book = loading.load(sources, gazetteer=common.gazetteer, households=Households())
    assert not book.faults, "\n".join(map(str, book.faults))
    town = Town(folder, book, common, polls)
    town.found()
    return town


def warm(common: Common) -> None:
    """A short life in this process, with a database and numbers of its own: it leaves SQL put together and templates
    compiled, which those that are forked need not do again."""
    share_statements()
    with TemporaryDirectory() as folder:
        write_rules(Path(folder) / "rules")
        founded(Path(folder), told_at_once(STORY[:8]), common).live(limit=100)
    common.renderer._done.clear()


def run(line: str, common: Common) -> int:
    folder, story, way = line.rstrip("\n").split("\t")
    town = founded(Path(folder), STORY if story == "whole" else told_at_once(), common)
    kind, _, more = way.partition(" ")
    if kind in ("article", "each"):
        return town.stopped(lambda work: work.reads or kind == "each")
    if kind == "storm":
        return town.storm(more)
    assert town.forked(lambda: town.live(limit=int(more))) == 0
    return 1


if __name__ == "__main__":
    share_pictures()
    shared = Common.at(Path(sys.argv[1]))
    warm(shared)
    for command in sys.stdin:
        sys.stdout.write(f"{run(command, shared)}\n")
        sys.stdout.flush()
