"""The pictures of mails and pages: a map of where it happened, a chart of how much of it there was.

Each comes with all it shows in words: a sentence in place of the picture, a caption, and its numbers as a table. Who
reads plain text, or whose mail program holds pictures back, misses nothing. A picture is drawn once and kept; what
cannot be drawn is left out, and the mail goes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final, Literal, TypeVar

from alerts.render import captions, charts, worldmap
from alerts.render.captions import Words
from alerts.render.drawing import svg
from alerts.render.drawing.outlines import Outlines
from alerts.render.drawing.svg import Drawing
from alerts.render.land import Land
from alerts.render.maps import MOST_SPOTS, WIDTH, Cartographer, Plan, Spot
from alerts.render.series import daily_of, steps_of
from alerts.render.view import Notice, country_name, place_view
from alerts.render.worldmap import WorldMaps
from alerts.types import Alert

_log = logging.getLogger(__name__)

Kind = Literal["map", "chart"]
_Made = TypeVar("_Made")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A picture before it is drawn: its words and its size are all that a page needs at once. `shown` tells it from
    others, `plan` is what the map of a place shows."""

    kind: Kind
    width: int
    height: int
    words: Words
    shown: Hashable = field(repr=False)
    draw: Callable[[], Drawing] = field(repr=False, compare=False)
    plan: Plan | None = field(default=None, repr=False)


class Pictures:
    """Draws the pictures of mails and pages, and keeps the last few. Threads may share one. `land` is what maps that a
    browser draws stand on."""

    def __init__(self, *, keep: int = 64) -> None:
        outlines = Outlines()
        self._cartographer, self._world_maps = Cartographer(outlines, country_name), WorldMaps(outlines, country_name)
        self.land = Land(outlines, country_name)
        self._keep = keep
        self._kept: dict[Hashable, object] = {}
        self._keeping = threading.Lock()

    def of(
        self, notice: Notice, *, others: Sequence[Notice] = (), covered: Sequence[Notice] = ()
    ) -> tuple[Picture, ...]:
        """The pictures of one version of an alert, in a mail with `others`, whose places are on the map, too. The
        same bytes every time. What was wrong has none; what is too odd to be drawn is left out."""
        makers = (
            lambda: self._picture(self._map_of(notice, [*others, *covered])),
            lambda: self._picture(self._daily(notice) or self._steps(notice)),
        )
        return _made(makers, notice)

    def sketches(self, notice: Notice) -> tuple[Sketch, ...]:
        """What there is to draw of one version of an alert: a map, then charts, as far as there is something to
        show."""
        makers = (lambda: self._map_of(notice, ()), lambda: self._daily(notice), lambda: self._steps(notice))
        return _made(makers, notice)

    def place(self, place: Mapping[str, Any], others: Sequence[Spot]) -> Sketch | None:
        """The map of a place (the JSON form of `types.Place`), with other places as far as they lie on it."""
        main = _spot(place)
        if main is None:
            return None
        spots = tuple(one for one in others if one.point != main.point)[:MOST_SPOTS]
        return self._map(main, spots, place, captions.of_place, shaded=False)

    def world(self, alerts: Iterable[Alert]) -> Sketch:
        """The map of many alerts."""
        marks = worldmap.marks_of(alerts)
        return Sketch(
            kind="map",
            width=worldmap.WIDTH,
            height=worldmap.HEIGHT,
            words=worldmap.words_of(marks, country_name),
            shown=("world", *marks),
            draw=lambda: self._world_maps.draw(marks),
        )

    def svg(self, sketch: Sketch) -> bytes:
        """The picture for a page, as lines and letters."""
        return self._drawing(sketch).svg_for_screens(sketch.words.alt).encode()

    def png(self, sketch: Sketch) -> bytes:
        """The picture as points. It takes twenty times as long as the other."""
        made = self._drawn(("png", sketch.shown), lambda: svg.png(self._drawing(sketch).svg()))
        assert isinstance(made, bytes)
        return made

    def _map_of(self, notice: Notice, others: Sequence[Notice]) -> Sketch | None:
        main = _spot(notice.fields.get("place"))
        if main is None:
            return None
        spots = tuple(_spots(notice, others, main))[:MOST_SPOTS]
        return self._map(main, spots, notice.fields["place"], captions.of_map)

    def _map(
        self,
        main: Spot,
        spots: tuple[Spot, ...],
        place: Mapping[str, Any],
        said: Callable[..., Words],
        *,
        shaded: bool = True,
    ) -> Sketch | None:
        view = place_view(place)
        found = self._drawn(("plan", main, spots), lambda: self._cartographer.plan(main, spots))
        if not isinstance(found, Plan) or view is None:
            return None
        plan = replace(found, shaded=shaded)
        return Sketch(
            kind="map",
            width=WIDTH,
            height=plan.height,
            words=said(plan, spots, view, country_name(main.country)),
            shown=(main, spots) if shaded else (main, spots, "place"),
            draw=lambda: self._cartographer.drawn(plan).drawing,
            plan=plan,
        )

    def _daily(self, notice: Notice) -> Sketch | None:
        daily = daily_of(notice)
        if daily is None:
            return None
        return self._chart(daily, lambda: charts.daily(daily), captions.of_daily(daily, notice))

    def _steps(self, notice: Notice) -> Sketch | None:
        panels = steps_of(notice)
        if not panels:
            return None
        return self._chart(panels, lambda: charts.steps(panels), captions.of_steps(panels, notice))

    def _chart(self, shown: Hashable, draw: Callable[[], Drawing], words: Words) -> Sketch:
        drawn = self._drawn(shown, draw)
        assert isinstance(drawn, Drawing)
        return Sketch(kind="chart", width=drawn.width, height=drawn.height, words=words, shown=shown, draw=draw)

    def _picture(self, sketch: Sketch | None) -> Picture | None:
        if sketch is None:
            return None
        png = self.png(sketch)
        name = f"{sketch.kind}-{sha256(png).hexdigest()[:20]}@alerts"
        return Picture(
            kind=sketch.kind, cid=name, png=png, width=sketch.width, height=sketch.height, words=sketch.words
        )

    def _drawing(self, sketch: Sketch) -> Drawing:
        drawn = self._drawn(sketch.shown, sketch.draw)
        assert isinstance(drawn, Drawing)
        return drawn

    def _drawn(self, key: Hashable, make: Callable[[], object]) -> object:
        """What was made of this before, or is made now."""
        with self._keeping:
            if key in self._kept:
                return self._kept[key]
        made = make()
        with self._keeping:
            while len(self._kept) >= 2 * self._keep:
                self._kept.pop(next(iter(self._kept)))
            return self._kept.setdefault(key, made)


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


def _made(makers: Iterable[Callable[[], _Made | None]], notice: Notice) -> tuple[_Made, ...]:
    """What can be made of an alert; nothing of one that was wrong."""
    if notice.kind == "cancel":
        return ()
    return tuple(made for make in makers if (made := _unless_it_fails(make, notice)) is not None)


def _unless_it_fails(make: Callable[[], _Made | None], notice: Notice) -> _Made | None:
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


__all__: Final = ["Picture", "Pictures", "Sketch", "Spot", "picture_view"]
