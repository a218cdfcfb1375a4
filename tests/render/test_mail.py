"""The mails as readers get them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import Fault
from alerts.render.mail import MailRenderer, MailText, check_mail_templates, mail_renderer, subject
from alerts.render.samples import sample_evidence, sample_fields, sample_notices
from alerts.render.verdicts import SAYINGS
from alerts.render.view import Notice, Site
from alerts.resources import shipped
from tests.drawn import PICTURES
from tests.render.reader import personal

SITE = Site(name="Duty desk", base_url="https://alerts.example", contact="desk@alerts.example")
NEW, UPDATE, CLOSE, CANCEL, BARE = sample_notices()


def unexpected(fault: Fault) -> None:
    raise AssertionError(fault)


def render(notice: Notice, *, own: Path | None = None, report: Callable[[Fault], None] = unexpected) -> MailText:
    return mail_renderer(SITE, own=own, report=report, pictures=PICTURES).render(notice)


RENDERER = mail_renderer(SITE, report=unexpected, pictures=PICTURES)


def changed(notice: Notice, **fields: Any) -> Notice:
    return replace(notice, fields={**notice.fields, **fields})


def test_counts_of_several_sources_stand_with_their_span() -> None:
    killed = NEW.fields["numbers"]["killed"] | {
        "low": 14,
        "high": 14,
        "stated": 14,
        "least": 12,
        "most": 45,
        "sources": 4,
    }
    assert "Killed: 14 people, between 12 and 45 (4 sources)" in render(changed(NEW, numbers={"killed": killed})).text
    agreed = killed | {"least": 14, "most": 14}
    assert "Killed: 14 people\n" in render(changed(NEW, numbers={"killed": agreed})).text


def test_the_first_five_lines_say_what_where_how_many_since_when_and_how_sure() -> None:
    head = "\n".join(render(NEW).text.splitlines()[:5])
    for word in (
        "Strike on a market in Sample Town",
        "Severe, likely, not confirmed",
        "Sample Town, Idlib, Syria",
        "since 2 March 2026",
        "Killed: 12 to 45 people",
        "about 6,000 people (1,200 families × 5)",
        "1,200 families left the town",
    ):
        assert word in head


@pytest.mark.parametrize(
    ("notice", "line"),
    [
        (UPDATE, "UPDATE 1: confirmed by a second source: Northern Radio"),
        (CLOSE, "OVER: a truce was agreed"),
        (CANCEL, "CANCELLED: this alert was wrong (the publisher withdrew the report)."),
    ],
)
def test_what_happened_to_an_alert_comes_first(notice: Notice, line: str) -> None:
    text = render(notice).text
    assert text.splitlines()[0] == line
    assert "Severe" in "\n".join(text.splitlines()[:5])


def test_an_update_says_what_changed() -> None:
    mail = render(UPDATE)
    assert "- 12 → 12–45 killed" in mail.text
    assert "12 → 12–45 killed" in mail.html


def test_evidence_stands_by_origin_with_its_sentence_source_and_time() -> None:
    text = render(NEW).text
    assert "1. Example Wire, Monday 2 March 2026, 06:30 UTC" in text
    assert "2. Northern Radio, Monday 2 March 2026, 11:30 UTC" in text
    assert "3. " not in text
    assert '"Warplanes struck the market of Sample Town on Monday, killing at least 12 people."' in text
    assert "The same story in: Copying Times (counted once)" in text
    assert "https://news.example/1" in text


def test_what_an_origin_says_later_stands_under_what_it_said_first() -> None:
    wire, copy, radio = sample_evidence()
    hit = replace(copy.hit, sentence="The toll has risen to 45, rescuers said.", quote="has risen")
    mail = render(replace(NEW, evidence=(wire, replace(copy, hit=hit), radio)))
    assert 'Later: Copying Times, Monday 2 March 2026, 07:30 UTC\n   "The toll has risen to 45' in mail.text
    assert "The toll <strong>has risen</strong> to 45" in mail.html
    assert "Later" not in render(NEW).text


def test_certainty_and_severity_have_their_reasons() -> None:
    text = render(NEW).text
    assert "- Likely: 2 independent origins (Example Wire and Northern Radio)." in text
    assert "- Severe: set by the rule sample_rule, from 12 to 45 killed and about 6,000 displaced." in text
    given = changed(NEW, severity_why="because killed 12", certainty_why="OCHA says so")
    assert "- Severe: because killed 12." in render(given).text
    assert "- Likely: OCHA says so." in render(given).text


def test_the_counts_of_a_spike_are_said_and_nothing_where_there_is_none() -> None:
    assert "- Far above the usual: 9 reports in 3 days, usual 1.3." in render(UPDATE).text
    assert "<strong>Far above the usual</strong>: 9 reports in 3 days, usual 1.3." in render(UPDATE).html
    assert "above the usual" not in render(NEW).text


def test_doubt_about_the_place_is_said() -> None:
    place = sample_fields()["place"]
    assert "- Place: Sample Town, but not certain; it may be T" in render(NEW).text
    assert "- Place: Sample Town, but not certain." in render(changed(NEW, place={**place, "runner_up": "gn:5"})).text
    assert "not certain" not in render(changed(NEW, place={**place, "confidence": 0.9})).text


def test_the_mail_links_to_the_alerts_page() -> None:
    mail = render(NEW)
    assert "https://alerts.example/alerts/7" in mail.text
    assert 'href="https://alerts.example/alerts/7"' in mail.html


def test_the_quote_is_marked_in_its_sentence() -> None:
    assert "Warplanes <strong>struck the market</strong> of Sample Town" in render(NEW).html


def test_an_alert_with_next_to_nothing_in_it_is_still_a_mail() -> None:
    text = render(BARE).text
    assert "place not known" in text
    assert "WHAT WAS SAID" not in text


def test_each_reader_is_told_why_they_get_it() -> None:
    mail = personal(render(NEW), "You asked for <all> alerts.")
    assert "-- \nYou asked for <all> alerts.\n" in mail.text
    assert "You asked for &lt;all&gt; alerts." in mail.html
    assert "\ufdd0" not in mail.text + mail.html


def test_each_reader_has_links_of_their_own_to_say_what_they_know() -> None:
    mail = personal(render(NEW), "R", {"7": "7.1.3.abc", "8": "another alert's"})
    for name in SAYINGS:
        assert mail.text.count(f"https://alerts.example/v/7.1.3.abc?say={name}\n") == 1
        assert mail.html.count(f'href="https://alerts.example/v/7.1.3.abc?say={name}"') == 1
    assert "- False alarm: https://alerts.example/v/7.1.3.abc?say=false_alarm\n" in mail.text
    assert "\ufdd0" not in mail.text + mail.html and "another" not in mail.text


def test_of_a_cancelled_alert_nothing_is_asked() -> None:
    mail = render(CANCEL)
    assert "/v/" not in mail.text + mail.html and "WHAT DO YOU KNOW" not in mail.text


def test_who_looks_after_an_alert_that_is_over_is_not_asked() -> None:
    assert "I have it" not in render(CLOSE).text and "False alarm" in render(CLOSE).text


def test_without_a_place_there_is_none_to_mute() -> None:
    assert "say=mute" in render(NEW).text and "say=mute" not in render(BARE).text


def test_without_pages_there_are_no_links() -> None:
    mail = mail_renderer(Site(), report=unexpected, pictures=PICTURES).render(NEW)
    assert "say=" not in mail.text + mail.html


def test_no_article_can_forge_a_link() -> None:
    mail = personal(render(changed(NEW, title="\ufdd0link 7\ufdd1")), "R", {"7": "TOKEN"})
    assert mail.text.count("TOKEN") == len(SAYINGS)


def test_no_article_can_forge_a_readers_own_part() -> None:
    mail = personal(render(changed(NEW, title="x \ufdd0reason\ufdd1", summary="\ufdd0reason\ufdd1")), "MINE")
    assert mail.text.count("MINE") == mail.html.count("MINE") == 1


def test_text_of_articles_is_escaped_in_html_and_never_run_as_a_template() -> None:
    mail = render(changed(NEW, title="<script>x</script> {{ 7 * 7 }}", summary="{% include 'x' %} & more"))
    assert "<script" not in mail.html
    assert "&lt;script&gt;x&lt;/script&gt; {{ 7 * 7 }}" in mail.html
    assert "{% include 'x' %} & more" in mail.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.example/ onclick=1", "data:text/html,x", ""])
def test_only_links_to_the_web_become_links(url: str) -> None:
    evidence = tuple(replace(item, url=url) for item in sample_evidence())
    mail = render(replace(NEW, evidence=evidence))
    assert mail.html.count("<a ") == 1 + len(SAYINGS) + len(("preferences", "unsubscribe"))
    assert "javascript" not in mail.text


class Walker(HTMLParser):
    """Collects what a mail must not have, and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.remote: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)
        loaded = [value or "" for name, value in attrs if name in ("src", "background", "srcset")]
        self.remote += [value for value in loaded if not value.startswith("cid:")]
        self.remote += [value or "" for name, value in attrs if name == "style" and "url(" in (value or "")]

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"] and ("url(" in data or "@import" in data):
            self.remote.append(data)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("notice", [NEW, UPDATE, CLOSE, CANCEL, BARE])
def test_the_html_is_closed_small_and_loads_nothing(notice: Notice) -> None:
    html = render(notice).html
    walker = Walker()
    walker.feed(html)
    assert walker.open == []
    assert not walker.remote
    assert not walker.tags & {"script", "link", "iframe", "form"}
    assert '<html lang="en" dir="ltr">' in html
    assert len(html.encode()) < 100_000


def test_a_mail_with_many_long_articles_stays_small() -> None:
    one = sample_evidence()[0]
    hit = replace(one.hit, sentence="long words " * 1000)
    many = tuple(replace(one, article_id=str(n), origin=str(n), source=f"Outlet {n}", hit=hit) for n in range(200))
    mail = render(replace(NEW, evidence=many))
    assert len(mail.html.encode()) < 100_000
    assert "And 192 more on the alert's page." in mail.text


def test_the_subject_says_what_holds_now_and_what_happened_stands_in_brackets() -> None:
    assert subject(changed(NEW, title="About 50,000 people fled Djibo")) == "About 50,000 people fled Djibo"
    for notice, mark in ((UPDATE, "[Update 1]"), (CLOSE, "[Over]"), (CANCEL, "[Cancelled]")):
        later = changed(notice, title="235,000 people fled Djibo (unconfirmed)")
        assert subject(later) == f"{mark} 235,000 people fled Djibo"


@given(st.text(), st.sampled_from([NEW, UPDATE, CLOSE, CANCEL]))
def test_a_subject_is_one_line_of_at_most_160_characters(title: str, notice: Notice) -> None:
    line = subject(changed(notice, title=title))
    assert len(line) <= 160
    assert len(line.splitlines()) <= 1


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_any_words_of_an_article_make_a_mail(title: str, sentence: str, quote: str) -> None:
    one = sample_evidence()[0]
    hit = replace(one.hit, sentence=sentence, quote=quote)
    evidence = (replace(one, title=title, hit=hit),)
    notice = replace(changed(NEW, title=title), alert_id=repr((title, sentence, quote)), evidence=evidence)
    mail = RENDERER.render(notice)
    (mail.text + mail.html).encode()


def test_a_version_is_rendered_once_for_all_its_readers() -> None:
    renderer = mail_renderer(SITE, report=unexpected, pictures=PICTURES)
    assert renderer.render(NEW) is renderer.render(NEW)
    assert renderer.render(NEW) is not renderer.render(replace(NEW, version=2))


def broken(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / "mail" / name.replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_users_template_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    own = broken(tmp_path, alert_txt="{{ title }}, {{ since | day }}\n{{ reader.reason }}\n")
    mail = personal(render(NEW, own=own), "R")
    assert mail.text == "Strike on a market in Sample Town, 2 March 2026\nR\n"
    assert "<h1" in mail.html


def test_a_template_in_the_readers_language_goes_first(tmp_path: Path) -> None:
    (tmp_path / "mail/fr").mkdir(parents=True)
    (tmp_path / "mail/fr/alert.txt").write_text("Alerte : {{ title }}\n")
    renderer = mail_renderer(SITE, own=tmp_path, report=unexpected, pictures=PICTURES)
    assert renderer.render(NEW, "fr-CH").text == "Alerte : Strike on a market in Sample Town\n"
    assert "Alerte" not in renderer.render(NEW, "en").text


def test_a_mail_is_marked_as_the_language_it_is_in(tmp_path: Path) -> None:
    (tmp_path / "mail/ar").mkdir(parents=True)
    shutil.copy(shipped("templates") / "mail/alert.txt", tmp_path / "mail/ar")
    shutil.copy(shipped("templates") / "mail/alert.html", tmp_path / "mail/ar")
    renderer = mail_renderer(SITE, own=tmp_path, report=unexpected, pictures=PICTURES)
    arabic, french = renderer.render(NEW, "ar"), renderer.render(NEW, "fr")
    assert (arabic.language, french.language) == ("ar", "en")
    assert '<html lang="ar" dir="rtl">' in arabic.html
    assert '<html lang="en" dir="ltr">' in french.html
    (tmp_path / "mail/alert.txt").write_text("Alerte : {{ title }}\n")
    anew = mail_renderer(SITE, own=tmp_path, report=unexpected, pictures=PICTURES)
    assert anew.render(NEW, "fr").language == "fr"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("{{ title }}\n{{ tite }}\n", 2, "there is no 'tite' here; did you mean 'title'?"),
        ("{{ title }}\n\n{% if %}\n", 3, "Expected an expression"),
        ("{{ title | uper }}\n", 1, "there is no filter 'uper'; did you mean 'upper'?"),
        ("{{ place.nme }}\n", 1, "there is no 'nme' here; did you mean 'name'?"),
        ("{{ title }}\n{{ title.__class__.__mro__ }}\n", 2, "unsafe"),
        ("\n\n\n{{ severity | people }}\n", 4, "wants a number"),
        ("{% for a in range(999999999) %}x{% endfor %}\n", 1, "Range too big"),
    ],
)
def test_a_broken_template_is_reported_with_file_and_line_and_stops_no_mail(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    own = broken(tmp_path, alert_txt=text)
    faults: list[Fault] = []
    assert render(NEW, own=own, report=faults.append) == render(NEW)
    (fault,) = faults
    assert (Path(fault.file), fault.line) == (own / "mail/alert.txt", line)
    assert message in fault.message
    checked = check_mail_templates(own)
    assert [(Path(one.file), one.line) for one in checked] == [(own / "mail/alert.txt", line)]
    assert message in checked[0].message


def test_a_fault_is_reported_once_however_many_mails_meet_it(tmp_path: Path) -> None:
    faults: list[Fault] = []
    renderer = mail_renderer(
        SITE, own=broken(tmp_path, alert_html="{{ tite }}"), report=faults.append, pictures=PICTURES
    )
    for notice in (NEW, UPDATE, CLOSE):
        renderer.render(notice)
    assert len(faults) == 1


def test_when_no_template_works_the_reader_is_told_all_the_same(tmp_path: Path) -> None:
    from alerts.render.environment import Templates

    faults: list[Fault] = []
    renderer = MailRenderer(Templates(tmp_path, report=faults.append), SITE, report=faults.append, pictures=PICTURES)
    mail = personal(renderer.render(UPDATE), "R")
    assert "Strike on a market in Sample Town" in mail.text
    assert "https://alerts.example/alerts/7" in mail.text
    assert mail.text.endswith("R\n")
    assert mail.html == ""
    assert faults


def test_the_check_finds_files_that_nothing_uses(tmp_path: Path) -> None:
    own = broken(tmp_path, alrt_txt="{{ title }}", _foot_txt="")
    (fault,) = check_mail_templates(own)
    assert fault.level == "warning"
    assert "did you mean 'mail/alert.txt'?" in fault.message


def test_the_check_finds_a_file_that_is_not_utf8_and_a_missing_part(tmp_path: Path) -> None:
    own = broken(tmp_path, alert_txt="{% include 'mail/foot.txt' %}")
    (own / "mail/alert.html").write_bytes(b"caf\xe9")
    html, text = check_mail_templates(own)
    assert "not UTF-8" in html.message
    assert "includes 'mail/foot.txt', which does not exist" in text.message


def test_the_check_names_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (fault,) = check_mail_templates(tmp_path / "none")
    assert "no such folder" in fault.message


def test_the_shipped_templates_have_no_fault() -> None:
    from alerts.resources import shipped

    assert [fault for fault in check_mail_templates(shipped("templates")) if "/mail/" in fault.file] == []
