"""The start page: what is new and bad, where, and how to hear of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.store.database import writing
from tests.web.archive import GOMA, LEBANON, NOW, Told, change, tell
from tests.web.client import ask
from tests.web.html import Page

DAY = timedelta(days=1)


def test_an_empty_archive_says_so(app: Starlette) -> None:
    page = Page(ask(app, "/").text)
    assert "No alerts yet" in page.text
    assert "Told last" not in page.text


def test_the_worst_that_is_open_comes_first_and_what_is_over_or_old_is_only_among_the_last(
    app: Starlette, engine: Engine
) -> None:
    with writing(engine) as conn:
        tell(conn, title="T minor", severity="minor")
        tell(conn, title="T extreme", severity="extreme", place=GOMA, start=NOW - 2 * DAY)
        tell(conn, title="T over", severity="extreme", state="closed", versions=(Told(), Told(kind="close", hours=3)))
        tell(conn, title="T old", severity="extreme", place=LEBANON, start=NOW - 9 * DAY)
    page = Page(ask(app, "/").text)
    links = [text for text in page.inside("a") if text.startswith("T ")]
    assert links == ["T extreme", "T minor", "T over", "T minor", "T extreme", "T old"]
    assert "Over · " in page.text


def test_the_page_counts_what_is_open_and_what_is_new(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, severity="severe", start=NOW - timedelta(hours=5))
        tell(conn, severity="severe", place=GOMA, start=NOW - 3 * DAY)
        tell(conn, state="ended", start=NOW - 3 * DAY)
        tell(conn, versions=())
    page = Page(ask(app, "/").text)
    for words in ("Open now2", "Countries2", "New in 24 hours1", "New in 7 days3"):
        assert words in page.text
    assert "2 severe" in page.text
    assert "/desk/alerts?state=open&severity=severe" in [link["href"] for link in page.all("a")]


def test_what_waits_for_a_person_is_shown_as_it_was_told(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        change(conn, tell(conn, title="T1", severity="minor"), severity="extreme", triage="waiting", waits_since=NOW)
    page = Page(ask(app, "/").text)
    assert "1 minor" in page.text
    assert "xtreme" not in page.text


def test_older_links_with_a_question_lead_to_the_archive(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, title="T1", event="siege")
        tell(conn, title="T2", event="attack")
    page = Page(ask(app, "/?event=siege").text)
    assert [text for text in page.inside("a") if text.startswith("T")] == ["T1"]


def test_the_page_is_light_and_leads_to_all_ways_of_hearing(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(30):
            tell(conn, title=f"T{number} " + "long " * 40, summary="s" * 2_000, severity="severe")
    answer = ask(app, "/")
    assert len(answer.body) < 30_000
    links = [link["href"] for link in Page(answer.text).all("a")]
    for path in ("/alerts", "/alerts.atom", "/alerts.json", "/alerts.geojson", "/alerts.csv", "/data", "/places"):
        assert f"/desk{path}" in links
