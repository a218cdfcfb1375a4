"""The service as one object: made from a configuration, prepared, started, stopped. Tests and the demo run it
in-process; `step` takes everything through once, for a clock that somebody else moves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Final

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.links import fulltext
from alerts.collect.worker import ParserPool
from alerts.company import Alone
from alerts.config import Config
from alerts.configured import (
    Progress,
    collect_settings,
    desk_of,
    households,
    inbox_of,
    issuer,
    kept_by,
    limits_of,
    open_gazetteer,
    post_of,
    retry_of,
    rule_sources,
    secret_of,
    sender_of,
    site_of,
    transport_of,
    way_of,
)
from alerts.engine import acts, rulebook
from alerts.engine.analysis import FOR_GOOD, Analyst
from alerts.engine.base import Stage
from alerts.engine.canary import Canary
from alerts.engine.collecting import Collector, Polled
from alerts.engine.feedback import Reporter
from alerts.engine.heart import Heart
from alerts.engine.linked import Linker
from alerts.engine.notices import Watchman
from alerts.engine.pruning import Pruner
from alerts.engine.pulse import PATIENCE_S, Kind, Pulse
from alerts.engine.rulebook import Rulebook
from alerts.engine.single import SingleService
from alerts.engine.sparing import Sparing
from alerts.engine.tracking import Tracker
from alerts.engine.watchdog import Watchdog
from alerts.notify import silences
from alerts.notify.courier import Courier
from alerts.notify.inbox import bouncing
from alerts.notify.inbox.stage import Inbox
from alerts.notify.joining import signup
from alerts.notify.joining.whereabouts import region_name
from alerts.notify.message.mime import domain_of
from alerts.notify.reminding import remind, reminding_of
from alerts.render.mail import mail_renderer
from alerts.reports import Watch
from alerts.roles import MachineRole
from alerts.rulekeeper import RuleKeeper
from alerts.sharing import SharedWork
from alerts.store import articles, feeds, issuing, people, reach
from alerts.store.database import alone_with_alerts, writing
from alerts.store.outbox import OutboxRow
from alerts.systemd import Notifier
from alerts.together import Together
from alerts.track.policy import Desk

_log = logging.getLogger(__name__)
KIND_OF: Final[Mapping[MachineRole, Kind]] = {"collect": "feeds", "analyse": "articles", "notify": "mails"}


class Service:
    """New -> prepare -> start -> stop."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Callable[[], datetime] | None = None,
        watch: Watch | None = None,
        notifier: Notifier | None = None,
    ) -> None:
        self.config, self.watch = config, watch or Watch()
        self.notifier = notifier or Notifier()
        self._single = SingleService(config.service.data)
        shares = config.service.engine == "cluster"
        self.company: Alone | Together = Together(config, self._single) if shares else Alone(config)
        self.in_force = self.company.in_force
        self.clock: Callable[[], datetime] = clock or self.company.now
        self.sources = rule_sources(self.in_force)
        self.pulse = Pulse()
        self.watchdog: Watchdog | None = None
        self._stopping = False
        self._reminding = Sparing()

    def prepare(self, progress: Progress = lambda stage, share: None) -> None:
        """Open and check everything that can fail: database, places, rules, secret. Raises AlertsError; a
        faulty rule stops only itself, and is in `rulebook.faults`."""
        config = self.config
        self.engine = self.company.join(progress)
        self.gazetteer = open_gazetteer(
            config.gazetteer_path, lambda stage, share: progress(f"index of places: {stage}", share)
        )
        self.secret = secret_of(config)
        self.keeper = RuleKeeper(
            sources=self.sources,
            engine=self.engine,
            gazetteer=self.gazetteer,
            households=households(config),
            clock=lambda: self.clock(),
            editions=self.company.editions,
        )
        book = self.keeper.read()
        with writing(self.engine) as conn:
            feeds.assign_owners(conn, config.owner_of, config.tier_of)
            issuing.put_issuer(conn, asdict(issuer(config)))
            reach.fill(conn)
            people.assign_duties(conn, "operator", config.operator.to, self.clock())
            people.assign_duties(conn, "escalation", config.escalation.to, self.clock())
        self.tracker = Tracker(
            rulebook=book,
            gazetteer=self.gazetteer,
            outbox=post_of(config, self.secret),
            late_after=config.notify.late_after,
            desk=Desk(triage_from=config.triage.from_, triage_for=config.triage.let_go),
        )
        self.keeper.serve(self.tracker)
        self.analyst = Analyst(engine=self.engine, tracker=self.tracker, households=households(config))
        self.reporter = Reporter(
            engine=self.engine,
            gazetteer=self.gazetteer,
            domain=domain_of(config.notify.sender),
            secret=self.secret,
        )
        self.pruner = Pruner(
            engine=self.engine,
            terms=lambda: kept_by(config, self.rulebook),
            stopping=lambda: self._stopping,
        )
        self.canary = Canary(
            gazetteer=self.gazetteer,
            renderer=mail_renderer(site_of(self.config), own=self.in_force.templates.folder, report=lambda fault: None),
            clock=lambda: self.clock(),
        )

    @property
    def heart(self) -> Heart | None:
        """Of a machine that shares the work."""
        return self.company.heart

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force."""
        return self.tracker.rulebook

    async def open(self) -> None:
        """Open what needs a running event loop: the fetcher, the parser's process, the courier. Takes over what
        an earlier service left half-way. Raises AlertsError."""
        transport = transport_of(self.config)
        self._single.take()
        await asyncio.to_thread(self._take_over)
        settings = collect_settings(self.config)
        self.fetcher = Fetcher(settings)
        self.pool = ParserPool(settings)
        self.collector = Collector(
            self.engine,
            self.fetcher,
            self.pool,
            clock=self.clock,
            at_once=settings.at_once,
            on_poll=self._on_poll,
            on_error=lambda feed, error: _log.error("feed %d: its poll could not be stored: %s", feed.id, error),
            may=self.company.may_work,
            on_news=self.company.on_news,
        )
        # What reads web pages is slow to start and large: it is started when a page comes, and the feeds' stays small.
        self.linked_pool = ParserPool(replace(settings, parse_workers=1), "linked")
        self.linker = Linker(
            self.engine,
            self.fetcher,
            self.linked_pool,
            clock=self.clock,
            pages=fulltext.missing() is None,
            on_news=self.company.on_one,
            on_error=self.watch.on_link_error,
        )
        self.courier = Courier(
            engine=self.engine,
            transport=transport,
            renderer=mail_renderer(
                site_of(self.config),
                own=self.in_force.templates.folder,
                report=lambda fault: self.watch.on_fault(self.company.at_home(fault)),
                named=lambda region: region_name(region, self.gazetteer),
            ),
            sender=sender_of(self.config, self.secret),
            clock=self.clock,
            covers=lambda: rulebook.covers(self.rulebook),
            limits=limits_of(self.config),
            retry=retry_of(self.config),
            progress=self._on_mails,
            may=self.company.may_work,
            life=self.company.life,
            way=way_of(self.config),
        )
        await self.company.begin(self.courier)
        self.watchman = Watchman(
            engine=self.engine,
            secret=self.secret,
            domain=domain_of(self.config.notify.sender),
            started=self.clock(),
            canary=self.canary,
            heard=None if self.heart is None else self.heart.now,
        )

    def _take_over(self) -> None:
        """What an earlier service left half-way."""
        with writing(self.engine) as conn:
            self.company.tidy(conn, self.clock())
            again = articles.retry_faulty(conn, but=FOR_GOOD)
        if again:
            _log.info("%d articles that were set aside are tried again", again)

    async def start(self) -> None:
        """Begin to run by the clock. Call `prepare` first."""
        await self.open()
        await self._start_inbox()
        self.watchdog = Watchdog(
            engine=self.engine,
            pulse=self.pulse,
            clock=self.clock,
            notifier=self.notifier,
            kinds=[KIND_OF[role] for role in self.config.service.roles if role in KIND_OF],
            is_cut=lambda: not self.company.may_work(),
            others=lambda: (self.collector.longest,),
            said=self.watch.counts.said,
            on_stuck=self._set_aside_hung,
        )
        feeding = Stage(name="feeding the watchdog", every_s=self.watchdog.every_s, run=self.watchdog.look)
        self._runs = self.company.runs(self, feeding)
        await self._runs.start()

    def work(self) -> SharedWork:
        """What this machine can do of the work that machines share, once it is open."""
        assert isinstance(self.company, Together), 'a service with engine = "cluster"'
        return self.company.work(self)

    async def _start_inbox(self) -> None:
        """Take mail in, where it is to come in: while this service runs by the clock, and no longer."""
        settings = inbox_of(self.config, events=lambda: self.rulebook.events, country_of=self.gazetteer.country_of)
        desk = desk_of(self.config, self.secret)
        fetches = partial(self.company.is_first, "notify")
        takes = settings is not None and "notify" in self.config.service.roles
        self._inbox = Inbox(self.engine, desk, settings, self.clock, fetches) if settings and takes else None
        if self._inbox is not None:
            await self._inbox.start()

    async def stop(self) -> None:
        """End cleanly: what is under way is finished or given back."""
        self._stopping = True
        self.courier.stop()
        if self._inbox is not None:
            await self._inbox.stop()
        await self.company.end(self, self._runs)
        await self.close()

    async def close(self) -> None:
        """Let go of everything `open` opened."""
        await self.collector.stop()
        await self.linker.stop()
        await self.courier.close()
        await self.pool.close()
        await self.linked_pool.close()
        await self.fetcher.close()
        self.canary.close()
        self.engine.dispose()
        await self.company.leave()
        self._single.release()

    async def step(self) -> None:
        """Everything once, to the end: poll what is due, fetch what that links to, read it, mail it."""
        await self.company.step(self)
        await self.upkeep()
        await self.prune()

    async def collect(self) -> None:
        """Begin to poll what is due, as far as there are places."""
        await self.collector.tick()
        if self.collector.hosts.free:  # else it is the end of a poll that shows that they get on
            self.pulse.done("feeds")

    async def analyse(self) -> None:
        """Take all waiting articles through; when the service is to stop, no further batch."""
        while not self._stopping:
            report = await asyncio.to_thread(self.analyst.run, self.clock)
            await asyncio.to_thread(self.canary.read)
            self.pulse.done("articles")
            if not report.articles:
                return
            self.watch.on_report(report)

    async def deliver(self) -> None:
        """Send all mails that are due."""
        tally = await self.courier.deliver_all()
        await self.canary.deliver()
        self.pulse.done("mails")
        self.watch.counts.mails += tally.accepted

    async def look_around(self) -> None:
        """Tell the operators, when it is time for a look, what does not go on as it should."""
        now = self.clock()
        if self.watchman.due(now):
            await asyncio.to_thread(self.watchman.look, now)

    async def upkeep(self) -> None:
        """End what nothing more is heard of, and silences that are over; remind who did not answer."""
        await asyncio.to_thread(self._upkeep)

    async def prune(self) -> None:
        """Forget some of what is kept no longer."""
        await asyncio.to_thread(self.pruner.run, self.clock())

    def _upkeep(self) -> None:
        now = self.clock()
        with writing(self.engine) as conn:
            for line in acts.let_go_due(conn, self.tracker, now):  # before it may end
                _log.warning("%s", line)
            self.tracker.end_quiet_alerts(conn, now)
            bouncing.upkeep(conn, desk_of(self.config, self.secret), now)
            if strangers := signup.upkeep(conn, now):
                _log.info("%d people who did not confirm are forgotten", strangers)
            silences.upkeep(conn, secret=self.secret, domain=domain_of(self.config.notify.sender), now=now)
        if self._reminding.may:  # an alert may have been told to half a million, and others wait meanwhile
            with self._reminding.doing(), writing(self.engine) as conn:
                alone_with_alerts(conn)
                remind(conn, self.rulebook.ruleset.by_name, reminding_of(self.config, self.secret), now)
        for done in self.reporter.run(self.rulebook.ruleset.rules, now):
            _log.info("%s", done)

    def _set_aside_hung(self) -> None:
        number = self.analyst.set_aside_hung(self.clock, PATIENCE_S["articles"] / 2)
        if number is not None:
            _log.error("article %s cannot be read to its end, and is set aside", number)

    def _on_mails(self, accepted: Sequence[OutboxRow]) -> None:
        self.pulse.done("mails")
        self.watch.on_mails(accepted, self.clock())

    def _on_poll(self, polled: Polled) -> None:
        self.pulse.done("feeds")
        self.watch.on_poll(polled)
