"""How things stand, as gauges in the text form of Prometheus: made from what the database says, for one answer."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from alerts import __version__
from alerts.engine.rulebook import Rulebook
from alerts.store.machines import Machine
from alerts.store.standing import Standing
from alerts.store.totals import Totals

MOST_RULES: Final = 200
OTHERS: Final = "(others)"
"""The rules beyond so many, taken together: there may be thousands, and each would be a series for ever."""


def families(now: Standing) -> Iterator[Metric]:
    """How things stand, as gauges."""
    yield InfoMetricFamily("alerts_build", "The version that runs.", {"version": __version__})
    yield _gauge("alerts_clock_timestamp_seconds", "This machine's clock, to be compared with others.", time.time())
    yield _gauge("alerts_feeds", "Feeds that are polled.", now.feeds)
    yield _gauge("alerts_feeds_due", "Feeds whose next poll is due.", now.feeds_due)
    oldest = {"feed": now.due.feed, "article": now.due.article, "mail": now.due.mail}
    about = "For how long the oldest work of this kind is due that nobody does yet; 0 where there is none."
    yield _by("alerts_oldest_due_seconds", about, "work", {kind: age.total_seconds() for kind, age in oldest.items()})
    yield _by("alerts_feeds_in_trouble", "Feeds by what is wrong with them.", "what", now.troubled)
    yield _by("alerts_recent_polls", "Polls of the last 15 minutes.", "status", now.polls)
    yield _gauge("alerts_last_good_poll_seconds", "Since a feed answered.", _seconds(now.since_good_poll))
    yield _gauge("alerts_outage_seconds", "Since nothing can be fetched; 0 while all is well.", _seconds(now.outage))
    lags = {} if now.lag is None else {"0.5": now.lag.median, "0.9": now.lag.p90}
    name, about = "alerts_first_sight_seconds", "From publication to first sight, of the articles of the last 6 hours."
    yield _by(name, about, "quantile", {share: length.total_seconds() for share, length in lags.items()})
    yield _gauge("alerts_articles_waiting", "Articles that wait to be read.", now.waiting)
    yield _gauge("alerts_articles_waiting_seconds", "Since the oldest of them was seen.", _seconds(now.waiting_for))
    yield _gauge("alerts_articles_set_aside", "Articles that could not be read.", now.faulty)
    yield _gauge("alerts_links_waiting", "Pages and CAP messages that are still to be fetched.", now.links)
    yield _gauge("alerts_holds", "Holds that keep mails back until an operator lets them go.", now.holds)
    yield _ever("alerts_mails_in", "Mails that came in, by what came of them.", "outcome", now.mails_in)
    yield _gauge("alerts_mails_in_set_aside", "Mails that came in and could not be taken.", now.mails_aside)
    yield _ever("alerts_sign_ups", "What people did about their own subscriptions.", "what", asked(now.sign_ups))
    about = "Since the hub cannot be told of news; 0 while all is well."
    yield _gauge("alerts_hub_failing_seconds", about, _seconds(now.hub_failing))
    yield _by("alerts_notices_open", "What operators were told of and is not over.", "kind", now.notices)
    yield _gauge("alerts_last_look_seconds", "Since the service last looked after itself.", _seconds(now.since_look))
    yield _gauge(
        "alerts_last_canary_seconds", "Since a made-up article came out as a mail.", _seconds(now.since_canary)
    )


def families_of_totals(all_: Totals) -> Iterator[Metric]:
    """What there is in all."""
    yield _by("alerts_alerts", "Alerts, by state.", "state", all_.alerts)
    yield _by("alerts_mails", "Mails in the outbox, by state.", "state", all_.mails)
    shown = {rule for rule, _ in Counter(all_.told).most_common(MOST_RULES)}
    yield _by("alerts_rule_alerts", "Alerts that readers were told of, by rule.", "rule", _few(all_.told, shown))
    judged = GaugeMetricFamily("alerts_rule_judged", "Alerts that were judged.", labels=["rule", "verdict"])
    precision = GaugeMetricFamily(
        "alerts_rule_precision_ratio", "Right of those judged right or wrong.", labels=["rule"]
    )
    for rule, score in sorted(all_.scores.items()):
        if rule in shown:
            for verdict, number in (("right", score.right), ("wrong", score.wrong), ("duplicate", score.duplicates)):
                judged.add_metric([rule, verdict], number)
            if score.precision is not None:
                precision.add_metric([rule], score.precision)
    yield judged
    yield precision
    about = "Addresses that are not written to, by why."
    yield _by("alerts_suppressed_addresses", about, "reason", all_.suppressed)
    yield _gauge("alerts_database_bytes", "Size of the database.", all_.size)


def families_of_rules(book: Rulebook) -> Iterator[Metric]:
    """The rules in force, and what is wrong with the others."""
    states = Counter(rule.status for rule in book.ruleset.rules)
    found = {"active": states["active"], "test": states["test"], "kept": len(book.kept)}
    about = "Rules in force: active, in test; of these kept as they were, for their file has a fault now."
    yield _by("alerts_rules", about, "state", found)
    levels = Counter(fault.level for fault in book.faults)
    faults = {"error": levels["error"], "warning": levels["warning"]}
    yield _by("alerts_rule_faults", "Faults in the files of rules.", "level", faults)


def families_of_cluster(
    machines: Iterable[Machine], jobs: Mapping[tuple[str, str], int], now: datetime
) -> Iterator[Metric]:
    """The machines that share the work, as each was heard of last, and the jobs that they share."""
    known = list(machines)
    alive = sum(one.lives(now) for one in known)
    about = "Machines that share the work: alive, or dead and not stopped."
    yield _by("alerts_machines", about, "state", {"alive": alive, "dead": len(known) - alive})
    seen = {one.name: max((now - one.seen).total_seconds(), 0.0) for one in known}
    yield _by("alerts_machine_seen_seconds", "Since a machine was heard of.", "machine", seen)
    skew = {one.name: one.skew_ms / 1000 for one in known}
    yield _by("alerts_machine_skew_seconds", "How far its clock is ahead of the database's.", "machine", skew)
    editions = {one.name: one.edition for one in known if one.edition is not None}
    yield _by("alerts_machine_edition", "The edition of rules and templates it goes by.", "machine", editions)
    family = GaugeMetricFamily("alerts_jobs", "Jobs, by queue and status.", labels=["queue", "status"])
    for (queue, status), number in sorted(jobs.items()):
        family.add_metric([queue, status], number)
    yield family


def families_of_machine(*, stuck: int, disk_free: int | None) -> Iterator[Metric]:
    """What there is to be known without the database."""
    yield _gauge("alerts_stuck", "Stages that hang: nothing of what is due is done.", stuck)
    free = float("nan") if disk_free is None else disk_free
    yield _gauge("alerts_disk_free_bytes", "What is free where the data folder lies.", free)


def _few(numbers: Mapping[str, int], shown: set[str]) -> dict[str, int]:
    found = {name: number for name, number in numbers.items() if name in shown}
    rest = sum(number for name, number in numbers.items() if name not in shown)
    return found | ({OTHERS: rest} if rest else {})


def asked(sign_ups: Mapping[str, float]) -> dict[str, float]:
    """What was refused, among what was asked for: with [web] operations others may read these numbers, and who could
    see which of the two grows would learn of any address whether it is one that we must not write to."""
    found = dict(sign_ups)
    refused = found.pop("refused", 0)
    return found | ({"asked": found.get("asked", 0) + refused} if refused else {})


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _by(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _ever(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    """All that there ever was, also before this start."""
    family = CounterMetricFamily(name, about, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _seconds(length: timedelta | None) -> float:
    """NaN is what Prometheus has for "not known"."""
    return float("nan") if length is None else length.total_seconds()
