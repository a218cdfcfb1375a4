"""One article's findings into alerts: what it opens, joins, confirms, closes or takes back.

The decisions are those of `track`; here they are made on the database, in the caller's one transaction,
together with the outbox rows of every message. So a crash leaves an article either wholly told or wholly
still to be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.engine import books, ending, incidents, spikes
from alerts.engine.keeping import Outbox, keep
from alerts.engine.retelling import Retelling
from alerts.engine.rulebook import Rulebook
from alerts.engine.timekinds import TimeKinds
from alerts.errors import TemplateError
from alerts.match.engine import Detection
from alerts.match.rule import Rule, Spike
from alerts.read.claims import cited_sources
from alerts.read.places import Gazetteer
from alerts.store import alerts as alert_store
from alerts.store import evidence as evidence_store
from alerts.store import ledger as ledger_store
from alerts.store import merging, reports, stories
from alerts.store.articles import Waiting
from alerts.store.database import alone_with_alerts
from alerts.track import identity, lifecycle, origins, places
from alerts.track.facts import is_denied
from alerts.track.policy import Desk, Policy
from alerts.types import OPEN_STATES, Alert, Evidence, Hit, Message, Place, Wave


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message made: what `alerts replay` prints and the log says."""

    rule: Rule
    alert: Alert
    message: Message
    title: str
    article_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one article: messages made, why hits told nobody anything, and faults of rules' lines."""

    told: tuple[Told, ...] = ()
    quiet: tuple[str, ...] = ()
    faults: tuple[TemplateError, ...] = ()


@dataclass(slots=True)
class Tracker:
    """Tracks articles by the rules of one `Rulebook`. Holds no state: everything is in the database.
    `whole_archive`: the database has all articles, not only those in which something was found. `desk`: the people who
    look at alerts before they are told; None where nobody is there to look, so that nothing waits."""

    rulebook: Rulebook
    gazetteer: Gazetteer
    outbox: Outbox
    late_after: timedelta = timedelta(hours=24)
    first_loaded: dict[str, datetime] = field(default_factory=dict)
    whole_archive: bool = True
    desk: Desk | None = None

    def begin(self, conn: Connection, now: datetime) -> None:
        """To be called first in each transaction: what is counted is counted from the first article on, whatever
        that says, and alerts change by one hand at a time."""
        alone_with_alerts(conn)
        reports.begin_watch(conn, spikes.watched(self.rulebook.ruleset.rules), now)

    def track(self, conn: Connection, waiting: Waiting, found: Detection, now: datetime) -> Outcome:
        """Take the findings in one article into the ledger and the alerts."""
        case = _Case(self, conn, waiting, found, now)
        case.keep_the_books()
        case.take_hits()
        case.take_denials()
        if waiting.revision > 1:
            reports.take_back(conn, waiting.article.id, before=waiting.revision)
            case.take_back()
        return Outcome(told=tuple(case.told), quiet=tuple(case.quiet), faults=tuple(case.faults))

    @staticmethod
    def changes_nothing(waiting: Waiting, found: Detection) -> bool:
        """Whether `track` would do nothing: it says nothing that a rule looks for, and never did."""
        denies = any(is_denied(hit) for hit in found.dropped)
        return not (found.hits or found.states or denies or waiting.revision > 1)

    def end_quiet_alerts(self, conn: Connection, now: datetime) -> int:
        """End the alerts of which nothing more was heard; returns how many."""
        alone_with_alerts(conn)
        return ending.end_quiet(conn, self.rulebook, now)


