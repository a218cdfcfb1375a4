"""Couriers, trackers and crashes in any order: of rows that go together none is lost, and none is sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine

from alerts.store import alerts, outbox, told
from alerts.store.database import reading, writing
from alerts.store.waiting import Heard, Mail, Plan, Waiting
from tests.store import values
from tests.store.conftest import empty
from tests.store.mailed import New
from tests.store.test_bundles import prepare
from tests.store.values import NOW


def test_no_order_of_events_parts_a_mail_sends_a_row_twice_or_forgets_one(sqlite_engine: Engine) -> None:
    class Mailing(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            empty(sqlite_engine)
            self.now, self.turn = NOW, 0
            self.held: dict[str, list[int]] = {}
            self.sent: list[int] = []
            with writing(sqlite_engine) as conn:
                self.world = prepare(conn, readers=2)
            self.version = dict.fromkeys(self.world.alerts, 1)

        @rule(data=st.data())
        def lease(self, data: st.DataObject) -> None:
            """Any bundles: each row goes along, is covered by one in the mail, or waits."""
            self.turn += 1
            token = f"t{self.turn}"

            def decide(waiting: Sequence[Waiting], heard: Sequence[Heard]) -> Plan:
                mails = [Mail(lead=row.id) for row in waiting if row.fixed and row.due]
                for person in {row.person_id for row in waiting}:
                    rows = [row for row in waiting if row.person_id == person and not row.fixed]
                    fates = {row.id: data.draw(st.sampled_from(["along", "covered", "waits"])) for row in rows[1:]}
                    along = tuple(number for number, fate in fates.items() if fate == "along")
                    by = [row.alert_id for row in rows if row.id in along] or [row.alert_id for row in rows[:1]]
                    covered = {number: by[-1] for number, fate in fates.items() if fate == "covered"}
                    mails += [Mail(lead=rows[0].id, members=along, covered=covered)] if rows else []
                return Plan(mails=tuple(mails))

            with writing(sqlite_engine) as conn:
                rows = outbox.lease(conn, self.now, token, 10, 60, decide=decide)
            if rows:
                self.held[token] = [row.id for row in rows]

        @rule(late=st.booleans(), result=st.sampled_from(["deferred", "crash", "accepted"]))
        def send(self, late: bool, result: str) -> None:
            """The courier of the last lease, or one that was held up since the one before."""
            token = (list(self.held) or ["none"])[-2 if late and len(self.held) > 1 else -1]
            with writing(sqlite_engine) as conn:
                ours = outbox.mark_sending(conn, self.held.get(token, []), token, self.now, 60)
                parts = outbox.parts(conn, ours)
            if result == "deferred":
                with writing(sqlite_engine) as conn:
                    outbox.mark_deferred(conn, ours, token, self.now, "421")
                return
            self.sent += [*ours, *(row.id for rows in parts.values() for row in rows if row.state == "sending")]
            if result == "accepted":
                with writing(sqlite_engine) as conn:
                    outbox.mark_accepted(conn, ours, token, self.now)

        @rule(data=st.data())
        def tell_more(self, data: st.DataObject) -> None:
            alert_id = data.draw(st.sampled_from(self.world.alerts))
            self.version[alert_id] += 1
            with writing(sqlite_engine) as conn:
                told.withdraw(conn, alert_id, self.now, before_version=self.version[alert_id])
                version = values.message(self.version[alert_id])
                alerts.add_version(conn, values.alert(id=alert_id), version, title="t", summary="s")
                rows = [New(alert_id=alert_id, person_id=one, version=version.version) for one in self.world.readers]
                outbox.enqueue(conn, rows)

        @rule(data=st.data())
        def uncover(self, data: st.DataObject) -> None:
            alert_id = data.draw(st.sampled_from(self.world.alerts))
            with writing(sqlite_engine) as conn:
                told.uncover(conn, alert_id, self.now, expires=NOW + timedelta(days=9))

        @rule()
        def look_after_the_stale(self) -> None:
            self.turn += 1
            with writing(sqlite_engine) as conn:
                rows = outbox.stale_sending(conn, self.now, f"t{self.turn}", 10, 60)
                outbox.mark_ambiguous(conn, [row.id for row in rows], f"t{self.turn}", self.now, "no answer")

        @rule(seconds=st.sampled_from([1, 61]))
        def wait(self, seconds: int) -> None:
            self.now += timedelta(seconds=seconds)

        @invariant()
        def each_row_is_where_it_should_be(self) -> None:
            with reading(sqlite_engine) as conn:
                rows = {row.id: row for row in outbox.list_rows(conn, limit=1000)}
            assert len(self.sent) == len(set(self.sent))
            for row in rows.values():
                assert (row.id in self.sent) == (row.state in ("sending", "accepted", "ambiguous"))
                if row.state == "bundled":  # it goes in a mail that waits: so it is not forgotten
                    assert row.lead_id is not None and rows[row.lead_id].state == "queued"
                if row.state == "inhibited":
                    assert row.covered_by is not None
                if row.state == "inhibited" and row.lead_id is not None:
                    mail = [one for one in rows.values() if row.lead_id in (one.id, one.lead_id)]
                    told_of = {one.alert_id for one in mail if one.state not in ("inhibited", "withdrawn")}
                    assert str(row.covered_by) in told_of
                if row.state in ("queued", "withdrawn"):
                    assert row.lead_id is None
                if row.state == "withdrawn":  # only for a later version
                    assert row.version < self.version[row.alert_id]

    checks = settings(max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Mailing, settings=checks)
