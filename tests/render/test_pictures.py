"""A mail's pictures: what they show, their words, and that they never stop a mail."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.render.mail import mail_renderer
from alerts.render.pictures import Picture, Pictures, Spot, picture_view
from alerts.render.samples import sample_notices
from alerts.render.series import daily_of, steps_of
from alerts.render.view import Notice, Numbers, Site
from alerts.resources import shipped
from tests.drawn import PICTURES
from tests.render.test_mail import SITE, changed, unexpected

NEW, UPDATE, CLOSE, CANCEL, BARE = sample_notices()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def of(notice: Notice, kind: str, **more: Any) -> Picture:
    [found] = [one for one in PICTURES.of(notice, **more) if one.kind == kind]
    return found


def placed(notice: Notice, **more: Any) -> Notice:
    return changed(notice, place={**notice.fields["place"], **more})


def test_an_alert_has_a_map_and_one_that_counts_a_chart() -> None:
    assert [one.kind for one in PICTURES.of(NEW)] == ["map"]
    assert [one.kind for one in PICTURES.of(UPDATE)] == ["map", "chart"]
    assert PICTURES.of(CANCEL) == () and PICTURES.of(BARE) == ()


def test_a_second_attempt_makes_the_same_bytes() -> None:
    assert PICTURES.of(UPDATE) == Pictures().of(UPDATE)


def test_pictures_are_drawn_once() -> None:
    first, again = PICTURES.of(UPDATE), PICTURES.of(replace(UPDATE, version=7))
    assert all(one.png is other.png for one, other in zip(first, again, strict=True))


def test_pictures_are_small_and_not_drawn_again_while_they_are_kept() -> None:
    assert all(len(one.png) < 26_000 for notice in (NEW, UPDATE, CLOSE) for one in PICTURES.of(notice))
    few = Pictures(keep=1)
    for number in range(4):
        few.of(placed(NEW, lat=35.0 + number / 10))
    assert len(few._kept) <= 2


def test_the_words_of_a_town_say_where_it_lies() -> None:
    words = of(placed(NEW, confidence=1.0), "map").words
    assert words.alt == "Map of Syria with a dot at Sample Town, in the west of the country."
    assert words.caption == "Sample Town, Idlib, Syria"
    assert words.rows == (("Sample Town, Idlib, Syria", "35.60 N, 36.70 E"),)


def test_the_words_of_a_region_and_of_a_country_claim_no_point() -> None:
    region = of(placed(NEW, precision="admin1", name="Idlib", confidence=1.0), "map").words
    assert region.alt == "Map of Syria with a ring around Idlib, in the west of the country."
    assert (region.caption, region.rows[0][1]) == ("Somewhere in Idlib, Syria", "around 35.6 N, 36.7 E")
    country = of(placed(NEW, precision="country", name="Syria", admin1_name="", confidence=1.0), "map").words
    assert country.alt == "Map of Syria, all of it shaded: where in it is not known."
    assert (country.caption, country.rows) == ("Somewhere in Syria", (("Syria", "not known"),))


def test_a_position_that_cannot_be_is_not_told() -> None:
    words = of(replace(placed(NEW, lat=-35.0, lon=-140.0, confidence=1.0), evidence=()), "map").words
    assert words.alt == "Map of Syria, all of it shaded: where Sample Town lies is not known."
    assert words.rows == (("Sample Town, Idlib, Syria", "not known"),)


def test_a_place_in_doubt_is_said_to_be() -> None:
    words = of(NEW, "map").words
    assert "not certain" in words.caption and "not certain" in words.alt


def test_other_places_of_the_mail_and_of_the_evidence_are_in_the_table() -> None:
    aleppo = placed(UPDATE, id="gn:2", name="Aleppo", lat=36.2, lon=37.16)
    place = UPDATE.evidence[0].hit.place
    assert place is not None
    homs = replace(place, id="gn:3", name="Homs", lat=34.73, lon=36.71)
    item = replace(NEW.evidence[0], hit=replace(NEW.evidence[0].hit, place=homs))
    words = of(replace(NEW, evidence=(item,)), "map", others=(aleppo, CANCEL)).words
    assert [row[0] for row in words.rows] == ["Sample Town, Idlib, Syria", "Aleppo?", "Homs"]
    assert words.head == ("Place", "Position", "Distance") and words.rows[1][2] == "79 km"
    assert words.alt.endswith("Also marked: Aleppo? and Homs.")


def test_the_words_of_counts_say_what_the_chart_shows() -> None:
    words = of(UPDATE, "chart").words
    assert words.alt == (
        "Bar chart of reports a day, 6 January 2026 to 2 March 2026: on the 3 days of the alert, up to 2 Mar, at most "
        "5 a day; usual 0.4 a day; most days before between 0 and 2."
    )
    assert words.rows[0] == ("24 Feb to 2 Mar", "12", "0 · 1 · 0 · 0 · 4 · 2 · 5")
    counts = [int(count) for row in reversed(words.rows) for count in row[2].split(" · ")]
    assert counts == UPDATE.fields["series"]["counts"]


@pytest.mark.parametrize(
    ("test", "days", "usual", "a_day", "said"),
    [
        ("reports", 3, 1.5, 0.5, "usual"),
        ("ears", 1, 40.0, 40.0, "usual"),
        ("new wave", 7, 70.0, 10.0, "usual"),
        ("record", 30, 900.0, 30.0, "highest before"),
        ("growth", 3, 6.0, 2.0, "when last told"),
    ],
)
def test_what_is_usual_is_drawn_for_a_day(test: str, days: int, usual: float, a_day: float, said: str) -> None:
    spike = {**UPDATE.fields["spike"], "test": test, "days": days, "usual": usual}
    found = daily_of(changed(UPDATE, spike=spike))
    assert found is not None
    assert (found.usual, found.usual_is, found.marked) == (a_day, said, days)


def test_what_most_days_are_like_leaves_out_the_days_of_the_alert_and_outliers() -> None:
    counts = [1.0, 2.0] * 20 + [900.0] + [50.0] * 3
    series = {"first": (UPDATE.at.date() - timedelta(days=43)).isoformat(), "counts": counts}
    found = daily_of(changed(UPDATE, series=series, spike={**UPDATE.fields["spike"], "day": "2026-03-02"}))
    assert found is not None and found.band == (1.0, 2.0)


def told(*numbers: tuple[str, float]) -> Notice:
    history = tuple(
        Numbers(
            at=NOON + timedelta(hours=place),
            numbers={name: {"low": low, "high": low, "stated": low, "unit": "people", "text": ""}},
        )
        for place, (name, low) in enumerate(numbers)
    )
    return replace(NEW, at=NOON + timedelta(days=1), history=history)


def test_numbers_that_change_from_version_to_version_are_a_chart() -> None:
    words = of(told(("killed", 12.0), ("killed", 30.0)), "chart").words
    assert words.alt == "Chart of what was told from 2 March 2026 to 2 March 2026. Killed: 12, then 30."
    assert words.head == ("Told (UTC)", "Killed")
    assert words.rows == (("2 Mar 13:00", "30"), ("2 Mar 12:00", "12"))


def test_numbers_that_stay_are_none_and_later_versions_are_not_shown() -> None:
    assert steps_of(told(("killed", 12.0), ("killed", 12.0))) == ()
    assert steps_of(replace(told(("killed", 12.0), ("killed", 30.0)), at=NOON)) == ()


def test_the_gravest_numbers_are_drawn() -> None:
    every = [(name, low) for low in (5.0, 9.0) for name in ("houses", "injured", "killed", "displaced")]
    assert [panel.label for panel in steps_of(told(*every))] == ["killed", "displaced"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["place", "series", "spike", "numbers"]), JSON, min_size=1))
def test_odd_data_stop_no_mail(odd: dict[str, Any]) -> None:
    logging.disable(logging.CRITICAL)
    try:
        assert all(one.png for one in PICTURES.of(changed(UPDATE, **odd)))
    finally:
        logging.disable(logging.NOTSET)


def test_what_cannot_be_drawn_is_logged_and_the_rest_is_drawn(caplog: pytest.LogCaptureFixture) -> None:
    found = PICTURES.of(changed(UPDATE, series={"first": "long ago", "counts": [1, 2]}))
    assert [one.kind for one in found] == ["map"]
    assert "a picture of alert 7, version 2, cannot be drawn" in caplog.text


def test_a_mail_names_each_of_its_pictures_and_says_the_same_in_words() -> None:
    mail = mail_renderer(SITE, report=unexpected, pictures=PICTURES).render(UPDATE)
    assert [one.cid for one in mail.pictures] == re.findall(r'src="cid:([^"]*)"', mail.html)
    assert len(mail.html.encode()) + sum(len(one.png) for one in mail.pictures) * 1.4 < 100_000
    for one in PICTURES.of(UPDATE):
        assert f'alt="{one.alt}"' in mail.html and one.caption in mail.text
        for cell in (cell for row in one.rows for cell in row):
            assert f">{cell}</span></td>" in mail.html and cell in mail.text


def test_a_picture_that_a_users_template_leaves_out_is_not_in_the_mail(tmp_path: Any) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/alert.html").write_text("<p>{{ title }}</p>")
    mail = mail_renderer(Site(), own=tmp_path, report=unexpected, pictures=PICTURES).render(UPDATE)
    assert mail.pictures == ()


def test_a_name_with_markup_is_only_words() -> None:
    notice = placed(NEW, name='"><script>alert(1)</script>', confidence=1.0)
    mail = mail_renderer(SITE, report=unexpected, pictures=PICTURES).render(notice)
    assert "<script" not in mail.html and len(mail.pictures) == 1


def test_the_guide_names_every_field_of_a_picture() -> None:
    guide = (shipped("templates") / "README.md").read_text()
    assert set(picture_view(PICTURES.of(NEW)[0])) <= set(re.findall(r"`\.(\w+)`", guide))


def test_a_page_knows_words_and_size_of_a_map_before_it_is_drawn() -> None:
    fresh = Pictures()
    [sketch] = fresh.sketches(NEW)
    [picture] = fresh.of(NEW)
    assert (sketch.kind, sketch.width, sketch.height, sketch.words) == (
        picture.kind, picture.width, picture.height, picture.words,
    )  # fmt: skip
    assert fresh.png(sketch) == picture.png


def test_a_page_has_both_charts_of_an_alert_that_counts_and_has_told_several_figures() -> None:
    assert daily_of(UPDATE) is not None
    told = [
        Numbers(
            at=UPDATE.at - timedelta(hours=number),
            numbers={"killed": {"low": number, "high": number, "stated": number, "unit": "people", "text": ""}},
        )
        for number in (9, 2)
    ]
    sketches = PICTURES.sketches(replace(UPDATE, history=told))
    assert [one.words.title for one in sketches] == ["On the map", "Day by day", "From report to report"]
    assert PICTURES.sketches(CANCEL) == () and PICTURES.sketches(BARE) == ()


def test_a_picture_on_a_page_says_what_it_shows_to_who_opens_it_alone() -> None:
    [sketch, *_] = PICTURES.sketches(UPDATE)
    svg = PICTURES.svg(sketch).decode()
    assert f"<title>{sketch.words.alt}</title>" in svg and "<script" not in svg


def test_the_map_of_a_place_has_the_other_places_that_lie_on_it() -> None:
    place = NEW.fields["place"]
    near = Spot(name="Near", country=place["country"], precision="city", lat=place["lat"] + 0.3, lon=place["lon"])
    far = replace(near, name="Far", lat=-place["lat"], lon=-90.0)
    sketch = PICTURES.place(place, [near, far])
    assert sketch is not None and "Alerts of late at: Near." in sketch.words.alt
    assert b">Near<" in PICTURES.svg(sketch) and b"Far" not in PICTURES.svg(sketch)
