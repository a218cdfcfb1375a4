"""What people who work at alerts do with one, on whatever page the button is: approve, drop, take back, close, judge.

The acts are those of the command line. Here stands what a page needs besides: two people may look at the same alert at
the same time, and what a button sends is what its presser saw. So each form says what was done last and how bad the
alert was when the page was made. Who comes second is told who was first; and nobody drops, closes or takes back an
alert that has got worse since they looked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection

from alerts.engine import acts
from alerts.errors import InputError
from alerts.match.opinions import VERDICTS, Verdict
from alerts.store import acts as act_store
from alerts.store import alerts as alert_store
from alerts.store import judgements
from alerts.store.acts import Act
from alerts.store.database import alone_with_alerts
from alerts.track.severity import rank
from alerts.types import OPEN_STATES, SEVERITIES, Alert
from alerts.web.operations.desk import Case, Done

SAID: Final = {
    "acknowledge": "took it on",
    "approve": "approved it",
    "let_go": "let it go, for nobody had looked",
    "drop": "dropped it",
    "retitle": "gave it another title",
    "cancel": "took it back",
    "close": "closed it",
    "merge": "merged it",
    "split": "split it",
}
"""What somebody did, after their name."""
_VERDICT_WORDS: Final = {
    "right": "right",
    "wrong": "a false alarm",
    "duplicate": "a duplicate",
    "wrong_place": "in the wrong place",
    "wrong_number": "with a wrong number",
}
_FALSE_ALARM: Final = "it was a false alarm"


def seen(done: Sequence[Act], alert: Alert) -> str:
    """What a form says of the alert as its page showed it: the last act, and how bad it was."""
    return f"{done[-1].id if done else 0}-{alert.severity}"


def in_hand(conn: Connection, case: Case, *, grave: bool = False) -> Alert:
    """The alert that a form is about, which nobody else changes before this transaction ends. `grave`: it is not to be
    done to what has got worse. Raises InputError where the page was out of date."""
    alone_with_alerts(conn)
    alert = alert_store.alert_of(conn, str(case.number("alert")))
    if alert is None:
        raise InputError("there is no alert of this number any more")
    last, _, level = case.fields.get("seen", "").partition("-")
    if not (last.isascii() and last.isdigit() and level in SEVERITIES):
        raise InputError("this button was not ours; open the page anew")
    later = [one for one in act_store.of_alert(conn, alert.id) if one.id > int(last[:12])]
    if later:
        raise InputError(_first(later[-1], case))
    if grave and rank(alert.severity) > SEVERITIES.index(level):
        raise InputError(f"nothing was done: it got worse while you looked, and is {alert.severity} now")
    return alert


def _first(one: Act, case: Case) -> str:
    at = f"{one.at:%H:%M} UTC"
    if one.who == case.visitor.name:
        return f"this was done already: you {SAID[one.kind]} at {at}"
    return f"nothing was done, for {one.who or 'somebody'} was first: {one.who or 'they'} {SAID[one.kind]} at {at}"


def approve(conn: Connection, case: Case) -> Done:
    """Tell what waits, under another title if one was typed."""
    alert, tracker = in_hand(conn, case), case.operating.tracker
    title = case.text("title", longest=10_000)
    before = alert_store.get_alert(conn, alert.id)
    said = acts.approve(
        *(conn, tracker.rulebook, tracker.outbox, alert.id, case.actor),
        now=case.now,
        why=case.text("why"),
        title=title if title and before is not None and title != before.title else None,
        lookup=tracker.gazetteer.by_id,
    )
    return _done("alert approved", alert, said, case)


def drop(conn: Connection, case: Case) -> Done:
    alert = in_hand(conn, case, grave=True)
    said = acts.drop(conn, alert.id, case.actor, why=case.text("why"), now=case.now)
    return _done("alert dropped", alert, said, case)


def retitle(conn: Connection, case: Case) -> Done:
    """Another title; none typed: the rule's own again."""
    alert, tracker = in_hand(conn, case), case.operating.tracker
    title = case.text("title", longest=10_000) or None
    said = acts.retitle(conn, tracker.rulebook, alert.id, case.actor, title=title, now=case.now, why=case.text("why"))
    return _done("alert retitled", alert, said, case)


