"""Bulletins become simple mails, whatever words they are made of."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import Fault
from alerts.render.mail import bulletin_variables, check_mail_templates, mail_renderer
from alerts.render.samples import sample_bulletin
from alerts.render.view import Site
from alerts.resources import shipped
from tests.render.reader import personal

SITE = Site(name="Duty desk", base_url="https://alerts.example")


def unexpected(fault: Fault) -> None:
    raise AssertionError(fault)


RENDERER = mail_renderer(SITE, report=unexpected)


@settings(deadline=None, max_examples=30)
@given(st.text(), st.text())
def test_any_words_make_a_bulletin_with_one_line_of_subject(subject: str, body: str) -> None:
    mail = RENDERER.bulletin(**sample_bulletin() | {"subject": subject, "body": body})
    assert len(mail.subject) <= 160 and len(mail.subject.splitlines()) <= 1
    personal(mail, "R").text.encode()
    assert "<script" not in mail.html.replace("&lt;", "")


def test_only_links_to_the_web_can_be_pressed() -> None:
    mail = RENDERER.bulletin(**sample_bulletin() | {"body": "javascript:alert(1) http://x.example/a?b=1, then"})
    assert re.findall(r'<a href="([^"]*)"', mail.html) == ["http://x.example/a?b=1", "https://alerts.example"]


def test_the_guide_names_every_variable_of_bulletins() -> None:
    named = set(re.findall(r"`\.?(\w+)`", (shipped("templates") / "README.md").read_text()))
    assert set(bulletin_variables(SITE)) - named == set()


def test_a_users_bulletin_is_checked_for_what_bulletins_may_use(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/bulletin.txt").write_text("{{ subject }}\n{{ severity }}\n")
    [fault] = check_mail_templates(tmp_path)
    assert (fault.line, "there is no 'severity' here" in fault.message) == (2, True)
    (tmp_path / "mail/bulletin.txt").write_text("{{ subject }}: {{ text }}\n")
    assert check_mail_templates(tmp_path) == []
