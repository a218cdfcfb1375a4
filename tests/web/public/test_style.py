"""The colours can be read, in daylight and at night (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re

import pytest

from alerts.resources import shipped

TEXT_ON_GROUND = [
    *((text, ground) for text in ("ink", "soft", "link") for ground in ("ground", "paper")),
    ("ink", "notice"),
    ("on-mark", "mark"),
    ("on-button", "button"),
    ("severe", "paper"),  # polls that failed
    *(("on-level", level) for level in ("minor", "moderate", "severe", "extreme")),
]


GROUNDS = ("sea", "land", "own", "whole")
MARKS = ("minor", "moderate", "severe", "extreme", "soft", "here", "beside")


def colours(scheme: str, file: str = "style.css") -> dict[str, str]:
    css = (shipped("templates") / "static" / file).read_text()
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    found = colours(scheme)
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_names_and_marks_stand_out_from_land_and_sea(scheme: str, ground: str) -> None:
    found = colours(scheme) | colours(scheme, "map.css")
    assert all(contrast(found[text], found[ground]) >= 4.5 for text in ("ink", "soft"))
    assert all(contrast(found[mark], found[ground]) >= 3 for mark in MARKS)


@pytest.mark.parametrize("file", ["style.css", "map.css", "leaflet.css"])
def test_nothing_is_loaded_from_elsewhere(file: str) -> None:
    css = (shipped("templates") / "static" / file).read_text()
    assert "url(" not in css and "@import" not in css