def acknowledge(conn: Connection, case: Case) -> Done:
    alert = in_hand(conn, case)
    said = acts.acknowledge(conn, alert.id, case.actor, now=case.now, why=case.text("why"))
    return _done("alert acknowledged", alert, said, case)


def take_back(conn: Connection, case: Case) -> Done:
    """It was wrong: readers are told, and it counts against its rule."""
    return _end(conn, case, acts.take_back, "alert taken back")


def close(conn: Connection, case: Case) -> Done:
    """It is over: the all-clear."""
    return _end(conn, case, acts.close, "alert closed")


def _end(conn: Connection, case: Case, act: Callable[..., str], action: str) -> Done:
    alert, tracker = in_hand(conn, case, grave=True), case.operating.tracker
    said = act(conn, tracker.rulebook, tracker.outbox, alert.id, case.actor, why=case.text("why"), now=case.now)
    return _done(action, alert, said, case)


def judge(conn: Connection, case: Case) -> Done:
    """Say what became of it. A false alarm that readers may still believe in is taken back."""
    verdict = _verdict(case.fields.get("verdict", ""))
    if verdict == "wrong":
        return _false_alarm(conn, case)
    alert = in_hand(conn, case)
    other = _other(conn, case, alert) if verdict == "duplicate" else None
    if _said_so(conn, alert, verdict, other, case.actor.who):
        raise InputError(f"you said so before: it was {_VERDICT_WORDS[verdict]}")
    judgements.judge(
        conn, alert.id, verdict, who=case.actor.who, why=case.text("why"), now=case.now, duplicate_of=other
    )
    of = f" of alert {other}" if other else ""
    return _done("alert judged", alert, f"alert {alert.id} was {_VERDICT_WORDS[verdict]}{of}: noted", case)


def _false_alarm(conn: Connection, case: Case) -> Done:
    alert, tracker = in_hand(conn, case, grave=True), case.operating.tracker
    why = case.text("why") or _FALSE_ALARM
    if takes_back(alert):
        said = acts.take_back(conn, tracker.rulebook, tracker.outbox, alert.id, case.actor, why=why, now=case.now)
        return _done("false alarm", alert, said, case)
    if _said_so(conn, alert, "wrong", None, case.actor.who):
        raise InputError("you said so before: it was a false alarm")
    judgements.judge(conn, alert.id, "wrong", who=case.actor.who, why=why, now=case.now)
    return _done(
        "false alarm", alert, f"alert {alert.id} counts as a false alarm; nobody is told, for it is over", case
    )


def takes_back(alert: Alert) -> bool:
    """Whether calling it a false alarm takes it back: what is over, or merged, is only counted."""
    return alert.state in (*OPEN_STATES, "ended")


def _verdict(given: str) -> Verdict:
    found = next((one for one in VERDICTS if one == given), None)
    if found is None:
        raise InputError("say what became of it")
    return found


def _other(conn: Connection, case: Case, alert: Alert) -> str:
    """The alert of which this one is a duplicate."""
    other = case.fields.get("other", "").strip()
    if not (other.isascii() and other.isdigit() and len(other) < 10):
        raise InputError("name the other alert by its number")
    other = str(int(other))
    if other == alert.id:
        raise InputError("an alert is no duplicate of itself")
    if alert_store.alert_of(conn, other) is None:
        raise InputError(f"there is no alert {other}")
    return other


def _said_so(conn: Connection, alert: Alert, verdict: Verdict, other: str | None, who: str) -> bool:
    own = [one for one in judgements.judgements_of(conn, alert.id) if one.who == who and not one.by_reader]
    return bool(own) and (own[-1].verdict, own[-1].duplicate_of) == (verdict, other)


def _done(action: str, alert: Alert, said: str, case: Case) -> Done:
    """Where to go on: to the next that waits, or back to where the button was."""
    goals = {"triage": "/operations/triage", "verdicts": "/operations/verdicts"}
    goal = goals.get(case.fields.get("from", ""), f"/operations/alerts/{alert.id}")
    return Done(action=action, subject=f"alert {alert.id}", said=said, goal=goal, more={"why": case.text("why")})


ACTS: Final = {
    "approve": approve,
    "drop": drop,
    "retitle": retitle,
    "acknowledge": acknowledge,
    "cancel": take_back,
    "close": close,
    "judge": judge,
}
"""What the buttons of an alert are called."""
