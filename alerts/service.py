"""The service as one object: made from a configuration, prepared, started, stopped. Tests and the demo run it
in-process; `step` takes everything through once, for a clock that somebody else moves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Final

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.links import fulltext
from alerts.collect.worker import ParserPool
from alerts.config import Config
from alerts.configured import (
    Progress,
    collect_settings,
    desk_of,
    editions_of,
    households,
    in_force,
    inbox_of,
    issuer,
    kept_by,
    limits_of,
    machine_of,
    open_gazetteer,
    open_store,
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
from alerts.engine.cluster import ClusterEngine, work_through
from alerts.engine.collecting import Collector, Polled
from alerts.engine.feedback import Reporter
from alerts.engine.heart import Heart
from alerts.engine.linked import Linker
from alerts.engine.local import LocalEngine
from alerts.engine.notices import Watchman
from alerts.engine.pruning import Pruner
from alerts.engine.pulse import PATIENCE_S, Kind, Pulse
from alerts.engine.recording import no_news
from alerts.engine.rulebook import Rulebook
from alerts.engine.single import SingleService
from alerts.engine.tracking import Tracker
from alerts.engine.watchdog import Watchdog
from alerts.errors import Fault
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
from alerts.sharing import SharedWork, on_news, on_one
from alerts.store import articles, feeds, issuing, leases, linked, meta, notices, people, polling, reach
from alerts.store.database import writing
from alerts.store.outbox import OutboxRow
from alerts.systemd import Notifier
from alerts.track.policy import Desk

_log = logging.getLogger(__name__)
KIND_OF: Final[Mapping[MachineRole, Kind]] = {"collect": "feeds", "analyse": "articles", "notify": "mails"}


def utc_now() -> datetime:
    return datetime.now(UTC)


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
        self.config, self.watch, self._given_clock = config, watch or Watch(), clock
        self.clock = clock or utc_now
        self.notifier = notifier or Notifier()
        # Machines that share the work go by the edition of rules and templates that is in force for all.
        self.in_force = in_force(config) if config.service.engine == "cluster" else config
        self.sources = rule_sources(self.in_force)
        self.pulse = Pulse()
        self.watchdog: Watchdog | None = None
        self.heart: Heart | None = None  # of a machine that shares the work
        self._stopping = False
        self._single = SingleService(config.service.data)

    def prepare(self, progress: Progress = lambda stage, share: None) -> None:
        """Open and check everything that can fail: database, places, rules, secret. Raises AlertsError; a
        faulty rule stops only itself, and is in `rulebook.faults`."""
        config = self.config
        if config.service.engine == "cluster":
            self._single.take()  # before it says in the database that it lives
        self.engine = open_store(config, progress, locked=config.service.engine == "cluster")
        editions = None
        if config.service.engine == "cluster":
            self.heart = Heart(engine=open_store(config, locked=True), me=machine_of(config))
            self.heart.join()
            self.clock = self._given_clock or self.heart.now
            editions = editions_of(config, self.engine, self.clock)
            editions.prepare()
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
            editions=editions,
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
            may=self._may_work,
            on_news=no_news if self.heart is None else on_news,
        )
        # What reads web pages is slow to start and large: it is started when a page comes, and the feeds' stays small.
        self.linked_pool = ParserPool(replace(settings, parse_workers=1), "linked")
        self.linker = Linker(
            self.engine,
            self.fetcher,
            self.linked_pool,
            clock=self.clock,
            pages=fulltext.missing() is None,
            on_news=(lambda conn, article_id: None) if self.heart is None else on_one,
            on_error=self.watch.on_link_error,
        )
        self.courier = Courier(
            engine=self.engine,
            transport=transport,
            renderer=mail_renderer(
                site_of(self.config),
                own=self.in_force.templates.folder,
                report=self._on_fault,
                named=lambda region: region_name(region, self.gazetteer),
            ),
            sender=sender_of(self.config, self.secret),
            clock=self.clock,
            covers=lambda: rulebook.covers(self.rulebook),
            limits=limits_of(self.config),
            retry=retry_of(self.config),
            progress=self._on_mails,
            may=self._may_work,
            life=leases.new_life() if self.heart is None else self.heart.me.life,
            way=way_of(self.config),
        )
        if self.heart is not None:
            await self.heart.start()
        await (self.courier.recover() if self.heart is None else self.courier.look_after())
        self.watchman = Watchman(
            engine=self.engine,
            secret=self.secret,
            domain=domain_of(self.config.notify.sender),
            started=self.clock(),
            canary=self.canary,
            heard=None if self.heart is None else self.heart.now,
        )

    def _may_work(self) -> bool:
        return self.heart is None or not self.heart.is_cut

    def _take_over(self) -> None:
        """What an earlier service left half-way; where machines share the work each job sees to that."""
        with writing(self.engine) as conn:
            if self.heart is None:
                polling.forget_leases(conn)
                linked.forget_claims(conn, self.clock())
                meta.put_outage(conn, None)
            if self.heart is None or len(self.heart.living) == 1:
                notices.put_start(conn, self.clock())
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
            is_cut=lambda: self.heart is not None and self.heart.is_cut,
            others=lambda: (self.collector.longest,),
            said=self.watch.counts.said,
            on_stuck=self._set_aside_hung,
        )
        feeding = Stage(name="feeding the watchdog", every_s=self.watchdog.every_s, run=self.watchdog.look)
        self._runs = self._alone(feeding) if self.heart is None else self._shared(self.heart, feeding)
        await self._runs.start()

    def _alone(self, feeding: Stage) -> LocalEngine:
        return LocalEngine(
            (
                Stage(name="collecting", every_s=1.0, run=self.collect, kind="feeds"),
                Stage(name="following links", every_s=1.0, run=self.linker.run),
                Stage(name="reading", every_s=1.0, run=self.analyse, kind="articles"),
                Stage(name="mailing", every_s=1.0, run=self.deliver, kind="mails"),
                Stage(name="reloading rules", every_s=2.0, run=self.keeper.look),
                Stage(name="upkeep", every_s=60.0, run=self.upkeep),
                Stage(name="pruning", every_s=60.0, run=self.prune),
                Stage(name="watching", every_s=30.0, run=self.look_around),
                feeding,
            ),
            self.pulse,
        )

    def work(self) -> SharedWork:
        """What this machine can do of the work that machines share, once it is open."""
        assert self.heart is not None, 'a service with engine = "cluster"'
        return SharedWork(
            engine=self.engine,
            heart=self.heart,
            clock=lambda: self.clock(),
            collector=self.collector,
            linker=self.linker,
            analyst=self.analyst,
            courier=self.courier,
            canary=self.canary,
            watch=self.watch,
            pulse=self.pulse,
            gap=self.config.collect.host_gap,
            pages=fulltext.missing() is None,
            keep_up=self.upkeep,
        )

    def _shared(self, heart: Heart, feeding: Stage) -> ClusterEngine:
        """Jobs for what its roles say; what is at the machine itself it does by its own clock."""
        work, roles = self.work(), self.config.service.roles
        at_once = {"collect": self.config.collect.at_once, "analyse": 1, "notify": 1}
        stages = [
            feeding,
            Stage(name="reloading rules", every_s=2.0, run=self.keeper.look),
            Stage(name="watching", every_s=30.0, run=heart.for_all(self.look_around)),
            Stage(name="pruning", every_s=60.0, run=heart.for_all(self.prune)),
            Stage(name="the canary", every_s=5.0, run=work.sing),
        ]
        if "collect" in roles:
            stages.append(Stage(name="storing polls", every_s=1.0, run=work.say_kept, kind="feeds"))
        if "notify" in roles:
            stages.append(Stage(name="looking after mails", every_s=5.0, run=work.look_after))
        engine = ClusterEngine(
            url=self.engine.url,
            work=work,
            heart=heart,
            queues={"upkeep": 4} | {role: at_once[role] for role in roles if role in at_once},
            local=LocalEngine(tuple(stages), self.pulse),
        )

        def cut() -> None:
            engine.cut()
            self.courier.stop()

        heart.on_cut, heart.on_back = cut, self.courier.go_on
        return engine

    async def _start_inbox(self) -> None:
        """Take mail in, where it is to come in: while this service runs by the clock, and no longer."""
        settings = inbox_of(self.config, events=lambda: self.rulebook.events, country_of=self.gazetteer.country_of)
        desk = desk_of(self.config, self.secret)
        heart = self.heart
        fetches = (lambda: True) if heart is None else (lambda: heart.is_first("notify"))
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
        if self.heart is None:
            await self._runs.stop()
            await self.close()
        else:  # jobs end as what they wait for does
            await asyncio.gather(self._runs.stop(), self.collector.stop(), self.linker.stop())
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
        if self.heart is not None:
            await self.heart.stop()
        self._single.release()

    async def step(self) -> None:
        """Everything once, to the end: poll what is due, fetch what that links to, read it, mail it."""
        if self.heart is not None:
            work = self.work()
            await work_through(self.engine.url, work)
            await work.sing()
        else:
            await self.collector.run_due()
            await self.linker.run_due()
            await self.analyse()
            await self.deliver()
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
            remind(conn, self.rulebook.ruleset.by_name, reminding_of(self.config, self.secret), now)
        for done in self.reporter.run(self.rulebook.ruleset.rules, now):
            _log.info("%s", done)

    def _set_aside_hung(self) -> None:
        number = self.analyst.set_aside_hung(self.clock, PATIENCE_S["articles"] / 2)
        if number is not None:
            _log.error("article %s cannot be read to its end, and is set aside", number)

    def _on_fault(self, fault: Fault) -> None:
        editions = self.keeper.editions
        self.watch.on_fault(fault if editions is None else editions.at_home(fault))

    def _on_mails(self, accepted: Sequence[OutboxRow]) -> None:
        self.pulse.done("mails")
        self.watch.on_mails(accepted, self.clock())

    def _on_poll(self, polled: Polled) -> None:
        self.pulse.done("feeds")
        self.watch.on_poll(polled)
