"""The page of one alert: everything that speaks for it, and what it must never do with a stranger's text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine, select, update
from starlette.applications import Starlette

from alerts.store import alerts, codec, incidents, merging
from alerts.store.database import writing
from alerts.store.schema import alert_version
from alerts.types import Claim
from tests.web.archive import DJIBO, NOW, Report, Told, people, tell
from tests.web.client import ask
from tests.web.html import Page


def page_of(app: Starlette, alert_id: str) -> Page:
    answer = ask(app, f"/alerts/{alert_id}")
    assert answer.status == 200
    return Page(answer.text)


def test_the_words_that_fired_are_marked_in_their_sentence(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn)
    page = page_of(app, found)
    assert page.inside("mark") == ["Shells", "fell on"]
    assert "Shells fell on the market of Djibo on Monday, killing a dozen civilians." in page.text


def test_an_article_has_its_source_time_link_rule_parts_numbers_place_and_claims(
    app: Starlette, engine: Engine
) -> None:
    report = Report(
        source="Levant Wire", tier=1, title="Market hit", numbers=(("killed", people(12)),), cited=("the observatory",),
        claims=(Claim(kind="alleged", cue="reportedly", at=2),),
    )  # fmt: skip
    with writing(engine) as conn:
        found = tell(conn, report)
    page = page_of(app, found)
    for words in (
        "Levant Wire", "first-hand, official", "Tuesday 3 March 2026, 09:30 UTC", "Market hit", "weapon: Shells",
        "attack: fell on", "killed: 12 people", "named in the sentence", "an allegation (reportedly)", "observatory",
    ):  # fmt: skip
        assert words in page.text
    assert page.inside("code") == ["shelling", "shelling"]
    link = next(link for link in page.all("a") if link["href"] == "https://news.example/djibo")
    assert link["rel"] == "noopener noreferrer nofollow"


def test_a_copy_stands_under_its_origin_and_counts_for_nothing_by_itself(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, Report(), Report(source="Copying Times", copies=0, hours=1), Report(source="Radio", hours=2))
    page = page_of(app, found)
    assert "2 origins in 3 articles" in page.text
    assert "1 more article of this origin" in page.text
    assert "2 independent origins (Example News and Radio)" in page.text


def test_a_denial_is_shown_apart_and_counts_for_nothing(app: Starlette, engine: Engine) -> None:
    denial = Report(
        source="State Agency", sentence="No shells fell, an official said.", quote="shells fell", counts=False
    )
    with writing(engine) as conn:
        found = tell(conn, Report(), denial, told={"denied_by": ["State Agency"]})
    page = page_of(app, found)
    assert "1 origin in 1 article." in page.text
    assert "What speaks against it" in page.text
    assert "Denied by State Agency." in page.text


def test_severity_and_certainty_come_with_their_reasons_and_numbers_with_their_range(
    app: Starlette, engine: Engine
) -> None:
    numbers = {"killed": people(12, 20, least=12, most=45, sources=4, text="a dozen dead")}
    with writing(engine) as conn:
        found = tell(conn, numbers=numbers, severity="extreme", certainty="possible")
    text = page_of(app, found).text
    assert "Extreme: set by the rule shelling, from 12 to 20 killed." in text
    assert "Possible: one origin so far, Example News." in text
    assert "Sources say 12 to 45, in 4 sources. Printed as a dozen dead" in text
    assert "Djibo, Soum, Burkina Faso (14.10° N, 1.63° W)" in text
    assert "The place is in doubt" in text


def test_the_history_says_of_each_version_what_it_is_why_and_what_changed(app: Starlette, engine: Engine) -> None:
    versions = (
        Told(),
        Told(why="confirmed by a second source: Radio", changes=("12 → 45 killed",), hours=5),
        Told(why="truce holds", kind="close", hours=30),
    )
    with writing(engine) as conn:
        found = tell(conn, versions=versions, state="closed")
    page = page_of(app, found)
    assert page.inside("h3")[:3] == ["Over:", "Update 1:", "First alert:"]
    assert "12 → 45 killed" in page.text
    assert "It is reported to be over. Truce holds." in page.text


def test_a_cancelled_alert_says_first_that_it_was_wrong(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, versions=(Told(), Told(kind="cancel", why="withdrawn")), state="cancelled")
    assert "This alert was wrong. Withdrawn." in page_of(app, found).text


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


def test_a_merged_alert_leads_to_the_one_that_goes_on(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        goes_on, gone = tell(conn), tell(conn)
        record = alerts.get_alert(conn, gone)
        assert record is not None
        merging.drop_evidence(conn, gone, [item.article_id for item in record.evidence])
        over = replace(record.alert, state="merged", merged_into=goes_on)
        alerts.save_alert(conn, over, title=record.title, summary=record.summary)
    page = page_of(app, gone)
    assert "It is the same event as another alert, which goes on." in page.text
    assert any(link["href"].endswith(f"/alerts/{goes_on}") for link in page.all("a"))


def test_a_strangers_text_is_text_wherever_it_stands(app: Starlette, engine: Engine) -> None:
    report = Report(
        source=HOSTILE, title=HOSTILE, sentence=f"{HOSTILE} said.", quote=HOSTILE, parts=((HOSTILE, HOSTILE),),
        claims=(Claim(kind="denied", cue=HOSTILE, at=0),), cited=(HOSTILE,), url="https://news.example/\"><script>",
        numbers=(("killed", people(1, text=HOSTILE)),),
    )  # fmt: skip
    told = Told(why=HOSTILE, changes=(HOSTILE,))
    with writing(engine) as conn:
        found = tell(conn, report, title=HOSTILE, summary=HOSTILE, versions=(told,), numbers={HOSTILE: people(3)})
    for address in ("/", f"/alerts/{found}"):
        answer = ask(app, address)
        page = Page(answer.text)
        assert page.runs_only_files
        pictures = (f"/desk/alerts/{found}/map.svg", "/desk/alerts.svg")
        assert all(one["src"].startswith(pictures) for one in page.all("img"))
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert HOSTILE in page.text


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", "", "x"],
)
def test_only_web_addresses_become_links(app: Starlette, engine: Engine, url: str) -> None:
    with writing(engine) as conn:
        found = tell(conn, Report(url=url, title="The title"))
    page = page_of(app, found)
    ours = ("/desk/", "#main", "#evidence")
    assert all(link["href"].startswith(ours) for link in page.all("a"))
    assert "The title" in page.text


def test_an_alert_with_very_many_articles_is_shown_in_part(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, *(Report(source=f"Paper {number}", hours=number / 10) for number in range(103)))
    text = page_of(app, found).text
    assert "103 origins in 103 articles" in text
    assert "And 3 more origins." in text


@pytest.mark.parametrize(
    "wanted", ["999", "0", "-1", "01", "1x", "١", "1e3", "99999999999999999999", "%00", "..%2f..", "a" * 999]
)
def test_an_alert_that_is_not_there_is_a_404(app: Starlette, engine: Engine, wanted: str) -> None:
    with writing(engine) as conn:
        tell(conn)
    assert ask(app, f"/alerts/{wanted}").status == 404


def test_the_other_alerts_of_the_incident_are_linked_if_readers_were_told_of_them(
    app: Starlette, engine: Engine
) -> None:
    with writing(engine) as conn:
        found = tell(conn)
        incident = incidents.begin(conn, NOW)
        told = tell(conn, title="A hospital hit in Djibo", event="health_attack", incident=incident)
        untold = tell(conn, versions=(), title="Held until confirmed", incident=incident)
        elsewhere = tell(conn, title="Something else")
        incidents.move(conn, [found], incident)
    page = page_of(app, found)
    links = [link["href"] for link in page.all("a")]
    assert f"/desk/alerts/{told}" in links
    assert not {f"/desk/alerts/{one}" for one in (untold, found)} & set(links)
    same, _, _ = page.text.partition("What else happened near it")
    assert "A hospital hit in Djibo" in same and "Something else" not in same
    assert "The same happening" not in page_of(app, elsewhere).text


def test_the_map_comes_with_its_words_its_size_and_its_numbers_and_is_loaded_when_it_is_seen(
    app: Starlette, engine: Engine
) -> None:
    with writing(engine) as conn:
        found = tell(conn)
    page = page_of(app, found)
    [picture] = page.all("img")
    assert "a dot at Djibo" in picture["alt"] and picture["loading"] == "lazy"
    assert int(picture["width"]) == 440 and int(picture["height"]) > 200
    assert "14.10 N, 1.63 W" in page.text and page.all("details")


def test_pictures_are_drawn_as_lines_and_as_points_and_sent_once(app: Starlette, engine: Engine) -> None:
    numbers = ({"killed": people(12)}, {"killed": people(45, 60)})
    with writing(engine) as conn:
        found = tell(conn, versions=(Told(), Told(hours=5)))
        for number, value in enumerate(numbers, start=1):
            here = (alert_version.c.alert_id == int(found)) & (alert_version.c.version == number)
            fields = conn.execute(select(alert_version.c.fields).where(here)).scalar_one()
            conn.execute(update(alert_version).where(here).values(fields=fields | {"numbers": codec.to_json(value)}))
    sources = [one["src"].removeprefix("/desk") for one in page_of(app, found).all("img")]
    assert [one.partition("?")[0] for one in sources] == [f"/alerts/{found}/map.svg", f"/alerts/{found}/chart-1.svg"]
    for address in sources:
        answer = ask(app, address)
        assert answer.headers["content-type"] == "image/svg+xml" and answer.text.startswith("<svg ")
        assert answer.headers["cache-control"] == "public, max-age=86400"
        assert ask(app, address, headers={"If-None-Match": answer.headers["etag"]}).status == 304
        points = ask(app, address.partition("?")[0].replace(".svg", ".png"))
        assert points.body.startswith(b"\x89PNG") and points.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "picture", ["map.gif", "map", "chart-1.svg", "chart-0.svg", "chart-x.svg", "chart-1.png", "chart--1.svg"]
)
def test_a_picture_that_is_not_there_is_a_404(app: Starlette, engine: Engine, picture: str) -> None:
    with writing(engine) as conn:
        found = tell(conn)
    assert ask(app, f"/alerts/{found}/{picture}").status == 404
    assert ask(app, f"/alerts/999/{picture}").status == 404


def test_what_was_wrong_and_what_has_no_place_has_no_map(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        wrong = tell(conn, versions=(Told(), Told(kind="cancel")), state="cancelled")
        nowhere = tell(conn, place=None)
    for found in (wrong, nowhere):
        assert not page_of(app, found).all("img")
        assert ask(app, f"/alerts/{found}/map.svg").status == 404


def test_a_strangers_text_is_text_in_a_picture(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, place=replace(DJIBO, name=HOSTILE))
    drawn = ask(app, f"/alerts/{found}/map.svg").text
    assert "<script" not in drawn and "<img" not in drawn
    ElementTree.fromstring(drawn)


def test_it_says_which_rule_fired_and_leads_to_it_and_to_the_place(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn)
    links = [one["href"] for one in page_of(app, found).all("a")]
    assert "/desk/rules/shelling" in links and "/desk/places/gn:2360615" in links


def test_what_happened_near_it_is_named_the_nearest_first(app: Starlette, engine: Engine) -> None:
    near, far = replace(DJIBO, id="gn:1", name="Near", lat=14.3), replace(DJIBO, id="gn:2", name="Far", lat=9.0)
    with writing(engine) as conn:
        found = tell(conn)
        tell(conn, title="In the next town", place=near)
        tell(conn, title="At the same place")
        tell(conn, title="Far away", place=far)
        tell(conn, title="Long ago", start=NOW - timedelta(days=90))
        tell(conn, title="Was wrong", state="cancelled")
    text = page_of(app, found).text.partition("What else happened near it")[2].partition("What readers were told")[0]
    assert text.index("At the same place") < text.index("In the next town") and "22 km away" in text
    assert not any(words in text for words in ("Far away", "Long ago", "Was wrong"))
