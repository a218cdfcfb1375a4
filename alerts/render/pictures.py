"""The pictures of a mail: a map of where it happened, a chart of how much of it there was.

Each comes with all it shows in words: a sentence in place of the picture, a caption, and its numbers as a table. Who
reads plain text, or whose mail program holds pictures back, misses nothing. A picture is drawn once and kept; what
cannot be drawn is left out, and the mail goes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

from alerts.render import captions, charts
from alerts.render.captions import Words
from alerts.render.drawing import svg
from alerts.render.drawing.outlines import Outlines
from alerts.render.drawing.svg import Drawing
from alerts.render.maps import MOST_SPOTS, Cartographer, Map, Spot
from alerts.render.series import daily_of, steps_of
from alerts.render.view import Notice, country_name, place_view

_log = logging.getLogger(__name__)

Kind = Literal["map", "chart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with its words. `cid` is its name within the mail, `width` and `height` are pixels of CSS; `head` and
    `rows` are its numbers as a table."""

    kind: Kind
    cid: str
    png: bytes = field(repr=False)
    width: int
    height: int
    words: Words

    @property
    def alt(self) -> str:
        return self.words.alt

    @property
    def caption(self) -> str:
        return self.words.caption

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        return self.words.rows


class Pictures:
    """Draws the pictures of mails, and keeps the last few."""

    def __init__(self, *, keep: int = 64) -> None:
        self._cartographer = Cartographer(Outlines(), country_name)
        self._keep = keep
        self._kept: dict[Hashable, object] = {}

    def of(
        self, notice: Notice, *, others: Sequence[Notice] = (), covered: Sequence[Notice] = ()
    ) -> tuple[Picture, ...]:
        """The pictures of one version of an alert, in a mail with `others`, whose places are on the map, too. The
        same bytes every time. What was wrong has none; what is too odd to be drawn is left out."""
        if notice.kind == "cancel":
            return ()
        makers: tuple[Callable[[], Picture | None], ...] = (
            lambda: self._map(notice, [*others, *covered]),
            lambda: self._chart(notice),
        )
        return tuple(picture for make in makers if (picture := _unless_it_fails(make, notice)) is not None)

    def _map(self, notice: Notice, others: Sequence[Notice]) -> Picture | None:
        main = _spot(notice.fields.get("place"))
        place = place_view(notice.fields.get("place"))
        if main is None or place is None:
            return None
        spots = tuple(_spots(notice, others, main))[:MOST_SPOTS]
        drawn = self._drawn((main, spots), lambda: self._cartographer.draw(main, spots))
        if not isinstance(drawn, Map):
            return None
        words = captions.of_map(drawn, spots, place, country_name(main.country))
        return self._picture("map", (main, spots), drawn.drawing, words)

    def _chart(self, notice: Notice) -> Picture | None:
        daily = daily_of(notice)
        if daily is not None:
            drawn = self._drawn(daily, lambda: charts.daily(daily))
            words = captions.of_daily(daily, notice)
        else:
            panels = steps_of(notice)
            if not panels:
                return None
            drawn = self._drawn(panels, lambda: charts.steps(panels))
            words = captions.of_steps(panels, notice)
        assert isinstance(drawn, Drawing)
        return self._picture("chart", daily or panels, drawn, words)

    def _picture(self, kind: Kind, shown: Hashable, drawing: Drawing, words: Words) -> Picture:
        png = self._drawn(("png", shown), lambda: svg.png(drawing.svg()))
        assert isinstance(png, bytes)
        name = f"{kind}-{sha256(png).hexdigest()[:20]}@alerts"
        return Picture(kind=kind, cid=name, png=png, width=drawing.width, height=drawing.height, words=words)

    def _drawn(self, key: Hashable, make: Callable[[], object]) -> object:
        """What was made of this before, or is made now."""
        if key not in self._kept:
            while len(self._kept) >= 2 * self._keep:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = make()
        return self._kept[key]


def picture_view(picture: Picture) -> dict[str, object]:
    """A picture for templates."""
    return {
        "kind": picture.kind,
        "title": picture.words.title,
        "cid": picture.cid,
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
        "caption": picture.caption,
        "head": list(picture.words.head),
        "rows": [list(row) for row in picture.rows],
    }


def _unless_it_fails(make: Callable[[], Picture | None], notice: Notice) -> Picture | None:
    try:
        return make()
    except Exception:  # no picture rather than no mail
        _log.exception("a picture of alert %s, version %d, cannot be drawn", notice.alert_id, notice.version)
        return None


def _spot(place: object) -> Spot | None:
    """A place of an alert's fields, if it is one."""
    view = place_view(place) if isinstance(place, dict) else None
    if view is None or not isinstance(place, dict):
        return None
    name = str(view["name"])
    return Spot(
        name=f"{name}?" if view["doubtful"] else name,
        country=str(view["country_code"]),
        precision=place["precision"],
        lat=place.get("lat"),
        lon=place.get("lon"),
    )


def _spots(notice: Notice, others: Iterable[Notice], main: Spot) -> Iterator[Spot]:
    """The other towns that the mail tells of: those of the other alerts in it, and those in the evidence."""
    seen = {main.point}
    found = [_spot(one.fields.get("place")) for one in others]
    for item in notice.evidence:
        place = item.hit.place
        if place is not None:
            found.append(
                Spot(name=place.name, country=place.country, precision=place.precision, lat=place.lat, lon=place.lon)
            )
    for spot in found:
        if spot is not None and spot.precision in ("city", "admin2") and spot.point and spot.point not in seen:
            seen.add(spot.point)
            yield spot


__all__: Final = ["Picture", "Pictures", "picture_view"]
