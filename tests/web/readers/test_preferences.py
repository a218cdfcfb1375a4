"""By the link of a mail a reader changes what they get, takes a copy of what is kept, and is forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import Engine

from alerts.notify.message import passes
from alerts.read.places import Gazetteer
from alerts.readers import Near, Quiet, Wishes
from alerts.store import alerts, outbox, people, suppression
from alerts.store.database import reading
from alerts.types import SEVERITIES, Message
from tests.notify.joining.world import SECRET, World
from tests.store import values
from tests.store.mailed import New
from tests.web.html import Page
from tests.web.joining import Pages

MANY = Wishes(
    events=("attack",),
    countries=("SYR",),
    near=(Near(name="Goma, Democratic Republic of the Congo", lat=-1.67, lon=29.23, km=50, country="COD"),),
    min_severity="severe",
    rhythm="daily",
    hour=6,
    time_zone="Africa/Kinshasa",
    quiet=Quiet(begin=time(22), end=time(6)),
    wake_from="extreme",
    discreet=True,
)


@pytest.fixture
def pages(engine: Engine, gazetteer: Gazetteer) -> Pages:
    made = Pages(World(engine=engine), gazetteer)
    made.reader(wishes=MANY)
    return made


def filled(text: str) -> list[tuple[str, str]]:
    """What a browser sends when nobody touches the form."""
    page, pairs, select = Page(text), [], ""
    for tag, attributes in page.elements:
        name = attributes.get("name", "")
        if tag == "select":
            select = name
        elif tag == "option" and "selected" in attributes and select:
            pairs.append((select, attributes["value"]))
        elif tag == "input" and (attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes):
            pairs.append((name, attributes.get("value", "")))
        elif tag == "textarea":
            pairs.append((name, ""))
    return [(name, value) for name, value in pairs if name]


def changed(pairs: list[tuple[str, str]], **values: str) -> list[tuple[str, str]]:
    given = {name.replace("__", "-"): value for name, value in values.items()}
    return [(name, given.get(name, value)) for name, value in pairs]


def wishes(pages: Pages) -> Wishes:
    who = pages.world.person()
    assert who is not None
    return who.wishes


def test_the_form_shows_what_holds_and_saved_as_it_is_changes_nothing(pages: Pages) -> None:
    link = pages.link("/preferences")
    shown = pages.see(link)
    assert shown.status == 200 and "within 50 km of Goma" in shown.text
    answer = pages.send(link, filled(shown.text))
    assert answer.status == 200 and "Nothing was different" in answer.text and wishes(pages) == MANY


def test_what_is_changed_is_told_in_words_with_what_comes_from_now_on(pages: Pages) -> None:
    link = pages.link("/preferences")
    fields = changed(filled(pages.see(link).text), severity="extreme", km__1="20", rhythm="now")
    text = Page(pages.send(link, fields).text).text
    assert "Severity: extreme (before: severe or worse)" in text
    assert "Mails: at once (before: in one mail a day, at 06:00)" in text
    assert (
        "You will get: alerts about attack in Syria or within 20 km of Goma, Democratic Republic of the Congo, "
        "extreme, at once, but not from 22:00 to 06:00 unless extreme (Africa/Kinshasa)." in text
    )
    near = replace(MANY.near[0], km=20)
    assert wishes(pages) == replace(MANY, min_severity="extreme", rhythm="now", near=(near,))


def test_whatever_may_wake_a_reader_can_be_chosen_in_the_form(pages: Pages) -> None:
    chosen, select = [], ""
    for tag, attributes in Page(pages.see(pages.link("/preferences")).text).elements:
        select = attributes.get("name", "") if tag == "select" else select
        if tag == "option" and select == "wake":
            chosen.append(attributes["value"])
    assert sorted(chosen) == sorted(["", *SEVERITIES])


def test_a_box_that_is_unticked_is_unticked(pages: Pages) -> None:
    link = pages.link("/preferences")
    fields = [pair for pair in filled(pages.see(link).text) if pair[0] not in ("discreet", "event")]
    pages.send(link, fields)
    assert wishes(pages) == replace(MANY, discreet=False, events=())


def test_a_slip_saves_nothing_and_loses_nothing(pages: Pages) -> None:
    link = pages.link("/preferences")
    fields = changed(filled(pages.see(link).text), zone="Kinshaza", name__2="Tripoli", pause="soon", hour="9")
    answer = pages.send(link, fields)
    assert answer.status == 422 and wishes(pages) == MANY
    assert "Did you mean Africa/Kinshasa?" in answer.text and "Which “Tripoli”?" in answer.text
    # Of lines of places that nobody filled in, the form may show more or fewer.
    assert sorted(pair for pair in filled(answer.text) if pair[1]) == sorted(pair for pair in fields if pair[1])
    assert {"zone", "place-2", "pause"} <= {
        one["id"].removesuffix("-fault") for one in Page(answer.text).all("p") if one.get("class") == "fault"
    }


def test_who_left_sees_that_nothing_comes_and_how_to_begin_again(pages: Pages) -> None:
    pages.world.leave(pages.world.token("unsubscribe"))
    page = Page(pages.see(pages.link("/preferences")).text)
    assert "You get no alerts at present" in page.text
    assert "/desk/subscribe" in [one["href"] for one in page.all("a")][5:]
    pages.send(pages.link("/preferences"), filled(pages.see(pages.link("/preferences")).text))
    who = pages.world.person()
    assert who is not None and not who.active


@pytest.mark.parametrize(
    ("page", "method"),
    [
        *(("/preferences/{}", method) for method in ("GET", "POST")),
        *(("/forget/{}", method) for method in ("GET", "POST")),
        ("/preferences/{}/copy.json", "GET"),
    ],
)
def test_a_link_that_is_none_or_too_old_is_refused(pages: Pages, page: str, method: str) -> None:
    old = passes.make(SECRET, "preferences", 1, now=pages.world.now - timedelta(days=31))
    before = pages.world.dump()
    for token in (
        "x",
        old,
        passes.make(SECRET, "unsubscribe", 1),
        passes.make(SECRET, "preferences", 9, now=pages.world.now),
    ):
        path = page.format(token)
        answer = pages.send(path, [("whole", "yes")]) if method == "POST" else pages.see(path)
        assert answer.status == 403 and answer.headers["cache-control"] == "no-store"
    assert pages.world.dump() == before


def test_leaving_ends_the_links_of_all_mails_before(pages: Pages) -> None:
    old = pages.link("/preferences")
    pages.world.leave(pages.world.token("unsubscribe"))
    assert pages.see(old).status == 403 and pages.see(f"{old}/copy.json").status == 403
    assert pages.see(pages.link("/preferences")).status == 200  # as the last letter has it


def test_a_stranger_has_no_preferences(pages: Pages) -> None:
    pages.world.ask("zoe@example.org")
    assert pages.see(pages.link("/preferences", "zoe@example.org")).status == 403


def test_the_copy_holds_all_that_is_kept(pages: Pages) -> None:
    pages.world.ask()  # writes a letter
    answer = pages.see(f"{pages.link('/preferences')}/copy.json")
    kept = json.loads(answer.text)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert kept["address"] == "ana@example.org" and kept["wishes"]["countries"] == ["SYR"]
    assert [one["letter"] for one in kept["mails"]] == ["already"]
    assert {"verdicts", "acts", "muted", "bounces", "confirmed"} <= kept.keys()


def test_looking_at_the_page_erases_nothing_and_the_button_does(pages: Pages) -> None:
    pages.world.ask()
    link = pages.link("/forget")
    assert pages.see(link).status == 200 and pages.world.person() is not None
    answer = pages.send(link)
    assert answer.status == 200 and "is gone" in answer.text
    left = pages.world.dump()
    assert left["person"] == left["outbox"] == left["suppressed"] == []


def test_who_is_erased_may_never_be_written_to_again(pages: Pages) -> None:
    pages.send(pages.link("/forget"), [("never", "yes")])
    assert pages.world.dump()["person"] == []
    with reading(pages.world.engine) as conn:
        mark = people.mark_of(conn, "ana@example.org")
        assert suppression.is_suppressed(conn, mark) == "never"
    pages.send("/subscribe", [("address", "ana@example.org")])
    assert pages.world.count() == 0


def test_who_is_named_in_the_configuration_is_not_erased_by_a_link(pages: Pages) -> None:
    with pages.world.writing() as conn:
        people.assign_duties(conn, "operator", ["ana@example.org"], pages.world.now)
    answer = pages.send(pages.link("/forget"))
    assert answer.status == 403 and "configuration" in answer.text and pages.world.person() is not None


def test_a_key_can_be_given_only_where_mails_can_be_encrypted(pages: Pages) -> None:
    link = pages.link("/preferences")
    assert [one["id"] for one in Page(pages.see(link).text).all("textarea")] == ["key"]
    pages.open(pages.joining.desk, check_key=None)
    assert Page(pages.see(link).text).all("textarea") == []


def test_every_field_has_its_label_and_every_hint_its_field(pages: Pages) -> None:
    slip = changed(filled(pages.see(pages.link("/preferences")).text), zone="x", name__2="Tripoli")
    for text in (
        pages.see(pages.link("/preferences")).text,
        pages.send(pages.link("/preferences"), slip).text,
        pages.see("/subscribe").text,
        pages.see(pages.link("/forget")).text,
    ):
        page = Page(text)
        ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
        labelled = {one["for"] for one in page.all("label")}
        asked = [one for tag in ("input", "select", "textarea") for one in page.all(tag) if one.get("type") != "hidden"]
        assert {one["id"] for one in asked} == labelled <= ids
        described = {name for _, one in page.elements for name in one.get("aria-describedby", "").split()}
        assert described <= ids
        assert all("action" in one and one["method"] == "post" for one in page.all("form"))
        assert not page.all("script") and not any("style" in one for _, one in page.elements)


def test_what_a_reader_wrote_is_text_on_the_page(pages: Pages) -> None:
    fields = changed(
        filled(pages.see(pages.link("/preferences")).text), name__2="<script>alert(1)</script>", zone='"><b>'
    )
    page = Page(pages.send(pages.link("/preferences"), fields).text)
    assert not page.all("script") and not page.all("b")


def test_another_sites_page_saves_nothing(pages: Pages) -> None:
    answer = pages.send(pages.link("/preferences"), [("whole", "yes")], Sec_Fetch_Site="cross-site")
    assert answer.status == 403 and wishes(pages) == MANY


def test_what_waits_goes_by_what_the_reader_asks_for_now(pages: Pages) -> None:
    now = pages.world.now
    with pages.world.writing() as conn:
        saved = alerts.save_alert(conn, values.alert(), title="t", summary="s")
        alerts.add_version(conn, saved, Message(kind="new", version=1, at=now, why="news"), title="t", summary="s")
        row = New(alert_id=saved.id, person_id=1, urgency=0, not_before=now + timedelta(days=1), waits="digest")
        outbox.enqueue(conn, [row])
    link = pages.link("/preferences")
    assert pages.send(link, changed(filled(pages.see(link).text), rhythm="now")).status == 200
    assert [row.not_before for row in pages.world.rows() if row.waits == "digest"] == [now]
