"""What a running service counts on the way from an article to a mail."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.store import judgements
from alerts.store.database import writing
from alerts.web.running import meter_of
from tests.e2e.newsdesk import Newsdesk, report
from tests.web.operations.test_metrics import numbers


async def test_the_way_from_an_article_to_its_mails_is_counted(desk: Newsdesk) -> None:
    desk.set_up()
    desk.publish("daily")
    service = desk.service()
    told: list[object] = []
    service.watch.analysed = told.append
    meter = meter_of(service)
    await service.open()
    try:
        await service.step()
        with writing(service.engine) as conn:
            conn.exec_driver_sql("UPDATE feed SET next_due = added")
        desk.publish("daily", report("Taiz", ago=240))
        await service.step()
        with writing(service.engine) as conn:
            judgements.judge(conn, "1", "right", who="ana", why="seen", now=datetime.now(UTC))
        found = numbers(meter.text(service.engine, service.clock).decode())
    finally:
        await service.close()
    assert told  # whoever was told before still is
    assert found["alerts_polls_total{status=ok}"] == 2
    assert found["alerts_hits_total{rule=shelling}"] == 1
    assert found["alerts_told_total{kind=new,rule=shelling}"] == 1
    assert found["alerts_seen_lag_seconds_count"] == found["alerts_reading_lag_seconds_count"] == 1
    assert 240 <= found["alerts_seen_lag_seconds_sum"] < 400
    lags = {name: value for name, value in found.items() if name.startswith("alerts_mail_lag_seconds_count")}
    assert list(lags.values()) == [2]
    assert found["alerts_alerts{state=unconfirmed}"] == found["alerts_rule_alerts{rule=shelling}"] == 1
    assert found["alerts_rule_judged{rule=shelling,verdict=right}"] == 1
    assert found["alerts_rule_precision_ratio{rule=shelling}"] == 1
    assert (found["alerts_rules{state=active}"], found["alerts_rule_faults{level=error}"]) == (1, 0)
    assert found["alerts_database_bytes"] > 100_000
    assert found["alerts_disk_free_bytes"] > 1e6
    assert found["alerts_stuck"] == 0
