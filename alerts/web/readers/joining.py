"""What the pages need by which people become readers and change what they get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerts.notify.joining.desk import Desk
from alerts.notify.joining.form import Known
from alerts.notify.joining.whereabouts import region_name
from alerts.read.places import Gazetteer


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """`events` are those that rules flag now; `languages` those of the templates of mails now; `check_key`: see
    `form.Known`. Whoever asks is answered after `answer_s` seconds, however long it took: so the time tells nobody
    whose address is known."""

    desk: Desk
    places: Gazetteer
    events: Callable[[], Sequence[str]]
    languages: Callable[[], Sequence[str]] = lambda: ("en",)
    check_key: Callable[[str], str] | None = None
    answer_s: float = 0.4

    def known(self) -> Known:
        """What forms are read against."""
        return Known(
            places=self.places,
            events=tuple(self.events()),
            languages=tuple(self.languages()),
            check_key=self.check_key,
        )

    def named(self, region: str) -> str:
        """The name of a region."""
        return region_name(region, self.places)