class _Case:
    """One article before the tracker."""

    def __init__(self, tracker: Tracker, conn: Connection, waiting: Waiting, found: Detection, now: datetime) -> None:
        self.tracker, self.conn, self.waiting, self.found, self.now = tracker, conn, waiting, found, now
        self.rules = tracker.rulebook.ruleset.by_name
        self.told: list[Told] = []
        self.quiet: list[str] = []
        self.faults: list[TemplateError] = []
        self.touched: set[str] = set()
        self.times = TimeKinds(
            conn=conn,
            rules=self.rules,
            lookup=tracker.gazetteer.by_id,
            now=now,
            first_loaded=tracker.first_loaded,
        )
        self._story: stories.Story | None = None

    def keep_the_books(self) -> None:
        """States that the article says begin, hold or end."""
        for hit in self.found.states:
            rule = self.rules[hit.rule]
            name = hit.opens or hit.closes or hit.holds
            keeper = self._keeper(name)
            if name is None or keeper is None or keeper.state is None or hit.place is None:
                continue
            place = places.lift(hit.place, keeper.state.per, self.tracker.gazetteer.by_id)
            by = f"article {self.waiting.article.id} ({rule.name})"
            changes = books.changes(self.conn, keeper.state, place, hit, by)
            if hit.closes:
                self._all_clear(keeper, hit, {change.entry.place_id for change in changes if change.action == "close"})
            ledger_store.save(self.conn, changes)

    def _all_clear(self, keeper: Rule, hit: Hit, ended: Set[str]) -> None:
        """Close the alerts that told of a state which is now over at the places `ended`, those too of which nothing
        was heard for a while: to hear that it goes on and never that it is over wears a reader's trust."""
        if hit.place is None or keeper.alert is None:
            return
        policy = self._policy(keeper)
        since = hit.event_time - policy.same_event
        for alert in map(self._by_now, alert_store.recent_alerts(self.conn, keeper.family, hit.place.country, since)):
            over = alert.place is not None and ended & self._told_of(keeper, alert.place)
            if not over or alert.state not in alert_store.WAITING_STATES:
                continue
            before = evidence_store.of_alert(self.conn, alert.id)
            source = self.waiting.article.source or self.waiting.owner
            quiet = lifecycle.late(self._evidence(hit), now=self.now, policy=policy, backlog=self.waiting.backlog)
            step = lifecycle.close(
                alert, now=self.now, why=f'it is over, {source} reports: "{hit.sentence}"', quiet=quiet
            )
            self._save(keeper, step, before)

    @staticmethod
    def _told_of(keeper: Rule, place: Place) -> Set[str]:
        """Where a state may be over, so that an alert of this place is: of one kept town by town in the very place."""
        town_by_town = keeper.state is not None and keeper.state.per == "city"
        return {place.id} if town_by_town else set(places.chain(place))

    def _keeper(self, state: str | None) -> Rule | None:
        rules = self.tracker.rulebook.ruleset.rules
        return next((rule for rule in rules if rule.state is not None and rule.state.name == state), None)

    def take_hits(self) -> None:
        """The article's hits, one for each alert they bear on."""
        by_family: dict[str, list[Hit]] = {}
        for hit in self.found.hits:
            if why := self.times.not_in_force(self.rules[hit.rule], hit):
                self.quiet.append(f"{hit.rule}: {why}")
            else:
                by_family.setdefault(hit.family, []).append(hit)
        for hits in sorted(by_family.values(), key=lambda hits: self.times.depth(self.rules[hits[0].rule])):
            policy = self._policy(self.rules[hits[0].rule])
            for hit in identity.distinct(hits, policy.precision):
                self._take(self.rules[hit.rule], hit, policy)

    def take_denials(self) -> None:
        """What the article denies: it contradicts an alert there is, and opens none."""
        told = {(hit.family, hit.place and hit.place.id) for hit in self.found.hits}
        for hit in self.found.dropped:
            rule = self.rules[hit.rule]
            if not is_denied(hit) or rule.alert is None or (hit.family, hit.place and hit.place.id) in told:
                continue
            policy = self._policy(rule)
            evidence = self._evidence(hit)
            alert = self._alert_for(evidence, policy)
            if alert is not None and alert.state in OPEN_STATES and alert.id not in self.touched:
                self._join(rule, alert, evidence, policy)

    def _policy(self, rule: Rule) -> Policy:
        return self.tracker.rulebook.policy(rule.name, self.tracker.late_after, self.tracker.desk)

    def _take(self, rule: Rule, hit: Hit, policy: Policy) -> None:
        evidence = self._evidence(hit)
        if isinstance(rule.when, Spike):
            self._take_spike(rule, rule.when, evidence, policy)
            return
        retelling = self._retelling(evidence)
        again = retelling.again()
        if again is None and retelling.adds_nothing():
            self.quiet.append(f"{rule.name}: a copy of what readers were told")
            return
        alert = self._by_now(again) if again is not None else self._picked(retelling, policy)
        if alert is None and (why := self.times.not_yet(rule, evidence)):
            self.quiet.append(f"{rule.name}: {why}")
            return
        self._join(rule, alert, evidence, policy)
        self.times.seen(rule, hit)

    def _take_spike(self, rule: Rule, when: Spike, evidence: Evidence, policy: Policy) -> None:
        """Count a report, and tell it if there are far more than usual, with all that make up the spike."""
        if evidence.hit.place is None:
            self.quiet.append(f"{rule.name}: no place is known, so it counts nowhere")
            return
        place = places.lift(evidence.hit.place, when.per, self.tracker.gazetteer.by_id)
        found = spikes.weigh(self.conn, rule, when, place, evidence, now=self.now, reading=self.found.reading)
        wave = found.verdict.wave
        if wave is None:
            alert = self._spike_told(found, evidence, policy)
            if alert is None:
                self.quiet.append(f"{rule.name}: {found.verdict.why}")
            else:
                self._join(rule, alert, evidence, policy)
            return
        alert = self._alert_for(evidence, policy)
        more = spikes.of_the_window(self.conn, found, wave)
        if self.tracker.whole_archive:
            wave = spikes.with_share(self.conn, found, wave, (*more, evidence))
        saved, told = self._join(rule, alert, evidence, policy, more=more, spike=wave)
        if told or saved.version == 0:  # what came in too late to be told is told with the next report
            spikes.remember(self.conn, found, wave, saved)

    def _by_now(self, alert: Alert) -> Alert:
        return ending.by_now(alert, self.tracker.rulebook, self.now)

    def _spike_told(self, found: spikes.Weighed, evidence: Evidence, policy: Policy) -> Alert | None:
        """The alert of a spike that goes on, while it is in force or nobody was told of it."""
        if found.verdict.what != "goes on" or found.last is None:
            return None
        stored = alert_store.alert_of(self.conn, found.last.alert_id)
        alert = stored and self._by_now(stored)
        if alert is None or not (alert.state in OPEN_STATES or (alert.state == "ended" and alert.version == 0)):
            return None
        near = alert.first_event - policy.same_event <= evidence.hit.event_time <= alert.last_event + policy.same_event
        return alert if near else None

    def _join(
        self,
        rule: Rule,
        alert: Alert | None,
        evidence: Evidence,
        policy: Policy,
        *,
        more: Sequence[Evidence] = (),
        spike: Wave | None = None,
        arrived: Evidence | None = None,
    ) -> tuple[Alert, bool]:
        """Take evidence (and what `more` belongs with it) into its alert, or open one with it; whether that is
        told."""
        before = evidence_store.of_alert(self.conn, alert.id) if alert else []
        ids = {evidence.article_id, *(item.article_id for item in before)}
        more = [item for item in more if item.article_id not in ids]
        together = list(origins.assign((*before, *more))) if more else before
        step = lifecycle.advance(
            alert,
            together,
            evidence,
            now=self.now,
            policy=policy,
            backlog=self.waiting.backlog,
            lookup=self.tracker.gazetteer.by_id,
            spike=spike,
            arrived=arrived,
        )
        saved = self._save(rule, spikes.with_all(step, before, together), together)
        self.touched.add(saved.id)
        if evidence.hit.current:
            self._take_followers(rule, (*more, evidence))
        return saved, step.tell

    def _take_followers(self, rule: Rule, evidence: Sequence[Evidence]) -> None:
        """What was kept of rules that come after this one, and now does."""
        for follower, kept in self.times.followers(rule, evidence):
            policy = self._policy(follower)
            alert = self._alert_for(kept, policy)
            self._join(follower, alert, kept, policy, arrived=evidence[-1])

    def _evidence(self, hit: Hit) -> Evidence:
        article, reading = self.waiting.article, self.found.reading
        cited = cited_sources(reading.sentences[hit.sentence_index].words) if reading else ()
        return Evidence(
            article_id=article.id,
            revision=self.waiting.revision,
            hit=hit,
            title=article.title,
            url=article.url,
            source=article.source,
            owner=self.waiting.owner,
            tier=self.waiting.tier,
            cited=cited,
            published=article.published,
            seen=self.now,
            origin=article.id,
            story=self.story.first,
            text=self.story.text,
        )

    @property
    def story(self) -> stories.Story:
        """What story the article tells, known from here on."""
        if self._story is None:
            article = self.waiting.article
            self._story = stories.know(
                self.conn,
                article.id,
                revision=self.waiting.revision,
                published=article.published,
                text=f"{article.title}\n{article.text}",
            )
            reports.told_anew(self.conn, self._story.moved)
        return self._story

    def _retelling(self, evidence: Evidence) -> Retelling:
        own = evidence.article_id == self.waiting.article.id
        return Retelling(self.conn, evidence, shared=own and self.story.shared)

    def _alert_for(self, evidence: Evidence, policy: Policy) -> Alert | None:
        retelling = self._retelling(evidence)
        again = retelling.again()
        return self._by_now(again) if again is not None else self._picked(retelling, policy)

    def _picked(self, retelling: Retelling, policy: Policy) -> Alert | None:
        hit = retelling.new.hit
        since = hit.event_time - policy.same_event
        country = hit.place.country if hit.place else None
        near = alert_store.recent_alerts(self.conn, hit.family, country, since)
        near += merging.targets(self.conn, near)
        return identity.pick(
            map(self._by_now, near),
            hit,
            precision=policy.precision,
            same_event=policy.same_event,
            blow=policy.blow,
            article_id=retelling.new.article_id,
            same_story=retelling.told_in,
        )

    def _save(self, rule: Rule, step: lifecycle.Step, before: Iterable[Evidence]) -> Alert:
        """Store a step with its texts, and hand its messages to the outbox."""
        step = incidents.placed(self.conn, self._make_way(step))
        kept = keep(self.conn, rule, step, before, outbox=self.tracker.outbox, now=self.now)
        if kept.fault is not None:
            self.faults.append(kept.fault)
        if step.quiet:
            self.quiet.append(f"{rule.name}: {step.quiet}")
        article_id = self.waiting.article.id
        for message in step.messages:
            told = Told(rule=rule, alert=kept.alert, message=message, title=kept.title, article_id=article_id)
            self.told.append(told)
        return kept.alert

    def _make_way(self, step: lifecycle.Step) -> lifecycle.Step:
        """One open alert a key: of two events at one place the later goes on."""
        twin = alert_store.open_twin(self.conn, step.alert) if step.alert.state in OPEN_STATES else None
        if twin is None:
            return step
        alert, other = lifecycle.parted(step.alert, twin)
        if other is not twin:
            alert_store.save_state(self.conn, other)
        return replace(step, alert=alert)

    def take_back(self) -> None:
        """The alerts that an earlier revision of the article was evidence of, and this one no longer is."""
        article_id = self.waiting.article.id
        for alert_id in evidence_store.alerts_of_article(self.conn, article_id):
            if alert_id in self.touched:
                continue
            record = alert_store.get_alert(self.conn, alert_id)
            rule = self.rules.get(record.alert.rule) if record else None
            if record is None or rule is None:
                continue
            source = self.waiting.article.source or self.waiting.owner
            why = f"{source} rewrote its report, which no longer says so"
            step = lifecycle.retract(
                self._by_now(record.alert),
                record.evidence,
                article_id,
                now=self.now,
                policy=self._policy(rule),
                why=why,
                lookup=self.tracker.gazetteer.by_id,
            )
            left = [item for item in record.evidence if item.article_id != article_id] or list(record.evidence)
            self._save(rule, step, left)
            if len(record.evidence) > 1:
                evidence_store.remove(self.conn, alert_id, article_id)
