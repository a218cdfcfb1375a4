"""What a discreet mail begins with is its language, says nothing of what it is about, and is long enough to hide it."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.errors import Fault
from alerts.render.mail import check_mail_templates, mail_renderer
from alerts.render.opening import SHORTEST, too_short
from alerts.render.samples import sample_notices
from alerts.render.view import Site
from alerts.resources import shipped
from tests.drawn import PICTURES

SITE = Site(name="Duty desk", base_url="https://alerts.example")
NEW = next(iter(sample_notices()))
FRENCH = "Voici les nouvelles que vous avez demandées, un peu plus bas, après quelques lignes vides.\n" * 2
ENGLISH = " ".join((shipped("templates") / "mail/discreet.txt").read_text().split())


def opening(own: Path | None, told: list[Fault], language: str = "fr") -> str:
    return mail_renderer(SITE, own=own, report=told.append, pictures=PICTURES).render(NEW, language).opening


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "mail" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_it_is_in_the_language_of_the_mail(tmp_path: Path) -> None:
    write(tmp_path, "fr/discreet.txt", FRENCH)
    write(tmp_path, "fr/alert.txt", "Alerte : {{ title }}")
    told: list[Fault] = []
    assert opening(tmp_path, told) == " ".join(FRENCH.split())
    assert opening(tmp_path, told, "de") == opening(None, told) == ENGLISH
    assert told == [] and check_mail_templates(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Bonjour.", "it is too short (8 letters of at least 160): mail programs would show what the mail is about"),
        (f"{FRENCH}{{{{ title }}}}", "there is no 'title' here"),
        (f"{FRENCH}{{{{ site_name }}}}", "there is no 'site_name' here"),
        (f"{FRENCH}{{% include 'mail/alert.txt' %}}", ""),
    ],
)
def test_one_that_would_show_something_is_told_and_not_used(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, "fr/discreet.txt", text)
    write(tmp_path, "fr/alert.txt", "Alerte : {{ title }}")
    told: list[Fault] = []
    assert opening(tmp_path, told) == ENGLISH
    assert says in told[0].message and (not says or told[0].file == str(path))
    assert check_mail_templates(tmp_path) != []


def test_a_translation_that_is_added_is_used_in_the_next_mail(tmp_path: Path) -> None:
    now, told = [0.0], list[Fault]()
    renderer = mail_renderer(SITE, own=tmp_path, report=told.append, pictures=PICTURES, clock=lambda: now[0])
    assert renderer.render(NEW, "fr").opening == ENGLISH
    write(tmp_path, "fr/discreet.txt", FRENCH)
    write(tmp_path, "fr/alert.txt", "Alerte : {{ title }}")
    now[0] = 1.0
    made = renderer.render(NEW, "fr")
    assert (made.opening[:5], made.text) == ("Voici", "Alerte : Strike on a market in Sample Town\n")
    assert told == []


def test_without_any_template_it_is_neutral_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.render.mail.shipped", lambda name: tmp_path / "nothing")
    found = opening(None, [])
    assert found.startswith("Here is the update") and too_short(found) == ""


def test_a_wide_letter_takes_the_room_of_two() -> None:
    assert too_short("消" * (SHORTEST // 2)) == "" != too_short("消" * (SHORTEST // 2 - 1))
    assert too_short("a" * SHORTEST) == "" != too_short("a" + " " * SHORTEST)
