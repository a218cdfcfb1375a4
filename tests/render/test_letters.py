"""Letters say what they are about in every shape, and a broken template loses none."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.errors import Fault
from alerts.readers import Near, Wishes
from alerts.render import slots
from alerts.render.letters import KINDS, Kind, Letter, samples
from alerts.render.mail import LONGEST_SUBJECT, MailText, check_mail_templates, mail_renderer
from alerts.render.view import Site
from tests.render.reader import filled

SITE = Site(name="Northern Desk", base_url="https://alerts.example/desk", contact="ops@alerts.example")
PASSES = {"confirm": "c-pass", slots.UNSUBSCRIBE: "u-pass", slots.PREFERENCES: "p-pass"}


def unexpected(fault: Fault) -> None:
    raise AssertionError(fault)


def written(letter: Letter, site: Site = SITE) -> MailText:
    return mail_renderer(site, report=unexpected).letter(letter)


def text(letter: Letter, site: Site = SITE) -> str:
    return " ".join(filled(written(letter, site).text, PASSES).split())


def full(kind: Kind, **more: object) -> Letter:
    given = {"wishes": Wishes(countries=("SYR",)), "duties": ("reader",), "inbox": "alerts.example", **more}
    return Letter(kind=kind, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("letter", samples(), ids=lambda letter: f"{letter.kind} {letter.open}")
@pytest.mark.parametrize("site", [SITE, Site(name="Northern Desk")], ids=["pages", "no pages"])
def test_every_letter_is_made_without_a_fault(letter: Letter, site: Site) -> None:
    found = written(letter, site)
    assert "Northern Desk" in found.subject and len(found.subject) <= LONGEST_SUBJECT
    assert found.subject not in found.text and "\n\n\n" not in found.text
    assert found.html.startswith("<!DOCTYPE html>") and f"<title>{found.subject}</title>" in found.html
    assert "None" not in found.text and "Undefined" not in found.text


def test_every_link_of_the_text_is_in_the_html_too() -> None:
    for kind in KINDS:
        found = written(full(kind))
        for name in PASSES:
            assert (slots.slot(name) in found.text) == (slots.slot(name) in found.html), kind


def test_a_question_names_the_wishes_and_both_ways_to_say_yes() -> None:
    found = text(full("confirm"))
    assert "all alerts in Syria, at once." in found and "within 48 hours" in found
    assert "https://alerts.example/desk/confirm/c-pass" in found and "confirm+c-pass@alerts.example" in found
    assert "/unsubscribe/" not in found and "/preferences/" not in found


@pytest.mark.parametrize("kind", ["welcome", "preferences"])
def test_letters_to_readers_hold_the_ways_to_change_and_to_leave(kind: Kind) -> None:
    found = text(full(kind))
    assert "https://alerts.example/desk/preferences/p-pass" in found and "unsubscribe+u-pass@alerts.example" in found
    assert "https://alerts.example/desk/unsubscribe/u-pass" in found


def test_where_no_mail_is_read_no_address_is_named() -> None:
    for kind in KINDS:
        found = text(full(kind, inbox=""))
        assert "@" not in found.replace("ops@alerts.example", "")


def test_without_pages_the_ways_by_mail_are_left() -> None:
    found = text(full("confirm"), Site(name="Northern Desk"))
    assert "http" not in found and "If you want them, send an empty mail to this address: confirm+c-pass@" in found


def test_who_left_but_runs_the_service_is_told_what_goes_on() -> None:
    assert "mails about how this service does" in text(full("goodbye", duties=("operator",)))
    assert "You are also named" not in text(full("goodbye", duties=()))


def test_where_nobody_can_subscribe_the_letters_do_not_say_so() -> None:
    assert "/subscribe" not in text(full("goodbye", open=False)) + text(full("help", open=False))
    assert "those who run this service add readers: ops@alerts.example" in text(full("help", open=False))


def test_a_place_of_a_reader_cannot_forge_a_link() -> None:
    near = Near(name=f"Goma {slots.slot('unsubscribe')}<b>", lat=0, lon=0, km=5)
    found = written(full("confirm", wishes=Wishes(near=(near,))))
    assert "u-pass" not in filled(found.text, PASSES) and "<b>" not in found.html


def test_names_of_regions_are_asked_for() -> None:
    renderer = mail_renderer(SITE, report=unexpected, named=lambda region: f"the land of {region}")
    assert "the land of SY-ID" in renderer.letter(full("welcome", wishes=Wishes(regions=("SY-ID",)))).text


def test_a_broken_letter_of_the_users_is_told_and_the_shipped_one_goes_out(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "letter_welcome.txt").write_text("Hello\n{{ wishs }}")
    told: list[Fault] = []
    found = mail_renderer(SITE, own=tmp_path, report=told.append).letter(full("welcome"))
    assert "You said yes" in found.text and "letter_welcome.txt" in told[0].file
    [fault] = check_mail_templates(tmp_path)
    assert fault.line == 2 and "did you mean 'wishes'" in fault.message


def test_a_translated_letter_has_its_own_subject(tmp_path: Path) -> None:
    (tmp_path / "mail" / "fr").mkdir(parents=True)
    (tmp_path / "mail" / "fr" / "letter_help.txt").write_text("Mode d'emploi\n\nÉcrivez à {{ mails.help }}.")
    found = mail_renderer(SITE, own=tmp_path, report=unexpected).letter(full("help"), "fr")
    assert found.subject == "Mode d'emploi" and "help@alerts.example" in found.text
    assert check_mail_templates(tmp_path) == []
