"""Numbers for a watch from outside: right, few, and of nobody."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, Engine
from starlette.applications import Starlette

from alerts import __version__
from alerts.engine.collecting import Polled
from alerts.reports import Watch
from alerts.store import aside, meta, notices, tallies
from alerts.store.database import writing
from alerts.store.polling import PollResult
from alerts.track.quiet import Trouble
from alerts.web.app import create_app
from alerts.web.operations.metrics import Meter
from alerts.web.running import meter_of
from alerts.web.site import WebSettings
from tests.store.pollrows import add_polls, set_feed
from tests.store.values import HOUR, add_articles, add_feed, outcome
from tests.web.archive import NOW
from tests.web.client import ask

MINUTE = timedelta(minutes=1)
README = Path(__file__).parents[3] / "README.md"


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


def test_the_polls_of_a_service_are_counted_beside_who_is_told_of_them(engine: Engine) -> None:
    told: list[Polled] = []
    watch = Watch(polled=told.append)
    meter = meter_of(watch)
    with writing(engine) as conn:
        one = polled(conn)
    watch.polled(one)
    assert told == [one]
    assert meter.registry.get_sample_value("alerts_polls_total", {"status": "ok"}) == 1


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
    assert names <= {"status", "kind", "what", "state", "outcome", "quantile", "le", "version"}
    assert "example" not in text and "_created" not in text


def test_the_readme_tells_of_every_metric(engine: Engine) -> None:
    text = ask(application(engine), "/metrics").text
    told = README.read_text(encoding="utf-8")
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert len(names) > 15
    for name in names:
        assert f"`{name}" in told or name.startswith("process_"), name


async def test_the_lag_of_the_loop_is_measured_until_it_is_stopped() -> None:
    meter = Meter()
    task = asyncio.create_task(meter.watch_loop(every_s=0.01))
    for _ in range(200):
        await asyncio.sleep(0.01)
        if meter.registry.get_sample_value("alerts_loop_lag_seconds_count"):
            break
    task.cancel()
    assert meter.registry.get_sample_value("alerts_loop_lag_seconds_count")
    assert (await asyncio.gather(task, return_exceptions=True))[0].__class__ is asyncio.CancelledError


def test_what_was_refused_is_not_told_apart_from_what_was_asked(engine: Engine) -> None:
    with writing(engine) as conn:
        for what in ("asked", "refused", "refused", "left"):
            tallies.sign_up(conn, what, NOW)
    text = ask(application(engine), "/metrics").text
    found = numbers(text)
    assert (found["alerts_sign_ups_total{what=asked}"], found["alerts_sign_ups_total{what=left}"]) == (3, 1)
    assert "refused" not in text
