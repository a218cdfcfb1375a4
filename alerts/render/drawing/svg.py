"""Pictures as SVG, written by hand, and as PNG by resvg: what charts and maps are drawn with.

Words come from strangers: they are escaped here, in one place. resvg draws only with the fonts it is given, so every
machine makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Final, Literal

import resvg_py

from alerts.render.drawing import font
from alerts.render.drawing.indexed import indexed
from alerts.render.xmltext import clean

ZOOM: Final = 2  # screens of phones have two pixels and more to each of CSS
_ON_SCREENS: Final = (font.FAMILY, "Verdana", "Noto Sans", "Arial", "sans-serif")
Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Text:
    """Words in a drawing, with what stands before and after them in SVG."""

    words: str
    size: float
    bold: bool
    style: str

    def svg(self, *, fixed: bool) -> str:
        room = f' textLength="{_n(wide)}" lengthAdjust="spacingAndGlyphs"' if fixed and (wide := self._wide()) else ""
        return f"<text{self.style}{room}>{escape(self.words)}</text>"

    def _wide(self) -> float:
        """How wide they are in our font; 0 where it lacks a letter."""
        ours = _font("bold" if self.bold else "normal")
        return ours.width(self.words, self.size) if ours.has(self.words) else 0


@lru_cache(maxsize=2)
def _font(weight: str) -> font.Font:
    return font.Font.shipped(weight)


@dataclass(slots=True)
class Drawing:
    """A picture that is being drawn: things drawn later lie over earlier ones. Sizes are pixels of CSS."""

    width: int
    height: int
    ground: str
    _parts: list[str | _Text] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, **style: object) -> None:
        place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
        self._parts.append(f"<rect {place}{_style(style)}/>")

    def circle(self, x: float, y: float, radius: float, **style: object) -> None:
        edge = {"shape_rendering": "geometricPrecision"}
        self._parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{_style(edge | style)}/>')

    def line(self, points: Iterable[Point], **style: object) -> None:
        self._parts.append(f'<path d="{path(points)}"{_style({"fill": "none"} | style)}/>')

    def area(self, rings: Iterable[Iterable[Point]], **style: object) -> None:
        """What lies within rings; a ring within another is a hole."""
        drawn = "".join(f"{path(ring)}Z" for ring in rings)
        if drawn:
            self._parts.append(f'<path d="{drawn}" fill-rule="evenodd"{_style(style)}/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float,
        fill: str,
        anchor: Anchor = "start",
        bold: bool = False,
        halo: str = "",
    ) -> None:
        """Words whose line of writing begins, is centred or ends at a point; with a `halo`, edged in that colour."""
        place = f' x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"'
        place += ' font-weight="bold"' if bold else ""
        said = clean(words)
        if halo:
            edge = _style({"fill": halo, "stroke": halo, "stroke_width": 3, "stroke_linejoin": "round"})
            self._parts.append(_Text(said, size, bold, f"{place}{edge}"))
        self._parts.append(_Text(said, size, bold, f"{place}{_style({'fill': fill})}"))

    def svg(self) -> str:
        """For resvg, which has our font."""
        return self._written((font.FAMILY,))

    def svg_for_screens(self, title: str) -> str:
        """For browsers, most of which have other fonts: each word keeps the room that ours would take. `title` says
        what it shows, to who opens it by itself."""
        return self._written(_ON_SCREENS, fixed=True, title=f"<title>{escape(clean(title))}</title>")

    def _written(self, fonts: Sequence[str], *, fixed: bool = False, title: str = "") -> str:
        size = f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}"'
        ground = f'<rect width="{self.width}" height="{self.height}" fill="{self.ground}"/>'
        inside = "".join(part if isinstance(part, str) else part.svg(fixed=fixed) for part in self._parts)
        family = f'font-family="{", ".join(fonts)}" font-stretch="condensed"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {family}>{title}{ground}{inside}</svg>'


def png(svg: str) -> bytes:
    """The picture as PNG, `ZOOM` pixels to each of its own. Lines have hard edges: soft ones would be half of the
    file, and at two pixels for each nobody sees them."""
    drawn = resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=ZOOM,
        font_files=font.files(),
        font_family=font.FAMILY,
        skip_system_fonts=True,
        shape_rendering="crisp_edges",
    )
    return indexed(bytes(drawn))


def path(points: Iterable[Point]) -> str:
    """Points as the data of a path, as steps of a tenth of a pixel: a third of the size of absolute ones."""
    out: list[str] = []
    x, y = 0, 0
    for at_x, at_y in points:
        next_x, next_y = round(at_x * 10), round(at_y * 10)
        out.append(f"{'l' if out else 'M'}{(next_x - x) / 10:g} {(next_y - y) / 10:g}")
        x, y = next_x, next_y
    return "".join(out)


def _n(value: float) -> str:
    return f"{round(value, 1):g}"


def _style(style: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{escape(str(value))}"' for name, value in style.items())
