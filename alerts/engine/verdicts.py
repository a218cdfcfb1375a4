"""What readers say of alerts by the links of their mails, and what follows: kept, taken on, taken back, muted.

Everything is done in the caller's one transaction. Saying the same once more changes nothing. A reader stands in the
database as "reader 12", never by an address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from alerts.engine import acts
from alerts.engine.acts import Actor
from alerts.engine.keeping import Outbox
from alerts.engine.rulebook import Rulebook
from alerts.errors import InputError
from alerts.match.opinions import Verdict, opinions
from alerts.notify import bulletins
from alerts.notify.message.links import Link
from alerts.readers import Person
from alerts.render.verdicts import Saying
from alerts.store import acts as act_store
from alerts.store import alerts as alert_store
from alerts.store import judgements, people, silences
from alerts.store.judgements import Judged
from alerts.store.told import told
from alerts.track import verdicts
from alerts.track.severity import worst
from alerts.track.verdicts import Decision, Standing
from alerts.types import Alert

MUTE_DAYS: Final = 7
_MOST_VERDICTS: Final = 20  # of one reader about one alert
_VERDICTS: Final[dict[Saying, Verdict]] = {
    "true": "right",
    "false_alarm": "wrong",
    "duplicate": "duplicate",
    "wrong_place": "wrong_place",
    "wrong_number": "wrong_number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What it takes to act on what readers say: the rules in force, who takes the messages, what the links are signed
    with and bulletins are sent with, and above how many readers a second person has to look."""

    rulebook: Callable[[], Rulebook]
    outbox: Outbox
    domain: str
    secret: bytes = field(repr=False)
    second_look: int = 50


def say(
    conn: Connection, hearing: Hearing, link: Link, saying: Saying, *, now: datetime, duplicate_of: str | None = None
) -> str:
    """Do what the holder of `link` says; what came of it, in words for them. Raises InputError, in words too."""
    reader, alert = reader_of(conn, link), _alert_of(conn, link)
    heard = _Heard(conn=conn, hearing=hearing, link=link, reader=reader, alert=alert, now=now)
    if saying == "have_it":
        return heard.taken_on()
    if saying == "mute":
        return heard.muted()
    return heard.judged(saying, duplicate_of if saying == "duplicate" else None)


def reader_of(conn: Connection, link: Link) -> Person:
    """Whom a link was sent to. Raises InputError for who gets no alerts any more: neither do their links work."""
    reader = people.get_person(conn, link.person_id)
    if reader is None or not reader.active:
        raise InputError("This link was sent to somebody who gets no alerts any more.")
    return reader


