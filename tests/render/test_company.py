"""Mails that tell of more than one alert, or tell again, as readers get them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.render.mail import subject
from alerts.render.samples import sample_evidence
from tests.render.reader import personal
from tests.render.test_mail import BARE, CANCEL, CLOSE, NEW, RENDERER, UPDATE, Walker, changed, render


def test_other_alerts_in_the_mail_come_after_the_lead_with_what_a_reader_needs() -> None:
    second = replace(changed(UPDATE, title="Truce broken", severity="moderate"), alert_id="108")  # one of its own
    mail = personal(RENDERER.render(NEW, others=(second,)), "R", {"7": "SEVEN", "108": "EIGHT"})
    assert mail.subject == "Strike on a market in Sample Town (and 1 more)"
    lead, _, rest = mail.text.partition("IN THE SAME MAIL")
    assert "\n".join(lead.splitlines()[:5]) == "\n".join(render(NEW).text.splitlines()[:5])
    for said in (
        "UPDATE 1: confirmed by a second source: Northern Radio\nTruce broken\nModerate, likely | Sample Town",
        "Killed: 12 to 45 people",
        "- 12 → 12–45 killed",
        '"Warplanes struck the market of Sample Town on Monday, killing at least 12 people."',
        "All of it: https://alerts.example/alerts/108",
        "I have it: https://alerts.example/v/EIGHT?say=have_it",
    ):
        assert said in rest
    assert "SEVEN" not in rest and "EIGHT" not in lead
    for said in ("In the same mail", "Truce broken", "https://alerts.example/v/EIGHT?say=false_alarm", "12 → 12–45"):
        assert said in mail.html


def test_a_covered_alert_is_one_line_with_a_link() -> None:
    mail = RENDERER.render(NEW, covered=(replace(changed(NEW, title="Attack in a town"), alert_id="9"),))
    assert mail.subject == "Strike on a market in Sample Town"
    line = "- Attack in a town (severe, Sample Town, Idlib, Syria): https://alerts.example/alerts/9\n"
    assert f"ALSO REPORTED (covered by the above)\n{line}" in mail.text
    assert 'href="https://alerts.example/alerts/9"' in mail.html and "ALSO" not in render(NEW).text


def test_what_a_silence_kept_and_that_a_mail_repeats_another_is_said() -> None:
    mail = RENDERER.render(replace(UPDATE, reminder=2))
    assert mail.subject == "[Reminder 2] Strike on a market in Sample Town"
    assert mail.text.startswith("REMINDER 2: you have not said that you have this alert.\n")
    assert UPDATE.missed in mail.text and UPDATE.missed in mail.html and UPDATE.missed
    assert "Reminder 2:" in mail.html and "REMINDER" not in render(UPDATE).text


def test_mails_with_the_same_lead_and_other_company_are_not_confused() -> None:
    one = RENDERER.render(NEW, others=(replace(UPDATE, alert_id="8"),))
    assert one is RENDERER.render(NEW, others=(replace(UPDATE, alert_id="8"),))
    for other in (
        RENDERER.render(NEW),
        RENDERER.render(NEW, others=(replace(UPDATE, alert_id="9"),)),
        RENDERER.render(NEW, covered=(replace(UPDATE, alert_id="8"),)),
        RENDERER.render(NEW, others=(replace(UPDATE, alert_id="8", since=1),)),
    ):
        assert other is not one


@settings(deadline=None)
@given(st.text(), st.integers(0, 99), st.integers(0, 3))
def test_a_subject_with_company_is_still_one_short_line(title: str, more: int, reminder: int) -> None:
    line = subject(replace(changed(UPDATE, title=title), reminder=reminder), more=more)
    assert len(line) <= 160
    assert len(line.splitlines()) <= 1


def test_the_html_of_a_mail_of_many_alerts_is_closed_and_small() -> None:
    one = sample_evidence()[0]
    hit = replace(one.hit, sentence="long words " * 1000)
    many = tuple(replace(one, article_id=str(n), origin=str(n), source=f"Outlet {n}", hit=hit) for n in range(20))
    others = tuple(replace(UPDATE, alert_id=str(number), evidence=many) for number in range(11))
    mail = RENDERER.render(replace(NEW, evidence=many), others=others, covered=(CLOSE, CANCEL, BARE))
    walker = Walker()
    walker.feed(mail.html)
    assert walker.open == [] and not walker.remote
    assert len(mail.html.encode()) < 100_000
