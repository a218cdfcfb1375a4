"""A digest says all that waited: a list by country, and more about the worst as long as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.errors import Fault
from alerts.render.digest import MOST, Digest, size, span
from alerts.render.mail import MailRenderer, MailText, mail_renderer, own_values
from alerts.render.samples import sample_evidence, sample_fields, sample_notices
from alerts.render.view import Notice, Site
from tests.render.reader import personal

SITE = Site(name="Duty desk", base_url="https://alerts.example", contact="desk@alerts.example")
DAY = date(2026, 3, 3)
TAIZ = {"id": "gn:70225", "name": "Taiz", "country": "YEM", "precision": "city", "admin1_name": "Taizz"}
GOMA = {"id": "gn:216281", "name": "Goma", "country": "COD", "precision": "city", "admin1_name": "North Kivu"}


def unexpected(fault: Fault) -> None:
    raise AssertionError(fault)


def notice(number: int = 1, **fields: Any) -> Notice:
    return Notice(
        alert_id=str(number),
        version=1,
        kind="new",
        at=datetime(2026, 3, 3, 6, 0, tzinfo=UTC),
        why="first report",
        changes=(),
        since=None,
        fields=sample_fields() | {"id": str(number), "title": f"Alert number {number}", "place": TAIZ} | fields,
        evidence=sample_evidence(),
    )


def digest(notices: Sequence[Notice], **more: Any) -> Digest:
    levels = [one.fields["severity"] for one in notices]
    values: dict[str, Any] = {"count": len(notices), "first": DAY, "last": DAY}
    bad = {"extreme": levels.count("extreme"), "severe": levels.count("severe")}
    return Digest(notices=tuple(notices), **values | bad | more)


def renderer(own: Path | None = None) -> MailRenderer:
    return mail_renderer(SITE, own=own, report=unexpected)


def render(*notices: Notice, **more: Any) -> MailText:
    return renderer().digest(digest(notices, **more))


def test_the_subject_counts_the_alerts_and_the_bad_ones() -> None:
    assert render(notice(1), notice(2), notice(3, severity="minor")).subject == "Alerts of 3 March: 3 (2 severe)"
    assert render(notice(1, severity="minor"), count=7).subject == "Alerts of 3 March: 7"
    both = render(notice(1, severity="extreme"), notice(2))
    assert both.subject == "Alerts of 3 March: 2 (1 extreme, 1 severe)"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (DAY, DAY, "3 March"),
        (date(2026, 3, 2), DAY, "2 to 3 March"),
        (date(2026, 2, 27), DAY, "27 February to 3 March"),
        (date(2025, 12, 31), date(2026, 1, 1), "31 December 2025 to 1 January 2026"),
    ],
)
def test_the_days_are_said_in_few_words(first: date, last: date, said: str) -> None:
    assert span(first, last) == said


def test_alerts_stand_by_country_in_the_order_of_the_worst() -> None:
    text = render(notice(1, place=GOMA), notice(2), notice(3, place=GOMA), notice(4, place=None)).text
    wanted = [
        "DEMOCRATIC REPUBLIC OF THE CONGO",
        "1. Alert number 1",
        "2. Alert number 3",
        "YEMEN",
        "3. Alert number 2",
    ]
    places = [text.index(words) for words in [*wanted, "PLACE NOT KNOWN", "4. Alert number 4"]]
    assert places == sorted(places)


def test_a_line_says_what_where_how_many_and_how_bad() -> None:
    text = render(notice(1)).text
    listed = text.split("----")[0]
    assert "1. Alert number 1\n   Severe, not confirmed | Taiz, Taizz, Yemen | Killed: 12" in listed


def test_what_came_of_an_alert_is_marked() -> None:
    notices = [replace(one, alert_id=str(number)) for number, one in enumerate(sample_notices(), 1)]
    text = render(*notices).text
    for mark in ("[Update 1] ", "[Over] ", "[Cancelled: it was wrong] "):
        assert mark in text


def test_what_is_left_out_is_counted_and_linked() -> None:
    mail = render(notice(1), count=60)
    assert "And 59 more that are no worse: https://alerts.example/alerts" in mail.text
    assert 'href="https://alerts.example/alerts"' in mail.html


def test_the_readers_links_stand_with_each_alert_that_is_told_in_full() -> None:
    mail = render(notice(1), notice(2))
    mine = personal(mail, "You asked for it.", {"1": "token-one", "2": "token-two"})
    for part in (mine.text, mine.html):
        for token in ("token-one", "token-two"):
            assert f"https://alerts.example/v/{token}?say=false_alarm" in part
        assert "You asked for it." in part
        assert "\ufdd0" not in part.replace("\ufdd0unsubscribe\ufdd1", "").replace("\ufdd0preferences\ufdd1", "")


def test_a_strangers_words_stay_words() -> None:
    evil = "<script>alert(1)</script>\ufdd0link 1\ufdd1"
    mail = personal(render(notice(1, title=evil)), "why", {"1": "token"})
    assert "<script>" not in mail.html
    assert "alert(1)</script>token" not in mail.text


def long(number: int, letter: str) -> Notice:
    evidence = [replace(item, hit=replace(item.hit, sentence=letter * 900)) for item in sample_evidence()]
    fields = {"title": f"{number} " + letter * 200, "severity": "severe"}
    return replace(notice(number, **fields), evidence=tuple(evidence), changes=(letter * 200,) * 3)


@pytest.mark.parametrize("letter", ["x ", "ሀ ", "ض ", "𞤀𞤁𞤂"])
def test_no_digest_is_larger_than_100_kb(letter: str) -> None:
    mail = render(*(long(number, letter) for number in range(1, MOST + 1)), count=900)
    tokens = {str(number): "t" * 110 for number in range(1, MOST + 1)}
    mine = personal(mail, "reason " * 20, tokens)
    assert size(mine.text, mine.html) < 95_000
    assert "10. " in mine.text
    assert "that are no worse" in mine.text


def test_where_there_is_room_more_than_a_line_is_said_of_each() -> None:
    text = render(*(notice(number) for number in range(1, 6))).text
    assert text.count('"At least 12') + text.count("All of it: ") >= 5


def test_a_broken_template_does_not_stop_a_digest(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "digest.txt").write_text("{{ nothing }}")
    faults: list[Fault] = []
    mail = mail_renderer(SITE, own=tmp_path, report=faults.append).digest(digest([notice(1)]))
    assert "Alert number 1" in mail.text
    assert [fault.file.endswith("digest.txt") for fault in faults] == [True]


def test_equal_digests_are_rendered_once() -> None:
    one = renderer()
    assert one.digest(digest([notice(1)])) is one.digest(digest([notice(1)]))
    assert one.digest(digest([notice(1)])) is not one.digest(digest([notice(1)], count=2))


def test_what_does_not_fit_is_counted() -> None:
    mail = render(*(long(number, "𞤀𞤁𞤂") for number in range(1, MOST + 1)), count=900)
    listed = sum(f"\n{number}. " in mail.text for number in range(1, MOST + 1))
    assert 10 <= listed < MOST
    assert f"And {900 - listed} more" in mail.text


def test_values_fill_every_slot_of_a_link() -> None:
    assert set(own_values("why", {"1": "t"})) == {"reason", "link 1"}
