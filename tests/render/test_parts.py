"""Parts that several templates share: a user changes one, and all mails that use it change."""

from __future__ import annotations

import re
from pathlib import Path

from alerts.errors import Fault
from alerts.render.letters import Letter
from alerts.render.mail import MailRenderer, MailText, check_mail_templates, mail_renderer
from alerts.render.samples import sample_bulletin, sample_notices
from alerts.render.view import Site

SITE = Site(name="Watch", base_url="https://alerts.example", contact="ops@alerts.example")
ALERT = next(iter(sample_notices()))


def renderer(own: Path, faults: list[Fault]) -> MailRenderer:
    return mail_renderer(SITE, own=own, report=faults.append)


def part(folder: Path, name: str, text: str) -> Path:
    path = folder / "mail" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def mails(one: MailRenderer) -> list[MailText]:
    return [one.render(ALERT), one.letter(Letter(kind="help")), one.bulletin(**sample_bulletin())]


def test_a_frame_of_ones_own_is_around_all_mails(tmp_path: Path) -> None:
    own = part(tmp_path, "_frame.html", "<h1>{% block title %}{% endblock %}</h1>{% block main %}{% endblock %}<hr>")
    faults: list[Fault] = []
    made = mails(renderer(own, faults))
    assert faults == [] and all(one.html.startswith("<h1>") and one.html.endswith("<hr>") for one in made)
    assert [one.text for one in made] == [one.text for one in mails(mail_renderer(SITE, report=faults.append))]


def test_what_looks_is_said_inline_and_again_only_for_dark_screens() -> None:
    for mail in mails(mail_renderer(SITE, report=print)):
        head, _, body = mail.html.partition("</style>")
        css = head.partition("<style>")[2].strip()
        assert css.startswith("@media (prefers-color-scheme: dark) {") and css.count("@") == 1
        colours = set(re.findall(r"[^-]color:(#[0-9a-f]{6})", body)) - {"#ffffff"}
        assert colours and all(f'[style*="color:{one}"]' in css for one in colours)


def test_a_foot_of_ones_own_stands_under_the_shipped_mail(tmp_path: Path) -> None:
    own = part(tmp_path, "_foot.txt", "-- \nAsk {{ contact }}.")
    faults: list[Fault] = []
    text = renderer(own, faults).render(ALERT).text
    assert faults == [] and text.startswith("Strike on a market") and text.endswith("\n-- \nAsk ops@alerts.example.\n")


def test_a_broken_part_is_told_by_its_own_name_and_the_shipped_mail_goes_out(tmp_path: Path) -> None:
    own = part(tmp_path, "_foot.txt", "-- \n{{ reasn }}")
    faults: list[Fault] = []
    assert renderer(own, faults).render(ALERT) == mail_renderer(SITE, report=faults.append).render(ALERT)
    assert [(Path(one.file), one.line) for one in faults] == [(own / "mail/_foot.txt", 2)]


def test_a_part_may_use_what_any_of_the_mails_has_and_nothing_else(tmp_path: Path) -> None:
    own = part(tmp_path, "_foot.txt", "{{ hours }} {{ wishes }} {{ countries }} {{ reader.reason }}")
    assert check_mail_templates(own) == []
    part(own, "_foot.txt", "-- \n{{ hous }}")
    [fault] = check_mail_templates(own)
    assert (fault.line, fault.level) == (2, "error") and "did you mean 'hours'" in fault.message
