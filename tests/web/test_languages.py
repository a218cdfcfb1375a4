"""The languages that a reader may choose are those in which mails can be made at that moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.read.places import Gazetteer
from alerts.web.running import languages
from tests.notify.joining.world import World
from tests.web.joining import Pages


def test_a_folder_of_translations_that_is_added_can_be_chosen_at_once(
    engine: Engine, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    pages = Pages(World(engine=engine), gazetteer)
    pages.reader()
    pages.open(pages.joining.desk, languages=lambda: languages(tmp_path))
    assert 'value="fr"' not in pages.see(pages.link("/preferences")).text
    (tmp_path / "mail" / "fr").mkdir(parents=True)
    assert 'value="fr"' in pages.see(pages.link("/preferences")).text


@pytest.mark.parametrize("own", [None, Path("no/such/folder")])
def test_without_own_templates_there_is_what_is_shipped(own: Path | None) -> None:
    assert languages(own) == ("en",)


def test_only_folders_that_may_be_languages_are(tmp_path: Path) -> None:
    for name in ("mail/pt-BR", "mail/.git", "mail/__old__", "pages/fr"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "mail" / "alert.txt").write_text("mine")
    assert languages(tmp_path) == ("en", "pt-BR")
