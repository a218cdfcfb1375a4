"""Who is looked at for an alert is everybody who wants it."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.notify import audience
from alerts.readers import Near, Person, Wishes
from alerts.store import reach
from alerts.types import CERTAINTIES, SEVERITIES

COUNTRIES = ("COD", "RWA", "SYR", "FJI", "")
REGIONS = ("CD-NK", "RW-04", "SY-ID", "x:COD-east", "ZZ-1")
EVENTS = ("attack", "siege", "disaster", "an own one")

latitudes = st.one_of(st.floats(-90, 90), st.floats(-3, 3), st.sampled_from([-5.0, 0.0, 5.0, 79.9, 90.0]))
longitudes = st.one_of(st.floats(-180, 180), st.floats(27, 32), st.sampled_from([-180.0, 179.9, 180.0, 30.0]))
nears = st.builds(
    Near,
    name=st.just("a place"),
    lat=latitudes,
    lon=longitudes,
    km=st.one_of(st.floats(1, 2000), st.floats(1, 300)),
    country=st.sampled_from(COUNTRIES),
    region=st.sampled_from((*REGIONS, "")),
)
wishes = st.builds(
    Wishes,
    events=st.lists(st.sampled_from(EVENTS), max_size=2).map(tuple),
    countries=st.lists(st.sampled_from(COUNTRIES), max_size=2).map(tuple),
    regions=st.lists(st.sampled_from(REGIONS), max_size=2).map(tuple),
    near=st.lists(nears, max_size=2).map(tuple),
    min_severity=st.sampled_from(SEVERITIES),
    min_certainty=st.sampled_from(CERTAINTIES),
)
points = st.one_of(st.just((None, None)), st.tuples(latitudes, longitudes))


def place(point: tuple[float | None, float | None], **given: Any) -> dict[str, Any]:
    return {"name": "there", "lat": point[0], "lon": point[1], **given}


places = st.none() | st.builds(
    place,
    points,
    id=st.sampled_from(("gn:1", *COUNTRIES, *REGIONS)),
    country=st.sampled_from(COUNTRIES),
    precision=st.sampled_from(["city", "admin2", "admin1", "country"]),
    admin1=st.sampled_from((*REGIONS, None)),
)
alerts = st.fixed_dictionaries(
    {
        "event": st.sampled_from(EVENTS),
        "severity": st.sampled_from(SEVERITIES),
        "certainty": st.sampled_from(CERTAINTIES),
        "place": places,
    }
)
GOMA = Near(name="Goma", lat=-1.68, lon=29.22, km=50, country="COD", region="CD-NK")
GISENYI = place((-1.7, 29.26), id="gn:3", country="RWA", precision="city", admin1="RW-04")
TAVEUNI = Near(name="Taveuni", lat=-16.9, lon=179.9, km=50, country="FJI")
OVER_THE_DATE_LINE = place((-17.0, -179.9), id="gn:4", country="FJI", precision="city", admin1=None)
ALERT = {"event": "attack", "severity": "severe", "certainty": "likely", "place": GISENYI}


def may_want(asked: Wishes, fields: dict[str, Any]) -> bool:
    """As `reach.candidates` asks the database."""
    where = fields["place"]
    return any(
        row["severity"] <= SEVERITIES.index(fields["severity"])
        and row["certainty"] <= CERTAINTIES.index(fields["certainty"])
        and row["events"] & reach.bit(fields["event"])
        and (where is None or row["area"] in reach.areas_of(where))
        for row in reach.rows_of(1, asked)
    )


@settings(max_examples=300)
@example(asked=Wishes(near=(GOMA,)), fields=ALERT)
@example(asked=Wishes(near=(TAVEUNI,)), fields=ALERT | {"place": OVER_THE_DATE_LINE})
@given(asked=wishes, fields=alerts)
def test_nobody_who_wants_an_alert_is_overlooked(asked: Wishes, fields: dict[str, Any]) -> None:
    assert may_want(asked, fields) or not audience.wants(Person(id=1, wishes=asked), fields)


def test_who_asked_for_something_else_is_not_looked_at() -> None:
    others = [
        Wishes(countries=("SYR",)),
        Wishes(regions=("CD-NK",)),
        Wishes(near=(Near(name="Idlib", lat=35.9, lon=36.6, km=50, country="SYR", region="SY-ID"),)),
        Wishes(events=("siege",)),
        Wishes(min_severity="extreme"),
        Wishes(min_certainty="observed"),
    ]
    assert [one for one in others if may_want(one, ALERT)] == []
