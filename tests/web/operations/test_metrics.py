"""Numbers for a watch from outside: right, few, and of nobody."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, Engine, event
from starlette.applications import Starlette

from alerts import __version__
from alerts.engine.analysis import Report
from alerts.engine.collecting import Polled
from alerts.engine.pulse import Ended
from alerts.notify.lags import Taken, taken
from alerts.store import aside, meta, notices, tallies
from alerts.store.database import writing
from alerts.store.machines import Machine
from alerts.store.outbox import OutboxRow
from alerts.store.polling import PollResult
from alerts.store.totals import Totals
from alerts.track.quiet import Trouble
from alerts.web.app import create_app
from alerts.web.operations.gauges import (
    MOST_RULES,
    OTHERS,
    families_of_cluster,
    families_of_machine,
    families_of_totals,
)
from alerts.web.operations.metrics import Meter
from alerts.web.site import WebSettings
from tests.fakes import waiting
from tests.store.pollrows import add_polls, set_feed
from tests.store.values import HOUR, add_articles, add_feed, outcome
from tests.web.archive import NOW
from tests.web.client import ask

MINUTE = timedelta(minutes=1)


def application(engine: Engine, meter: Meter | None = None) -> Starlette:
    return create_app(engine, WebSettings(operations=True), now=lambda: NOW, meter=meter or Meter())


def numbers(text: str) -> dict[str, float]:
    """Every sample, by its name with its labels."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def polled(conn: Connection, *, status: str = "ok", ms: int = 300, **result: object) -> Polled:
    feed = add_feed(conn, f"https://a.example/{status}{ms}{len(result)}")
    made = {"next_due": NOW, "due_reason": "interval"} | result
    return Polled(
        feed=feed,
        outcome=outcome(status=status, ms=ms, size=1000),
        result=PollResult(**made),  # type: ignore[arg-type]
    )


def test_polls_are_counted_by_what_they_came_to(engine: Engine) -> None:
    meter = Meter()
    with writing(engine) as conn:
        meter.polled(polled(conn, new=3, revised=1, gap=True))
        meter.polled(polled(conn, status="dns", ms=20))
        meter.polled(polled(conn, status="dns", ms=9000))
    found = numbers(ask(application(engine, meter), "/metrics").text)
    assert found["alerts_polls_total{status=ok}"] == 1
    assert found["alerts_polls_total{status=dns}"] == 2
    assert found["alerts_articles_total{kind=new}"] == 3
    assert found["alerts_articles_total{kind=revised}"] == 1
    assert found["alerts_poll_bytes_total"] == 3000
    assert found["alerts_poll_seconds_bucket{le=0.5}"] == 2
    assert found["alerts_poll_seconds_count"] == 3
    assert (found["alerts_gaps_total"], found["alerts_untrue_not_modified_total"]) == (1, 0)