def _alert_of(conn: Connection, link: Link) -> Alert:
    """The alert that a link is about, which nobody else changes meanwhile; if it was merged, the one that goes on."""
    alert = alert_store.alert_of(conn, link.alert_id)
    seen = {link.alert_id}
    while alert is not None and alert.merged_into is not None and alert.merged_into not in seen:
        seen.add(alert.merged_into)
        alert = alert_store.alert_of(conn, alert.merged_into)
    if alert is None:
        raise InputError("This alert is not stored any more.")
    judgements.lock_alert(conn, alert.id)
    locked = alert_store.alert_of(conn, alert.id)  # as it is now that nobody else changes it
    assert locked is not None
    return locked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """One reader who says something of one alert."""

    conn: Connection
    hearing: Hearing
    link: Link
    reader: Person
    alert: Alert
    now: datetime

    @property
    def who(self) -> str:
        return f"reader {self.reader.id}"

    @property
    def _actor(self) -> Actor:
        return Actor(who=self.who, person_id=self.reader.id)

    def taken_on(self) -> str:
        """They look after it."""
        version = self.link.version if self.link.alert_id == self.alert.id else self.alert.version
        if act_store.acknowledged(self.conn, self.alert.id).get(self.reader.id, 0) >= version:
            return "You said so before."
        acts.acknowledge(self.conn, self.alert.id, self._actor, now=self.now, version=version)
        return "Noted: you look after it. Nobody is reminded of it, unless it gets worse."

    def muted(self) -> str:
        """They want no mail about the place for a while."""
        until = silences.mute(self.conn, self.reader.id, self.alert.place, MUTE_DAYS, self.now).until
        where = self.alert.place.name if self.alert.place else "this place"
        return f"Until {until.day} {until:%B %Y} you get no mail about {where}, unless it is extreme."

    def judged(self, saying: Saying, duplicate_of: str | None) -> str:
        """They say what became of it."""
        self._check_other(duplicate_of)
        verdict, own = _VERDICTS[saying], self._own()
        again = bool(own) and (own[-1].verdict, own[-1].duplicate_of) == (verdict, duplicate_of)
        if not again and len(own) >= _MOST_VERDICTS:
            raise InputError("You said many things of this alert already. Please write to those who run the service.")
        if not again:
            judgements.judge(
                self.conn,
                self.alert.id,
                verdict,
                who=self.who,
                why="",
                now=self.now,
                person_id=self.reader.id,
                duplicate_of=duplicate_of,
            )
        before = any(one.verdict == verdict for one in own)
        came = self._false_alarm(before) if verdict == "wrong" else self._came_of(verdict, before)
        return f"{'You said so before.' if again else 'Noted, thank you.'} {came}"

    def _check_other(self, duplicate_of: str | None) -> None:
        if duplicate_of == self.alert.id:
            raise InputError("An alert is no duplicate of itself.")
        if duplicate_of is not None and alert_store.alert_of(self.conn, duplicate_of) is None:
            raise InputError("There is no alert of this number.")

    def _own(self) -> list[Judged]:
        """What this reader said of the alert before."""
        return [one for one in judgements.judgements_of(self.conn, self.alert.id) if one.person_id == self.reader.id]

    def _came_of(self, verdict: Verdict, before: bool) -> str:
        """What follows; `before`: they said so at some time, so the operators know."""
        if verdict == "right" and self.alert.state == "cancelled":
            if not before:
                what = f"{self.who} says that it did happen. Readers were told that it was wrong."
                self._tell_operators(f"Alert {self.alert.id} was cancelled, but a reader says that it is true", what)
            return "Readers were told that this alert was wrong; the operators hear that you say it is true."
        if verdict == "right":
            return "It speaks for the rule that made this alert."
        if verdict == "duplicate":
            return "The two stay apart until somebody at the service has looked at them."
        what = "place" if verdict == "wrong_place" else "number"
        return f"The {what} is counted as wrong; the alert stays as it is until more is reported."

    def _false_alarm(self, before: bool) -> str:
        decision = self._decision()
        if decision.what == "over":
            return f"{decision.why[0].upper()}{decision.why[1:]}."
        if decision.what == "wait":
            if not before:
                self._ask_for_a_second_look(decision)
            return f"A second person has to look, because {decision.why}. The operators are told."
        return self._cancelled(decision)

    def _decision(self) -> Decision:
        said = judgements.judgements_of(self.conn, self.alert.id)
        others = opinions(one.said for one in said if one.person_id != self.reader.id)
        versions = alert_store.versions(self.conn, [(self.alert.id, None)])
        standing = Standing(
            state=self.alert.state,
            worst=worst(one.fields["severity"] for one in versions),
            readers=len(told(self.conn, self.alert.id)),
            others=tuple(others.values()),
            vouched=any(who != self.reader.id for who in act_store.acknowledged(self.conn, self.alert.id)),
        )
        return verdicts.false_alarm(standing, second_look=self.hearing.second_look)

    def _cancelled(self, decision: Decision) -> str:
        book, outbox = self.hearing.rulebook(), self.hearing.outbox
        acts.cancel(self.conn, book, outbox, self.alert.id, self._actor, why=decision.why, now=self.now)
        after = alert_store.alert_of(self.conn, self.alert.id)
        version = after.version if after is not None else 0
        count = sum(last == version for last in told(self.conn, self.alert.id).values())
        if version == self.alert.version or not count:
            return "The alert is taken back; nobody else was told of it."
        return f"{count} {'reader is' if count == 1 else 'readers are'} told that this was a false alarm."

    def _ask_for_a_second_look(self, decision: Decision) -> None:
        self._tell_operators(
            f"Somebody has to look: alert {self.alert.id} is said to be a false alarm",
            f"{self.who} says that it is a false alarm. It was not taken back, because {decision.why}. "
            "A second reader who says so takes it back, and so can you.",
        )

    def _tell_operators(self, subject: str, what: str) -> None:
        """A bulletin with what it takes to decide."""
        alert = self.alert
        record = alert_store.get_alert(self.conn, alert.id)
        facts = f"{alert.severity}, {alert.certainty}, rule {alert.rule}; {alert.origins} independent sources"
        steps = (
            f"- see it: alerts show {alert.id}",
            f'- take it back: alerts cancel {alert.id} --why "..."',
            f"- it is true: alerts rules judge {alert.id} --right",
        )
        bulletins.post(
            self.conn,
            kind="verdict",
            subject=subject,
            body="\n\n".join((f"{record.title if record else ''}\n{facts}", what, "\n".join(steps))),
            people=people.active_people(self.conn, "operator"),
            secret=self.hearing.secret,
            domain=self.hearing.domain,
            now=self.now,
        )
