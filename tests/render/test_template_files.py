"""Files of the user's own are seen while the service runs: new ones, changed ones, and those that are gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from alerts.errors import Fault
from alerts.render.environment import LOOK_S, Templates, page_environment
from alerts.render.template_files import Files


@dataclass(slots=True)
class Desk:
    """Templates over two folders, and a clock."""

    folder: Path
    now: float = 0.0
    told: list[Fault] = field(default_factory=list)

    @property
    def own(self) -> Path:
        return self.folder / "own"

    def write(self, name: str, text: str, *, shipped: bool = False) -> Path:
        path = self.folder / ("shipped" if shipped else "own") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def open(self) -> Callable[..., str]:
        templates = Templates(self.folder / "shipped", self.own, report=self.told.append, clock=lambda: self.now)

        def said(name: str = "mail/alert.txt", language: str = "") -> str:
            self.now += LOOK_S
            return f"{templates.spoken(name, language or 'en')}: {templates.render(name, {}, language=language)}"

        return said


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write("mail/alert.txt", "shipped{% include 'mail/_foot.txt' %}", shipped=True)
    made.write("mail/_foot.txt", ", shipped foot", shipped=True)
    return made


def test_a_file_that_is_added_is_used_from_the_next_look_on(desk: Desk) -> None:
    said = desk.open()
    assert said() == "en: shipped, shipped foot"
    desk.write("mail/alert.txt", "mine")
    assert said() == "en: mine"
    desk.write("mail/alert.txt", "mine again")
    assert said() == "en: mine again"


def test_a_folder_of_a_language_that_is_added_is_used(desk: Desk) -> None:
    said = desk.open()
    assert said(language="fr") == "en: shipped, shipped foot"
    desk.write("mail/fr/alert.txt", "bonjour")
    assert said(language="fr") == "fr: bonjour"
    assert said() == "en: shipped, shipped foot"


def test_a_part_that_is_added_is_used_where_it_is_included(desk: Desk) -> None:
    said = desk.open()
    assert said() == "en: shipped, shipped foot"
    desk.write("mail/_foot.txt", ", my foot")
    assert said() == "en: shipped, my foot"


@pytest.mark.parametrize("remove", [lambda own: (own / "mail/alert.txt").unlink(), lambda own: own.rename("gone")])
def test_what_is_removed_gives_way_to_what_is_shipped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, remove: Callable[[Path], object]
) -> None:
    monkeypatch.chdir(desk.folder)
    desk.write("mail/alert.txt", "mine")
    said = desk.open()
    assert said() == "en: mine"
    remove(desk.own)
    assert said() == "en: shipped, shipped foot"
    assert desk.told == []


def test_a_broken_file_is_told_once_after_each_change_and_the_shipped_one_used(desk: Desk) -> None:
    said = desk.open()
    path = desk.write("mail/alert.txt", "mine\n{% if %}")
    for _ in range(3):
        assert said() == "en: shipped, shipped foot"
    assert [(fault.file, fault.line) for fault in desk.told] == [(str(path), 2)]
    desk.write("mail/alert.txt", "{% broken %}")
    assert said() == "en: shipped, shipped foot" == said()
    assert [(fault.file, fault.line) for fault in desk.told[1:]] == [(str(path), 1)]
    desk.write("mail/alert.txt", "mended")
    assert said() == "en: mended"
    assert len(desk.told) == 2


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.write_bytes("Füße".encode("latin-1")), "the file is not UTF-8 (at byte 1); save it as"),
        (lambda path: (path.unlink(), path.mkdir()), "the file cannot be read: Is a directory"),
        (lambda path: (path.unlink(), path.symlink_to(path)), "the file cannot be read: Too many levels"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(desk: Desk, spoil: Callable[[Path], object], says: str) -> None:
    path = desk.write("mail/alert.txt", "mine")
    spoil(path)
    assert desk.open()() == "en: shipped, shipped foot"
    [fault] = desk.told
    assert fault.file == str(path) and says in fault.message


def test_a_part_that_is_broken_spoils_only_the_mails_that_include_it(desk: Desk) -> None:
    desk.write("mail/alert.txt", "{% if severe %}{% include 'mail/_foot.txt' %}{% endif %}mine")
    desk.write("mail/_foot.txt", "{% if %}")
    templates = Templates(desk.folder / "shipped", desk.own, report=desk.told.append)
    assert templates.render("mail/alert.txt", {"severe": True}) == "shipped, shipped foot"
    assert templates.render("mail/alert.txt", {"severe": False}) == "mine"
    assert len(desk.told) == 1


@pytest.fixture
def looks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    stat = os.stat

    def counted(path: Any, **how: Any) -> os.stat_result:
        if str(path).startswith(str(desk.folder)):
            found.append(str(path))
        return stat(path, **how)

    monkeypatch.setattr(os, "stat", counted)
    return found


def test_thousands_of_mails_a_second_look_at_the_disk_once(desk: Desk, looks: list[str]) -> None:
    templates = Templates(desk.folder / "shipped", desk.own, report=desk.told.append, clock=lambda: desk.now)

    def send() -> None:
        for _ in range(1000):
            templates.spoken("mail/alert.txt", "fr")
            templates.render("mail/alert.txt", {}, language="fr")

    send()
    first = len(looks)
    assert 0 < first < 20
    desk.now += LOOK_S * 0.99
    send()
    assert len(looks) == first
    desk.now += LOOK_S * 0.02
    send()
    assert len(looks) <= 2 * first


def test_no_name_leads_out_of_the_folders(desk: Desk) -> None:
    desk.write("secret.txt", "secret")
    desk.write("mail/alert.txt", "{% include '../secret.txt' %}")
    assert desk.open()() == "en: shipped, shipped foot"
    assert len(desk.told) == 1


def test_a_file_that_is_written_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("half")
    files = Files(tmp_path)
    read = Path.read_text

    def slowly(self: Path, encoding: str) -> str:
        text = read(self, encoding=encoding)
        path.write_text("half and half")
        return text

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", slowly)
        assert page_environment(files).get_template("a.txt").render() == "half"
    assert files.changed()