def test_how_things_stand_is_read_from_the_database(engine: Engine) -> None:
    with writing(engine) as conn:
        add_articles(conn, "a", "b")
        set_feed(conn, 1, last_poll=NOW, last_ok=NOW - 3 * MINUTE, next_due=NOW + HOUR)
        failing, late, losing, _new, off = (add_feed(conn, f"https://x.example/{n}").id for n in range(5))
        set_feed(conn, failing, failures=2, last_poll=NOW, next_due=NOW + HOUR)
        set_feed(conn, late, last_poll=NOW - HOUR, next_due=NOW - 31 * MINUTE)
        set_feed(conn, losing, last_poll=NOW, gap_at=NOW - HOUR, next_due=NOW + HOUR)
        set_feed(conn, 5, next_due=NOW)
        set_feed(conn, off, active=False, failures=9)
        add_polls(conn, failing, [NOW - 20 * MINUTE, NOW - MINUTE], "timeout")
        add_polls(conn, late, [NOW - 2 * MINUTE, NOW - MINUTE])
        trouble = [Trouble(kind="feed silent", subject=str(n), text="", since=NOW) for n in (1, 2)]
        notices.begin(conn, trouble, NOW)
        notices.put_look(conn, NOW - 4 * MINUTE, None)
        meta.put_outage(conn, NOW - 20 * MINUTE)
        for what in ("gone", "gone", "help"):
            tallies.add(conn, "mail in", what, NOW - 40 * HOUR)
        tallies.sign_up(conn, "confirmed", NOW)
        aside.put(conn, "a mail", "ValueError", NOW)
        meta.put_hub_trouble(conn, "it answered 503", NOW - timedelta(minutes=7))
    found = numbers(ask(application(engine), "/metrics").text)
    assert found["alerts_feeds"] == 5
    trouble_of = {"failing": 1, "late": 1, "losing": 1, "new": 1, "silent": 2}
    assert {what: found[f"alerts_feeds_in_trouble{{what={what}}}"] for what in trouble_of} == trouble_of
    assert found["alerts_recent_polls{status=ok}"] == 2
    assert found["alerts_recent_polls{status=timeout}"] == 1
    assert found["alerts_last_good_poll_seconds"] == 180
    assert found["alerts_outage_seconds"] == 1200
    assert found["alerts_articles_waiting"] == 2
    assert found["alerts_notices_open{kind=feed silent}"] == 2
    assert found["alerts_last_look_seconds"] == 240
    assert (found["alerts_mails_in_total{outcome=gone}"], found["alerts_mails_in_total{outcome=help}"]) == (2, 1)
    assert found["alerts_sign_ups_total{what=confirmed}"] == 1
    assert found["alerts_mails_in_set_aside"] == 1
    assert found["alerts_hub_failing_seconds"] == 420
    assert found[f"alerts_build_info{{version={__version__}}}"] == 1
    assert found["process_resident_memory_bytes"] > 1e6


def test_what_is_not_known_is_no_number(engine: Engine) -> None:
    found = numbers(ask(application(engine), "/metrics").text)
    assert found["alerts_last_good_poll_seconds"] != found["alerts_last_good_poll_seconds"]
    assert found["alerts_outage_seconds"] == 0
    assert not any(name.startswith("alerts_first_sight") for name in found)


def test_two_services_in_one_process_count_apart(engine: Engine) -> None:
    one, other = Meter(), Meter()
    with writing(engine) as conn:
        one.polled(polled(conn))
    assert "alerts_polls_total{status=ok}" not in numbers(ask(application(engine, other), "/metrics").text)


