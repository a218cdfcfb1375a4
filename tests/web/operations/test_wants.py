"""What wants a person now comes first, and where nothing does nothing is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Fault
from alerts.store.demotions import Fallen
from alerts.store.holds import Hold
from alerts.store.meta import Trouble
from alerts.store.notices import Notice
from alerts.store.outbox import STATES
from alerts.store.status import Status
from alerts.track.quiet import KINDS, Kind
from alerts.web.operations.operating import SeenFault
from alerts.web.operations.wants import Facts, wanted
from tests.store import values

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def status(**known: Any) -> Status:
    """A service in which all is well, but for what is `known`."""
    fine: dict[str, Any] = dict.fromkeys(
        ("feeds", "failing", "overdue", "unpolled", "polls_lately", "polls_failed", "silent", "late", "articles",
         "articles_today", "waiting", "faulty", "alerts_today", "people", "mails_aside", "silences", "silenced_today"),
        0,
    )  # fmt: skip
    fine |= dict.fromkeys(
        ("last_poll", "next_poll", "outage_since", "last_article", "oldest_waiting", "last_alert", "oldest_queued",
         "last_mail", "rules_trouble_since", "hub_trouble", "last_canary")
    )  # fmt: skip
    fine |= {"at": NOW, "alerts_open": {}, "outbox": dict.fromkeys(STATES, 0) | known.pop("outbox", {}), "holds": ()}
    fine |= {
        "suppressed": {},
        "forgotten": {},
        "mails_in": {},
        "sign_ups": {},
        "rules_trouble": "",
        "rules_fallen": (),
        "notices": (),
    }
    fine |= {"machines": (), "edition": None}
    return Status(**fine | {"last_look": NOW - MINUTE} | known)


def notice(kind: Kind, since: datetime = NOW - HOUR) -> Notice:
    return Notice(
        id=1,
        kind=kind,
        subject="x",
        text="It stands still.",
        since=since,
        opened=since,
        told=None,
        ended=None,
    )


def titles(facts: Facts) -> list[tuple[int, str]]:
    return [(one.urgency, one.title) for one in wanted(facts)]


def test_where_all_is_well_nothing_is_wanted() -> None:
    assert wanted(Facts(status=status())) == []


def waits(severity: str, minutes: int = 5) -> Any:
    return replace(values.alert(), severity=severity, waits_since=NOW - minutes * MINUTE)  # type: ignore[arg-type]


HOLD = Hold(id=1, kind="rule", rule="shelling", reason="too many", since=NOW - HOUR)
CASES: dict[str, tuple[Facts, list[tuple[int, str]]]] = {
    "the service stands still": (
        Facts(status=status(last_look=NOW - HOUR)), [(0, "The service does not run, or is stuck")],
    ),
    "an alarm says so already": (
        Facts(status=status(last_look=NOW - HOUR), alarms=("The service does not run",)),
        [(0, "Many feeds at once, or the service itself")],
    ),
    "articles wait too long": (
        Facts(status=status(waiting=3, oldest_waiting=NOW - HOUR)), [(0, "3 articles wait to be read")],
    ),
    "articles that came just now": (Facts(status=status(waiting=3, oldest_waiting=NOW - MINUTE)), []),
    "a severe alert waits": (Facts(status=status(), waiting=(waits("severe"),)), [(0, "1 alert waits for a person")]),
    "moderate ones wait": (
        Facts(status=status(), waiting=(waits("moderate"), waits("minor"))), [(1, "2 alerts wait for a person")],
    ),
    "all mails are held": (
        Facts(status=status(holds=(replace(HOLD, kind="all", rule=""),)), due=NOW - HOUR), [(0, "All mails are held")],
    ),
    "a rule is held": (Facts(status=status(holds=(HOLD,))), [(1, "Alerts of the rule shelling are held")]),
    "mails are due and stay": (Facts(status=status(), due=NOW - HOUR), [(0, "Mails do not go out")]),
    "mails are due now": (Facts(status=status(), due=NOW - MINUTE), []),
    "mails are stuck": (
        Facts(status=status(outbox={"failed": 2, "ambiguous": 1})), [(1, "3 mails need a person")],
    ),
    "rules have faults": (Facts(status=status(rules_trouble="1 in force")), [(1, "Rules have faults")]),
    "the hub fails": (
        Facts(status=status(hub_trouble=Trouble(since=NOW - HOUR, text="it answered 503"))),
        [(2, "The hub cannot be told of news")],
    ),
    "a rule fell": (
        Facts(status=status(rules_fallen=(Fallen(rule="siege", version="1", at=NOW, why="3 of 20 right"),))),
        [(1, "The rule siege fell to test")],
    ),
    "a template has a fault": (
        Facts(status=status(), faults=(SeenFault(fault=Fault("mail/alert.txt", 3, "no 'tite'"), at=NOW),)),
        [(1, "A template of yours has a fault")],
    ),
    "single feeds": (Facts(status=status(), feeds_wrong=1), [(2, "1 feed wants attention")]),
    "the canary": (
        Facts(status=status(notices=(notice("canary"),))), [(0, "The service’s own test article did not come out")],
    ),
    "what feeds do stands in their line": (Facts(status=status(notices=(notice("feed silent"),))), []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_wants_a_person_is_named_with_how_soon(name: str) -> None:
    facts, said = CASES[name]
    assert titles(facts) == said


def test_every_kind_of_notice_is_shown_or_stands_in_a_line_of_its_own() -> None:
    hidden = {kind for kind in KINDS if not wanted(Facts(status=status(notices=(notice(kind),))))}
    assert hidden == {"feed silent", "feed failing", "feeds failing", "feed gap", "feeds late", "triage", "rules"}


@given(
    st.lists(st.sampled_from(["minor", "moderate", "severe", "extreme"]), max_size=3),
    st.booleans(),
    st.integers(0, 3),
    st.booleans(),
)
def test_the_most_urgent_comes_first(levels: list[str], held: bool, wrong: int, stopped: bool) -> None:
    now = status(holds=(HOLD,) if held else (), **{"last_look": NOW - HOUR} if stopped else {})
    found = wanted(Facts(status=now, waiting=tuple(waits(one) for one in levels), feeds_wrong=wrong))
    assert [one.urgency for one in found] == sorted(one.urgency for one in found)
    assert len(found) == bool(levels) + held + bool(wrong) + stopped
