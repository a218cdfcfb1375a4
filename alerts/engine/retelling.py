"""What alerts already have of the story that an article tells: where a copy belongs, and whether it adds anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from alerts.store import alerts as alert_store
from alerts.store import evidence as evidence_store
from alerts.store import stories
from alerts.store.stories import Telling
from alerts.track import copies
from alerts.types import Alert, Evidence


@dataclass(slots=True)
class Retelling:
    """Asked for one hit, at one moment. `shared`: other articles are known to tell its story, too."""

    conn: Connection
    new: Evidence
    shared: bool
    _telling: list[Telling] | None = field(default=None, init=False)

    def again(self) -> Alert | None:
        """The alert in which a copy says the very same. The place does not matter: it may be cut off here."""
        for told in self._others():
            if copies.same_words(self.new.hit.sentence, told.sentence):
                alert = alert_store.alert_of(self.conn, told.alert_id)
                if alert is not None and alert.state != "merged":
                    return alert
        return None

    def adds_nothing(self) -> bool:
        """Whether a copy adds nothing to an article that readers were told of. Another of its sentences, cut or under
        another headline, may be the one that counts here, and would stand for another place or number. (What it was
        made of may be known as another story: of three texts the first and the last can be copies of the second.)"""
        for alert_id in dict.fromkeys(told.alert_id for told in self._others()):
            alert = alert_store.alert_of(self.conn, alert_id)
            if alert is not None and alert.version > 0:
                known = evidence_store.of_alert(self.conn, alert_id)
                others = [one for one in known if one.article_id != self.new.article_id]
                if any(copies.nothing_new(self.new.hit, self.new.text, one.hit, one.text) for one in others):
                    return True
        return False

    def told_in(self, alert: Alert) -> bool:
        """Whether an alert tells the story. Asked only of alerts that no place decides about."""
        return any(told.alert_id == alert.id for told in self._all())

    def _others(self) -> list[Telling]:
        return [told for told in self._all() if told.article_id != self.new.article_id] if self.shared else []

    def _all(self) -> list[Telling]:
        if self._telling is None:
            self._telling = stories.telling(self.conn, self.new.hit.family, self.new)
        return self._telling