def test_the_answer_is_text_that_nobody_keeps(engine: Engine) -> None:
    answer = ask(application(engine), "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"


def test_labels_are_few_and_from_closed_sets(engine: Engine) -> None:
    with writing(engine) as conn:
        meter = Meter()
        for status in ("ok", "dns"):
            meter.polled(polled(conn, status=status))
        tallies.add(conn, "mail in", "gone", NOW)
    text = ask(application(engine, meter), "/metrics").text
    names = {name for family in text_string_to_metric_families(text) for s in family.samples for name in s.labels}
    assert names <= {"status", "kind", "what", "work", "state", "outcome", "quantile", "le", "version"}
    assert "example" not in text and "_created" not in text


def test_of_thousands_of_rules_the_most_are_shown_and_the_rest_is_summed() -> None:
    meter = Meter()
    fired = Counter({f"rule{number}": 1 for number in range(MOST_RULES + 50)})
    meter.analysed(Report(articles=1, fired=fired))
    meter.analysed(Report(articles=1, fired=fired))
    assert meter.registry.get_sample_value("alerts_hits_total", {"rule": "rule0"}) == 2
    assert meter.registry.get_sample_value("alerts_hits_total", {"rule": OTHERS}) == 100
    told = {f"rule{number}": number for number in range(1, MOST_RULES + 51)}
    [family] = [one for one in families_of_totals(Totals(told=told)) if one.name == "alerts_rule_alerts"]
    shown = {sample.labels["rule"]: sample.value for sample in family.samples}
    assert len(shown) == MOST_RULES + 1
    assert (shown["rule250"], shown[OTHERS]) == (250, sum(range(1, 51)))


def test_mails_are_measured_from_the_publication_of_their_article(engine: Engine) -> None:
    meter = Meter()
    with writing(engine) as conn:
        [one] = add_articles(conn, "a")
    number, published = int(one.article.id), one.article.published
    meter.mailed(
        [
            Taken(article_id=number, severity="severe", at=published + 4 * MINUTE),
            Taken(article_id=number, severity="minor", at=published + 3 * HOUR),
            Taken(article_id=77, severity="minor", at=published),  # forgotten meanwhile
        ]
    )
    for _ in range(2):  # each is counted once
        found = numbers(ask(application(engine, meter), "/metrics").text)
        assert found["alerts_mail_lag_seconds_bucket{le=300.0,severity=severe}"] == 1
        assert found["alerts_mail_lag_seconds_sum{severity=minor}"] == 3 * 3600


def test_digests_reminders_and_what_was_put_off_say_nothing_of_how_fast_we_are() -> None:
    row = SimpleNamespace(trigger_id=5, urgency=2, round=0, collected=False, waits=None)
    assert [one.severity for one in taken([cast(OutboxRow, row)], NOW)] == ["severe"]
    for other in ({"trigger_id": None}, {"round": 1}, {"collected": True}, {"waits": "quiet"}):
        assert taken([cast(OutboxRow, SimpleNamespace(**vars(row) | other))], NOW) == []


def test_runs_of_stages_are_measured() -> None:
    meter = Meter()
    hows: list[Ended] = ["well", "waits", "failed"]
    for how in hows:
        meter.ran("mailing", 0.2, how)
    value = meter.registry.get_sample_value
    assert value("alerts_stage_seconds_count", {"stage": "mailing"}) == 3
    troubles = [value("alerts_stage_troubles_total", {"stage": "mailing", "how": how}) for how in hows]
    assert troubles == [None, 1, 1]


def test_however_often_they_are_asked_for_the_database_is_asked_once_in_some_seconds(engine: Engine) -> None:
    app, asked = application(engine), []
    event.listen(engine, "before_cursor_execute", lambda *rest: asked.append(rest[2]))
    ask(app, "/metrics")
    first = len(asked)
    for _ in range(10):
        ask(app, "/metrics")
    assert len(asked) == first > 0


def test_what_others_add_is_shown(engine: Engine) -> None:
    meter = Meter()
    meter.add(lambda: families_of_machine(stuck=2, disk_free=None))
    found = numbers(ask(application(engine, meter), "/metrics").text)
    assert found["alerts_stuck"] == 2
    assert found["alerts_disk_free_bytes"] != found["alerts_disk_free_bytes"]  # not known


def test_machines_that_share_the_work_are_told_apart_by_name() -> None:
    def machine(name: str, ago: float, skew_ms: int) -> Machine:
        at = NOW - timedelta(seconds=ago)
        return Machine(
            name=name, life=name, home="x", roles=("collect",), version="1", settings="", started=at, seen=at,
            skew_ms=skew_ms, edition=3,
        )  # fmt: skip

    found = families_of_cluster([machine("a", 1, 40), machine("b", 60, -7000)], {("collect", "todo"): 5}, NOW)
    values = {(one.name, *sample.labels.values()): sample.value for one in found for sample in one.samples}
    assert values == {
        ("alerts_machines", "alive"): 1, ("alerts_machines", "dead"): 1,
        ("alerts_machine_seen_seconds", "a"): 1, ("alerts_machine_seen_seconds", "b"): 60,
        ("alerts_machine_skew_seconds", "a"): 0.04, ("alerts_machine_skew_seconds", "b"): -7,
        ("alerts_machine_edition", "a"): 3, ("alerts_machine_edition", "b"): 3,
        ("alerts_jobs", "collect", "todo"): 5,
    }  # fmt: skip


async def test_the_lag_of_the_loop_is_measured_until_it_is_stopped() -> None:
    meter = Meter()
    task = asyncio.create_task(meter.watch_loop(every_s=0.01))
    await waiting.until(lambda: meter.registry.get_sample_value("alerts_loop_lag_seconds_count"))
    task.cancel()
    assert (await asyncio.gather(task, return_exceptions=True))[0].__class__ is asyncio.CancelledError


def test_what_was_refused_is_not_told_apart_from_what_was_asked(engine: Engine) -> None:
    with writing(engine) as conn:
        for what in ("asked", "refused", "refused", "left"):
            tallies.sign_up(conn, what, NOW)
    text = ask(application(engine), "/metrics").text
    found = numbers(text)
    assert (found["alerts_sign_ups_total{what=asked}"], found["alerts_sign_ups_total{what=left}"]) == (3, 1)
    assert "refused" not in text
